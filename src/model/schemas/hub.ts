/**
 * What a lab tells a hub, version 1: CloudEvents 1.0 in JSON, one message each. Every field that leaves the shop is named here; what
 * is not named stays there. A unit is a phone under a pseudonym, keyed with the organisation's key, unless the hub may see names.
 */
import { z } from 'zod';
import { ALERT_TYPES, CONFIDENCES, DIRECTIONS, GAP_KINDS, KINDS, SEVERITIES, TRUSTS, WHERES } from '../words.ts';
import { count, country, milliseconds, port, text, textOrNull, time } from './parts.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A record of the chain as a list: its type, the position it replaces, its commitment. */
const link = z.tuple([text, count.nullable(), hash]);

export const chainRun = z
  .object({
    history: text.describe("Names the store's history: positions of another one mean nothing in it."),
    first: count.min(1).describe('Position of the first link.'),
    before: hash.describe('Hash of the record before the first link.'),
    links: z.array(link).min(1).describe('The content of the message, if any, belongs to the last one.'),
    hash: hash.describe('Of the last link.'),
  })
  .describe('The stretch of the chain that a message carries: what was stored since the message before it.');

/** Of an end of the chain. What is signed names the history, the position and the hash as well. */
const signature = {
  time: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/)
    .describe('As it stands in what was signed, ISO 8601, UTC.'),
  key: z
    .string()
    .regex(/^[A-Za-z0-9+/]{59}=$/)
    .describe('Public half of the key of the installation: SPKI, DER, base64.'),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9+/]{86}==$/)
    .describe('Ed25519, base64.'),
};

export const chainSignature = z.object(signature).describe('Of the end of the stretch that the message carries.');

const phone = {
  unit: text,
  name: text.optional().describe('Only where the hub may see it.'),
};

const firmware = textOrNull.optional().describe('Of the test run it belongs to, as the tester noted it.');

const server = {
  host: text,
  ip: textOrNull,
  port,
  country,
  network: textOrNull,
  company: textOrNull,
  companyCountry: country,
};

export const hubAlert = z.object({
  ...phone,
  ...server,
  id: text,
  seq: count,
  type: z.enum(ALERT_TYPES),
  severity: z.enum(SEVERITIES),
  model: textOrNull,
  firmware,
  kind: z.enum(KINDS).nullable(),
  confidence: z.enum(CONFIDENCES).nullable(),
  masked: text.optional().describe('Only where the hub may see it.'),
  print: z
    .string()
    .regex(/^[0-9a-f]{24}$/)
    .optional()
    .describe("Pseudonym of a value that nobody registered: HMAC-SHA256 with the organisation's key, cut to 96 bits."),
  direction: z.enum(DIRECTIONS).nullish().describe('Earlier versions do not tell it.'),
  where: z.enum(WHERES).nullable(),
  path: textOrNull,
  decoding: z.array(text),
  hashed: textOrNull,
  encrypted: z.boolean().nullable(),
  phase: textOrNull,
  app: textOrNull,
  count: count.min(1),
  firstSeen: time,
  lastSeen: time,
  simulated: z.boolean(),
});

export const hubFlow = z.object({
  ...phone,
  ...server,
  id: text,
  model: textOrNull,
  firmware,
  openedAt: milliseconds,
  closedAt: milliseconds.nullable(),
  treatment: text,
  encrypted: z.boolean(),
  intercepted: z.boolean(),
  protocol: textOrNull,
  app: textOrNull,
  requests: count,
  findings: count,
  bytesUp: count,
  bytesDown: count,
  simulated: z.boolean(),
});

export const hubCoverage = z.object({
  ...phone,
  since: time,
  simulated: z.boolean(),
  trust: z.enum(TRUSTS),
  readShare: z.number().min(0).max(1).nullable(),
  rows: z.array(z.object({ class: text, connections: count, bytesUp: count, bytesDown: count })),
});

export const hubGap = z.object({ kind: z.enum(GAP_KINDS), subject: text, from: time, to: time.nullable() });

export const hubForgotten = z.object(phone).describe('All that was recorded of this phone is to be destroyed.');

export const hubHeartbeat = z.object({
  version: text,
  history: text,
  head: count.describe("Position of the last record of the lab's chain."),
  published: count.describe('Position up to which the stream has confirmed.'),
  signed: z
    .object({ position: count.min(1), hash, ...signature })
    .optional()
    .describe('The last end of the chain that was signed, if it is published.'),
});

/** Content by the kind of a message; `chain` carries links alone. */
export const HUB_CONTENT = {
  alert: hubAlert,
  flow: hubFlow,
  coverage: hubCoverage,
  gap: hubGap,
  forgotten: hubForgotten,
  chain: z.null(),
} as const;

export const hubEvent = z.object({
  specversion: z.literal('1.0'),
  id: text,
  source: text.describe('`/phonehome/ORGANISATION/LAB`, as in the subject `phonehome.ORGANISATION.LAB.KIND`.'),
  type: text.describe('`phonehome.KIND.v1`.'),
  time: time.describe("By the lab's clock, when it was published."),
  datacontenttype: z.literal('application/json'),
  data: z.object({ chain: chainRun.nullable(), content: z.unknown(), signed: chainSignature.optional() }),
});

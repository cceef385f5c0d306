/** How this lab is set up, as far as a person who only looks may know; who did what; how a phone comes in; recorded traffic. */
import { z } from 'zod';
import { KEEPS } from '../words.ts';
import { evidence, identifier } from './alert.ts';
import { count, port, text, textOrNull, time } from './parts.ts';
import { sentence } from './text.ts';

export const geoSource = z.object({
  name: text,
  about: z.enum(['country', 'network', 'country and network', 'company']),
  date: textOrNull.describe('Of the data; null when the file does not say.'),
  licence: text,
  ageDays: count.nullable(),
  state: z
    .enum(['fresh', 'old', 'stale', 'missing', 'damaged'])
    .describe('`old` past 60 days, `stale` past 180; `missing` or `damaged`: it cannot answer.'),
  advice: textOrNull.describe('What to do about it, one line; null when nothing needs doing.'),
  text: sentence.nullable().describe('The same for other languages, where there is one.'),
});

export const geoChange = z.object({
  changed: z.array(text).describe('Files that were put in place, or put aside.'),
  databases: z.array(geoSource).describe('What answers from now on.'),
});

export const settings = z.object({
  databases: z.array(geoSource),
  certificate: z
    .object({ name: text, fingerprint: text, validFrom: text, validTo: text })
    .describe('What phones are asked to trust.'),
  retentionDays: count.describe(
    'Alerts and connections are destroyed this many days after they were last seen; 0: never.',
  ),
  keep: z.enum(KEEPS).describe('What content of connections is kept.'),
  homeCountry: textOrNull.describe('ISO 3166-1 alpha-2; null: any country counts as abroad.'),
  hasTls: z.boolean().describe('The UI port speaks TLS, too.'),
  devicesFile: textOrNull.describe(
    'Phones are registered in this file, which the lab does not write; null: by the lab.',
  ),
});

export const auditEntry = z.object({
  time,
  action: text.describe('e.g. `reveal`, `rotate-token`, `forget`, `trust-test`.'),
  subject: text,
  who: text,
});

export const wayIn = z.object({
  proxy: z.object({ host: text, port }),
  page: text.describe('The set-up page, as a phone finds it.'),
  wifi: z
    .object({ ssid: text, code: text.describe('As phones read it from a QR code: holds the passphrase.') })
    .nullable()
    .describe('Null: the lab has no access point of its own.'),
  hasTunnel: z.boolean().describe('`phonehome gateway wireguard add NAME` prints the code of a tunnel for one phone.'),
});

/** One line of the answer to an upload. */
export const recordedLine = z.union([
  z.object({
    type: z.literal('finding'),
    entry: count,
    app: textOrNull,
    finding: z.object({ identifier, evidence }).loose().describe('As in an alert, masked.'),
  }),
  z.object({ type: z.literal('contact'), entry: count, host: text, facts: z.unknown().optional() }),
  z.object({ type: z.literal('partial'), reason: text, text: sentence }),
  z.object({ type: z.literal('skipped'), reason: text, text: sentence }),
  z.object({ type: z.literal('progress'), bytes: count }),
  z.object({
    type: z.literal('end'),
    entries: count,
    findings: count,
    more: count.describe('Found, and too many to list.'),
  }),
  z.object({ type: z.literal('fault'), reason: text, text: sentence.optional() }),
]);

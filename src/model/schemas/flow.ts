/** The record of a flow: who, where to, how protected, how much, how it ended. Never a byte of content. */

import { z } from 'zod';
import { ARRIVALS, CLOSE_REASONS, FLOW_ENGINES, PASS_CAUSES, TREATMENTS } from '../words.ts';
import { contentNote } from './content.ts';
import { destination, destinationFacts } from './destination.ts';
import { count, milliseconds, port, text, textOrNull } from './parts.ts';
import { sentence } from './text.ts';

export const clientHello = z
  .object({
    sni: textOrNull,
    alpn: z.array(text).describe("Protocols offered, in the phone's order."),
    ja4: textOrNull.describe('JA4 fingerprint (FoxIO), null when the hello could not be read.'),
    ech: z.boolean().describe('Encrypted ClientHello (RFC 9849) extension present.'),
    grease: z.boolean(),
  })
  .describe("What the first bytes of the phone's TLS said (RFC 8446 4.1.2), before any of it was decrypted.");

export const serverCertificate = z
  .object({
    names: z.array(text).describe('Subject CN and SAN names and addresses.'),
    organization: textOrNull,
    country: textOrNull,
    issuer: textOrNull,
    validTo: textOrNull,
    problem: textOrNull.describe(
      'Null when it verified, or when only the phone judged it (pass-through); else the OpenSSL reason, e.g. `CERT_HAS_EXPIRED`.',
    ),
  })
  .describe("Facts of the server's certificate, as the lab saw it.");

export const flowRecord = z.object({
  id: text,
  openedAt: milliseconds,
  closedAt: milliseconds.nullable().describe('Null while it is open.'),
  deviceId: textOrNull,
  client: z.object({ ip: text, port }),
  engine: z.enum(FLOW_ENGINES),
  arrival: z.enum(ARRIVALS),
  treatment: z.enum(TREATMENTS),
  treatmentReason: textOrNull.describe('Why this treatment, one sentence, when it is not `intercept`.'),
  treatmentReasonText: sentence
    .optional()
    .describe('The same for other languages; absent without a reason, and in records of earlier versions.'),
  passCause: z.enum(PASS_CAUSES).nullish().describe('The same as a word, where it was passed through.'),
  destination,
  facts: destinationFacts.nullable(),
  encrypted: z.boolean().describe('The phone itself spoke TLS on this connection.'),
  intercepted: z.boolean().describe('Its bytes could be read: plain, or TLS that was terminated.'),
  simulated: z.boolean().describe('Destination taken from the upstream map: a replay or a test, not the world.'),
  hello: clientHello.nullable(),
  tls: z.object({ alpn: textOrNull, version: textOrNull, cipher: textOrNull }).nullable(),
  certificate: serverCertificate.nullable(),
  app: textOrNull
    .optional()
    .describe('App or SDK that probably opened it, by what it says of itself; absent in records of earlier versions.'),
  protocol: textOrNull.describe('Of the latest request, e.g. `h2`; null when no reader understood any.'),
  requests: count,
  findings: count,
  notSeen: z.array(text).describe('Why parts were not understood or not searched; each reason once.'),
  notSeenTexts: z
    .array(sentence)
    .optional()
    .describe('The same, one by one, for other languages; absent in records of earlier versions.'),
  reason: z.enum(CLOSE_REASONS).nullable(),
  detail: textOrNull.describe('How it ended, one sentence; null when `reason` says it all.'),
  detailText: sentence
    .optional()
    .describe('The same for other languages; absent without a detail, and in records of earlier versions.'),
  bytesUp: count,
  bytesDown: count,
  clock: z
    .number()
    .optional()
    .describe(
      "Seconds that the lab's clock was ahead of the `Date` of the server's last answer; below one it tells nothing. Absent: no answer told one.",
    ),
  content: contentNote.nullish().describe('Null while it is open, and in records from before content was kept.'),
});

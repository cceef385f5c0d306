/** The alert, version 1: the object other programs rely on. Fields may be added, never changed in meaning. */
import { z } from 'zod';
import { ALERT_TYPES, CONFIDENCES, DIRECTIONS, KINDS, SEVERITIES, WHERES } from '../words.ts';
import { destination, destinationFacts } from './destination.ts';
import { count, country, port, text, textOrNull, time } from './parts.ts';
import { sentence } from './text.ts';

export const identifier = z.object({
  kind: z.enum(KINDS),
  masked: text.describe('Never more than the first 6 and last 2 characters of the value.'),
  known: z.boolean().describe('A registered value of this phone.'),
  confidence: z.enum(CONFIDENCES),
  reasoning: text.describe('One sentence: how the lab knows. Never contains the value.'),
  text: sentence.optional().describe('The same for every other language. Absent in alerts of earlier versions.'),
});

export const attribution = z
  .object({
    name: text.describe(
      'e.g. `com.example.app`, `Firebase Crashlytics in com.example.app`, `an app using OkHttp 4.12.0`.',
    ),
    reason: text.describe('One sentence. Never contains an identifier of the phone.'),
    text: sentence.optional().describe('The same for every other language. Absent in alerts of earlier versions.'),
    evidence: text.describe(
      'Where it stood: `header:x-requested-with`, `host`, `ja4`; several are separated by commas.',
    ),
  })
  .describe('App or SDK that probably sent it: a hint with what it rests on, not proof. Anybody can write a header.');

export const evidence = z.object({
  flow: text,
  direction: z.enum(DIRECTIONS),
  where: z.enum(WHERES),
  path: textOrNull.describe(
    'Locator: `$.a[0].b`, `header:X-Imei`, `part:photo`, `field 3.1`, `[2]` for the third path segment; null when none.',
  ),
  decoding: z
    .array(text)
    .describe('Layers opened to see it, outermost first, e.g. `["gzip","json:$.data[0].id","base64"]`.'),
  hash: textOrNull.describe('e.g. `sha1[:16 base64url]`; null when the value itself was seen.'),
  offset: count.describe('Byte offset in the innermost readable bytes.'),
});

export const alertDevice = z.object({
  id: text.describe('Registered id; for a phone nobody registered its address.'),
  model: textOrNull,
  ip: text,
  mac: textOrNull,
});

export const alertFlow = z.object({
  protocol: text.describe(
    '`http/1.1`, `h2`, `websocket`, `grpc`, `mqtt`, `tls`, `tcp`…: the innermost one at the time.',
  ),
  method: textOrNull,
  url: textOrNull.describe('Query values and token-like path segments are masked.'),
  encrypted: z.boolean(),
  intercepted: z.boolean(),
});

export const receiver = z.object({
  host: text,
  guessed: destination.shape.guessed,
  port,
  ip: textOrNull,
  country,
  owner: textOrNull,
  count: count.min(1),
  firstSeen: time,
  lastSeen: time,
});

export const alert = z.object({
  v: z.literal(1),
  seq: count.describe('Grows with every alert and every update of one: the place to resume from.'),
  id: text.describe('ULID; stays the same when `count` grows.'),
  time,
  type: z.enum(ALERT_TYPES),
  severity: z.enum(SEVERITIES),
  device: alertDevice,
  case: z
    .object({
      id: text,
      phase: textOrNull.describe('Phase of the first sighting, or of the first one that was worse.'),
      phases: z.record(text, count).optional().describe('Sightings per phase, in the order they began.'),
      mark: z
        .object({ name: text.describe('An event or the beginning of a phase.'), seconds: z.number().min(0) })
        .optional()
        .describe('The last mark before that sighting, and how long before. Absent before the first mark.'),
      after: z
        .record(
          text,
          z.object({
            marks: count.min(1).describe('After how many marks of this name it was seen.'),
            shortest: z.number().min(0),
            longest: z.number().min(0),
            median: z.number().min(0).optional().describe('Absent in alerts of earlier versions, as is `phases`.'),
            phases: z
              .record(text, z.object({ marks: count.min(1), median: z.number().min(0) }))
              .optional()
              .describe('The same for each phase in which such a mark was set.'),
          }),
        )
        .optional()
        .describe('First sightings within a minute after a mark, by its name; seconds.'),
    })
    .nullable(),
  identifier: identifier.nullable().describe('Null for alerts about a connection as a whole.'),
  evidence: evidence.nullable(),
  flow: alertFlow.nullable(),
  destination: z.object({ ...destination.shape, ...destinationFacts.shape }).nullable(),
  count: count.min(1),
  firstSeen: time,
  lastSeen: time,
  simulated: z.boolean(),
  message: text.describe("One sentence for a person, without any identifier's value."),
  text: sentence.optional().describe('The same for every other language. Absent in alerts of earlier versions.'),
  receivers: z
    .array(receiver)
    .optional()
    .describe(
      'All that this alert stands for, when it stands for several: of one company, one country and one severity. `destination` is the first of them.',
    ),
  label: textOrNull.describe('e.g. `reconstruction of a disputed claim`.'),
  stored: z
    .boolean()
    .optional()
    .describe('False: shown, and not in the store yet, because the disk refuses. Absent when it is.'),
  attribution: attribution.nullable().optional().describe('Absent in alerts of earlier versions.'),
});

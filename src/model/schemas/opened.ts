/** Kept bytes opened for people: layer in layer, each with what stands in it. */
import { z } from 'zod';
import { count, text, textOrNull } from './parts.ts';

const marks = z
  .array(z.tuple([count, count]))
  .describe('From and to, in characters: where a value of the phone stands.');

export const openedLayer = z.object({
  parent: count.nullable().describe('Place of the layer it was opened from; null: of the bytes as they came.'),
  at: textOrNull.describe('Where in that one: `$.a[0].b`, `field 3.1`, a name of a form or part; null: the whole.'),
  name: text.describe('`body`, `gzip`, `json`, `form`, `part`, `protobuf`, `base64`…'),
  bytes: count,
  start: text.describe('base64: its first bytes.'),
  text: textOrNull.describe('Null: no text.'),
  marks,
  fields: z.array(
    z.object({
      path: text,
      value: text.describe('As text, or as hex digits where it is none.'),
      isText: z.boolean(),
      marks,
    }),
  ),
  cut: z.boolean().describe('There is more than is given here.'),
});

export const opened = z.object({
  layers: z.array(openedLayer).describe('Outer ones first.'),
  isWhole: z.boolean().describe('False: it was longer, or not all of it was kept, and only its beginning was opened.'),
});

export const bodyHits = z.object({
  hits: z.array(
    z.object({
      flow: text,
      host: text,
      openedAt: count.describe('Milliseconds since the epoch.'),
      side: z.enum(['request', 'response', 'message', 'raw-request', 'raw-response']),
      exchange: count.nullable(),
      before: text.describe('What stands before it.'),
      found: text.describe('As it stands there.'),
      behind: text,
    }),
  ),
  bytes: count.describe('Looked through, content coding off.'),
  next: count.nullable().describe('`before` of the next question; null: that was all.'),
});

/** What the API gives of kept content. */
import { z } from 'zod';
import { DIRECTIONS, KEEPS, NOT_KEPT_REASONS } from '../words.ts';
import { count, milliseconds, text, textOrNull } from './parts.ts';

export const contentNote = z
  .object({
    keep: z.enum(KEEPS).describe('What the lab was told to keep.'),
    bytes: count.describe('Bytes of bodies, messages and raw streams that were kept.'),
    notKept: count.describe('Bytes of them that were not.'),
    why: z.array(z.enum(NOT_KEPT_REASONS)).describe('Why some were not; empty: all were kept.'),
  })
  .describe('How much of its content was kept when it closed.');

const headers = z.array(z.tuple([text, text])).describe('In order, as on the wire.');

const gap = z.object({ at: count.describe('Offset in the body.'), bytes: count, why: z.enum(NOT_KEPT_REASONS) });

const body = z
  .object({
    bytes: count.describe('Length as far as it was seen, content coding (gzip …) still on.'),
    kept: count,
    gaps: z.array(gap).describe('What of it was not kept.'),
    endedAt: milliseconds.nullable().describe('Null: its end was not seen.'),
    complete: z.boolean().describe('False when the connection ended before the body did.'),
    trailers: headers,
  })
  .describe('A body without its bytes: these come from /api/flows/{id}/content/body.');

export const flowContent = z.object({
  flowId: text,
  state: z.enum(['kept', 'none']),
  why: z.array(z.enum(NOT_KEPT_REASONS)).describe('Why nothing is there, or not all.'),
  revealed: z.boolean().describe('False: values are masked and bodies are not given.'),
  exchanges: z.array(
    z.object({
      exchange: count,
      request: z
        .object({
          time: milliseconds,
          protocol: text,
          method: text,
          url: text.describe('Masked as in alerts unless revealed.'),
          headers,
          body,
        })
        .nullable(),
      response: z.object({ time: milliseconds, status: count, headers, body }).nullable(),
      upgradedTo: textOrNull,
    }),
  ),
  messages: z
    .array(
      z.object({
        index: count,
        exchange: count,
        direction: z.enum(DIRECTIONS),
        time: milliseconds,
        protocol: text,
        label: text.describe('e.g. WebSocket `text`, an MQTT topic; masked unless revealed.'),
        bytes: count,
        final: z.boolean().describe('The last part of a message.'),
      }),
    )
    .describe('Of WebSocket, MQTT, gRPC; their bytes: side `messages` of /api/flows/{id}/content/body.'),
  raw: z.object({ request: body, response: body }).describe('Bytes that no reader understood, per direction.'),
  cut: z.boolean().describe('There is more of it than one answer lists.'),
});

export const contentPart = z.object({
  from: count.describe('Offset in the body, its content coding still on.'),
  bytes: text.describe('base64. Where something was not kept, it ends before, and the next one begins behind.'),
  next: count.nullable().describe('Where to go on reading; null: that was all.'),
});

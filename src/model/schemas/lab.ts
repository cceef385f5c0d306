/** What the lab says of itself: test runs, reported cases that can be played, decoders, mapped hosts, live frames. */
import { z } from 'zod';
import { ROLES } from '../words.ts';
import { alert } from './alert.ts';
import { count, port, text, textOrNull, time } from './parts.ts';
import { planRun } from './plan.ts';
import { sentence } from './text.ts';

export const caseFacts = z
  .object({
    model: text,
    units: text.describe('Which of them, e.g. `2 of one lot`.'),
    firmware: text,
    sim: text.describe('Operator, or `none`.'),
    tester: text,
    place: text,
    purpose: text,
  })
  .partial()
  .describe('What a report says of the test, as the tester wrote it.');

export const testCase = z
  .object({
    id: text,
    title: text,
    deviceId: textOrNull.describe('Null: every device.'),
    label: textOrNull.describe('Shown with every alert of the case, e.g. `reconstruction of a disputed claim`.'),
    openedAt: time,
    closedAt: time.nullable(),
    marks: z.array(
      z.object({ phase: text.describe('e.g. `before-consent`, `boot`, `unlock`, `after-consent`.'), at: time }),
    ),
    phones: z.array(text).optional().describe('Where it is about several; `deviceId` is the first of them.'),
    about: caseFacts.optional(),
    events: z
      .array(z.object({ event: text.describe('e.g. `boot`, `unlock`, `message-sent`.'), at: time }))
      .optional()
      .describe('What was done to the phone; the phase goes on.'),
    plan: planRun.optional(),
  })
  .describe('One test run of one phone; its marks divide it into phases.');

export const upstreamEntry = z
  .object({
    host: text,
    port: port.min(1),
    dial: text.describe('`127.0.0.1:18080` or `[::1]:18080`; over the API always loopback.'),
    address: text.describe('IP address the flow is filed under.'),
  })
  .describe('One line of the upstream map: dial `dial` in place of `host`.');

export const decoder = z
  .object({ name: text, description: text })
  .describe('A decoder the operator supplied: never the key itself.');

export const replay = z.object({
  name: text,
  title: text.describe('One sentence: who reported what.'),
  label: textOrNull,
});

export const replayOutcome = z.object({
  case: text,
  expected: text.describe('For people, e.g. `imei, iccid, cell` or `nothing`.'),
  seen: text,
  ok: z.boolean(),
  note: textOrNull.describe('Why not ok, or a remark; null when there is nothing to say.'),
});

export const secret = z.object({
  value: text,
  seen: text.describe('The text that stood there, still encoded.'),
  window: text.meta({ contentEncoding: 'base64', description: 'The bytes around it.' }),
});

export const refusal = z.object({
  error: text.describe('One line that says what to do.'),
  text: sentence.optional().describe('The same for other languages, where the catalogue has it.'),
});

export const session = z.object({
  role: z.enum(ROLES),
  expiresAt: time.nullable().describe('Null: a token, not a session.'),
});
export const signInCode = z.object({ path: text, role: z.enum(ROLES), expiresAt: time });
export const roleToken = z.object({ role: z.enum(ROLES), token: text });

/** Frames of the WebSocket, each with what it means. */
export const frames = {
  hello: z
    .object({
      type: z.literal('hello'),
      v: z.literal(1),
      seq: count,
      epoch: text.describe('Another one than before: the history began anew, resume from 0.'),
    })
    .describe('Always first: the latest `seq`.'),
  alert: z
    .object({ type: z.literal('alert'), alert })
    .describe('A new alert, or a newer version of one with the same id.'),
  gap: z
    .object({ type: z.literal('gap'), from: count, to: count })
    .describe('These (inclusive) were not sent: fetch them with GET /api/alerts?since=FROM-1.'),
};

export const saidComparison = z
  .object({
    simulated: z.boolean().describe('Both are replays or tests.'),
    sides: z.array(text).describe('What each side is, A first.'),
    claims: z
      .array(text)
      .describe('What the maker said, where B is the replay of a fixed version, and whether it holds.'),
    changes: z.array(text).describe('What is different in B; what matters first.'),
    limit: text.describe('What a comparison cannot tell.'),
  })
  .describe('Two sides held against each other, in sentences.');

export const checkedPackage = z
  .object({
    isIntact: z.boolean(),
    problem: textOrNull.describe('The first that does not fit.'),
    problemText: sentence.optional().describe('The same for other languages.'),
    problems: count,
    files: count,
    records: count.describe('Of the chain.'),
    rows: count.describe('That were held against their records.'),
    signed: count.describe('The last record that is signed.'),
    head: z.object({ position: count, hash: text }).nullable(),
    fingerprint: textOrNull.describe('SHA-256 of the key in it.'),
    isOwn: z.boolean().describe('It is the key of this lab.'),
  })
  .describe('A package held against itself.');

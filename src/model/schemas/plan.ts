/** A plan: what a person does to a phone, step by step, and how far a case has followed it. */

import { z } from 'zod';
import { EN } from '../catalogue/en.ts';
import { text, time } from './parts.ts';

const sentence = z.string().trim().min(1).max(1000);
const planText = z
  .union([sentence, z.strictObject({ en: sentence, vi: sentence.optional() })], {
    error: EN['input.own.plan-text'],
  })
  .describe('In English, or in both languages: `{en, vi}`.');
const word = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u, EN['input.own.word']);

/** A month and a day. */
const MAX_MINUTES = 46_080;

export const planStep = z
  .strictObject({
    do: planText.describe('What the person does.'),
    until: z
      .enum(['enter', 'traffic'])
      .default('enter')
      .describe('`enter`: the person says that it is done; `traffic`: a connection of the phone shows it.'),
    phase: word.optional().describe('Begins when it is done.'),
    mark: word.optional().describe('Noted when it is done, e.g. `unlock`.'),
    wait: z
      .strictObject({
        minutes: z.number().positive().max(MAX_MINUTES).optional(),
        seconds: z
          .number()
          .positive()
          .max(MAX_MINUTES * 60)
          .optional(),
        until: z.literal('traffic').optional().describe('A connection of the phone ends it before its time.'),
      })
      .refine(({ minutes, seconds }) => (minutes === undefined) !== (seconds === undefined), EN['input.own.wait'])
      .optional()
      .describe('After it was done.'),
    host: z
      .string()
      .trim()
      .toLowerCase()
      .min(1)
      .max(253)
      .optional()
      .describe('Of `traffic`: only connections to names that hold this.'),
    times: z.int().min(1).max(200).default(1),
  })
  .refine(
    ({ until, phase, mark }) => until === 'enter' || (phase === undefined && mark === undefined),
    EN['input.own.traffic-marks'],
  )
  .refine(
    ({ until, wait, host }) => host === undefined || until === 'traffic' || wait?.until === 'traffic',
    EN['input.own.host'],
  );

export const plan = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, EN['input.own.plan-name']),
  title: planText,
  about: planText.optional(),
  steps: z.array(planStep).min(1, EN['input.own.one-step']).max(100, EN['input.own.steps']),
});

export const planRun = z
  .object({
    plan,
    done: z.int().min(0).describe('Steps behind it, each as often as it is repeated.'),
    since: time.describe('When the present one began.'),
    doneAt: time.nullable().describe('When the present one was done: its wait goes on. Null: it is to be done.'),
  })
  .describe('The plan that a case follows, as it stood when it began, and how far it got.');

export const planView = z.object({
  case: text,
  plan: text,
  title: planText,
  state: z.enum(['do', 'wait', 'over']),
  number: z.int().describe('Which one, from 0: to be sent back with what was done.'),
  of: z.int(),
  step: planStep.nullable().describe('Null when it is over.'),
  round: z.int().describe('Of a step that is repeated: the how-manieth time, from 1.'),
  waitsUntil: time.nullable(),
  isReady: z.boolean().describe('Nothing is waited for: the person, or nobody, may go on.'),
  connections: z.int().describe('Of the phone since the step began, and to its host where it names one.'),
});

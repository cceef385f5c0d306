/** What the API accepts as bodies. Loaded with the first of them: zod takes 20 MB. */

import { isIP } from 'node:net';
import { z } from 'zod';
import { EN } from '../../model/catalogue/en.ts';
import * as notify from '../../model/schemas/notify.ts';
import { plan } from '../../model/schemas/plan.ts';
import { PIN_OVERRIDES, ROLES, TRUST_TESTS } from '../../model/words.ts';
import { isLoopbackDial } from './loopback-dial.ts';

const text = z.string().trim().min(1).max(200);
const host = z.string().trim().toLowerCase().min(1).max(253);
const orNull = text.nullish().transform((value) => value ?? null);

const upstreamEntry = z.strictObject({
  host,
  port: z.int().min(1).max(65535),
  dial: z.string().max(60).refine(isLoopbackDial, EN['input.own.loopback']),
  address: z.string().refine((address) => isIP(address) !== 0, EN['input.own.ip']),
});

const fact = text.optional();
const about = z
  .strictObject({
    model: fact,
    units: fact,
    firmware: fact,
    sim: fact,
    tester: fact,
    place: fact,
    purpose: z.string().trim().min(1).max(1000).optional(),
  })
  .describe('What a report says of the test.');

export const openCase = z.strictObject({
  title: text,
  deviceId: orNull,
  label: orNull,
  phones: z.array(text).min(1).max(50).optional().describe('Several phones, in place of `deviceId`.'),
  about: about.optional(),
  plan: z.union([text, plan]).optional().describe('Name of a ready-made plan, or one of your own.'),
});
export const planStep = z.strictObject({
  number: z.int().min(0).describe('Of the step that was done, as the view told it.'),
});
export const changeCase = z.strictObject({ closed: z.literal(true) });
export const mark = z
  .union([z.strictObject({ phase: text.max(60) }), z.strictObject({ event: text.max(60) })])
  .describe('`phase` begins a phase, `event` is what was done to the phone within one.');
export const pin = z.strictObject({ device: text, name: host, override: z.enum(PIN_OVERRIDES) });
export const trustTest = z.strictObject({
  device: text,
  name: host,
  test: z.enum(TRUST_TESTS),
  minutes: z.number().positive().max(1440).default(10),
});
export const upstream = z
  .union([z.array(upstreamEntry), z.strictObject({ entries: z.array(upstreamEntry) })])
  .transform((given) => (Array.isArray(given) ? given : given.entries))
  .refine((entries) => entries.length > 0 && entries.length <= 100, EN['input.own.entries']);
export const replays = z.strictObject({ cases: z.array(text).min(1).max(50) });
export const devices = z.strictObject({ devices: z.array(z.looseObject({})).min(1).max(1000) });
export const forget = z.strictObject({
  recordings: z.boolean().optional().describe('The recording of the whole network as well, if none is running.'),
});
export const device = z.looseObject({}).describe('One item of `devices:` as in the devices file.');
export const signIn = z.strictObject({ token: z.string().max(200) });
export const signInCode = z.strictObject({
  role: z.enum(ROLES).optional(),
  minutes: z.int().min(1).max(15).optional().describe('How long it can be opened. Default 1.'),
});
export const receiver = notify.receiver;
export const rules = notify.putRules;
export const mute = notify.putMute;
export const secret = notify.putSecret;

export const exportCase = z.strictObject({
  redact: z.boolean().describe('Identifiers replaced by pseudonyms, no packets; otherwise it holds values in clear.'),
  language: z.enum(['en', 'vi']).default('en').describe('Of the report in it.'),
});

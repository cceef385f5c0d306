/** What is told outside the lab, and to whom: the configuration file `DATA/notify.yaml`, and what the API says of it. */
import { z } from 'zod';
import { EN } from '../catalogue/en.ts';
import { ALERT_TYPES, KINDS, SEVERITIES } from '../words.ts';
import { count, textOrNull, time } from './parts.ts';
import { sentence } from './text.ts';

const word = z.string().trim().min(1).max(200);
/** Names stand in URLs of the API and in the database. */
const name = z.string().regex(/^[\w][\w.-]{0,59}$/, EN['input.own.name']);
const countryCode = z
  .string()
  .regex(/^[A-Za-z]{2}$/, EN['input.own.country'])
  .toUpperCase();
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item).min(1).max(200)])
    .transform((given) => (Array.isArray(given) ? given : [given]) as z.output<T>[]);

/** Every condition that is given must hold; of a list one is enough. */
export const condition = z
  .strictObject({
    type: oneOrMore(z.enum(ALERT_TYPES)).optional(),
    kind: oneOrMore(z.enum(KINDS)).optional(),
    severity: z.enum(SEVERITIES).optional().describe('This one or worse.'),
    country: oneOrMore(countryCode).optional().describe('Where the server is.'),
    ownerCountry: oneOrMore(countryCode).optional().describe('Where the company that owns the name is at home.'),
    owner: oneOrMore(word).optional().describe('Part of the name of the company, or of its parent.'),
    host: oneOrMore(word).optional().describe('The server, or a domain above it.'),
    device: oneOrMore(word).optional().describe('Id of a phone.'),
    case: oneOrMore(word).optional().describe('Id of a case.'),
    phase: oneOrMore(word).optional(),
    simulated: z.boolean().optional().describe('Alerts of replays and tests match only where this is true.'),
  })
  .describe('Empty: everything that is not simulated.');

const secretFile = z
  .string()
  .regex(/^[\w][\w.-]{0,99}$/, EN['input.own.secret-file'])
  .describe('A file in DATA/secrets of mode 0600; its text, trimmed, is the secret.');

const common = {
  language: z.enum(['en', 'vi']).default('en'),
  personal: z
    .enum(['none', 'masked'])
    .default('none')
    .describe(
      '`none`: no identifier, not even masked, and no id or address of a phone. `masked`: the alert as the lab shows it.',
    ),
  private: z
    .boolean()
    .default(false)
    .describe('It is on this machine or on a private network; the phones’ own network is refused all the same.'),
  caFile: z.string().min(1).max(500).optional().describe('PEM file of the authority that signed its certificate.'),
};

export const webhook = z.strictObject({
  type: z.literal('webhook'),
  template: z.enum(['json', 'telegram', 'slack', 'matrix', 'zalo', 'zalo-oa']).default('json'),
  url: z.string().min(1).max(2000).optional(),
  method: z.enum(['POST', 'PUT']).optional(),
  headers: z.record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(2000)).optional(),
  // Any JSON: checked when it is filled. A recursive schema would be one more name in the descriptions.
  body: z
    .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())])
    .optional()
    .describe('Takes the place of the template’s; every text in it may hold `{{places}}`.'),
  values: z.record(z.string().regex(/^\w{1,60}$/), z.string().max(500)).default({}),
  secrets: z.record(z.string().regex(/^\w{1,60}$/), secretFile).default({}),
  signWith: secretFile.optional().describe('Secret of the signature (Standard Webhooks, `v1`).'),
  ...common,
});

export const email = z.strictObject({
  type: z.literal('email'),
  server: word,
  port: z.int().min(1).max(65535).default(587),
  tls: z
    .enum(['starttls', 'direct', 'none'])
    .default('starttls')
    .describe('`none` is accepted only with `private: true`.'),
  user: word.optional(),
  password: secretFile.optional(),
  from: z.email(),
  to: z.array(z.email()).min(1).max(50),
  collectSeconds: z.int().min(0).max(86_400).default(60).describe('What comes within this time goes in one mail.'),
  ...common,
});

export const receiver = z.discriminatedUnion('type', [webhook, email]);

export const rule = z.strictObject({
  name,
  when: condition.default({}),
  send: z.array(name).min(1).max(50).describe('Names of receivers.'),
});

export const mute = z.strictObject({
  name,
  when: condition.refine((when) => Object.keys(when).length > 0, EN['input.own.condition']),
  as: z.enum(['muted', 'accepted']).default('muted').describe('`accepted`: known and accepted.'),
  reason: z.string().trim().min(3).max(500),
  until: z.iso.date().describe('The last day on which it holds, in UTC.'),
});

export const notifyConfig = z.strictObject({
  receivers: z.record(name, receiver).default({}),
  rules: z.array(rule).max(200).default([]),
  mutes: z.array(mute).max(500).default([]),
});

export const receiverState = z.object({
  name: z.string(),
  type: z.enum(['webhook', 'email']),
  where: z.string().describe('Host it is sent to; never the whole address, which may be a secret.'),
  waiting: count,
  dead: count.describe('Given up; kept until they are sent again on request.'),
  sent: count,
  dropped: count.describe('Beyond what is kept: the alerts themselves are in the store.'),
  failingSince: time.nullable(),
  nextTry: time.nullable(),
  lastError: textOrNull,
  lastErrorText: sentence.optional().describe('The same for other languages.'),
  lastSent: time.nullable(),
});

export const notifyState = z.object({
  file: z.string(),
  problem: textOrNull.describe('Why the file is not in force; what was read before still is.'),
  problemText: sentence.nullish().describe('The same for other languages.'),
  receivers: z.array(receiverState),
  rules: z.array(rule),
  mutes: z.array(z.object({ ...mute.shape, held: count, isOver: z.boolean() })),
});

export const sentTest = z.object({ ok: z.boolean(), detail: z.string(), text: sentence.optional() });
export const retried = z.object({ count });

/** What the API takes. */
export const putRules = z.strictObject({ rules: z.array(rule).max(200) });
export const putMute = z.strictObject(mute.omit({ name: true }).shape);
export const putSecret = z.strictObject({ secret: z.string().trim().min(1).max(4000) });

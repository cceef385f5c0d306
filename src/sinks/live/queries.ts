/**
 * What may stand behind the `?` of an address: each parameter with how it is read and what OpenAPI says of it. Plain
 * data, because the first `GET /api/alerts` must not load a schema library.
 * A wrong parameter is an `InputError` of one line that names it and never quotes it.
 */
import { say } from '../../formats/say.ts';
import { type Text, text } from '../../model/text.ts';
import { ALERT_TYPES, FLOW_GROUPS, KINDS, SEVERITIES } from '../../model/words.ts';

/** What a client can mend: one line that says how. */
export class InputError extends Error {
  override name = 'InputError';
  readonly text: Text;

  constructor(text: Text) {
    super(say(text));
    this.text = text;
  }
}

export interface Parameter<T = unknown> {
  description: string;
  /** As JSON Schema. */
  schema: Record<string, unknown>;
  read: (text: string, name: string) => T;
}

/** What `readQuery` gives for a table of parameters: each of them may be missing. */
type Given<Q extends Record<string, Parameter>> = { [K in keyof Q]?: ReturnType<Q[K]['read']> };

const words = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string' },
  read: (given) => given,
});

const whole = (description: string, more: Record<string, unknown> = {}): Parameter<number> => ({
  description,
  schema: { type: 'integer', minimum: 0, ...more },
  read(given, name) {
    if (!/^\d{1,15}$/.test(given)) throw new InputError(text('input.whole', { name }));
    return Number(given);
  },
});

const count = (description: string, more: Record<string, unknown>): Parameter<number> => ({
  description,
  schema: { type: 'integer', minimum: 1, ...more },
  read(given, name) {
    if (!/^0*[1-9]\d{0,14}$/.test(given)) throw new InputError(text('input.count', { name }));
    return Number(given);
  },
});

const flag = (description: string): Parameter<boolean> => ({
  description,
  schema: { type: 'boolean' },
  read(given, name) {
    if (given !== 'true' && given !== 'false') throw new InputError(text('input.flag', { name }));
    return given === 'true';
  },
});

const oneOf = <T extends string>(all: readonly T[], description: string): Parameter<T> => ({
  description,
  schema: { type: 'string', enum: [...all] },
  read(given, name) {
    const word = all.find((one) => one === given);
    if (word === undefined) throw new InputError(text('input.one-of', { name, words: all.join(', ') }));
    return word;
  },
});

const simulated = flag('Only of replays and tests (true), or only of the world (false); both when not given.');

/** What a live client may ask for, too. */
export const LIVE_QUERY = {
  since: whole('Only those with a greater `seq`; of a live client without it only what is new.'),
  device: words('Of this device.'),
  case: words('Of this case.'),
  kind: oneOf(KINDS, 'About this kind of identifier.'),
  type: oneOf(ALERT_TYPES, 'Of this type.'),
  severity: oneOf(SEVERITIES, 'This severity or worse.'),
  simulated,
};
const limit = count('At most this many; no more than 2,000 come at once.', { maximum: 2000, default: 500 });
export const CODE_QUERY = { code: words('From the address that `phonehome ui` prints.') };
export const ALERT_QUERY = {
  ...LIVE_QUERY,
  flow: words('With evidence in this flow.'),
  limit,
  newest: flag('Newest first.'),
};
export const FLOW_QUERY = {
  device: words('Of this device.'),
  host: words('A part of the host name.'),
  simulated,
  after: whole('Opened at or after, milliseconds since the epoch.'),
  before: whole('Opened before: `openedAt` of the last one pages back.'),
  limit,
};
const window = {
  q: words('Words that must all stand in it, in any order; upper and lower case of ASCII letters are one.'),
  language: oneOf(['en', 'vi'], 'In which they are typed; English when not given.'),
  offset: whole('So many of the newest are left out: where a list goes on.'),
  limit,
};
const { since: _, ...wanted } = LIVE_QUERY;
export const ALERT_SEARCH = {
  ...wanted,
  ...window,
  before: whole('With a smaller `seq`: keeps the windows of a list apart while new ones come.'),
};
export const FLOW_SEARCH = {
  ...window,
  device: FLOW_QUERY.device,
  host: words('Exactly this one, as of the next three; empty: where none is known.'),
  owner: words('Of this owner.'),
  country: words('In this country, ISO 3166-1 alpha-2.'),
  app: words('Of this app or SDK.'),
  simulated,
  withFindings: flag('Only those in which something was found.'),
  after: FLOW_QUERY.after,
  before: FLOW_QUERY.before,
};
export const GROUP_QUERY = {
  by: oneOf(FLOW_GROUPS, 'What is put together.'),
  ...FLOW_SEARCH,
};
export const APP_QUERY = { device: words('Of this device.'), simulated };
export const AUDIT_QUERY = { limit };
export const WHY_QUERY = { host: words('The server, or a part of its name.'), device: words('Of this device.') };
export const DEVICE_QUERY = { reveal: flag('Values in clear; stands in the audit.') };
export const CONTENT_QUERY = { reveal: flag('As it stood there; stands in the audit.') };
export const BODY_QUERY = {
  side: oneOf(['request', 'response', 'message', 'raw-request', 'raw-response'], 'Whose bytes.'),
  exchange: whole('Of a body.'),
  index: whole('Of a message.'),
  from: whole('Offset to begin at.', { default: 0 }),
  length: whole('At most this many bytes.', { minimum: 1, maximum: 1_048_576, default: 65_536 }),
  reveal: flag('Must be true: bytes are given as they are.'),
};
const { from: _from, length: _length, ...OPENED } = BODY_QUERY;
/** Which kept bytes are opened. */
export const OPENED_QUERY = OPENED;
export const BODY_SEARCH = {
  q: words('The text that is looked for, in any case of letters.'),
  device: words('Of this device.'),
  after: FLOW_QUERY.after,
  before: whole('Opened before: `next` of the last answer goes on.'),
  reveal: flag('Must be true: what is found is shown as it stands there.'),
};
export const REPORT_QUERY = {
  format: oneOf(['html', 'pdf'], 'A page, when not given.'),
  language: oneOf(['en', 'vi'], 'Of its words; English when not given.'),
};
export const COMPARE_QUERY = {
  a: words('A case, a phase of one (`CASE:before-consent`), or a phone.'),
  b: words('What it is held against.'),
  language: REPORT_QUERY.language,
};
export const UPSTREAM_QUERY = { host: words('Of the entry.'), port: whole('Of the entry.') };

/** @throws InputError */
export function readQuery<Q extends Record<string, Parameter>>(parameters: Q, query: Record<string, string>): Given<Q> {
  const given: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(parameters))
    if (query[name] !== undefined) given[name] = read(query[name], name);
  return given as Given<Q>;
}

export const DATABASE_QUERY = {
  name: words('Name of the file as its vendor gave it: its ending says how it is packed.'),
  older: flag('Take it although it is older than what answers now.'),
};

/**
 * Ready-made requests for services that take messages by a webhook, and places in texts: `{{title}}`, `{{value.chat}}`,
 * `{{secret.token}}`. Promise: a body is filled text by text and then written as JSON, so that nothing a phone or server
 * wrote becomes part of its structure; in an address what is filled in is escaped.
 * Sources: core.telegram.org/bots/api#sendmessage · docs.slack.dev (incoming webhooks, `plain_text`) · Matrix client-server API
 * v1.11, "Sending events to a room" · bot.zaloplatforms.com/docs (sendMessage) · developers.zalo.me (OA v3.0, `message/cs`).
 */
import type { Webhook } from '../model/notify.ts';
import type { Notice } from './notice.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Template {
  method: 'POST' | 'PUT';
  /** Null: the receiver says it. */
  url: string | null;
  headers: Record<string, string>;
  body: Json;
  /** What must be under `values:` and `secrets:`. */
  values: string[];
  secrets: string[];
  /** Longest text the service takes, in characters. */
  maxText?: number;
  /** Services that answer 200 to a refusal: the field that tells, and what it then holds. */
  accepted?: { field: string; equals: Json };
}

export const TEMPLATES: Record<Webhook['template'], Template> = {
  json: { method: 'POST', url: null, headers: {}, body: '{{notice}}', values: [], secrets: [] },
  telegram: {
    method: 'POST',
    url: 'https://api.telegram.org/bot{{secret.token}}/sendMessage',
    headers: {},
    // Without parse_mode nothing in the text is markup.
    body: { chat_id: '{{value.chat}}', text: '{{text}}', link_preview_options: { is_disabled: true } },
    values: ['chat'],
    secrets: ['token'],
    maxText: 4096,
    accepted: { field: 'ok', equals: true },
  },
  slack: {
    method: 'POST',
    url: '{{secret.url}}',
    headers: {},
    body: { blocks: [{ type: 'section', text: { type: 'plain_text', text: '{{text}}', emoji: false } }] },
    values: [],
    secrets: ['url'],
    maxText: 3000,
  },
  matrix: {
    // The transaction id is the alert's: a homeserver takes it once, however often it is sent.
    method: 'PUT',
    url: '{{value.server}}/_matrix/client/v3/rooms/{{value.room}}/send/m.room.message/{{id}}',
    headers: { Authorization: 'Bearer {{secret.token}}' },
    body: { msgtype: 'm.text', body: '{{text}}' },
    values: ['server', 'room'],
    secrets: ['token'],
  },
  zalo: {
    method: 'POST',
    url: 'https://bot-api.zaloplatforms.com/bot{{secret.token}}/sendMessage',
    headers: {},
    body: { chat_id: '{{value.chat}}', text: '{{text}}' },
    values: ['chat'],
    secrets: ['token'],
    maxText: 2000,
    accepted: { field: 'ok', equals: true },
  },
  'zalo-oa': {
    method: 'POST',
    url: 'https://openapi.zalo.me/v3.0/oa/message/cs',
    headers: { access_token: '{{secret.token}}' },
    body: { recipient: { user_id: '{{value.user}}' }, message: { text: '{{text}}' } },
    values: ['user'],
    secrets: ['token'],
    maxText: 2000,
    accepted: { field: 'error', equals: 0 },
  },
};

/** The places every text may hold, besides `value.NAME` and `secret.NAME`; `notice` stands alone and becomes the whole object. */
export const PLACES = [
  'notice',
  'title',
  'text',
  'id',
  'seq',
  'time',
  'type',
  'severity',
  'kind',
  'confidence',
  'count',
  'simulated',
  'phone',
  'case',
  'phase',
  'host',
  'country',
  'owner',
  'ownerCountry',
] as const;

const PLACE = /\{\{\s*([\w.]+)\s*\}\}/g;

export interface Filling {
  notice: Notice;
  values: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  maxText?: number;
}

/** Every text in a body, filled. */
export function fillBody(body: Json, filling: Filling): Json {
  if (typeof body === 'string') return body.trim() === '{{notice}}' ? plain(filling.notice) : fill(body, filling);
  if (Array.isArray(body)) return body.map((item) => fillBody(item, filling));
  if (body !== null && typeof body === 'object')
    return Object.fromEntries(Object.entries(body).map(([key, item]) => [key, fillBody(item, filling)]));
  return body;
}

export function fill(text: string, filling: Filling): string {
  return text.replace(PLACE, (place, name: string) => filledBy(name, filling) ?? place);
}

/** An address: what is filled in is escaped, but for one that is the whole text, or its beginning up to the path. */
export function fillUrl(url: string, filling: Filling): string {
  return url.replace(PLACE, (place, name: string, at: number) => {
    const value = filledBy(name, filling) ?? place;
    return at === 0 ? value : encodeURIComponent(value);
  });
}

/** Names of the places in it that nothing can fill. */
export function unknownPlaces(given: Json, { values, secrets }: Pick<Webhook, 'values' | 'secrets'>): string[] {
  if (typeof given === 'string')
    return [...given.matchAll(PLACE)].flatMap(([, name = '']) => {
      const [group, own = ''] = name.split('.');
      const isKnown =
        (PLACES as readonly string[]).includes(name) ||
        (group === 'value' && Object.hasOwn(values, own)) ||
        (group === 'secret' && Object.hasOwn(secrets, own));
      return isKnown ? [] : [name];
    });
  if (given === null || typeof given !== 'object') return [];
  return Object.values(given).flatMap((item) => unknownPlaces(item, { values, secrets }));
}

function filledBy(
  name: string,
  { notice, values, secrets, maxText = Number.POSITIVE_INFINITY }: Filling,
): string | null {
  const [group, own = ''] = name.split('.');
  if (group === 'value') return values[own] ?? null;
  if (group === 'secret') return secrets[own] ?? null;
  if (name === 'text') return cut(notice.text, maxText);
  const { destination, phone, case: at } = notice;
  const known: Record<string, string | number | boolean | null | undefined> = {
    title: notice.title,
    id: notice.id,
    seq: notice.seq,
    time: notice.time,
    type: notice.type,
    severity: notice.severity,
    kind: notice.kind,
    confidence: notice.confidence,
    count: notice.count,
    simulated: notice.simulated,
    phone: phone.model ?? phone.id,
    case: at?.id,
    phase: at?.phase,
    host: destination?.host,
    country: destination?.country,
    owner: destination?.owner,
    ownerCountry: destination?.ownerCountry,
    notice: JSON.stringify(notice),
  };
  return Object.hasOwn(known, name) ? String(known[name] ?? '') : null;
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/** Plain data: no `undefined`. */
const plain = (notice: Notice): Json => JSON.parse(JSON.stringify(notice)) as Json;

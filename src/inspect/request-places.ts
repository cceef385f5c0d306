/**
 * The places of a request head where something can stand: path segments, parameters, headers, cookies.
 * Promise: every byte the phone put there is searched, percent escapes undone; each piece is small and complete.
 */
import { Layer } from './layers/layer.ts';
import { LeafSink } from './layers/leaf.ts';
import type { ByteSink } from './layers/sink.ts';
import { isClean, searchWhole } from './layers/whole-value.ts';
import { addField, type Fields, MAX_FIELD_TEXT, type Place, placeAt, type Scope } from './scope.ts';
import { decodePercent } from './structure/form.ts';

/** Values fixed by protocol or browser: searched for registered values, never judged by shape. */
const DULL = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'dnt',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'origin',
  'pragma',
  'priority',
  'range',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-version',
  'te',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
  'via',
]); // prettier-ignore

/** Shorter parameter names hold no identifier themselves. */
const LEAST_TELLING_NAME = 12;

export function searchTarget(scope: Scope, target: string): void {
  const question = target.indexOf('?');
  const path = (question < 0 ? target : target.slice(0, question)).replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  let previous: string | null = null;
  for (const [index, segment] of path.split('/').entries()) {
    if (segment === '') continue;
    const decoded = decodePercent(Buffer.from(segment, 'latin1'));
    searchValue(scope, placeAt('path', `[${index}]`, previous), decoded);
    previous = segment;
  }
  if (question >= 0) searchQuery(scope, target.slice(question + 1));
}

function searchQuery(scope: Scope, query: string): void {
  // `+` stays: careless senders put raw base64 there, and spellings with spaces are searched with `+` as well.
  const pairs = query.split('&').map((pair): [name: string | null, value: Buffer] => {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? null : decodePercent(Buffer.from(pair.slice(0, equals), 'latin1')).toString('utf8');
    return [name, decodePercent(Buffer.from(pair.slice(equals + 1), 'latin1'))];
  });
  const keys: Fields = [];
  for (const [name, value] of pairs) if (name !== null) addField(keys, name, beginning(value));
  const fields: Fields = [];
  for (const [name, value] of pairs) {
    searchValue(scope, { ...placeAt('query', name, name, fields), keys }, value);
    if (name === null) continue;
    addField(fields, name, beginning(value));
    if (name.length >= LEAST_TELLING_NAME) searchValue(scope, placeAt('query', null, null), Buffer.from(name));
  }
}

function beginning(value: Buffer): string {
  return value.toString('latin1', 0, MAX_FIELD_TEXT);
}

export function searchHeaders(scope: Scope, headers: readonly [string, string][]): void {
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'cookie') searchCookies(scope, value);
    else if (lower === 'authorization' && /^basic /i.test(value)) searchBasic(scope, name, value.slice(6));
    else if (!isClean(scope, 'header', name, value)) {
      searchValue(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'), DULL.has(lower));
    }
  }
}

/** RFC 6265 4.2. */
function searchCookies(scope: Scope, value: string): void {
  const fields: Fields = [];
  for (const pair of value.split(';')) {
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? '' : pair.slice(0, equals)).trim();
    const place = placeAt('cookie', name === '' ? null : `cookie:${name}`, name === '' ? null : name, fields);
    const decoded = decodePercent(Buffer.from(pair.slice(equals + 1).trim(), 'latin1'));
    searchValue(scope, place, decoded);
    if (name !== '') addField(fields, name, beginning(decoded));
  }
}

/** RFC 7617: always base64, however short. */
function searchBasic(scope: Scope, name: string, credentials: string): void {
  const place: Place = { ...placeAt('header', `header:${name}`, name), chain: ['basic'], depth: 1 };
  searchValue(scope, place, Buffer.from(credentials.trim(), 'base64'));
}

export function searchValue(scope: Scope, place: Place, value: Buffer, knownOnly = false): void {
  searchWhole(
    scope,
    place,
    value,
    knownOnly ? onlyKnown(scope) : (inside) => new Layer(scope, inside, { isValue: true }),
  );
}

/** Values that mean nothing by themselves are searched for registered ones, and that is all. */
function onlyKnown(scope: Scope): (place: Place) => ByteSink {
  return (place) => new LeafSink(scope, place, 'media', (inside) => new Layer(scope, inside));
}

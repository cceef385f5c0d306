/**
 * The places of a request head where something can stand: path segments, parameters, headers, cookies.
 * Promise: every byte the phone put there is searched, percent escapes undone; each piece is small and complete.
 */
import { isKeyName } from './key-names.ts';
import { Layer } from './layers/layer.ts';
import { LeafSink } from './layers/leaf.ts';
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
/** Longer values hardly come twice. */
const LONGEST_REMEMBERED = 512;

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
  const fields: Fields = [];
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? null : decodePercent(Buffer.from(pair.slice(0, equals), 'latin1')).toString('utf8');
    // `+` stays: careless senders put raw base64 there, and spellings with spaces are searched with `+` as well.
    const value = decodePercent(Buffer.from(pair.slice(equals + 1), 'latin1'));
    searchValue(scope, placeAt('query', name, name, fields), value);
    if (name !== null) addField(fields, name, value.toString('latin1', 0, MAX_FIELD_TEXT));
    if (name !== null && name.length >= LEAST_TELLING_NAME)
      searchValue(scope, placeAt('query', null, null), Buffer.from(name));
  }
}

export function searchHeaders(scope: Scope, headers: readonly [string, string][]): void {
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'cookie') searchCookies(scope, value);
    else if (lower === 'authorization' && /^basic /i.test(value)) searchBasic(scope, name, value.slice(6));
    else searchValue(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'), DULL.has(lower));
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
    if (name !== '') addField(fields, name, decoded.toString('latin1', 0, MAX_FIELD_TEXT));
  }
}

/** RFC 7617: always base64, however short. */
function searchBasic(scope: Scope, name: string, credentials: string): void {
  const place: Place = { ...placeAt('header', `header:${name}`, name), chain: ['basic'], depth: 1 };
  searchValue(scope, place, Buffer.from(credentials.trim(), 'base64'));
}

export function searchValue(scope: Scope, place: Place, value: Buffer, knownOnly = false): void {
  // Nothing registered is shorter, and no shape is.
  if (value.length < 4) return;
  // Beside a telling name the neighbours count as well, and they change.
  const isTelling = place.key !== null && isKeyName(place.key);
  const identity =
    isTelling || value.length > LONGEST_REMEMBERED ? null : `${place.where} ${place.key} ${value.toString('latin1')}`;
  if (identity !== null && scope.clean.has(identity)) {
    // What was clean then is clean now; what it stands for may still be compared.
    if (!scope.comparesTokens) return;
    if (!holdsMore(value)) {
      if (!knownOnly) scope.token(place, () => null, place.key, value, 0, value.length);
      return;
    }
  }
  const said = scope.said;
  const layer = knownOnly
    ? new LeafSink(scope, place, 'media', () => new Layer(scope, place))
    : new Layer(scope, place, { isValue: true });
  layer.write(value);
  layer.end(true);
  if (identity !== null && scope.said === said) scope.clean.add(identity);
}

/** A document in a value: its parts are compared, not the whole. */
function holdsMore(value: Buffer): boolean {
  return value[0] === 0x7b || value[0] === 0x5b;
}

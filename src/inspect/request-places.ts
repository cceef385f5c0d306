/**
 * The places of a request head where something can stand: path segments, parameters, headers, cookies.
 * Promise: every byte the phone put there is searched, percent escapes undone; each piece is small and complete.
 */

import { openerOf } from './layers/layer.ts';
import { searchRegistered } from './layers/scanner.ts';
import { searchWhole } from './layers/whole-value.ts';
import { addField, type Fields, MAX_FIELD_TEXT, type Place, placeAt } from './place.ts';
import type { Scope, Traces } from './scope.ts';
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

/**
 * The target and the fields of a connection's latest request in which nothing was found: most come again with the next.
 * What is the same in the same place, for the same phone, means the same; it is still noted and compared.
 * Promise: one head is kept at most, and none before the second request.
 */
export class LatestHead {
  #requests = 0;
  #target: CleanPiece | null = null;
  #fields: (CleanPiece | null)[] = [];

  search(scope: Scope, target: string, headers: readonly [string, string][], authority: string | null): void {
    this.#requests++;
    this.#target = this.#piece(scope, this.#target, '', target, () => searchTarget(scope, target));
    const fields = this.#fields;
    const count = authority === null ? headers.length : headers.length + 1;
    for (let at = 0; at < count; at++) {
      // HTTP/2 has no Host field: its authority takes the place.
      const header = headers[at];
      const name = header === undefined ? 'Host' : header[0];
      const value = header === undefined ? (authority ?? '') : header[1];
      const piece = this.#piece(scope, fields[at] ?? null, name, value, () => searchHeader(scope, name, value));
      if (this.#requests > 1) fields[at] = piece;
    }
    fields.length = Math.min(fields.length, count, MAX_PIECES);
  }

  #piece(scope: Scope, latest: CleanPiece | null, name: string, value: string, search: () => void): CleanPiece | null {
    if (latest !== null && latest.value === value && latest.name === name) {
      scope.repeat(latest.traces);
      return latest;
    }
    if (this.#requests === 1 || value.length > LONGEST_PIECE) {
      search();
      return null;
    }
    const { said } = scope;
    const traces = scope.trace(search);
    return scope.said === said ? { name, value, traces } : null;
  }
}

interface CleanPiece {
  name: string;
  value: string;
  traces: Traces;
}

/** Real requests have some dozen fields. */
const MAX_PIECES = 64;
const LONGEST_PIECE = 4096;

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
  for (const [name, value] of headers) searchHeader(scope, name, value);
}

function searchHeader(scope: Scope, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (DULL.has(lower)) searchRegistered(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'));
  else if (lower === 'cookie') searchCookies(scope, value);
  else if (lower === 'authorization' && /^basic /i.test(value)) searchBasic(scope, name, value.slice(6));
  else searchValue(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'));
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

export function searchValue(scope: Scope, place: Place, value: Buffer): void {
  searchWhole(scope, place, value, openerOf(scope));
}

/**
 * The places of a request head where something can stand: path segments, parameters, headers, cookies.
 * Promise: every byte the phone put there is searched, percent escapes undone; each piece is small and complete. Past the
 * budget the whole head is searched for registered values in one plain pass.
 */

import type { Readable } from './layers/beside.ts';
import { openerOf } from './layers/layer.ts';
import { PlainSink } from './layers/plain.ts';
import { searchRegistered } from './layers/scanner.ts';
import { LEAST_VALUE, searchWhole } from './layers/whole-value.ts';
import { addField, type Fields, MAX_FIELD_TEXT, type Place, placeAt } from './place.ts';
import type { Scope, Traces } from './scope.ts';
import { bytesOf, credentialsOf, eachCookie, eachParameter, eachSegment, isBasic } from './structure/head-parts.ts';

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
    this.#target = this.#piece(scope, this.#target, null, target);
    const fields = this.#fields;
    let at = 0;
    for (const header of headers) this.#field(scope, at++, header[0], header[1]);
    // HTTP/2 has no Host field: its authority takes the place.
    if (authority !== null) this.#field(scope, at++, 'Host', authority);
    if (fields.length > at) fields.length = at;
    scope.beside.noteHead(new HeadValues(target, headers));
    if (!scope.budget.isOver) return;
    searchPlainly(scope, placeAt('query', null, null), target);
    searchFieldsPlainly(scope, headers);
  }

  #field(scope: Scope, at: number, name: string, value: string): void {
    const piece = this.#piece(scope, this.#fields[at] ?? null, name, value);
    if (this.#requests > 1 && at < MAX_PIECES) this.#fields[at] = piece;
  }

  /** `name`: null for the target. */
  #piece(scope: Scope, latest: CleanPiece | null, name: string | null, value: string): CleanPiece | null {
    if (!scope.budget.spend(PER_PIECE, 'head')) return null;
    if (latest !== null && latest.value === value && latest.name === name) {
      scope.repeat(latest);
      return latest;
    }
    if (this.#requests === 1 || value.length > LONGEST_PIECE) {
      searchPiece(scope, name, value);
      return null;
    }
    const { said, beside } = scope;
    const { count } = beside;
    scope.trace();
    searchPiece(scope, name, value);
    const tokens = scope.endTrace();
    if (scope.said > said || scope.budget.isOver) return null;
    return { name, value, tokens, notes: beside.since(count) };
  }
}

function searchPiece(scope: Scope, name: string | null, value: string): void {
  if (name === null) searchTarget(scope, value);
  else searchHeader(scope, name, value);
}

interface CleanPiece extends Traces {
  name: string | null;
  value: string;
}

/** Units of work: a segment, a pair, a field. */
const PER_PIECE = 60;
/** Real requests have some dozen fields. */
const MAX_PIECES = 64;
const LONGEST_PIECE = 4096;

function searchTarget(scope: Scope, target: string): void {
  eachSegment(target, (index, segment, previous) => {
    searchValue(scope, placeAt('path', `[${index}]`, previous), bytesOf(segment));
    return scope.budget.spend(PER_PIECE, 'path');
  });
  const fields: Fields = [];
  eachParameter(target, (name, text) => {
    const value = bytesOf(text);
    searchValue(scope, placeAt('query', name, name, fields), value);
    if (!scope.budget.spend(PER_PIECE, 'query')) return false;
    if (name === null) return true;
    addField(fields, name, beginning(value));
    if (name.length >= LEAST_TELLING_NAME) searchValue(scope, placeAt('query', null, null), Buffer.from(name));
    return true;
  });
}

function beginning(value: Buffer): string {
  return value.toString('latin1', 0, MAX_FIELD_TEXT);
}

/** Of a trailer section. */
export function searchTrailers(scope: Scope, trailers: readonly [string, string][]): void {
  if (trailers.length === 0) return;
  for (const [name, value] of trailers) {
    if (!scope.budget.spend(PER_PIECE, 'trailers')) break;
    searchHeader(scope, name, value);
  }
  scope.beside.noteHead(new HeadValues('', trailers));
  if (scope.budget.isOver) searchFieldsPlainly(scope, trailers);
}

/** Past the budget: undivided. */
function searchPlainly(scope: Scope, place: Place, text: string): void {
  const plain = new PlainSink(scope, place, true, openerOf(scope));
  plain.write(Buffer.from(text, 'latin1'));
  plain.end();
}

function searchFieldsPlainly(scope: Scope, headers: readonly [string, string][]): void {
  const lines = headers.map(([name, value]) => `${name}: ${value}\n`);
  searchPlainly(scope, placeAt('header', null, null), lines.join(''));
}

function searchHeader(scope: Scope, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (DULL.has(lower)) searchRegistered(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'));
  else if (lower === 'cookie') searchCookies(scope, value);
  else if (lower === 'authorization' && isBasic(value)) searchBasic(scope, name, value);
  else searchValue(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'));
}

function searchCookies(scope: Scope, value: string): void {
  const fields: Fields = [];
  eachCookie(value, (name, text) => {
    const decoded = bytesOf(text);
    searchValue(scope, placeAt('cookie', name === null ? null : `cookie:${name}`, name, fields), decoded);
    if (name !== null) addField(fields, name, beginning(decoded));
    return scope.budget.spend(PER_PIECE, 'cookies');
  });
}

function searchBasic(scope: Scope, name: string, value: string): void {
  const place: Place = { ...placeAt('header', `header:${name}`, name), chain: ['basic'], depth: 1 };
  searchValue(scope, place, credentialsOf(value));
}

/** The values of a head, as they are searched: one of them may be the key of a closed payload. */
class HeadValues implements Readable {
  readonly #target: string;
  readonly #headers: readonly [string, string][];

  constructor(target: string, headers: readonly [string, string][]) {
    this.#target = target;
    this.#headers = headers;
  }

  readValues(note: (name: string | null, value: string) => boolean): void {
    let goesOn = true;
    const noteBytes = (name: string | null, value: Buffer): boolean => {
      if (value.length >= LEAST_VALUE) goesOn = note(name, value.toString('latin1'));
      return goesOn;
    };
    eachSegment(this.#target, (_, segment, previous) => noteBytes(previous, bytesOf(segment)));
    eachParameter(this.#target, (name, value) => {
      noteBytes(name, bytesOf(value));
      return name === null || name.length < LEAST_TELLING_NAME ? goesOn : noteBytes(null, Buffer.from(name));
    });
    for (const [name, value] of this.#headers) {
      if (!goesOn) return;
      const lower = name.toLowerCase();
      if (DULL.has(lower)) continue;
      if (lower === 'cookie') eachCookie(value, (cookie, text) => noteBytes(cookie, bytesOf(text)));
      else if (lower === 'authorization' && isBasic(value)) noteBytes(name, credentialsOf(value));
      else noteBytes(name, Buffer.from(value, 'latin1'));
    }
  }
}

export function searchValue(scope: Scope, place: Place, value: Buffer): void {
  searchWhole(scope, place, value, openerOf(scope));
}

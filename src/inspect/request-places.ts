/**
 * The places of a request head where something can stand: path segments, parameters, headers, cookies.
 * Promise: every byte the phone put there is searched, percent escapes undone; each piece is small and complete. Past the
 * budget the whole head is searched for registered values in one plain pass.
 */

import { fieldNamed } from './field-names.ts';
import type { Readable } from './layers/beside.ts';
import { openerOf } from './layers/layer.ts';
import { PlainSink } from './layers/plain.ts';
import { Records } from './layers/records.ts';
import { searchName, searchRegistered } from './layers/registered.ts';
import { LEAST_VALUE, searchWhole } from './layers/whole-value.ts';
import { addField, type Fields, MAX_FIELD_TEXT, type Place, placeAt } from './place.ts';
import type { Scope } from './scope.ts';
import {
  bytesOf,
  credentialsOf,
  eachCookie,
  eachParameter,
  eachSegment,
  isBasic,
  originOf,
} from './structure/head-parts.ts';

/** Shorter parameter names hold no identifier themselves. */
export const LEAST_TELLING_NAME = 12;

/** Searches one field, or the target when `name` is null. */
export function searchPiece(scope: Scope, name: string | null, value: string): void {
  if (name === null) searchTarget(scope, value);
  else searchHeader(scope, name, value);
}

/** Units of work: a segment, a pair, a field. */
export const PER_PIECE = 60;

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
    else searchName(scope, placeAt('query', null, null), name, 'utf8');
    return true;
  });
  searchName(scope, placeAt('path', 'origin', null), originOf(target));
}

/** The common ones are as short as they are dull. */
export function searchMethod(scope: Scope, method: string): void {
  if (method.length > LONGEST_COMMON_METHOD) searchName(scope, placeAt('header', 'method', null), method);
}

const LONGEST_COMMON_METHOD = 'OPTIONS'.length;

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
export function searchPlainly(scope: Scope, place: Place, text: string): void {
  const plain = new PlainSink(scope, place, true, openerOf(scope));
  plain.write(Buffer.from(text, 'latin1'));
  plain.end();
}

export function searchFieldsPlainly(scope: Scope, headers: readonly [string, string][]): void {
  const lines = headers.map(([name, value]) => `${name}: ${value}\n`);
  searchPlainly(scope, placeAt('header', null, null), lines.join(''));
}

function searchHeader(scope: Scope, name: string, value: string): void {
  searchName(scope, placeAt('header', null, null), name);
  const { lower, isDull } = fieldNamed(name);
  if (isDull) searchRegistered(scope, placeAt('header', `header:${name}`, name), Buffer.from(value, 'latin1'));
  else if (lower === 'cookie') searchCookies(scope, value);
  else if (lower === 'authorization' && isBasic(value)) searchBasic(scope, name, value);
  else searchField(scope, name, Buffer.from(value, 'latin1'));
}

/** A latitude and a longitude may be two fields of a head. */
function searchField(scope: Scope, name: string, value: Buffer): void {
  const isMember = new Records(scope.kinds, scope.device).mayCount(name, value, 0, value.length);
  if (isMember) scope.headMembers ??= [];
  const members = isMember ? scope.headMembers : null;
  searchValue(scope, placeAt('header', `header:${name}`, name, members), value);
  if (members) addField(members, name, beginning(value));
}

function searchCookies(scope: Scope, value: string): void {
  const fields: Fields = [];
  eachCookie(value, (name, text) => {
    const decoded = bytesOf(text);
    searchValue(scope, placeAt('cookie', name === null ? null : `cookie:${name}`, name, fields), decoded);
    if (name !== null) {
      addField(fields, name, beginning(decoded));
      searchName(scope, placeAt('cookie', null, null), name);
    }
    return scope.budget.spend(PER_PIECE, 'cookies');
  });
}

function searchBasic(scope: Scope, name: string, value: string): void {
  const place: Place = { ...placeAt('header', `header:${name}`, name), chain: ['basic'], depth: 1 };
  searchValue(scope, place, credentialsOf(value));
}

/** The values of a head, as they are searched: one of them may be the key of a closed payload. */
export class HeadValues implements Readable {
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
      const { lower, isDull } = fieldNamed(name);
      if (isDull) continue;
      if (lower === 'cookie') eachCookie(value, (cookie, text) => noteBytes(cookie, bytesOf(text)));
      else if (lower === 'authorization' && isBasic(value)) noteBytes(name, credentialsOf(value));
      else noteBytes(name, Buffer.from(value, 'latin1'));
    }
  }
}

export function searchValue(scope: Scope, place: Place, value: Buffer): void {
  searchWhole(scope, place, value, openerOf(scope));
}

/**
 * Searches the heads of one connection: what comes again as it was is not searched again, what is new and harmless only as
 * a part of all of it, and what is left piece by piece.
 */
import { fieldNamed } from './field-names.ts';
import { HeadText } from './head-text.ts';
import { LEAST_VALUE } from './layers/whole-value.ts';
import { type Place, placeAt } from './place.ts';
import {
  HeadValues,
  LEAST_TELLING_NAME,
  PER_PIECE,
  searchFieldsPlainly,
  searchPiece,
  searchPlainly,
} from './request-places.ts';
import type { Scope, Traces } from './scope.ts';
import { eachCookie, eachParameter, eachSegment, isBasic, isPlain, originOf } from './structure/head-parts.ts';

interface CleanPiece extends Traces {
  name: string | null;
  value: string;
}

/** Real requests have some dozen fields. */
const MAX_PIECES = 64;
/** Of each piece: the first of its values in the text, and the one after its last or what else there is to say. */
const firsts = new Int32Array(MAX_PIECES);
const lasts = new Int32Array(MAX_PIECES);
const LONGEST_PIECE = 4096;

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
    // HTTP/2 has no Host field: its authority takes the place.
    const fields = authority === null ? headers : [...headers, ['Host', authority] as const];
    text.clear();
    this.#gather(scope, 0, null, target);
    let at = 1;
    for (const field of fields) this.#gather(scope, at++, field[0], field[1]);
    text.look(scope);
    this.#target = this.#piece(scope, 0, this.#target, null, target);
    at = 1;
    for (const field of fields) {
      const piece = this.#piece(scope, at, this.#fields[at] ?? null, field[0], field[1]);
      if (this.#requests > 1 && at < MAX_PIECES) this.#fields[at] = piece;
      at++;
    }
    if (this.#fields.length > at) this.#fields.length = at;
    scope.beside.noteHead(new HeadValues(target, headers));
    if (!scope.budget.isOver) return;
    searchPlainly(scope, placeAt('query', null, null), target);
    searchFieldsPlainly(scope, headers);
  }

  /** Puts what is new to the text that is looked through at once. */
  #gather(scope: Scope, at: number, name: string | null, value: string): void {
    if (at >= MAX_PIECES) return;
    const latest = at === 0 ? this.#target : this.#fields[at];
    firsts[at] = text.count;
    const isKnown = latest != null && latest.value === value && latest.name === name;
    const isGathered = !isKnown && scope.decoders.length === 0 && gather(name, value);
    lasts[at] = isKnown ? REPEATED : isGathered ? text.count : SEARCHED;
  }

  /** `name`: null for the target. */
  #piece(scope: Scope, at: number, latest: CleanPiece | null, name: string | null, value: string): CleanPiece | null {
    if (!scope.budget.spend(PER_PIECE, 'head')) return null;
    const last = at < MAX_PIECES ? lasts[at]! : SEARCHED;
    if (last === REPEATED && latest !== null) {
      scope.repeat(latest);
      return latest;
    }
    const first = at < MAX_PIECES ? firsts[at]! : 0;
    const isHarmless = last >= 0 && text.isHarmless(first, last);
    if (this.#requests === 1 || value.length > LONGEST_PIECE) {
      if (isHarmless) compare(scope, name, value, first, last);
      else searchPiece(scope, name, value);
      return null;
    }
    const { said, beside } = scope;
    const { count } = beside;
    const members = scope.headMembers?.length ?? 0;
    scope.trace();
    if (isHarmless) compare(scope, name, value, first, last);
    else searchPiece(scope, name, value);
    const tokens = scope.endTrace();
    // What is something together with another field is looked at again when that one changes.
    if (scope.said > said || scope.budget.isOver || (scope.headMembers?.length ?? 0) > members) return null;
    return { name, value, tokens, notes: beside.since(count) };
  }
}

/** Of one head at a time: what is looked through at once, and which values in it are whose. */
const text = new HeadText();
const REPEATED = -1;
const SEARCHED = -2;

/** False when it must be searched by itself. */
function gather(name: string | null, value: string): boolean {
  if (name === null) return gatherTarget(value);
  // Names are bytes of the phone's, too: they are looked through like values that mean nothing by themselves.
  return gatherField(name, value) && text.addDull(name);
}

function gatherField(name: string, value: string): boolean {
  const field = fieldNamed(name);
  if (field.isDull) return text.addDull(value);
  if (field.lower === 'cookie') return gatherCookies(value);
  return (field.lower !== 'authorization' || !isBasic(value)) && text.add(value, name);
}

function gatherTarget(target: string): boolean {
  if (!isPlain(target)) return false;
  let isWhole = true;
  eachSegment(target, (_, segment, previous) => {
    isWhole &&= text.add(segment, previous);
    return isWhole;
  });
  eachParameter(target, (name, value) => {
    isWhole &&= text.addNeighboured(value, name);
    if (name !== null) isWhole &&= name.length >= LEAST_TELLING_NAME ? text.add(name, null) : text.addDull(name);
    return isWhole;
  });
  return isWhole && text.addDull(originOf(target));
}

function gatherCookies(cookies: string): boolean {
  if (cookies.includes('%')) return false;
  let isWhole = true;
  eachCookie(cookies, (name, value) => {
    isWhole &&= text.addNeighboured(value, name);
    if (name !== null) isWhole &&= text.addDull(name);
    return isWhole;
  });
  return isWhole;
}

/** Hands out what may tell one phone from another in a piece that is harmless otherwise. */
function compare(scope: Scope, name: string | null, value: string, first: number, last: number): void {
  let hasToken = false;
  for (let index = first; index < last; index++) hasToken ||= text.isToken(index);
  if (!hasToken) return;
  let at = first;
  const take = (place: () => Place, length: number): boolean => {
    if (length < LEAST_VALUE) return true;
    if (text.isToken(at)) {
      const of = place();
      scope.token(of, null, of.key, text.bytes, text.start(at), text.end(at));
    }
    at++;
    return true;
  };
  if (name === null) {
    eachSegment(value, (index, segment, previous) =>
      take(() => placeAt('path', `[${index}]`, previous), segment.length),
    );
    eachParameter(value, (key, written) => {
      take(() => placeAt('query', key, key), written.length);
      return key === null || take(() => placeAt('query', null, null), key.length);
    });
  } else if (fieldNamed(name).lower === 'cookie')
    eachCookie(value, (key, written) => {
      take(() => placeAt('cookie', key === null ? null : `cookie:${key}`, key), written.length);
      return key === null || take(() => placeAt('cookie', null, null), key.length);
    });
  else take(() => placeAt('header', `header:${name}`, name), value.length);
}

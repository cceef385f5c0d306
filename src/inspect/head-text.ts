/**
 * The short values of a request's head, side by side in one text, so that nearly all of them are looked through at once:
 * a layer for each would cost more than all there is to find in them.
 * Promise: a value is called harmless only when a layer of its own would find nothing in it; whatever might be something
 * is not judged here, but called suspect.
 */

import { isKeyName } from '../kinds/key-names.ts';
import type { Anchor } from '../kinds/kind.ts';
import { mayTell } from '../kinds/named-beside.ts';
import { findAnchors, findMail } from './anchors/anchors.ts';
import { findQuoted } from './anchors/escapes.ts';
import { LEAST_REWRITTEN, rewrite } from './anchors/rewritten.ts';
import { type Alphabet, eachRun } from './anchors/runs.ts';
import { findPairs, keyBefore } from './anchors/text-key.ts';
import { mayBeToken } from './anchors/tokens.ts';
import { findValues } from './anchors/values.ts';
import { hasMagic } from './format.ts';
import { Records } from './layers/records.ts';
import { needsKey } from './layers/shape-search.ts';
import { isWorthOpening } from './layers/unwrapper.ts';
import { LEAST_VALUE } from './layers/whole-value.ts';
import { placeAt } from './place.ts';
import type { Scope } from './scope.ts';
import { findKnown, findXored, type Hit } from './search/known.ts';
import { viewOf } from './search/table.ts';

/** Real heads have some dozen values, and 1 KB of them. */
const MAX_VALUES = 96;
const MAX_BYTES = 4096;
/** Longer ones are payload. */
const LONGEST = 1024;

const SUSPECT = 1;
/** Searched for registered values only. */
const DULL = 2;
/** Stands among others of its sort, as a parameter does. */
const NEIGHBOURED = 4;
const TOKEN = 8;

const ALONE = placeAt('header', null, null);
const AMONG_OTHERS = placeAt('query', null, null, []);

export class HeadText {
  readonly bytes = Buffer.alloc(MAX_BYTES);
  readonly #view = viewOf(this.bytes);
  #length = 0;
  /** Values so far; the end of each is a zero, which belongs to nothing that is looked for. */
  count = 0;
  #anyDull = false;
  /** All of it is printable ASCII. */
  #isPrintable = true;
  readonly #starts = new Int32Array(MAX_VALUES + 1);
  readonly #flags = new Uint8Array(MAX_VALUES);
  #scope: Scope | null = null;
  /** Of these kinds and this phone. */
  #records: Records | null = null;
  #kinds: Scope['kinds'] = [];
  #device: Scope['device'] = null;

  clear(): void {
    this.#length = 0;
    this.count = 0;
    this.#anyDull = false;
  }

  /** One that means nothing by itself. False: there is no room. */
  addDull(value: string): boolean {
    this.#anyDull = true;
    return this.#add(value, DULL);
  }

  /** False: there is no room, or it stands beside a telling name. Shorter ones than LEAST_VALUE are left out. */
  add(value: string, key: string | null): boolean {
    return (key === null || !isKeyName(key)) && this.#add(value, 0);
  }

  /** The same of one whose neighbours may say what it is. */
  addNeighboured(value: string, key: string | null): boolean {
    return (key === null || !mayTell(key)) && this.#add(value, NEIGHBOURED);
  }

  #add(value: string, flags: number): boolean {
    const { length } = value;
    if (length < LEAST_VALUE) return true;
    if (this.count === MAX_VALUES || length > LONGEST || this.#length + length >= MAX_BYTES) return false;
    this.bytes.write(value, this.#length, 'latin1');
    this.#starts[this.count] = this.#length;
    this.#flags[this.count++] = flags;
    this.#length += length;
    this.bytes[this.#length++] = 0;
    this.#starts[this.count] = this.#length;
    return true;
  }

  start(index: number): number {
    return this.#starts[index]!;
  }

  end(index: number): number {
    return this.#starts[index + 1]! - 1;
  }

  isHarmless(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if ((this.#flags[at]! & SUSPECT) !== 0) return false;
    return true;
  }

  /** May tell one phone from another: a harmless one only. */
  isToken(index: number): boolean {
    return (this.#flags[index]! & TOKEN) !== 0;
  }

  /** Finds out which are harmless. */
  look(scope: Scope): void {
    if (this.count === 0 || !scope.budget.spend(this.#length, 'head')) return;
    this.#scope = scope;
    if (this.#records === null || scope.kinds !== this.#kinds || scope.device !== this.#device) {
      this.#records = new Records(scope.kinds, scope.device);
      this.#kinds = scope.kinds;
      this.#device = scope.device;
    }
    const text = this.bytes.subarray(0, this.#length);
    this.#isPrintable = true;
    for (let index = 0; index < this.count; index++) this.#lookAt(index, scope.takesTokens);
    const { known } = scope;
    if (known) {
      const stretch = {
        bytes: text,
        from: 0,
        binary: this.#anyDull,
        final: true,
        isStart: true,
        isPrintable: this.#isPrintable,
        view: this.#view,
      };
      this.#suspectHits(findKnown(known, stretch), 0);
      this.#suspectHits(findXored(known, stretch), DULL);
    }
    eachRun(text, (alphabet, from, to) => this.#run(alphabet, from, to));
    findAnchors(text, 0, true, (anchor, start, end) => this.#anchor(anchor, start, end));
    findMail(text, 0, true, (_, start) => this.#suspect(start));
    findPairs(text, 0, text.length, (_, start) => this.#suspect(start), goOn);
    findQuoted(text, 0, true, ({ start }) => this.#suspect(start));
    this.#scope = null;
  }

  /** What it is made of: escapes and other bytes than letters, beginnings of formats, and what is written in a roundabout way, are for layers. */
  #lookAt(index: number, takesTokens: boolean): void {
    const { bytes } = this;
    const start = this.start(index);
    const end = this.end(index);
    const flags = this.#flags[index]!;
    let seen = 0;
    for (let at = start; at < end; at++) seen |= STRANGE[bytes[at]!]!;
    if ((seen & UNPRINTABLE) !== 0) this.#isPrintable = false;
    if ((flags & DULL) !== 0) return;
    // Parameters that only mean something together.
    const mayBeMember = (flags & NEIGHBOURED) !== 0 && (this.#records?.mayCount(null, bytes, start, end) ?? false);
    const first = bytes[start]!;
    const isStrange = (seen & ~SIGN) !== 0 || OPENING[first] === 1 || hasMagic(bytes, start, end);
    if (mayBeMember || isStrange || this.#isRewritten(start, end, (seen & SIGN) !== 0)) this.#flags[index]! |= SUSPECT;
    else if (takesTokens && mayBeToken(bytes, start, end, false)) this.#flags[index]! |= TOKEN;
  }

  /** It, or what stands behind a sign in it. */
  #isRewritten(start: number, end: number, hasSign: boolean): boolean {
    if (end - start < LEAST_REWRITTEN) return false;
    if (rewrite(this.bytes, start, end) !== null) return true;
    if (!hasSign) return false;
    let isFound = false;
    const value = this.bytes.subarray(start, end);
    findValues(value, 0, true, (from, to) => {
      isFound ||= rewrite(value, from, to) !== null;
    });
    return isFound;
  }

  #indexAt(offset: number): number {
    let index = this.count - 1;
    while (index > 0 && this.#starts[index]! > offset) index--;
    return index;
  }

  #suspect(offset: number): void {
    this.#flags[this.#indexAt(offset)]! |= SUSPECT;
  }

  /** Of values without one of the flags in `except`. */
  #suspectHits(hits: readonly Hit[], except: number): void {
    for (const { start, end } of hits)
      for (let index = this.#indexAt(start); index < this.count && this.#starts[index]! < end; index++)
        if ((this.#flags[index]! & except) === 0) this.#flags[index]! |= SUSPECT;
  }

  #run(alphabet: Alphabet, from: number, to: number): void {
    const index = this.#indexAt(from);
    const flags = this.#flags[index]!;
    if ((flags & (DULL | SUSPECT)) !== 0) return;
    const place = (flags & NEIGHBOURED) !== 0 ? AMONG_OTHERS : ALONE;
    if (isWorthOpening(this.bytes, from, to, alphabet, this.#scope!, place)) this.#flags[index]! |= SUSPECT;
  }

  #anchor(anchor: Anchor, start: number, end: number): void {
    const index = this.#indexAt(start);
    if ((this.#flags[index]! & (DULL | SUSPECT)) !== 0) return;
    if (needsKey(anchor, this.bytes, start, end, this.#scope!)) {
      const key = keyBefore(this.bytes, start, this.#starts[index]!);
      if (key === null || !mayTell(key)) return;
    }
    this.#flags[index]! |= SUSPECT;
  }
}

const goOn = (): boolean => true;

/** All but printable ASCII, what escapes begin with, and what forms consist of. */
const UNPRINTABLE = 1;
const STRANGE = new Uint8Array(256).fill(UNPRINTABLE, 0, 0x20).fill(UNPRINTABLE, 0x7f);
for (const char of '%=') STRANGE[char.charCodeAt(0)] = 2;
/** Behind which a value begins. */
const SIGN = 4;
for (const char of '>:') STRANGE[char.charCodeAt(0)] = SIGN;
/** Of documents. */
const OPENING = new Uint8Array(256);
for (const char of ' {[') OPENING[char.charCodeAt(0)] = 1;

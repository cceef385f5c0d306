/**
 * Search for many byte strings in one pass: a shift table over blocks of 3, 4 or 6 bytes, after Wu and Manber (1994).
 * Promise: every occurrence whose first byte lies in the given range is reported, in order of its first byte and never
 * twice; blocks are compared without case, needles as each of them asks. Ordinary text costs one look-up per
 * `window - block` bytes; no text costs more than one look-up and the needles of one bucket per byte.
 * A look-up waits for the one before it, so longer stretches are sieved instead (sieve.ts), for all tables at once.
 */

import { effort } from '../../model/effort.ts';

export interface Needle {
  bytes: Uint8Array;
  /** ASCII letters in either case. */
  fold: boolean;
}

export interface Table {
  /** How many bytes of each needle take part in the table: the length of the shortest, at most MAX_WINDOW. */
  window: number;
  block: 3 | 4 | 6;
  /** Hashes are so many bits wide. */
  bits: number;
  shift: Uint8Array;
  /** Buckets are told by so many bits of a hash. */
  bucketBits: number;
  /** Bucket of a hash → range of `members`; needles whose window ends in a block of that bucket. */
  first: Int32Array;
  members: Int32Array;
  /** First four bytes, without case, of the member at the same index. */
  starts: Int32Array;
  /** One bit per hash of such a beginning: most places that are none are told by it alone. */
  beginnings: Int32Array;
  beginningBits: number;
  needles: readonly Needle[];
  /** Needles so few, all of them exact, that looking for each alone is faster; null for others. */
  few: readonly Buffer[] | null;
}

const MAX_WINDOW = 32;
/** Makes letters lower case and leaves digits alone; what it confuses besides is told apart later. */
const FOLD = 0x20202020;
const SPREAD = 0x9e3779b1;
const MIX = 0x85ebca6b | 0;
/** Of a block of 3 bytes that is read as the last of 4. */
const LAST_3 = 0xffffff00 | 0;
/** The processor's nearest memory holds small tables only. */
const MAX_BITS = { 3: 16, 4: 18, 6: 20 };
/** Shorter ones are read byte by byte. */
const LEAST_VIEWED = 64;
/** Units of work. */
const PER_PLACE = 2;

/** Null for no needles. Needles have at least 4 bytes. */
export function compile(needles: readonly Needle[]): Table | null {
  const steps = compileInSteps(needles);
  while (true) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Needles per step. */
const STEP = 500;

/** The same in short steps, between which others have their turn. */
export function* compileInSteps(needles: readonly Needle[]): Generator<undefined, Table | null> {
  if (needles.length === 0) return null;
  let window = MAX_WINDOW;
  for (const { bytes } of needles) window = Math.min(window, bytes.length);
  if (window < 4) throw new RangeError('a needle needs at least 4 bytes');
  const block = blockFor(window, needles.length);
  const entries = needles.length * (window - block + 1);
  const bits = Math.min(MAX_BITS[block], Math.max(12, Math.ceil(Math.log2(entries * 8))));
  const shift = new Uint8Array(1 << bits).fill(window - block + 1);
  const bucketBits = Math.min(bits, Math.max(8, Math.ceil(Math.log2(needles.length))));
  const bucketOf = new Int32Array(needles.length);
  const first = new Int32Array((1 << bucketBits) + 1);
  for (let from = 0; from < needles.length; from += STEP) {
    for (let index = from; index < Math.min(needles.length, from + STEP); index++) {
      const { bytes } = needles[index]!;
      for (let end = block; end <= window; end++) {
        const hash = hashAt(bytes, end, block);
        const at = hash >>> (32 - bits);
        if (window - end < shift[at]!) shift[at] = window - end;
        if (end === window) bucketOf[index] = hash >>> (32 - bucketBits);
      }
      first[bucketOf[index]! + 1]!++;
    }
    yield;
  }
  for (let bucket = 0; bucket < 1 << bucketBits; bucket++) first[bucket + 1]! += first[bucket]!;
  const members = new Int32Array(needles.length);
  const starts = new Int32Array(needles.length);
  const next = first.slice();
  const beginningBits = Math.min(22, Math.max(10, Math.ceil(Math.log2(needles.length)) + 4));
  const beginnings = new Int32Array(1 << (beginningBits - 5));
  for (const [index, { bytes }] of needles.entries()) {
    const at = next[bucketOf[index]!]!++;
    members[at] = index;
    const word = word4(bytes, 4);
    starts[at] = word;
    const beginning = Math.imul(word, SPREAD) >>> (32 - beginningBits);
    beginnings[beginning >>> 5]! |= 1 << (beginning & 31);
  }
  return {
    window,
    block,
    bits,
    shift,
    bucketBits,
    first,
    members,
    starts,
    beginnings,
    beginningBits,
    needles,
    few: fewOf(needles),
  };
}

/** More of them take longer than a pass through the table. */
const MOST_FEW = 4;

function fewOf(needles: readonly Needle[]): readonly Buffer[] | null {
  if (needles.length > MOST_FEW || needles.some(({ fold }) => fold)) return null;
  return needles.map(({ bytes }) => Buffer.from(bytes));
}

/** Digits and hex digits make few different blocks: the more needles, the longer the blocks that still tell them apart. */
function blockFor(window: number, needles: number): Table['block'] {
  if (window < 6 || (window < 8 && needles < 2000)) return 3;
  return window >= 16 && needles > 50_000 ? 6 : 4;
}

/** `table`: which of those that are searched at once. */
export type FoundNeedle = (needle: number, start: number, table: Table) => void;

/** For searches of the same bytes in several tables: made once. Null where it is not worth it. */
export function viewOf(bytes: Uint8Array): DataView | null {
  return bytes.length < LEAST_VIEWED ? null : new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** `found` gets the needle's index and its first byte. Needles must start in `[from, to)` and lie wholly in `bytes`. */
export function search(
  table: Table,
  bytes: Uint8Array,
  from: number,
  to: number,
  found: FoundNeedle,
  view: DataView | null = viewOf(bytes),
): void {
  if (table.few !== null && to - from >= LEAST_FEW) {
    searchFew(table, table.few, bytes, from, to, found);
    return;
  }
  searchOn(table, bytes, view, from + table.window, Math.min(bytes.length, to + table.window - 1), found);
}

/** In shorter stretches the calls cost more than they save. */
const LEAST_FEW = 1024;

function searchFew(
  table: Table,
  few: readonly Buffer[],
  bytes: Uint8Array,
  from: number,
  to: number,
  found: FoundNeedle,
): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const finds: [needle: number, start: number][] = [];
  for (const [needle, wanted] of few.entries())
    for (let at = all.indexOf(wanted, from); at >= 0 && at < to; at = all.indexOf(wanted, at + 1))
      finds.push([needle, at]);
  finds.sort((a, b) => a[1] - b[1]);
  for (const [needle, at] of finds) found(needle, at, table);
}

/** Places are one past a block's last byte, where a window may end. */
function searchOn(
  table: Table,
  bytes: Uint8Array,
  view: DataView | null,
  from: number,
  end: number,
  found: FoundNeedle,
): void {
  const { shift, block } = table;
  const down = 32 - table.bits;
  let at = from;
  if (view !== null && block !== 6) {
    const mask = block === 3 ? LAST_3 : -1;
    while (at <= end) {
      const step = shift[Math.imul((view.getInt32(at - 4, true) | FOLD) & mask, SPREAD) >>> down]!;
      if (step === 0) {
        bucket(table, bytes, at, found);
        at++;
      } else at += step;
    }
    return;
  }
  while (at <= end) {
    const step = shift[hashAt(bytes, at, block) >>> down]!;
    if (step === 0) {
      bucket(table, bytes, at, found);
      at++;
    } else at += step;
  }
}

function bucket(table: Table, bytes: Uint8Array, at: number, found: FoundNeedle): void {
  effort.units += PER_PLACE;
  const start = at - table.window;
  needlesAt(table, bytes, start, word4(bytes, start + 4), found);
}

/** Those of a table that stand at `start`, where a window has room; `word`: the four bytes there, without case. */
export function needlesAt(table: Table, bytes: Uint8Array, start: number, word: number, found: FoundNeedle): void {
  const { window, block, bucketBits, first, members, starts, beginnings, beginningBits, needles } = table;
  const beginning = Math.imul(word, SPREAD) >>> (32 - beginningBits);
  if ((beginnings[beginning >>> 5]! & (1 << (beginning & 31))) === 0) return;
  const index = hashAt(bytes, start + window, block) >>> (32 - bucketBits);
  for (let i = first[index]!, last = first[index + 1]!; i < last; i++) {
    if (starts[i] === word && standsAt(needles[members[i]!]!, bytes, start)) found(members[i]!, start, table);
  }
}

/** Of the block before `end`, without case. */
function hashAt(bytes: Uint8Array, end: number, block: Table['block']): number {
  if (block === 4) return Math.imul(word4(bytes, end), SPREAD);
  if (block === 6) return Math.imul(Math.imul(word4(bytes, end), SPREAD) ^ word4(bytes, end - 2), MIX);
  const word = (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24) | FOLD;
  return Math.imul(word & LAST_3, SPREAD);
}

/** The four bytes before `end`, without case. */
export function word4(bytes: Uint8Array, end: number): number {
  return bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24) | FOLD;
}

function standsAt(needle: Needle, bytes: Uint8Array, start: number): boolean {
  const wanted = needle.bytes;
  if (start + wanted.length > bytes.length) return false;
  for (let i = 0; i < wanted.length; i++) {
    const a = wanted[i]!;
    const b = bytes[start + i]!;
    if (a !== b && !(needle.fold && sameLetter(a, b))) return false;
  }
  return true;
}

/** The same ASCII letter in the other case. */
function sameLetter(a: number, b: number): boolean {
  const low = a | 0x20;
  return low === (b | 0x20) && low >= 0x61 && low <= 0x7a;
}

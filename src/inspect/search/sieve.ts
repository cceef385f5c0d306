/**
 * Search of long stretches in several tables at once: of every `step` bytes one block of four is looked up in a Bloom
 * filter (Bloom 1970) that holds, of each needle, the blocks of its first `step` places. Whatever a needle's first byte,
 * exactly one sample is one of them.
 * Promise: finds what a search in each table finds, in order of the first byte, of the same one in order of the tables. No
 * look-up waits for another, and one pass serves all tables: twice as fast as a pass through the shift table of each.
 */
import { effort } from '../../model/effort.ts';
import { type FoundNeedle, needlesAt, search, type Table, word4 } from './table.ts';

export interface Sieve<G extends { table: Table } = { table: Table }> {
  groups: readonly G[];
  /** Length of the shortest window: so many bytes of each needle take part. */
  window: number;
  /** Bytes from one sample to the next. */
  step: number;
  /** Of each block two bits in one word. */
  words: Int32Array;
  /** A hash less its lowest so many bits is the word's index. */
  down: number;
  /** The same for the first and last blocks of windows: most samples that are in vain are told by them. */
  windows: Int32Array;
  windowsDown: number;
  /** By byte, without case: 1 where a window consists of nothing else. */
  monotone: Uint8Array;
}

const BLOCK = 4;
/** Groups with shorter windows have a sieve of their own: the others would have to be looked at as closely. */
const LEAST_SHARED = 6;
/** Shorter stretches are searched in each table. */
export const LEAST_SIEVED = 160;
const SPREAD = 0x9e3779b1 | 0;
const MIX = 0x85ebca6b | 0;
/** Makes letters lower case and leaves digits alone; what it confuses besides is told apart later. */
const FOLD = 0x20202020;
/** Bits per entry, and of all: the processor's nearer memory holds small tables only. */
const PER_ENTRY = 16;
const [LEAST_BITS, MOST_BITS] = [12, 22];
/** Noted before the needles are looked at. */
const MAX_PLACES = 512;
/** Units of work. */
const PER_PLACE = 2;

export function sievesOf<G extends { table: Table }>(groups: readonly G[]): Sieve<G>[] {
  const shared = groups.filter(({ table }) => table.window >= LEAST_SHARED);
  const apart = groups.filter((group) => !shared.includes(group));
  return [...(shared.length > 0 ? [shared] : []), ...apart.map((group) => [group])].map(sieveOf);
}

function sieveOf<G extends { table: Table }>(groups: readonly G[]): Sieve<G> {
  const window = Math.min(...groups.map(({ table }) => table.window));
  const step = window - BLOCK + 1;
  const needles = groups.reduce((sum, { table }) => sum + table.needles.length, 0);
  const words = new Int32Array(wordsFor(step * needles));
  const windows = new Int32Array(wordsFor(needles));
  const down = Math.clz32(words.length - 1);
  const windowsDown = Math.clz32(windows.length - 1);
  const monotone = new Uint8Array(256);
  for (const { table } of groups) {
    for (const { bytes } of table.needles) {
      noteMonotone(monotone, bytes, window);
      for (let end = BLOCK; end <= window; end++) {
        const hash = Math.imul(word4(bytes, end), SPREAD);
        words[hash >>> down]! |= (1 << (hash >>> 7)) | (1 << (hash >>> 12));
      }
      const hash = Math.imul(Math.imul(word4(bytes, BLOCK), SPREAD) ^ word4(bytes, window), MIX);
      windows[hash >>> windowsDown]! |= (1 << (hash >>> 7)) | (1 << (hash >>> 12));
    }
  }
  return { groups, window, step, words, down, windows, windowsDown, monotone };
}

function wordsFor(entries: number): number {
  return 1 << (Math.min(MOST_BITS, Math.max(LEAST_BITS, Math.ceil(Math.log2(entries * PER_ENTRY)))) - 5);
}

function noteMonotone(monotone: Uint8Array, bytes: Uint8Array, window: number): void {
  const first = bytes[0]! | 0x20;
  for (let i = 1; i < window; i++) if ((bytes[i]! | 0x20) !== first) return;
  monotone[first] = 1;
}

/** `found` gets the needle's index and its first byte. Needles must start in `[from, to)` and lie wholly in `bytes`, of which `view` is. */
export function searchSieved(
  sieve: Sieve,
  bytes: Uint8Array,
  from: number,
  to: number,
  found: FoundNeedle,
  view: DataView,
): void {
  const { groups, window, monotone } = sieve;
  const [{ table }] = groups as [{ table: Table }];
  if (groups.length === 1 && table.few !== null) {
    search(table, bytes, from, to, found, view);
    return;
  }
  const end = Math.min(bytes.length, to + window - 1);
  let at = from;
  for (let probe = from; probe + LEAST_MONOTONE <= end; probe += LEAST_MONOTONE >> 1) {
    if (!mayBeMonotone(bytes, probe) || monotone[bytes[probe]! | 0x20] === 1) continue;
    const over = monotoneEnd(bytes, probe, end);
    if (over - probe < LEAST_MONOTONE) continue;
    // No window lies wholly in what is one byte again and again.
    searchBetween(sieve, bytes, view, at, Math.min(probe, to), found);
    at = Math.max(at, over - window + 1);
    probe = over - (LEAST_MONOTONE >> 1);
  }
  searchBetween(sieve, bytes, view, at, to, found);
}

/** Padding, and what somebody sends to see how fast it goes: shorter stretches of one byte are searched as any others. */
const LEAST_MONOTONE = 1024;

function mayBeMonotone(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at]!;
  return (
    bytes[at + 1] === byte &&
    bytes[at + 2] === byte &&
    bytes[at + 200] === byte &&
    bytes[at + LEAST_MONOTONE - 1] === byte
  );
}

/** Where the stretch of one byte that begins at `from` is over. */
function monotoneEnd(bytes: Uint8Array, from: number, end: number): number {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, end);
  let at = from;
  const STEP = LEAST_MONOTONE;
  while (at + STEP < end && all.compare(all, at + 1, at + STEP + 1, at, at + STEP) === 0) at += STEP;
  while (at < end && bytes[at] === bytes[from]) at++;
  return at;
}

/** Of the search under way: searches do not interrupt each other. */
const places = new Int32Array(MAX_PLACES);

/** Needles that start in `[from, to)`. */
function searchBetween(
  sieve: Sieve,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  found: FoundNeedle,
): void {
  const { groups, step, window, windows, windowsDown } = sieve;
  // A sample is a block of what starts in the `step` bytes up to its first.
  const last = Math.min(to + step - 2, bytes.length - BLOCK);
  const lastStart = Math.min(to - 1, bytes.length - window);
  for (let at = from + step - 1; at <= last; ) {
    const count = sift(sieve, view, at, last);
    effort.units += PER_PLACE * count;
    for (let i = 0; i < count; i++) {
      const end = Math.min(places[i]!, lastStart);
      for (let start = places[i]! - step + 1; start <= end; start++) {
        const first = view.getInt32(start, true) | FOLD;
        const hash = Math.imul(Math.imul(first, SPREAD) ^ (view.getInt32(start + window - BLOCK, true) | FOLD), MIX);
        const word = windows[hash >>> windowsDown]!;
        if (((word >>> (hash >>> 7)) & (word >>> (hash >>> 12)) & 1) === 0) continue;
        for (const { table } of groups)
          if (start + table.window <= bytes.length) needlesAt(table, bytes, start, first, found);
      }
    }
    at = count < MAX_PLACES ? last + 1 : places[MAX_PLACES - 1]! + step;
  }
}

/** Notes each sample from `from` on that may be a block of a needle; returns how many, at most MAX_PLACES. */
function sift({ words, down, step }: Sieve, view: DataView, from: number, last: number): number {
  let count = 0;
  // Nothing is called from within: that costs half of the speed.
  for (let at = from; at <= last && count < MAX_PLACES; at += step) {
    const hash = Math.imul(view.getInt32(at, true) | FOLD, SPREAD);
    const word = words[hash >>> down]!;
    if (((word >>> (hash >>> 7)) & (word >>> (hash >>> 12)) & 1) !== 0) places[count++] = at;
  }
  return count;
}

/**
 * Search for many byte strings in one pass: a shift table over blocks of 3 or 4 bytes, after Wu and Manber (1994).
 * Promise: every occurrence whose first byte lies in the given range is reported, in order of its first byte and never
 * twice; blocks are compared without case, needles as each of them asks. Ordinary text costs one look-up per
 * `window - block` bytes; no text costs more than one look-up and the needles of one bucket per byte.
 */

export interface Needle {
  bytes: Uint8Array;
  /** ASCII letters in either case. */
  fold: boolean;
}

export interface Table {
  /** How many bytes of each needle take part in the table: the length of the shortest, at most MAX_WINDOW. */
  window: number;
  /** 3 or 4. */
  block: number;
  /** Hashes are so many bits wide. */
  bits: number;
  shift: Uint8Array;
  /** Bucket of a hash → range of `members`; needles whose window ends in a block of that bucket. */
  first: Int32Array;
  members: Int32Array;
  /** First four bytes, without case, of the member at the same index. */
  starts: Int32Array;
  needles: readonly Needle[];
}

const MAX_WINDOW = 32;
/** Makes letters lower case and leaves digits alone; what it confuses besides is told apart later. */
const FOLD = 0x20202020;
const SPREAD = 0x9e3779b1;
const BUCKET_BITS = 12;

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
  const block = window < 8 ? 3 : 4;
  const entries = needles.length * (window - block + 1);
  const bits = Math.min(18, Math.max(12, Math.ceil(Math.log2(entries * 6))));
  const shift = new Uint8Array(1 << bits).fill(window - block + 1);
  const bucketOf = new Int32Array(needles.length);
  const first = new Int32Array((1 << BUCKET_BITS) + 1);
  for (let from = 0; from < needles.length; from += STEP) {
    for (let index = from; index < Math.min(needles.length, from + STEP); index++) {
      const { bytes } = needles[index]!;
      for (let end = block; end <= window; end++) {
        const hash = hashOf(block === 3 ? word3(bytes, end) : word4(bytes, end), bits);
        if (window - end < shift[hash]!) shift[hash] = window - end;
        if (end === window) bucketOf[index] = hash >>> (bits - BUCKET_BITS);
      }
      first[bucketOf[index]! + 1]!++;
    }
    yield;
  }
  for (let bucket = 0; bucket < 1 << BUCKET_BITS; bucket++) first[bucket + 1]! += first[bucket]!;
  const members = new Int32Array(needles.length);
  const starts = new Int32Array(needles.length);
  const next = first.slice();
  for (const [index, { bytes }] of needles.entries()) {
    const at = next[bucketOf[index]!]!++;
    members[at] = index;
    starts[at] = word4(bytes, 4);
  }
  return { window, block, bits, shift, first, members, starts, needles };
}

/** `found` gets the needle's index and its first byte. Needles must start in `[from, to)` and lie wholly in `bytes`. */
export function search(
  table: Table,
  bytes: Uint8Array,
  from: number,
  to: number,
  found: (needle: number, start: number) => void,
): void {
  const end = Math.min(bytes.length, to + table.window - 1);
  let at = from + table.window;
  while (at <= end) {
    at = table.block === 3 ? skip3(table, bytes, at, end) : skip4(table, bytes, at, end);
    if (at > end) return;
    bucket(table, bytes, at, found);
    at++;
  }
}

/** First position from `at` on whose block may end a window; positions are one past a block's last byte. */
function skip3({ shift, bits }: Table, bytes: Uint8Array, at: number, end: number): number {
  const down = 32 - bits;
  while (at <= end) {
    const word = (bytes[at - 3]! | (bytes[at - 2]! << 8) | (bytes[at - 1]! << 16) | FOLD) & 0xffffff;
    const step = shift[Math.imul(word, SPREAD) >>> down]!;
    if (step === 0) return at;
    at += step;
  }
  return at;
}

function skip4({ shift, bits }: Table, bytes: Uint8Array, at: number, end: number): number {
  const down = 32 - bits;
  while (at <= end) {
    const word = bytes[at - 4]! | (bytes[at - 3]! << 8) | (bytes[at - 2]! << 16) | (bytes[at - 1]! << 24) | FOLD;
    const step = shift[Math.imul(word, SPREAD) >>> down]!;
    if (step === 0) return at;
    at += step;
  }
  return at;
}

function bucket(table: Table, bytes: Uint8Array, at: number, found: (needle: number, start: number) => void): void {
  const { window, bits, first, members, starts, needles } = table;
  const hash = hashOf(table.block === 3 ? word3(bytes, at) : word4(bytes, at), bits);
  const index = hash >>> (bits - BUCKET_BITS);
  const start = at - window;
  const word = word4(bytes, start + 4);
  for (let i = first[index]!, last = first[index + 1]!; i < last; i++) {
    if (starts[i] === word && standsAt(needles[members[i]!]!, bytes, start)) found(members[i]!, start);
  }
}

/** The four bytes before `end`, without case. */
function word4(bytes: Uint8Array, end: number): number {
  return bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24) | FOLD;
}

function word3(bytes: Uint8Array, end: number): number {
  return (bytes[end - 3]! | (bytes[end - 2]! << 8) | (bytes[end - 1]! << 16) | FOLD) & 0xffffff;
}

function hashOf(word: number, bits: number): number {
  return Math.imul(word, SPREAD) >>> (32 - bits);
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

/**
 * Search for many byte strings in one pass: a shift table over 3-byte blocks, after Wu and Manber (1994).
 * Promise: every occurrence whose first byte lies in the given range is reported, in order of its first byte and never
 * twice; blocks are compared without case, patterns as each of them asks. Linear in practice: one look-up per
 * `shortest - 2` bytes of ordinary text.
 */

export interface Needle {
  bytes: Uint8Array;
  /** ASCII letters in either case. */
  fold: boolean;
}

export interface Table {
  /** Length of the shortest needle: how many bytes of each take part in the table. */
  shortest: number;
  longest: number;
  shift: Uint8Array;
  /** For each block hash the range of `members` whose block ends the window. */
  first: Int32Array;
  members: Int32Array;
  needles: readonly Needle[];
}

const BITS = 15;
const MASK = (1 << BITS) - 1;

export function compile(needles: readonly Needle[]): Table | null {
  if (needles.length === 0) return null;
  const shortest = Math.min(...needles.map((needle) => needle.bytes.length));
  const longest = Math.max(...needles.map((needle) => needle.bytes.length));
  if (shortest < 3) throw new RangeError('a needle needs at least 3 bytes');
  const reach = Math.min(shortest, 254);
  const shift = new Uint8Array(1 << BITS).fill(reach - 2);
  const buckets = new Map<number, number[]>();
  for (const [index, { bytes }] of needles.entries()) {
    for (let end = 2; end < reach; end++) {
      const hash = block(bytes[end - 2]!, bytes[end - 1]!, bytes[end]!);
      shift[hash] = Math.min(shift[hash]!, reach - 1 - end);
      if (end === reach - 1) buckets.set(hash, [...(buckets.get(hash) ?? []), index]);
    }
  }
  const first = new Int32Array((1 << BITS) + 1);
  const members = new Int32Array(needles.length);
  let at = 0;
  for (let hash = 0; hash <= MASK; hash++) {
    first[hash] = at;
    for (const index of buckets.get(hash) ?? []) members[at++] = index;
  }
  first[MASK + 1] = at;
  return { shortest: reach, longest, shift, first, members, needles };
}

/**
 * Reports needles that start in `[from, to)` and lie wholly in `bytes`.
 * `found` gets the needle's index and its first byte.
 */
export function search(
  table: Table,
  bytes: Uint8Array,
  from: number,
  to: number,
  found: (needle: number, start: number) => void,
): void {
  const { shift, first, members, needles } = table;
  const back = table.shortest - 1;
  const end = Math.min(bytes.length, to + back);
  let at = from + back;
  while (at < end) {
    const hash = ((bytes[at - 2]! | 0x20) ^ ((bytes[at - 1]! | 0x20) << 5) ^ ((bytes[at]! | 0x20) << 9)) & MASK;
    const step = shift[hash]!;
    if (step !== 0) {
      at += step;
      continue;
    }
    const start = at - back;
    for (let i = first[hash]!, last = first[hash + 1]!; i < last; i++) {
      const index = members[i]!;
      if (standsAt(needles[index]!, bytes, start)) found(index, start);
    }
    at++;
  }
}

function block(a: number, b: number, c: number): number {
  return ((a | 0x20) ^ ((b | 0x20) << 5) ^ ((c | 0x20) << 9)) & MASK;
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

/**
 * Numbers whose digits stand in groups, as people and telephones write them: `(+84) 912-345-678`, `00 84 912 345 678`,
 * `49/015420/323751/8`, with the blanks and dashes that typography has for it (U+00A0, U+2007 to U+2015, U+202F).
 * Promise: bounded; where a number begins and ends depends on the text alone.
 */

/** Fewer digits are a date or a size, more are no number of anybody's. */
const LEAST_DIGITS = 9;
const MOST_DIGITS = 22;
/** With what stands between them. */
const LONGEST = 64;

const DIGIT = 1;
const BETWEEN = 2;
const CLASS = new Uint8Array(256);
for (let c = 0x30; c <= 0x39; c++) CLASS[c] = DIGIT;
for (const c of ' -()/.+') CLASS[c.charCodeAt(0)] = BETWEEN;
// In UTF-8: C2 A0, E2 80 87 to 95, E2 80 AF.
for (const c of [0xc2, 0xa0, 0xe2, 0x80, 0xaf]) CLASS[c] = BETWEEN;
for (let c = 0x87; c <= 0x95; c++) CLASS[c] = BETWEEN;
/** Characters between two groups, at most: `) `, or two of three bytes. */
const WIDEST = 6;

export const maySeparate = (byte: number | undefined): boolean => byte !== undefined && CLASS[byte] === BETWEEN;

/** The numbers that are looked for, by their first and their last four digits: most others are told apart by these. */
export class DigitEnds {
  readonly #first = new Uint8Array(10_000);
  readonly #last = new Uint8Array(10_000);

  add(digits: string): void {
    this.#first[Number(digits.slice(0, 4))] = 1;
    this.#last[Number(digits.slice(-4))] = 1;
  }

  mayBe(first: number, last: number): boolean {
    return this.#first[first] === 1 || this.#last[last] === 1;
  }
}

export interface Spread {
  start: number;
  end: number;
  digits: string;
}

/** The number in groups that the digit at `at` is a part of; null when it stands in one piece, or is none that is looked for. */
export function spreadAt(bytes: Buffer, at: number, wanted: DigitEnds): { end: number; number: Spread | null } {
  const start = edge(bytes, at, -1);
  const end = edge(bytes, at, 1) + 1;
  let count = 0;
  let first = 0;
  let last = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) continue;
    if (count++ < 4) first = 10 * first + digit;
    last = (10 * last + digit) % 10_000;
  }
  const isOne = count >= LEAST_DIGITS && count <= MOST_DIGITS && count < end - start && wanted.mayBe(first, last);
  const digits = isOne ? bytes.toString('latin1', start, end).replace(/\D/g, '') : '';
  return { end, number: isOne ? { start, end, digits } : null };
}

/** The last digit in that direction. */
function edge(bytes: Buffer, from: number, step: 1 | -1): number {
  let last = from;
  for (let i = from + step; i >= 0 && i < bytes.length && Math.abs(i - from) <= LONGEST; i += step) {
    const kind = CLASS[bytes[i]!];
    if (kind === DIGIT) last = i;
    else if (kind !== BETWEEN || Math.abs(i - last) > WIDEST) break;
  }
  return last;
}

/** Digits go on behind what separates groups, or stand before it. */
export function goesOn(bytes: Buffer, start: number, end: number): boolean {
  return digitIn(bytes, end, 1) || digitIn(bytes, start - 1, -1);
}

function digitIn(bytes: Buffer, from: number, step: 1 | -1): boolean {
  for (let i = from, left = WIDEST; left > 0; i += step, left--) {
    const kind = CLASS[bytes[i] ?? 0];
    if (kind === DIGIT) return i !== from;
    if (kind !== BETWEEN) return false;
  }
  return false;
}

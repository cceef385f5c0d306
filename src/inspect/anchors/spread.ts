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

export interface Spread {
  start: number;
  end: number;
  digits: string;
}

/** The number in groups that the digit at `at` is a part of; null when it stands in one piece, or is none. */
export function spreadAt(bytes: Buffer, at: number): Spread | null {
  const start = edge(bytes, at, -1);
  const end = edge(bytes, at, 1) + 1;
  let digits = '';
  for (let i = start; i < end && digits.length <= MOST_DIGITS; i++) {
    if (CLASS[bytes[i]!] === DIGIT) digits += String.fromCharCode(bytes[i]!);
  }
  if (digits.length < LEAST_DIGITS || digits.length > MOST_DIGITS || digits.length === end - start) return null;
  return { start, end, digits };
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

/**
 * Which values may tell one phone from another: the cheap part of the question, asked for every short value.
 * Promise: nothing that could be an id is refused; words, versions and sentences mostly are. What is left is judged by
 * who compares.
 */

export const LEAST_TOKEN = 8;
const MOST = 256;

/** Letters and digits are one, `-_.:+/=~{}` two: enough to write any id; everything else ends the question. */
const CLASS = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') CLASS[char.charCodeAt(0)] = 1;
for (const char of '0123456789') CLASS[char.charCodeAt(0)] = 2;
for (const char of '-_.:+/=~{}@') CLASS[char.charCodeAt(0)] = 3;

/** Seconds from 2001 to 2033, or milli-, micro- and nanoseconds: the commonest of all numbers. */
function isClock(bytes: Buffer, from: number, length: number): boolean {
  return bytes[from] === 0x31 && (length === 10 || length === 13 || length === 16 || length === 19);
}

/** Nothing with fewer letters and digits in a row is an id, unless it is as long as one that separators cut. */
const LEAST_RUN = 10;
const LEAST_CUT = 16;

/**
 * 8 to 256 characters of ids, with a digit or both cases. `isInside`: it came out of a packed value, which is not compared
 * if anything may be compared in it; then shorter ones count as well.
 */
export function mayBeToken(bytes: Buffer, from: number, to: number, isInside: boolean): boolean {
  const length = to - from;
  if (length < (isInside ? LEAST_TOKEN : LEAST_RUN) || length > MOST) return false;
  let digits = 0;
  let upper = 0;
  let lower = 0;
  let run = 0;
  let longest = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    const kind = CLASS[byte]!;
    if (kind === 0) return false;
    if (kind === 3) {
      run = 0;
      continue;
    }
    if (kind === 2) digits++;
    else if (byte >= 0x61) lower++;
    else upper++;
    if (++run > longest) longest = run;
  }
  if (!isInside && longest < LEAST_RUN && length < LEAST_CUT) return false;
  if (digits === length && isClock(bytes, from, digits)) return false;
  return digits > 0 || (upper > 2 && lower > 2);
}

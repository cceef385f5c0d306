/**
 * Values in text that is no document: what stands in an element, in quotes, or behind a name and an equals sign or a colon.
 * Promise: bounded; where a value begins and ends depends on the text alone, not on how it was cut.
 */

const GREATER = 0x3e;
const EQUALS = 0x3d;
const COLON = 0x3a;
/** Shorter ones are found as they stand; longer ones are documents. */
const LEAST = 16;
export const LONGEST_LISTED_VALUE = 1200;

/** A call of `indexOf` costs as much as so many bytes. */
const SHORT = 512;
const SIGN = new Uint8Array(256);
for (const sign of [GREATER, EQUALS, COLON]) SIGN[sign] = 1;

/** What ends a value: of all of them, of one without quotes. */
const ENDS = new Uint8Array(256);
for (const char of '<"\'') ENDS[char.charCodeAt(0)] = 1;
for (const char of '&\n') ENDS[char.charCodeAt(0)] = 2;
for (const char of ';, ') ENDS[char.charCodeAt(0)] = 4;

/** Offers every value that begins at `from` or later; returns where to go on. */
export function findValues(
  bytes: Buffer,
  from: number,
  final: boolean,
  found: (start: number, end: number) => void,
): number {
  const { length } = bytes;
  const to = final ? length : Math.max(from, length - LONGEST_LISTED_VALUE);
  if (length - from < LEAST + 2) return to;
  if (length - from <= SHORT) {
    for (let at = from; at < to; at++) if (SIGN[bytes[at]!] === 1) offer(bytes, at, found);
    return to;
  }
  for (const sign of [GREATER, EQUALS, COLON])
    for (let at = bytes.indexOf(sign, from); at >= 0 && at < to; at = bytes.indexOf(sign, at + 1))
      offer(bytes, at, found);
  return to;
}

/** What stands behind the sign at `at`. */
function offer(bytes: Buffer, at: number, found: (start: number, end: number) => void): void {
  const isElement = bytes[at] === GREATER;
  if (!isElement && !isWord(bytes[at - 1])) return;
  let start = at + 1;
  if (bytes[start] === 0x20) start++;
  const isQuoted = bytes[start] === 0x22 || bytes[start] === 0x27;
  if (isQuoted) start++;
  const end = endOf(bytes, start, isElement || isQuoted);
  if (end - start >= LEAST) found(start, end);
}

function endOf(bytes: Buffer, start: number, isEnclosed: boolean): number {
  const most = Math.min(bytes.length, start + LONGEST_LISTED_VALUE);
  let end = start;
  for (; end < most; end++) {
    const kind = ENDS[bytes[end]!]!;
    if (kind === 0) continue;
    if (kind === 1 || (kind === 2 && !isEnclosed)) break;
    if (kind === 4 && !isEnclosed && isProse(bytes, end)) break;
  }
  // It goes on for longer than any value.
  if (end === start + LONGEST_LISTED_VALUE) return start;
  while (end > start && (bytes[end - 1]! <= 0x20 || (!isEnclosed && ENDS[bytes[end - 1]!] === 4))) end--;
  return end;
}

/** Another word begins: none that is made of hex digits. */
function isProse(bytes: Buffer, at: number): boolean {
  const letter = bytes[bytes[at + 1] === 0x20 ? at + 2 : at + 1]! | 0x20;
  return bytes[at] === 0x20
    ? letter >= 0x67 && letter <= 0x7a
    : bytes[at + 1] === 0x20 && letter >= 0x61 && letter <= 0x7a;
}

function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x5d;
}

/**
 * Stretches of text that are escaped once more than their place demands: percent escapes (page addresses travel inside
 * addresses), and the quoted-printable values of vCards and mails.
 * Promise: bounded; where a stretch begins and ends depends on the text alone, not on how it was cut.
 */
import { decodePercent } from '../structure/form.ts';

export interface Escaped {
  start: number;
  end: number;
  /** Chain entry. */
  name: string;
  /** What it stands for, where that had to be known to tell that it is one. */
  opened?: Buffer;
}

/** What is looked at before the first escape of a stretch; most of a stretch that may be cut. */
const BEFORE = 400;
export const MOST_ESCAPED = 1200;
/** What two pieces of a longer stretch have in common. */
const OVERLAP = 200;

const PERCENT = 0x25;
const EQUALS = 0x3d;

/** White space, quotes, brackets of markup and control characters end a stretch. */
const ENDS = new Uint8Array(256).fill(1, 0, 0x21);
for (const char of '"\'<>\\`\x7f') ENDS[char.charCodeAt(0)] = 1;

const HEX = new Uint8Array(256);
for (const char of '0123456789abcdefABCDEF') HEX[char.charCodeAt(0)] = 1;

const isEscape = (bytes: Buffer, at: number): boolean => HEX[bytes[at + 1] ?? 0] === 1 && HEX[bytes[at + 2] ?? 0] === 1;

/**
 * Offers every stretch with percent escapes that begins at `from` or later; returns where to go on. `most` bounds a stretch:
 * so many bytes, and BEFORE more, must stay in the buffer.
 */
export function findPercent(
  bytes: Buffer,
  from: number,
  final: boolean,
  most: number,
  found: (escaped: Escaped) => void,
): number {
  let least = Math.max(0, from);
  let at = bytes.indexOf(PERCENT, least);
  // A stretch may begin before an escape that is yet to come.
  while (at >= 0) {
    if (!isEscape(bytes, at)) {
      if (at + 3 > bytes.length && !final) return Math.max(least, at - BEFORE);
      at = bytes.indexOf(PERCENT, at + 1);
      continue;
    }
    let start = at;
    const floor = Math.max(least, at - BEFORE);
    while (start > floor && ENDS[bytes[start - 1]!] === 0) start--;
    let end = at + 3;
    const limit = Math.min(bytes.length, start + most);
    while (end < limit && ENDS[bytes[end]!] === 0) end++;
    if (end === bytes.length && !final && end - start < most) return start;
    found({ start, end, name: 'percent' });
    const isCut = end < bytes.length && ENDS[bytes[end]!] === 0;
    least = isCut ? end - OVERLAP : end;
    at = bytes.indexOf(PERCENT, end);
  }
  return Math.max(least, bytes.length - BEFORE);
}

const QUOTED = /ENCODING=QUOTED-PRINTABLE[^:\r\n]{0,60}:((?:=\r?\n|[^\r\n]){1,1000})/gi;

const QUOTED_PRINTABLE = Buffer.from('QUOTED-PRINTABLE');

/** Values that say so themselves (vCard 2.1, section 2.1.3) and whose name begins at `from` or later; returns where to go on. */
export function findQuoted(bytes: Buffer, from: number, final: boolean, found: (escaped: Escaped) => void): number {
  const to = final ? bytes.length : Math.max(from, bytes.length - MOST_ESCAPED);
  if (bytes.indexOf(QUOTED_PRINTABLE, from) < 0) return to;
  for (const match of bytes.toString('latin1', from).matchAll(QUOTED)) {
    const start = from + match.index;
    const end = start + match[0].length;
    if (start < to) found({ start: end - match[1]!.length, end, name: 'quoted-printable' });
  }
  return to;
}

export function decodeEscaped(bytes: Buffer, name: Escaped['name']): Buffer {
  return name === 'quoted-printable' ? decodeQuoted(bytes) : decodePercent(bytes);
}

/** RFC 2045 6.7: soft line breaks go away; what is no valid escape stays as it is. */
export function decodeQuoted(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== EQUALS) out[to++] = bytes[at]!;
    else if (isEscape(bytes, at)) {
      out[to++] = Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16);
      at += 2;
    } else if (bytes[at + 1] === 0x0a) at++;
    else if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) at += 2;
    else out[to++] = EQUALS;
  }
  return out.subarray(0, to);
}

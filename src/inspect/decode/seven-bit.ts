/**
 * Text made for mail that carries seven bits: UTF-7 (RFC 2152), its form for the names of mailboxes (RFC 3501 5.1.3), and
 * uuencode (POSIX.1, `uuencode`).
 * Promise: null unless what is opened is readable; linear.
 */
import { isReadable } from '../readable.ts';
import type { Opened } from './opened-text.ts';

const PLUS = 0x2b;
const AND = 0x26;
const B = 0x62;
/** A first stretch stands so near the beginning, or is not looked for. */
const NEAR = 64;
/** UTF-16 of ASCII, most significant byte first: every such stretch of a value begins with `AA` to `AH`. */
const SHIFTED = /\+(A[A-H][A-Za-z0-9+/]*)-?/g;
const OF_MAILBOXES = /&(A[A-H][A-Za-z0-9+,]*)-/g;
const LINES = /^begin(?:-base64)? [0-7]{3} [^\r\n]{0,255}\r?\n/;

export function openSevenBit(bytes: Buffer, from: number, to: number): Opened | null {
  const first = bytes[from]!;
  if (first === B) return openLines(bytes, from, to);
  const near = Math.min(to, from + NEAR);
  for (let at = from; at < near; at++) {
    const byte = bytes[at]!;
    if ((byte === PLUS || byte === AND) && isShift(bytes, at)) return openShifted(bytes, from, to, byte);
  }
  return null;
}

/** `+AGx`: six bits of zero, and two more in the next. */
function isShift(bytes: Buffer, at: number): boolean {
  const next = bytes[at + 2]!;
  return bytes[at + 1] === 0x41 && next >= 0x41 && next <= 0x48;
}

function openShifted(bytes: Buffer, from: number, to: number, sign: number): Opened | null {
  const text = bytes.toString('latin1', from, to);
  let isWrong = false;
  const plain = text.replace(sign === PLUS ? SHIFTED : OF_MAILBOXES, (_, chars: string) => {
    const wide = Buffer.from(chars.replaceAll(',', '/'), 'base64');
    const even = wide.subarray(0, wide.length & ~1).swap16();
    // Text of another alphabet has a plus sign and two such letters as well.
    isWrong ||= (chars.length * 6) % 16 > 5 || !isReadable(Buffer.from(even.toString('utf16le')));
    for (let at = 1; at < even.length; at += 2) isWrong ||= even[at]! > 0x20;
    return even.toString('utf16le');
  });
  const opened = Buffer.from(plain);
  return isWrong || !isReadable(opened) ? null : { name: 'utf-7', bytes: opened };
}

function openLines(bytes: Buffer, from: number, to: number): Opened | null {
  // Six bits a character from the blank on, a first one with the count of bytes.
  const head = LINES.exec(bytes.toString('latin1', from, Math.min(to, from + 300)));
  if (!head) return null;
  const lines = bytes.toString('latin1', from + head[0].length, to).split(/\r?\n/);
  if (head[0].startsWith('begin-')) return opened('base64', Buffer.from(lines.join(''), 'base64'));
  const out: number[] = [];
  for (const line of lines) {
    const count = (line.charCodeAt(0) - 0x20) & 63;
    if (line === '' || count === 0 || line === 'end') break;
    const six = (at: number): number => ((line.charCodeAt(at) || 0x20) - 0x20) & 63;
    for (let i = 0; i < count; i++) {
      const at = 1 + 4 * Math.floor(i / 3) + (i % 3);
      out.push(((six(at) << (2 + 2 * (i % 3))) | (six(at + 1) >> (4 - 2 * (i % 3)))) & 255);
    }
  }
  return opened('uuencode', Buffer.from(out));
}

function opened(name: string, bytes: Buffer): Opened | null {
  return bytes.length > 0 && (isReadable(bytes) || (bytes[0] === 0x1f && bytes[1] === 0x8b)) ? { name, bytes } : null;
}

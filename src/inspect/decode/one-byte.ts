/**
 * XOR with one byte, for values nobody registered: registered ones are found without undoing it.
 * Promise: a mask is believed only when a JSON document or a form comes out; constant time per byte.
 */
import { isReadable } from '../readable.ts';

const LEAST = 24;
const HEAD = 64;
/** Two pairs: of one alone, other masks make another one. */
const FORM = /^[A-Za-z_][\w.-]{0,31}=[^&=\s"<>]{0,48}&[A-Za-z_][\w.-]*/;
const JSON_STARTS = ['{"', '[{', '["'];

export function openOneByte(bytes: Buffer): { mask: number; bytes: Buffer } | null {
  if (bytes.length < LEAST) return null;
  const head = bytes.subarray(0, HEAD);
  for (const mask of masksOf(head)) {
    const opened = xor(head, mask);
    if (isReadable(opened) && new Set(opened).size > 6) return { mask, bytes: xor(bytes, mask) };
  }
  return null;
}

/** With which the beginning becomes one of a document. */
function* masksOf(head: Buffer): Generator<number> {
  for (const start of JSON_STARTS) {
    const mask = head[0]! ^ start.charCodeAt(0);
    if (mask !== 0 && (head[1]! ^ mask) === start.charCodeAt(1)) yield mask;
  }
  for (let mask = 1; mask < 256; mask++) {
    const first = (head[0]! ^ mask) | 0x20;
    const second = (head[1]! ^ mask) | 0x20;
    if (first < 0x61 || first > 0x7a || second > 0x7f) continue;
    if (FORM.test(xor(head, mask).toString('latin1'))) yield mask;
  }
}

function xor(bytes: Buffer, mask: number): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i]! ^ mask;
  return out;
}

/**
 * XOR with a key that travels beside the ciphertext: an obfuscation, seen in vendors' own report formats.
 * Promise: a key is believed only when text or a known format comes out of bytes that are not text themselves: plain text
 * between control characters becomes other text under any word. Bounded by the number of fields.
 */
import { hasLongMagic, hasMagic, SNIFF } from '../format.ts';
import type { Fields } from '../place.ts';
import { isReadable } from '../readable.ts';
import { isZlibStream } from './zlib-probe.ts';

/** Shorter ciphertexts become readable by chance. */
const LEAST = 24;
/** One byte is tried without a key; longer keys than this are payloads themselves. */
const KEY_LENGTH: readonly [number, number] = [2, 64];

export interface OpenedBySibling {
  /** Name of the field that was the key. */
  name: string;
  bytes: Buffer;
}

export function openWithSibling(bytes: Buffer, fields: Fields): OpenedBySibling | null {
  if (bytes.length < LEAST) return null;
  const head = bytes.subarray(0, SNIFF);
  // Text under a key of letters or digits loses its digits and signs to control characters: a third of it and more.
  const least = plainShare(head) + CLEARLY_MORE;
  let best: { name: string; key: Buffer; likeness: number } | null = null;
  for (const [name, text] of fields) {
    for (const key of keysIn(text)) {
      const likeness = likenessOf(xor(head, key), () => xor(bytes, key));
      if (likeness > (best?.likeness ?? 0) && likeness >= least) best = { name, key, likeness };
    }
  }
  return best && { name: best.name, bytes: xor(bytes, best.key) };
}

/** 0 for noise; a word of the address makes text of text, too, so the one that makes most letters of it is the key. */
function likenessOf(head: Buffer, whole: () => Buffer): number {
  if (hasMagic(head)) return hasLongMagic(head) || isZlibStream(whole()) ? 1 : 0;
  if (!isReadable(head) || new Set(head).size <= 6) return 0;
  return plainShare(head);
}

const CLEARLY_MORE = 0.15;

function plainShare(head: Buffer): number {
  const plain = head.reduce((sum, byte) => sum + (PLAIN[byte] ?? 0), 0);
  return (1 + plain) / (1 + head.length);
}

/** What text and structures are mostly made of. */
const PLAIN = new Uint8Array(256);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "{}[]:,.=&<>/-_\n')
  PLAIN[char.charCodeAt(0)] = 1;

/** As written, and decoded. */
function keysIn(text: string): Buffer[] {
  const forms = [Buffer.from(text, 'latin1')];
  if (/^(?:[0-9a-fA-F]{2})+$/.test(text)) forms.push(Buffer.from(text, 'hex'));
  if (/^[\w+/-]+={0,2}$/.test(text)) forms.push(Buffer.from(text, 'base64'));
  return forms.filter((key) => key.length >= KEY_LENGTH[0] && key.length <= KEY_LENGTH[1]);
}

function xor(bytes: Buffer, key: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i]! ^ key[i % key.length]!;
  return out;
}

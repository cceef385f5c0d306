/**
 * XOR with a key that travels beside the ciphertext: an obfuscation, seen in vendors' own report formats.
 * Promise: a key is believed only when text or a known format comes out; bounded by the number of fields.
 */
import { hasMagic, SNIFF } from '../layers/sniff.ts';
import { isReadable } from '../layers/unwrap.ts';
import type { Fields } from '../scope.ts';

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
  for (const [name, text] of fields) {
    for (const key of keysIn(text)) {
      const head = xor(bytes.subarray(0, SNIFF), key);
      if (!(isReadable(head) && new Set(head).size > 6) && !hasMagic(head)) continue;
      return { name, bytes: xor(bytes, key) };
    }
  }
  return null;
}

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

/**
 * An AES key as an operator's decoder.
 * Promise: what does not decrypt to text, to a known format, or to bytes that are plainly not random is not taken
 * (GCM proves itself); nothing is thrown; the key stays in memory.
 */
import { type CipherGCMTypes, createDecipheriv, type Decipheriv } from 'node:crypto';
import { hasMagic } from '../format.ts';
import { isEvenlySpread, measure, newEntropy } from '../opaque.ts';
import { isReadable } from '../readable.ts';
import type { OperatorDecoder } from './decoder.ts';

export const AES_MODES = ['ecb', 'cbc', 'ctr', 'gcm'] as const;
export const AES_PADDINGS = ['pkcs7', 'zero', 'none'] as const;

export interface AesOptions {
  /** 16, 24 or 32 bytes. */
  key: Buffer;
  mode: (typeof AES_MODES)[number];
  /** Fixed one, or null when it stands before the ciphertext. */
  iv: Buffer | null;
  /** Length of one that stands before the ciphertext: 16, in GCM 12 unless said otherwise. */
  ivBytes: number;
  /** Of ECB and CBC. */
  padding: (typeof AES_PADDINGS)[number];
  /** Authentication tag at the end, GCM only. */
  tagBytes: number;
}

const BLOCK = 16;
/** Shorter plaintexts look like text by chance. */
const LEAST_UNPROVEN = 8;
/** Fewer bytes do not tell even from uneven. */
const LEAST_MEASURED = 64;

export function aesDecoder(options: AesOptions, name = 'aes'): OperatorDecoder {
  const { key, mode, iv, ivBytes, padding, tagBytes } = options;
  const start = mode === 'ecb' || iv ? 0 : ivBytes;
  const inBlocks = mode === 'ecb' || mode === 'cbc';
  return {
    name,
    open(bytes) {
      const length = bytes.length - start - (mode === 'gcm' ? tagBytes : 0);
      if (length <= 0 || (inBlocks && length % BLOCK !== 0)) return null;
      const vector = mode === 'ecb' ? null : (iv ?? bytes.subarray(0, ivBytes));
      const opened = decrypt(bytes.subarray(start, start + length), vector, bytes.subarray(start + length));
      return opened && (mode === 'gcm' || isPlausible(opened)) ? opened : null;
    },
  };

  function decrypt(bytes: Buffer, vector: Buffer | null, tag: Buffer): Buffer | null {
    try {
      const bits = key.length * 8;
      let decipher: Decipheriv;
      if (mode === 'gcm') {
        const type = `aes-${bits}-gcm` as CipherGCMTypes;
        decipher = createDecipheriv(type, key, vector!, { authTagLength: tagBytes }).setAuthTag(tag);
      } else {
        decipher = createDecipheriv(`aes-${bits}-${mode}`, key, vector).setAutoPadding(padding === 'pkcs7');
      }
      const opened = Buffer.concat([decipher.update(bytes), decipher.final()]);
      return inBlocks && padding === 'zero' ? withoutZeros(opened) : opened;
    } catch {
      // The padding or the tag is wrong: another key, or no ciphertext at all.
      return null;
    }
  }

  function isPlausible(opened: Buffer): boolean {
    if (opened.length >= LEAST_UNPROVEN && isReadable(opened.subarray(0, 256))) return true;
    // A correct padding is evidence of its own: one in 256 is by chance.
    if (!inBlocks || padding !== 'pkcs7') return opened[0] === 0x1f && opened[1] === 0x8b && opened[2] === 8;
    if (hasMagic(opened) || (opened.length >= 4 && isReadable(opened))) return true;
    if (opened.length < LEAST_MEASURED) return false;
    const entropy = newEntropy();
    measure(entropy, opened);
    return !isEvenlySpread(entropy);
  }
}

function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > bytes.length - BLOCK && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

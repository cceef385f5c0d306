/**
 * Bytes under a passphrase: magic, salt, nonce, AES-256-GCM of the bytes, tag; scrypt makes the key. The first three are
 * authenticated as well, so that nothing of it can be changed or taken for something else.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

const SALT = 16;
const IV = 12;
const TAG = 16;

/** Memory in bytes that one guess takes: 128 MB and a third of a second, or 16 MB and a fiftieth. */
export type GuessBytes = 134_217_728 | 16_777_216;

function keyOf(head: Buffer, passphrase: string, guessBytes: GuessBytes): Buffer {
  const options = { N: guessBytes / 1024, r: 8, p: 1, maxmem: guessBytes * 2 };
  return scryptSync(passphrase, head.subarray(-IV - SALT, -IV), 32, options);
}

export function sealBytes(plain: Uint8Array, passphrase: string, magic: Buffer, guessBytes: GuessBytes): Buffer {
  const head = Buffer.concat([magic, randomBytes(SALT + IV)]);
  const cipher = createCipheriv('aes-256-gcm', keyOf(head, passphrase, guessBytes), head.subarray(-IV)).setAAD(head);
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export const hasMagicOf = (sealed: Buffer, magic: Buffer): boolean => sealed.subarray(0, magic.length).equals(magic);

/** Null when not all of it is there, the passphrase is another, or it was changed. */
export function openBytes(sealed: Buffer, passphrase: string, magic: Buffer, guessBytes: GuessBytes): Buffer | null {
  const start = magic.length + SALT + IV;
  if (sealed.length < start + TAG || !hasMagicOf(sealed, magic)) return null;
  const head = sealed.subarray(0, start);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(head, passphrase, guessBytes), head.subarray(-IV))
    .setAAD(head)
    .setAuthTag(sealed.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(start, -TAG)), decipher.final()]);
  } catch {
    return null;
  }
}

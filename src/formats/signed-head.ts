/** The end of a lab's chain, signed with the installation's key (Ed25519): what the store signs, a package holds and a hub checks. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Checkpoint } from '../model/checkpoint.ts';
import type { Head } from './chain-link.ts';

/** What is signed. */
export function signedText(epoch: string, { position, hash }: Head, time: string): Buffer {
  const hex = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex');
  return Buffer.from(`phonehome chain\n${epoch}\n${position}\n${hex}\n${time}\n`);
}

/** First digits of the SHA-256 of a public key. */
export const keyNameOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

/** Whether it was signed with that key. */
export function isSignedWith(
  key: KeyObject,
  { epoch, position, hash, time, key: keyName, signature }: Checkpoint,
): boolean {
  const text = signedText(epoch, { position, hash: Buffer.from(hash, 'hex') }, time);
  return keyNameOf(key) === keyName && verify(null, text, key, Buffer.from(signature, 'base64'));
}

/** A public key as it is sent: SPKI, DER, base64. */
export const keyText = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');

/** Null: it is no Ed25519 key. */
export function readKeyText(text: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

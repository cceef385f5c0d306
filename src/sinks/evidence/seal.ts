/**
 * Encrypts what an alert's secret is before it touches a disk: AES-256-GCM, a fresh random nonce each time, the alert's
 * id as additional data, so that a sealed value cannot be moved to another alert.
 * Layout: 12 bytes nonce, 16 bytes tag, ciphertext of `{value, seen, window}` as JSON.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Secret } from './store.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export function seal(key: Buffer, alertId: string, secret: Secret): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(alertId));
  const plain = JSON.stringify({ value: secret.value, seen: secret.seen, window: secret.window.toString('base64') });
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Null when the key does not fit or the bytes were changed. */
export function unseal(key: Buffer, alertId: string, sealed: Buffer): Secret | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(alertId))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    const { value, seen, window } = JSON.parse(plain.toString('utf8')) as Record<'value' | 'seen' | 'window', string>;
    return { value, seen, window: Buffer.from(window, 'base64') };
  } catch {
    return null;
  }
}

/** Tells two keys apart without telling anything about either. */
export function fingerprintOf(key: Buffer): string {
  return createHmac('sha256', key).update('phonehome evidence key').digest('hex').slice(0, 16);
}

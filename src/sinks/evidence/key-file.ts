/**
 * Small secrets in files of their own: created at first use with mode 0600 and never overwritten.
 * Two processes starting at once agree: the file is created exclusively, the loser reads the winner's.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KEY_BYTES } from './seal.ts';

/** The key of the evidence store. Throws one line when the file holds something else. */
export function readOrCreateKey(file: string): Buffer {
  const text = readOrCreate(file, () => randomBytes(KEY_BYTES).toString('hex'));
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Error(
      `${file} is not an evidence key (64 hex digits): put the right file back, or move it and the database away`,
    );
  }
  return Buffer.from(text, 'hex');
}

/** The installation's key, with which it signs what it recorded. Throws one line when the file holds something else. */
export function readOrCreateSigningKey(file: string): KeyObject {
  const text = readOrCreate(file, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim(),
  );
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is not a signing key (Ed25519, PEM): put the right file back, or move it away`);
}

/** What others verify with; null when there is no key yet. */
export function readPublicKey(file: string): KeyObject | null {
  return existsSync(file) ? createPublicKey(readOrCreateSigningKey(file)) : null;
}

/** Text of a secret file, made by `create` when there is none. */
export function readOrCreate(file: string, create: () => string): string {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `${create()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}

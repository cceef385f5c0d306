/**
 * Small secrets in files of their own: created at first use with mode 0600 and never overwritten by it, in clear or, where the
 * operator has a passphrase, under that.
 * Two processes starting at once agree: the file is created exclusively, the loser reads the winner's.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { labError } from '../../formats/refusal.ts';
import { replaceFile, replaceSecret } from '../../formats/replace-file.ts';
import { openBytes, sealBytes } from '../../formats/sealed-bytes.ts';
import { text } from '../../model/text.ts';
import { KEY_BYTES } from './seal.ts';

const SEALED = 'phonehome sealed key 1\n';
const MAGIC = Buffer.from(SEALED);
/** As much as a guess at the authority's key. */
const GUESS_BYTES = 16_777_216;

/** The key of the evidence store. Throws one line when the file holds something else, or its passphrase is another. */
export function readOrCreateKey(file: string, passphrase: string | null = null): Buffer {
  const digits = readOrCreate(file, () => randomBytes(KEY_BYTES).toString('hex'), passphrase);
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw labError(text('fault.no-key', { file }));
  }
  return Buffer.from(digits, 'hex');
}

/** The installation's key, with which it signs what it recorded. Throws one line when the file holds something else. */
export function readOrCreateSigningKey(file: string, passphrase: string | null = null): KeyObject {
  const create = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
  return signingKeyOf(readOrCreate(file, create, passphrase), file);
}

function signingKeyOf(pem: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw labError(text('fault.no-signing-key', { file }));
}

/** Its public half, beside one that is encrypted: to verify takes no passphrase. */
const publicFile = (file: string): string => file.replace(/\.key$/, '.pub');

/** What others verify with; null when there is no key yet. */
export function readPublicKey(file: string, passphrase: string | null = null): KeyObject | null {
  if (!existsSync(file)) return null;
  if (isSealedFile(file) && passphrase === null) return createPublicKey(readFileSync(publicFile(file)));
  return createPublicKey(readOrCreateSigningKey(file, passphrase));
}

/** Text of a secret file, made by `create` when there is none. */
export function readOrCreate(file: string, create: () => string, passphrase: string | null = null): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const fresh = create();
    writeFileSync(file, `${passphrase === null ? fresh : sealed(fresh, passphrase)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return textOf(file, [passphrase]);
}

export const isSealedFile = (file: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').startsWith(SEALED);

/**
 * Encrypts a secret file with `next`, or with nothing. Nothing is done where none is there.
 * @param present what it may be encrypted with now: more than one where a change was interrupted
 * @throws LabError when none of them opens it
 */
export function sealFile(file: string, present: readonly (string | null)[], next: string | null): void {
  if (!existsSync(file)) return;
  const clear = textOf(file, present);
  if (next !== null && clear.includes('PRIVATE KEY')) {
    const pem = createPublicKey(signingKeyOf(clear, file)).export({ type: 'spki', format: 'pem' });
    replaceFile(publicFile(file), pem.toString());
  }
  replaceSecret(file, `${next === null ? clear : sealed(clear, next)}\n`);
}

/** Whether one of them opens it, or it is not encrypted. @throws LabError when not */
export function mustOpen(file: string, present: readonly (string | null)[]): void {
  if (existsSync(file)) textOf(file, present);
}

const sealed = (secret: string, passphrase: string): string =>
  SEALED + sealBytes(Buffer.from(secret), passphrase, MAGIC, GUESS_BYTES).toString('base64');

function textOf(file: string, passphrases: readonly (string | null)[]): string {
  const kept = readFileSync(file, 'utf8').trim();
  if (!kept.startsWith(SEALED)) return kept;
  const given = passphrases.filter((one) => one !== null);
  if (given.length === 0) throw labError(text('fault.sealed', { file }));
  for (const passphrase of given) {
    const bytes = Buffer.from(kept.slice(SEALED.length), 'base64');
    const plain = openBytes(bytes, passphrase, MAGIC, GUESS_BYTES);
    if (plain !== null) return plain.toString();
  }
  throw labError(text('fault.wrong-passphrase', { file }));
}

/**
 * Small secrets in files of their own: created at first use with mode 0600 and never overwritten by it, in clear or, where the
 * operator has a passphrase, under that.
 * Two processes starting at once agree: the file is created exclusively, the loser reads the winner's.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, replaceSecret } from '../../formats/replace-file.ts';
import { openBytes, sealBytes } from '../../formats/sealed-bytes.ts';
import { LabError } from '../../model/lab.ts';
import { KEY_BYTES } from './seal.ts';

const SEALED = 'phonehome sealed key 1\n';
const MAGIC = Buffer.from(SEALED);
/** As much as a guess at the authority's key. */
const GUESS_BYTES = 16_777_216;

/** The key of the evidence store. Throws one line when the file holds something else, or its passphrase is another. */
export function readOrCreateKey(file: string, passphrase: string | null = null): Buffer {
  const text = readOrCreate(file, () => randomBytes(KEY_BYTES).toString('hex'), passphrase);
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Error(
      `${file} is not an evidence key (64 hex digits): put the right file back, or move it and the database away`,
    );
  }
  return Buffer.from(text, 'hex');
}

/** The installation's key, with which it signs what it recorded. Throws one line when the file holds something else. */
export function readOrCreateSigningKey(file: string, passphrase: string | null = null): KeyObject {
  const create = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
  return signingKeyOf(readOrCreate(file, create, passphrase), file);
}

function signingKeyOf(text: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is not a signing key (Ed25519, PEM): put the right file back, or move it away`);
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
    const text = create();
    writeFileSync(file, `${passphrase === null ? text : sealed(text, passphrase)}\n`, { mode: 0o600, flag: 'wx' });
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
  const text = textOf(file, present);
  if (next !== null && text.includes('PRIVATE KEY')) {
    const pem = createPublicKey(signingKeyOf(text, file)).export({ type: 'spki', format: 'pem' });
    replaceFile(publicFile(file), pem.toString());
  }
  replaceSecret(file, `${next === null ? text : sealed(text, next)}\n`);
}

/** Whether one of them opens it, or it is not encrypted. @throws LabError when not */
export function mustOpen(file: string, present: readonly (string | null)[]): void {
  if (existsSync(file)) textOf(file, present);
}

const sealed = (text: string, passphrase: string): string =>
  SEALED + sealBytes(Buffer.from(text), passphrase, MAGIC, GUESS_BYTES).toString('base64');

function textOf(file: string, passphrases: readonly (string | null)[]): string {
  const text = readFileSync(file, 'utf8').trim();
  if (!text.startsWith(SEALED)) return text;
  const given = passphrases.filter((one) => one !== null);
  if (given.length === 0)
    throw new LabError(
      `${file} is encrypted: give its passphrase with --ca-passphrase-file FILE or PHONEHOME_CA_PASSPHRASE`,
    );
  for (const passphrase of given) {
    const bytes = Buffer.from(text.slice(SEALED.length), 'base64');
    const plain = openBytes(bytes, passphrase, MAGIC, GUESS_BYTES);
    if (plain !== null) return plain.toString();
  }
  throw new LabError(`the passphrase does not open ${file}: give the right one`);
}

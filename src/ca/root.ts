/**
 * The lab's root key and certificate on disk: `ca.key` (mode 0600) and `ca.pem` in a directory of mode 0700.
 * Promise: made once per installation and never overwritten; whatever is missing, damaged, expired or not a pair
 * is an AuthorityError of one line that says what to do. Rotation keeps the old pair in `previous/`.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { replaceSecret } from '../formats/replace-file.ts';
import { say } from '../formats/say.ts';
import { LabError } from '../model/lab.ts';
import { type Text, text } from '../model/text.ts';
import { type KeyType, subjectKey, writeCertificate } from './certificate.ts';
import { isSealed, openKey, sealKey } from './key-pem.ts';
import { privacyProblem } from './private-file.ts';

export class AuthorityError extends LabError {
  override name = 'AuthorityError';

  constructor(why: Text) {
    super(say(why), why);
  }
}

export interface Root {
  certificate: X509Certificate;
  certificatePem: string;
  /** Null: it is encrypted and nobody gave its passphrase. */
  privateKey: KeyObject | null;
  keyType: KeyType;
}

/** With its key at hand. */
export type OpenRoot = Root & { privateKey: KeyObject };

const KEY_FILE = 'ca.key';
const CERTIFICATE_FILE = 'ca.pem';
const PREVIOUS = 'previous';
const DAY_MS = 86_400_000;
/** Phones keep a root for years; ten of them outlive any phone under test. */
const ROOT_VALIDITY_MS = 3650 * DAY_MS;
/** Older than any leaf's back-dating, the expired ones of the trust test included: no leaf begins before its root. */
const ROOT_BACKDATED_MS = 30 * DAY_MS;
const RSA_BITS = 2048;

export const certificatePath = (dir: string): string => join(dir, CERTIFICATE_FILE);
export const keyPath = (dir: string): string => join(dir, KEY_FILE);
/** True when `dir` holds either half of a root. */
export const holdsRoot = (dir: string): boolean => existsSync(certificatePath(dir)) || existsSync(keyPath(dir));

export function generateKey(keyType: KeyType): { privateKey: KeyObject; publicKey: KeyObject } {
  return keyType === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** A root in memory only. `serial` makes two roots distinguishable in a phone's list. */
export function makeRoot(keyType: KeyType, nowMs: number, commonName?: string): OpenRoot {
  const { privateKey, publicKey } = generateKey(keyType);
  const certificatePem = writeCertificate({
    purpose: 'authority',
    commonName: commonName ?? `Phonehome Lab CA ${randomBytes(3).toString('hex')}`,
    names: [],
    key: subjectKey(publicKey),
    issuer: null,
    selfKey: { keyType, privateKey },
    notBeforeMs: nowMs - ROOT_BACKDATED_MS,
    notAfterMs: nowMs + ROOT_VALIDITY_MS,
  });
  return { certificate: new X509Certificate(certificatePem), certificatePem, privateKey, keyType };
}

/**
 * @param passphrase what the key on disk is encrypted with; of a new one, what it is to be encrypted with; null: with nothing
 * @throws AuthorityError
 */
export function loadOrCreateRoot(dir: string, nowMs: number, keyType: KeyType, passphrase: string | null = null): Root {
  const hasKey = existsSync(keyPath(dir));
  const hasCertificate = existsSync(certificatePath(dir));
  if (hasKey && hasCertificate) return loadRoot(dir, nowMs, passphrase);
  if (hasKey !== hasCertificate) {
    const [missing, present] = hasKey ? [CERTIFICATE_FILE, KEY_FILE] : [KEY_FILE, CERTIFICATE_FILE];
    throw broken(dir, text('ca.half', { missing, present }));
  }
  const root = makeRoot(keyType, nowMs);
  saveRoot(dir, root, passphrase);
  return root;
}

/** Whether the key on disk is encrypted. @throws AuthorityError when it cannot be read */
export const isKeySealed = (dir: string): boolean => existsSync(keyPath(dir)) && isSealed(readText(keyPath(dir)));

/**
 * Encrypts the key on disk with `next`, or with nothing; so every key that was replaced before, where `present` opens it.
 * @param present what they may be encrypted with now: more than one where a change was interrupted
 * @returns files of earlier keys that none of them opens: they stay as they are
 * @throws AuthorityError, and nothing has changed then
 */
export function changePassphrase(
  dir: string,
  nowMs: number,
  present: readonly (string | null)[],
  next: string | null,
): string[] {
  const { privateKey } = opened(loadRoot(dir, nowMs, fitting(readText(keyPath(dir)), present)), dir);
  const left: string[] = [];
  for (const file of earlierKeys(dir)) {
    const text = readText(file);
    try {
      replaceSecret(file, keyText(openKey(text, fitting(text, present)), next));
    } catch {
      left.push(file);
    }
  }
  replaceSecret(keyPath(dir), keyText(privateKey, next));
  return left;
}

/** The one that opens it; the first where none does, or none is needed. */
function fitting(text: string, passphrases: readonly (string | null)[]): string | null {
  const opens = (passphrase: string | null): boolean => {
    try {
      openKey(text, passphrase);
      return true;
    } catch {
      return false;
    }
  };
  return passphrases.find((one) => isSealed(text) && one !== null && opens(one)) ?? passphrases[0] ?? null;
}

/** Of authorities that were replaced. */
function earlierKeys(dir: string): string[] {
  const previous = join(dir, PREVIOUS);
  if (!existsSync(previous)) return [];
  return readdirSync(previous)
    .map((name) => join(previous, name, KEY_FILE))
    .filter((file) => existsSync(file));
}

/** @throws AuthorityError when the key is encrypted and its passphrase was not given */
export function opened(root: Root, dir: string): OpenRoot {
  const { privateKey } = root;
  if (privateKey !== null) return { ...root, privateKey };
  throw new AuthorityError(text('fault.sealed', { file: keyPath(dir) }));
}

export interface Rotation {
  root: OpenRoot;
  /** Fingerprint phones must remove; null when there was no readable certificate. */
  oldFingerprint: string | null;
  /** Where the old pair lies; null when there was none. */
  keptIn: string | null;
}

/** Works on a damaged pair too: it is what the error messages recommend. @throws AuthorityError when the disk refuses. */
export function rotateRoot(dir: string, nowMs: number, keyType: KeyType, passphrase: string | null = null): Rotation {
  const present = [KEY_FILE, CERTIFICATE_FILE].filter((name) => existsSync(join(dir, name)));
  const oldFingerprint = readFingerprint(certificatePath(dir));
  // Made before anything is moved: a failure here must leave the old pair in its place.
  const root = makeRoot(keyType, nowMs);
  let keptIn: string | null = null;
  if (present.length > 0) {
    const stamp = new Date(nowMs).toISOString().replace(/[:.]/g, '-');
    keptIn = join(dir, PREVIOUS, `${stamp}-${randomBytes(2).toString('hex')}`);
    makePrivateDirectory(dir);
    makePrivateDirectory(keptIn);
    for (const name of present) renameSync(join(dir, name), join(keptIn, name));
  }
  saveRoot(dir, root, passphrase);
  return { root, oldFingerprint, keptIn };
}

function loadRoot(dir: string, nowMs: number, passphrase: string | null): Root {
  const certificatePem = readText(certificatePath(dir));
  const keyPem = readText(keyPath(dir));
  let certificate: X509Certificate;
  let privateKey: KeyObject | null;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch {
    throw broken(dir, text('ca.no-certificate', { file: CERTIFICATE_FILE }));
  }
  try {
    privateKey = isSealed(keyPem) && passphrase === null ? null : openKey(keyPem, passphrase);
  } catch {
    if (isSealed(keyPem)) throw new AuthorityError(text('fault.wrong-passphrase', { file: keyPath(dir) }));
    throw broken(dir, text('ca.no-key', { file: KEY_FILE }));
  }
  if (privateKey !== null && !certificate.checkPrivateKey(privateKey)) {
    throw broken(dir, text('ca.no-pair', { key: KEY_FILE, certificate: CERTIFICATE_FILE }));
  }
  if (!certificate.ca) throw broken(dir, text('ca.no-ca', { file: CERTIFICATE_FILE }));
  if (Date.parse(certificate.validTo) <= nowMs) {
    throw broken(dir, text('ca.expired', { file: CERTIFICATE_FILE, at: certificate.validTo }));
  }
  if (Date.parse(certificate.validFrom) > nowMs) {
    throw new AuthorityError(text('ca.early', { dir, file: CERTIFICATE_FILE, at: certificate.validFrom }));
  }
  const type = certificate.publicKey.asymmetricKeyType;
  if (type !== 'ec' && type !== 'rsa') throw broken(dir, text('ca.key-type', { file: KEY_FILE, type: String(type) }));
  // The key signs for every site on earth in the eyes of the test phones: one that others could read is none.
  const problem = privacyProblem(keyPath(dir), { kind: 'file', keep: 'secret', otherwise: 'rotate' });
  if (problem) throw new AuthorityError(problem);
  return { certificate, certificatePem: certificate.toString(), privateKey, keyType: type };
}

/** The key first: a certificate whose key was never saved would be a root nobody can use. */
function saveRoot(dir: string, root: OpenRoot, passphrase: string | null): void {
  makePrivateDirectory(dir);
  const keyPem = keyText(root.privateKey, passphrase);
  const written: string[] = [];
  try {
    for (const [name, content, mode] of [
      [KEY_FILE, keyPem, 0o600],
      [CERTIFICATE_FILE, root.certificatePem, 0o644],
    ] as const) {
      // `wx` refuses to overwrite: two labs started at once must not mix their halves.
      writeFileSync(join(dir, name), content, { flag: 'wx', mode });
      written.push(name);
    }
  } catch (error) {
    for (const name of written) rmSync(join(dir, name), { force: true });
    throw new AuthorityError(text('ca.unsaved', { dir, code: reasonOf(error) }));
  }
}

const keyText = (key: KeyObject, passphrase: string | null): string =>
  passphrase === null ? key.export({ type: 'pkcs8', format: 'pem' }).toString() : sealKey(key, passphrase);

function makePrivateDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  } catch (error) {
    throw new AuthorityError(text('ca.directory', { dir, code: reasonOf(error) }));
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AuthorityError(text('fault.unread-mode', { file: path, code: reasonOf(error) }));
  }
}

function readFingerprint(path: string): string | null {
  try {
    return new X509Certificate(readFileSync(path)).fingerprint256;
  } catch {
    return null;
  }
}

const broken = (dir: string, what: Text): AuthorityError => new AuthorityError(text('ca.broken', { dir, what }));

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? (error as Error).message;

/**
 * Loads the files given with `--decoder`: an RSA private key (PEM), an AES key (YAML or JSON), or a small program.
 * Promise: a file that cannot be used is a LabError of one line that names it and says what to do; no message ever
 * contains a part of a key; names in alerts are unique.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { labError } from '../../formats/refusal.ts';
import type { LabError } from '../../model/lab.ts';
import { type Text, text } from '../../model/text.ts';
import { aesDecoder } from './aes.ts';
import { readAesKey } from './aes-file.ts';
import type { OperatorDecoder } from './decoder.ts';
import { openProgram } from './program.ts';
import { rsaDecoder } from './rsa.ts';

export interface LoadedDecoder extends OperatorDecoder {
  /** For people: what it is and from which file; never a part of the key. */
  description: string;
  /** Of an RSA key its public half, as SPKI PEM; null for others. */
  publicKey: string | null;
  /** Ends the thread of a program. */
  close?(): void;
}

type Loaded = Omit<LoadedDecoder, 'description'> & { what: string };

const PROGRAM = /\.[cm]?[jt]s$/;
const NAME = /^[a-z0-9][a-z0-9_.-]{0,31}$/i;

/** In the order given, which is the order in which they are tried. @throws LabError */
export async function loadDecoders(files: readonly string[]): Promise<LoadedDecoder[]> {
  const loaded: LoadedDecoder[] = [];
  for (const file of files) {
    const { what, ...decoder } = PROGRAM.test(file) ? await loadProgram(file) : loadKey(file);
    loaded.push({
      ...decoder,
      name: uniqueName(decoder.name, loaded),
      description: `${what} from ${basename(file)}`,
    });
  }
  return loaded;
}

function uniqueName(name: string, taken: readonly OperatorDecoder[]): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (taken.every((other) => other.name !== candidate)) return candidate;
  }
}

function loadKey(file: string): Loaded {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw labError(text('decoder.unread', { file, code: (error as NodeJS.ErrnoException).code ?? '' }));
  }
  const written = bytes.toString('utf8');
  if (written.includes('-----BEGIN ')) return loadRsa(file, written);
  if (/\.(ya?ml|json)$/i.test(file)) {
    const read = readAesKey(written);
    if (!read.ok) throw problem(file, read.why);
    const { name, options } = read;
    const what = `AES-${options.key.length * 8} key, ${options.mode.toUpperCase()}`;
    return { ...aesDecoder(options, name ?? 'aes'), what, publicKey: null };
  }
  throw problem(file, text('decoder.none-of'));
}

function loadRsa(file: string, pem: string): Loaded {
  if (/ENCRYPTED/.test(pem)) throw problem(file, text('decoder.sealed'));
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    const isPublic = /-----BEGIN (RSA )?PUBLIC KEY|-----BEGIN CERTIFICATE/.test(pem);
    throw problem(file, text(isPublic ? 'decoder.public' : 'decoder.no-key'));
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw problem(file, text('decoder.key-type', { type: String(key.asymmetricKeyType) }));
  const bits = key.asymmetricKeyDetails?.modulusLength;
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
  return { ...rsaDecoder(key), what: `RSA-${bits} private key`, publicKey };
}

async function loadProgram(file: string): Promise<Loaded> {
  const { facts, open, close } = await openProgram(pathToFileURL(resolve(file)).href);
  const { name, description, readsText } = facts;
  const refuse = (what: Text): LabError => {
    close();
    return problem(file, what);
  };
  if (facts.problem !== null) throw refuse(text('decoder.unloaded', { problem: facts.problem }));
  if (typeof name !== 'string' || !NAME.test(name)) throw refuse(text('decoder.no-name'));
  if (!facts.hasOpen) throw refuse(text('decoder.no-open'));
  return {
    name,
    ...(readsText === true ? { readsText } : {}),
    open,
    close,
    what: typeof description === 'string' ? description : 'program',
    publicKey: null,
  };
}

const problem = (file: string, what: Text): LabError => labError(text('decoder.problem', { file, what }));

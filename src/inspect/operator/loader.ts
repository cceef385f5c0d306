/**
 * Loads the files given with `--decoder`: an RSA private key (PEM), an AES key (YAML or JSON), or a small program.
 * Promise: a file that cannot be used is a LabError of one line that names it and says what to do; no message ever
 * contains a part of a key; names in alerts are unique.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabError } from '../../model/lab.ts';
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
    throw problem(file, `cannot be read (${(error as NodeJS.ErrnoException).code}): check the path`);
  }
  const text = bytes.toString('utf8');
  if (text.includes('-----BEGIN ')) return loadRsa(file, text);
  if (/\.(ya?ml|json)$/i.test(file)) {
    const read = readAesKey(text);
    if (!read.ok) throw problem(file, read.why);
    const { name, options } = read;
    const what = `AES-${options.key.length * 8} key, ${options.mode.toUpperCase()}`;
    return { ...aesDecoder(options, name ?? 'aes'), what, publicKey: null };
  }
  throw problem(
    file,
    'is none of: an RSA private key in PEM form, an AES key in a .yaml or .json file, a program in a .ts or .js file (docs/decoders.md)',
  );
}

function loadRsa(file: string, pem: string): Loaded {
  if (/ENCRYPTED/.test(pem))
    throw problem(file, 'is protected by a passphrase: remove it first with "openssl pkey -in FILE -out OPEN.pem"');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    const isPublic = /-----BEGIN (RSA )?PUBLIC KEY|-----BEGIN CERTIFICATE/.test(pem);
    throw problem(
      file,
      isPublic
        ? 'holds a public key, which can only close: the private key is needed'
        : 'is no valid private key in PEM form: check it with "openssl pkey -in FILE -noout"',
    );
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw problem(file, `holds a key of type ${key.asymmetricKeyType}: an RSA private key is needed`);
  const bits = key.asymmetricKeyDetails?.modulusLength;
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
  return { ...rsaDecoder(key), what: `RSA-${bits} private key`, publicKey };
}

async function loadProgram(file: string): Promise<Loaded> {
  const { facts, open, close } = await openProgram(pathToFileURL(resolve(file)).href);
  const { name, description, readsText } = facts;
  const refuse = (what: string): LabError => {
    close();
    return problem(file, what);
  };
  if (facts.problem !== null) throw refuse(`cannot be loaded (${facts.problem}): correct the program`);
  if (typeof name !== 'string' || !NAME.test(name))
    throw refuse('must export a "name" of letters, digits, dots and dashes, e.g. export const name = \'acme\'');
  if (!facts.hasOpen) throw refuse('must export a function "open(bytes, context)" that returns a Buffer or null');
  return {
    name,
    ...(readsText === true ? { readsText } : {}),
    open,
    close,
    what: typeof description === 'string' ? description : 'program',
    publicKey: null,
  };
}

function problem(file: string, what: string): LabError {
  return new LabError(`--decoder ${file} ${what}`);
}

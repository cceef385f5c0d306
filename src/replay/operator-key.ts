/**
 * The lab's stand-in for a vendor's RSA key, made once per data directory and kept there (mode 0600): the simulated
 * phone encrypts with its public half, and an operator may load the file as a decoder. Never part of the source.
 */
import { createPublicKey, generateKeyPair } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export function operatorKeyPath(dataDir: string, fileName: string): string {
  return path.join(dataDir, 'replay', fileName);
}

/** RSA-1024, because that is what the reported client used. Returns the public half as PEM. */
export async function ensureOperatorKey(dataDir: string, fileName: string): Promise<string> {
  const file = operatorKeyPath(dataDir, fileName);
  let privatePem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (privatePem === null) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 1024 });
    privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, privatePem, { mode: 0o600, flag: 'wx' });
  }
  return createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }) as string;
}

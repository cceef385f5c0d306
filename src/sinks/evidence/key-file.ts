/**
 * Small secrets in files of their own: created at first use with mode 0600 and never overwritten.
 * Two processes starting at once agree: the file is created exclusively, the loser reads the winner's.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * A file made anew, whole or not at all: written beside, then renamed. The one place of this room that touches a disk.
 * Promise: no link that stands in the way is followed; what root writes belongs to whom the directory belongs to.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Nothing in it is anybody's secret. */
export const PUBLIC = { mode: 0o644, directoryMode: 0o755 };

/** @throws what the disk says; the old file is then still there and nothing is left beside it. */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, directoryMode = 0o700 }: { mode?: number; directoryMode?: number } = {},
): void {
  const directory = dirname(path);
  makeDirectory(directory, directoryMode);
  const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeFileSync(beside, content, { mode, flag: 'wx', flush: true });
    // What the umask took.
    chmodSync(beside, mode);
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(directory);
      chownSync(beside, uid, gid);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** The same, and what stood there before is overwritten where it lay (an SSD may keep it all the same). */
export function replaceSecret(path: string, content: string): void {
  const before = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    replaceFile(path, content);
    writeSync(before, Buffer.alloc(fstatSync(before).size), 0);
    fsyncSync(before);
  } finally {
    closeSync(before);
  }
}

/**
 * Makes what is missing of a path. Node's own `recursive` never ends where a parent is there and the disk knows no such name (/proc).
 * @returns what was made, outermost first
 * @throws what the disk says
 */
export function makeDirectories(path: string, mode: number): string[] {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  return missing.filter((one) => {
    try {
      mkdirSync(one, { mode });
      return true;
    } catch (error) {
      // Somebody else was faster.
      if (existsSync(one)) return false;
      throw error;
    }
  });
}

function makeDirectory(directory: string, mode: number): void {
  const made = makeDirectories(directory, mode);
  if (made[0] === undefined || process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(made[0]));
  for (const one of made) chownSync(one, uid, gid);
}

/** Files that somebody named on the command line. */
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { replaceFile } from '../formats/replace-file.ts';

/** Its text. @throws the disk's error, which names the file also where it is a directory: Node leaves the name out there */
export function readGiven(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

/**
 * Whole or not at all, for its owner alone unless said otherwise. What is no file (`/dev/stdout`, a pipe) is written into: to put
 * a file in the place of /dev/stdout would take it from the whole machine.
 * @throws the disk's error, which names the file
 */
export function writeNamed(path: string, content: string | Uint8Array, modes: Parameters<typeof replaceFile>[2] = {}) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR', path });
  const isFile = found === undefined || found.isFile() || found.isSymbolicLink();
  if (isFile && !/^\/(?:dev|proc)\//.test(resolve(path))) replaceFile(path, content, modes);
  else writeFileSync(path, content);
}

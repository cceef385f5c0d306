/** A file that somebody named on the command line. */
import { readFileSync } from 'node:fs';

/** Its text. @throws the disk's error, which names the file also where it is a directory: Node leaves the name out there */
export function readGiven(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

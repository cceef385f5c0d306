/** Tells whether a file is another one than before. */
import { statSync } from 'node:fs';

/** Another one as soon as the file is another one; empty when there is none. */
export function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
}

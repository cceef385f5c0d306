import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commitOf } from './checked-out.ts';

const ROOT = new URL('../../', import.meta.url);

/** How this program is called in a shell: a checkout has a wrapper of its own, and is on no PATH. */
export const OWN_NAME = existsSync(fileURLToPath(new URL('phonehome', ROOT))) ? './phonehome' : 'phonehome';

interface Manifest {
  version: string;
  /** Written when it was packed. */
  commit?: string;
}

const manifest = (): Manifest => JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as Manifest;

export const ownVersion = (): string => manifest().version;

/** For people: `0.1.0 (commit 1a2b3c4d5e6f)`, where it is known which commit this is. Three small files are read for it. */
export function ownVersionAndCommit(): string {
  const { version, commit = commitOf(fileURLToPath(ROOT)) } = manifest();
  return commit ? `${version} (commit ${commit.slice(0, 12)})` : version;
}

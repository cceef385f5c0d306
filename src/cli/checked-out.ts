/** Which commit a checkout is at, read from git's files: no program of somebody's PATH is run for it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const read = (...parts: string[]): string => readFileSync(path.resolve(...parts), 'utf8').trim();
const after = (text: string, word: string): string | null => (text.startsWith(word) ? text.slice(word.length) : null);
const orNull = (work: () => string | null): string | null => {
  try {
    return work();
  } catch {
    return null;
  }
};

/** The commit checked out in a directory; null: it is no checkout of git, or of a form this does not read. */
export function commitOf(directory: string): string | null {
  const dotGit = path.join(directory, '.git');
  // A second working tree has a file there that says where its own directory is.
  const own = orNull(() => after(read(dotGit), 'gitdir: ')) ?? dotGit;
  const git = path.resolve(directory, own);
  const shared = path.resolve(git, orNull(() => read(git, 'commondir')) ?? '.');
  const head = orNull(() => read(git, 'HEAD')) ?? '';
  const ref = after(head, 'ref: ');
  const commit = ref === null ? head : (orNull(() => read(shared, ref)) ?? orNull(() => packed(shared, ref)) ?? '');
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

function packed(shared: string, ref: string): string | null {
  const line = read(shared, 'packed-refs')
    .split('\n')
    .find((each) => each.endsWith(` ${ref}`));
  return line?.split(' ')[0] ?? null;
}

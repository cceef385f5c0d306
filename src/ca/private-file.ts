/**
 * Whether what lies on disk is nobody else's: owner, kind and mode. A file that another user could have written is not believed,
 * a secret that another user could have read is none.
 */
import { lstatSync } from 'node:fs';

export interface Privacy {
  kind: 'file' | 'directory';
  /** `secret`: nobody else may read or write it. `own`: nobody else may write it. */
  keep: 'secret' | 'own';
  /** What to do where somebody else may have had it, e.g. `delete it, a new one is made`. */
  otherwise: string;
}

const WRITABLE = 0o022;
const REACHABLE = 0o077;

/** One line that says what is wrong and what to do; null when nothing is, or nothing is there. */
export function privacyProblem(path: string, { kind, keep, otherwise }: Privacy): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isSymbolicLink())
    return `${path} is a symbolic link, which is never followed: put the ${kind} itself there, or ${otherwise}`;
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) return `${path} is not a ${kind}: ${otherwise}`;
  const uid = process.getuid?.();
  // Root keeps a lab for whom its directory belongs to; others keep their own, or what root laid there.
  if (uid !== undefined && uid !== 0 && found.uid !== uid && found.uid !== 0)
    return `${path} belongs to another user (${found.uid}): ${otherwise}`;
  const open = found.mode & (keep === 'secret' ? REACHABLE : WRITABLE);
  if (open === 0) return null;
  const what = (open & WRITABLE) === 0 ? 'read' : 'written';
  const mode = kind === 'directory' ? '700' : '600';
  return `${path} can be ${what} by others (mode ${(found.mode & 0o777).toString(8)}): if nobody else had it, chmod ${mode} ${path}; else ${otherwise}`;
}

/**
 * Whether what lies on disk is nobody else's: owner, kind and mode. A file that another user could have written is not believed,
 * a secret that another user could have read is none.
 */
import { lstatSync } from 'node:fs';
import { type Text, type TextKey, text } from '../model/text.ts';

type Otherwise = TextKey extends infer K ? (K extends `privacy.otherwise.${infer What}` ? What : never) : never;

export interface Privacy {
  kind: 'file' | 'directory';
  /** `secret`: nobody else may read or write it. `own`: nobody else may write it. */
  keep: 'secret' | 'own';
  /** What to do where somebody else may have had it, e.g. delete it, since a new one is made. */
  otherwise: Otherwise;
}

const WRITABLE = 0o022;
const REACHABLE = 0o077;

/** One line that says what is wrong and what to do; null when nothing is, or nothing is there. */
export function privacyProblem(path: string, { kind, keep, otherwise: what }: Privacy): Text | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const otherwise = text(`privacy.otherwise.${what}`);
  if (found.isSymbolicLink()) return text(`privacy.link.${kind}`, { path, otherwise });
  if (kind === 'file' ? !found.isFile() : !found.isDirectory()) return text(`privacy.no.${kind}`, { path, otherwise });
  const uid = process.getuid?.();
  // Root keeps a lab for whom its directory belongs to; others keep their own, or what root laid there.
  if (uid !== undefined && uid !== 0 && found.uid !== uid && found.uid !== 0)
    return text('privacy.owner', { path, user: found.uid, otherwise });
  const open = found.mode & (keep === 'secret' ? REACHABLE : WRITABLE);
  if (open === 0) return null;
  const how = (open & WRITABLE) === 0 ? 'read' : 'written';
  const wanted = kind === 'directory' ? '700' : '600';
  return text(`privacy.${how}`, { path, mode: (found.mode & 0o777).toString(8), wanted, otherwise });
}

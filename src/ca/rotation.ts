/**
 * Replaces the lab's root, for a lost or damaged key or when it nears its end. The old pair is kept aside, never
 * deleted: evidence of older cases was taken under it. Every phone that trusted the old root must install the new one.
 */
import { type Authority, type AuthorityOptions, authorityOf } from './authority.ts';
import { rotateRoot } from './root.ts';

export interface RotationReport {
  authority: Authority;
  oldFingerprint: string | null;
  /** Directory of the old pair, null when there was none. */
  keptIn: string | null;
  /** What to tell the operator, one line each. */
  lines: string[];
}

/**
 * @param options.phones the phones the lab knows, by the name the operator gave them.
 * @throws AuthorityError when the disk refuses; the old pair is then still in its place.
 */
export function rotateAuthority(dir: string, options: AuthorityOptions & { phones?: string[] }): RotationReport {
  const { root, oldFingerprint, keptIn } = rotateRoot(
    dir,
    options.now(),
    options.rsa ? 'rsa' : 'ec',
    options.passphrase,
  );
  const authority = authorityOf(root, dir, options.now);
  const lines = [`new CA: ${authority.root.commonName}, SHA-256 ${authority.root.fingerprint256}`];
  if (keptIn) {
    const phones = options.phones ?? [];
    lines.push(
      `old CA: ${oldFingerprint ? `SHA-256 ${oldFingerprint}` : 'unreadable'}, kept in ${keptIn}`,
      phones.length > 0
        ? `remove the old CA and install the new one on: ${phones.join(', ')}, and on any other phone that was set up with this lab`
        : 'remove the old CA and install the new one on every phone that was set up with this lab',
    );
  }
  return { authority, oldFingerprint, keptIn, lines };
}

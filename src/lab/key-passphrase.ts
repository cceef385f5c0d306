/**
 * One passphrase for every key of an installation: the authority's, those it replaced, and the two of the evidence. Promise: what
 * does not open is found before anything is changed; a change that was interrupted is finished by the same command.
 */
import { changePassphrase, isKeySealed } from '../ca/root.ts';
import { isSealedFile, mustOpen, sealFile } from '../sinks/evidence/key-file.ts';
import { pathsIn } from './data-directory.ts';

/**
 * @param present what they may be encrypted with now
 * @returns files of earlier authorities that stay as they are, since nothing given opens them
 * @throws LabError when the present passphrase is not right
 */
export function sealKeys(dataDir: string, present: readonly (string | null)[], next: string | null): string[] {
  const { certs, evidenceKey, signingKey } = pathsIn(dataDir);
  for (const file of [evidenceKey, signingKey]) mustOpen(file, present);
  const left = changePassphrase(certs, Date.now(), present, next);
  for (const file of [evidenceKey, signingKey]) sealFile(file, present, next);
  return left;
}

/** Where the authority's key is encrypted and another one still lies in clear: of an installation from before, or a key that was put back. */
export function sealWhatIsClear(dataDir: string, passphrase: string | null): void {
  const { certs, evidenceKey, signingKey } = pathsIn(dataDir);
  if (passphrase === null || !isKeySealed(certs)) return;
  for (const file of [evidenceKey, signingKey]) if (!isSealedFile(file)) sealFile(file, [], passphrase);
}

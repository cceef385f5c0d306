/** The evidence store of a data directory, with its keys: opened in the same way by the lab and by commands while none runs. */
import { existsSync } from 'node:fs';
import { LabError } from '../model/lab.ts';
import type { StoreVerdict } from '../model/verdict.ts';
import { readOrCreateKey, readOrCreateSigningKey, readPublicKey } from '../sinks/evidence/key-file.ts';
import { openPhoneKeys } from '../sinks/evidence/phone-keys.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { verifyStore } from '../sinks/evidence/verification.ts';
import { keyProblem, pathsIn } from './data-directory.ts';

/** @throws an `Error` of one line that says what to do */
export function openEvidence(
  dataDir: string,
  told: Pick<SqliteStoreOptions, 'onSalvaged' | 'onDamaged'> = {},
): EvidenceStore {
  const paths = pathsIn(dataDir);
  const problem = keyProblem(dataDir);
  if (problem !== null) throw new LabError(problem);
  const key = readOrCreateKey(paths.evidenceKey);
  return openSqliteStore({
    file: paths.evidence,
    key,
    phoneKeys: openPhoneKeys(paths.phoneKeys, key),
    signingKey: readOrCreateSigningKey(paths.signingKey),
    ...told,
  });
}

/** The same, of what is there already. @throws LabError when nothing was recorded yet */
export function openRecorded(dataDir: string): EvidenceStore {
  mustHoldTraffic(dataDir);
  return openEvidence(dataDir);
}

/** Holds what is stored against its chain; a lab may run meanwhile. @throws LabError when nothing was recorded yet */
export function verifyRecorded(dataDir: string): StoreVerdict {
  mustHoldTraffic(dataDir);
  const problem = keyProblem(dataDir);
  if (problem !== null) throw new LabError(problem);
  const paths = pathsIn(dataDir);
  return verifyStore(paths.evidence, readPublicKey(paths.signingKey));
}

function mustHoldTraffic(dataDir: string): void {
  if (!existsSync(pathsIn(dataDir).evidence))
    throw new LabError(`${dataDir} holds no traffic yet: record some with "phonehome start", or name it with --data`);
}

/** The evidence store of a data directory, with its keys: opened in the same way by the lab and by commands while none runs. */

import { hash, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { labError } from '../formats/refusal.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { text } from '../model/text.ts';
import type { StoreVerdict } from '../model/verdict.ts';
import { createDiskSync } from '../sinks/evidence/disk-sync.ts';
import { isSealedFile, readOrCreateKey, readOrCreateSigningKey, readPublicKey } from '../sinks/evidence/key-file.ts';
import { openPhoneKeys, type PhoneKeys } from '../sinks/evidence/phone-keys.ts';
import { openReserve, type Reserve } from '../sinks/evidence/reserve.ts';
import { createReservedStore, type ReservedStore } from '../sinks/evidence/reserved-store.ts';
import { createSealer, type Sealer } from '../sinks/evidence/sealer.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import { createSyncedStore } from '../sinks/evidence/synced-store.ts';
import { verifyStore } from '../sinks/evidence/verification.ts';
import { keyProblem, pathsIn } from './data-directory.ts';

type Told = Pick<SqliteStoreOptions, 'onSalvaged' | 'onDamaged'>;

/**
 * Without the passphrase of encrypted keys no value is revealed and nothing signed. A damaged store is refused: the lab that holds
 * the lock puts it aside, and says so.
 * @param isChecked see `SqliteStoreOptions`
 * @throws an `Error` of one line that says what to do
 */
export function openEvidence(dataDir: string, isChecked = false): EvidenceStore {
  const { signingKey, evidenceKey } = pathsIn(dataDir);
  const isLocked = isSealedFile(evidenceKey) || isSealedFile(signingKey);
  return openSqliteStore({
    file: pathsIn(dataDir).evidence,
    ...(isLocked ? { key: null } : openKeys(dataDir, null)),
    isChecked,
    isShared: true,
  });
}

/**
 * With the journal and its disk: for whoever holds the lock of the directory.
 * @throws an `Error` of one line that says what to do
 */
export function openKeptEvidence(
  dataDir: string,
  keys: EvidenceKeys,
  { onNoReserve, ...told }: Told & { onNoReserve?: (line: string) => void } = {},
): ReservedStore {
  const paths = pathsIn(dataDir);
  const store = openSqliteStore({ file: paths.evidence, ...keys, ...told });
  const database = createDiskSync(`${paths.evidence}-wal`);
  return createReservedStore({
    store: createSyncedStore(store, database),
    reserve: openReserveIn(paths.reserve, createSealer(keys.key, keys.phoneKeys), onNoReserve),
    database,
    journal: createDiskSync(paths.reserve),
  });
}

export interface EvidenceKeys {
  key: Buffer;
  phoneKeys: PhoneKeys;
  signingKey: KeyObject;
}

/** Made at the first start. @throws an `Error` of one line, also when they are encrypted with something else */
export function openKeys(dataDir: string, passphrase: string | null): EvidenceKeys {
  const paths = pathsIn(dataDir);
  const problem = keyProblem(dataDir);
  if (problem !== null) throw labError(problem);
  const key = readOrCreateKey(paths.evidenceKey, passphrase);
  return {
    key,
    phoneKeys: openPhoneKeys(paths.phoneKeys, key),
    signingKey: readOrCreateSigningKey(paths.signingKey, passphrase),
  };
}

/** Without room for it the lab runs, and says what that means. */
function openReserveIn(file: string, sealer: Sealer, told: (line: string) => void = () => {}): Reserve | null {
  try {
    return openReserve(file, sealer);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    told(`${file} cannot be made (${code ?? message}): alerts would be lost should the disk be full. Free 4 MB.`);
    return null;
  }
}

/** The same, of what is there already. @throws LabError when nothing was recorded yet */
export function openRecorded(dataDir: string, isChecked = false): EvidenceStore {
  mustHoldTraffic(dataDir);
  return openEvidence(dataDir, isChecked);
}

/** The same, able to sign. @throws LabError also when the keys are encrypted with something else */
export function openSigning(dataDir: string, passphrase: string | null): EvidenceStore {
  mustHoldTraffic(dataDir);
  return openSqliteStore({ file: pathsIn(dataDir).evidence, ...openKeys(dataDir, passphrase), isShared: true });
}

/** Holds what is stored against its chain; a lab may run meanwhile. @throws LabError when nothing was recorded yet */
export function verifyRecorded(dataDir: string, expected: Checkpoint | null = null): StoreVerdict {
  mustHoldTraffic(dataDir);
  const problem = keyProblem(dataDir);
  if (problem !== null) throw labError(problem);
  const paths = pathsIn(dataDir);
  return verifyStore(paths.evidence, readPublicKey(paths.signingKey), expected);
}

/** Of the key with which this lab signs, SHA-256 over its DER; null: it has none yet. */
export function signingFingerprint(dataDir: string): string | null {
  const key = readPublicKey(pathsIn(dataDir).signingKey);
  return key && fingerprintOfKey(key);
}

export const fingerprintOfKey = (key: KeyObject): string =>
  hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex');

function mustHoldTraffic(dataDir: string): void {
  if (!existsSync(pathsIn(dataDir).evidence)) throw labError(text('records.no-traffic', { dir: dataDir }));
}

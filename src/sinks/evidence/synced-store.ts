/**
 * What a person did is on the disk before it is answered: test runs, the audit and what it stands for, a phone that was forgotten.
 * Rare enough to wait for. Connections and counts follow with the next of these, alerts have a road of their own
 * (`reserved-store.ts`).
 */
import type { DiskSync } from './disk-sync.ts';
import type { EvidenceStore } from './store.ts';

/** @param database of the log the database writes to */
export function createSyncedStore(store: EvidenceStore, database: DiskSync): EvidenceStore {
  const synced =
    <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const result = work(...args);
      database.now();
      return result;
    };
  return {
    ...store,
    putCase: synced(store.putCase),
    removeCase: synced(store.removeCase),
    audit: synced(store.audit),
    reveal: synced(store.reveal),
    forget: synced(store.forget),
    prune(before, limit) {
      const removed = store.prune(before, limit);
      database.soon();
      return removed;
    },
  };
}

/**
 * Asks the disk, behind every write that somebody may rely on, to hold it: a power cut then takes what came while the disk was
 * busy with the write before, not what came since the database last did so by itself, which may be hours on a quiet lab.
 * Nobody waits for the disk: an alert is shown as soon as it is with the kernel.
 */
import { closeSync, constants, fdatasync, openSync } from 'node:fs';
import type { EvidenceStore } from './store.ts';

export interface DiskSync {
  /** Everything written before this call will be on the disk soon. */
  soon(): void;
  close(): void;
}

/** One request at a time: what is asked for meanwhile goes with the next one. */
export function createDiskSync(file: string): DiskSync {
  let descriptor: number | null = null;
  let isBusy = false;
  let isWanted = false;
  let isClosed = false;

  function begin(): void {
    isWanted = false;
    try {
      descriptor ??= openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch {
      return; // Nothing was written to it yet.
    }
    isBusy = true;
    // A disk that fails here fails the database's own requests as well, and those are told.
    fdatasync(descriptor, () => {
      isBusy = false;
      if (isClosed) release();
      else if (isWanted) begin();
    });
  }
  function release(): void {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  }

  return {
    soon() {
      isWanted = true;
      if (!isBusy && !isClosed) begin();
    },
    close() {
      isClosed = true;
      if (!isBusy) release();
    },
  };
}

/** What a person has seen or done; connections and counts follow with the next of these. */
export function createSyncedStore<Store extends EvidenceStore>(
  store: Store,
  database: DiskSync,
  reserve: DiskSync,
): Store {
  const synced =
    <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      const result = work(...args);
      database.soon();
      return result;
    };
  return {
    ...store,
    putAlert(record) {
      const result = store.putAlert(record);
      // Refused by the database, it is in the reserve.
      (result.ok ? database : reserve).soon();
      return result;
    },
    putCase: synced(store.putCase),
    removeCase: synced(store.removeCase),
    audit: synced(store.audit),
    reveal: synced(store.reveal),
    prune: synced(store.prune),
    forget: synced(store.forget),
    close() {
      store.close();
      database.close();
      reserve.close();
    },
  };
}

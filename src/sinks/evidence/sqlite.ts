/**
 * The evidence store on disk: one SQLite file in WAL mode, mode 0600. `synchronous = NORMAL`: every write is with the
 * kernel when it returns, so a killed process loses nothing; against a power cut see `reserved-store.ts`.
 * A file that is no store, newer than this program, unreadable, or made with another key is an error of one line that
 * says what to do; nothing in it is touched. A damaged one is kept aside, and what can be read of it goes on. `secure_delete`: what is pruned is overwritten.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { say } from '../../formats/say.ts';
import { LabError } from '../../model/lab.ts';
import { type Text, text } from '../../model/text.ts';
import type { PhoneKeys } from './phone-keys.ts';
import { moveAside, type Salvaged, salvage } from './salvage.ts';
import { damagedProblem, migrate, newerProblem, versionOf } from './schema.ts';
import { fingerprintOf } from './seal.ts';
import { createSqliteStore, NEW } from './sqlite-store.ts';
import type { EvidenceStore } from './store.ts';

export interface SqliteStoreOptions {
  file: string;
  /** 32 bytes; see `readOrCreateKey`. Null: it is encrypted, so no value is stored or revealed. */
  key: Buffer | null;
  /** Values are sealed with the key of their phone. Without: with `key`. */
  phoneKeys?: PhoneKeys;
  /** Signs the chain; see `readOrCreateSigningKey`. Without one it is not signed. */
  signingKey?: KeyObject;
  /** Told when the file was damaged: what was saved of it, and where it lies. */
  onSalvaged?: (salvaged: Salvaged) => void;
  /** Told when the file turns out to be damaged while it is in use: open it again. */
  onDamaged?: () => void;
  /** Somebody has just opened it: it is not read whole again, and what is damaged in it is noticed by whoever reads that. */
  isChecked?: boolean;
  /** A lab may have it open, or whoever opens it tells nobody: damaged, it is refused, and left as it is. */
  isShared?: boolean;
  /** Pages of 4 KB after which the database counts as full; for tests and small disks. */
  maxPages?: number;
}

const CORRUPT = 11;

/** Another process (a backup, `sqlite3`) may hold the lock; longer than this the event loop must not stand still. */
const BUSY_TIMEOUT_MS = 250;

/** Throws an `Error` of one line that says what to do. */
export function openSqliteStore(options: SqliteStoreOptions): EvidenceStore {
  const { onSalvaged = () => {} } = options;
  const onDamaged = (): void => {
    sound.delete(options.file);
    options.onDamaged?.();
  };
  try {
    return watched(storeOn(openDatabase(options), options, NEW), onDamaged);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    if (options.isShared) throw new StoreError(damagedProblem(options.file));
    const keptAs = moveAside(options.file, new Date().toISOString().replace(/[:.]/g, '-'));
    const database = openDatabase(options);
    onSalvaged(salvage(keptAs, database));
    return watched(storeOn(database, options, `saved from ${basename(keptAs)}`), onDamaged);
  }
}

/** @param reason why it has no chain yet, if it has none */
function storeOn(database: DatabaseSync, options: SqliteStoreOptions, reason: string): EvidenceStore {
  try {
    return createSqliteStore(database, {
      ...options,
      signingKey: options.signingKey ?? null,
      phoneKeys: options.phoneKeys ?? null,
      reason,
    });
  } catch (error) {
    database.close();
    const { errcode = 0 } = error as { errcode?: number };
    if (errcode % 256 === CORRUPT && !options.isChecked) throw new DamagedError(String(error));
    throw new StoreError(explainOpenFailure(options.file, error as Error & { errcode?: number }));
  }
}

/** A page that cannot be read is noticed by whoever reads it. */
function watched(store: EvidenceStore, onDamaged: () => void): EvidenceStore {
  const wrap =
    <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return work(...args);
      } catch (error) {
        if (((error as { errcode?: number }).errcode ?? 0) % 256 === CORRUPT) onDamaged();
        throw error;
      }
    };
  return Object.fromEntries(
    Object.entries(store).map(([name, work]) => [name, wrap(work)]),
  ) as unknown as EvidenceStore;
}

function openDatabase({ file, key, maxPages, isChecked = false }: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600)); // also created with this mode: the WAL file copies it
    chmodSync(file, 0o600);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    const newer = newerProblem(file, versionOf(database));
    if (newer !== null) throw new StoreError(newer);
    if (!isChecked) check(database, file);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;');
    if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`);
    migrate(database);
    if (key !== null) checkKey(database, file, key);
    database
      .prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('epoch', ?)`)
      .run(randomBytes(8).toString('hex'));
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreError || error instanceof DamagedError) throw error;
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === CORRUPT) throw new DamagedError(String(error));
    throw new StoreError(explainOpenFailure(file, error as NodeJS.ErrnoException & { errcode?: number }));
  }
}

/** Of files that were found sound: how they were then. A command opens its store several times, and nobody writes to it meanwhile. */
const sound = new Map<string, string>();

/** Reads all of it: 1 to 4 ms per megabyte. */
function check(database: DatabaseSync, file: string): void {
  const [main, log] = [file, `${file}-wal`].map((one) => statSync(one, { bigint: true, throwIfNoEntry: false }));
  // What stands in the log is part of it, and may be changed without a trace in a time of its file.
  const stamp = main && !log?.size ? `${main.ino} ${main.size} ${main.mtimeNs}` : null;
  if (stamp !== null && sound.get(file) === stamp) return;
  sound.delete(file);
  const verdict = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (verdict !== 'ok') throw new DamagedError(String(verdict));
  if (stamp !== null) sound.set(file, stamp);
}

class DamagedError extends Error {
  override name = 'DamagedError';
}

class StoreError extends LabError {
  override name = 'StoreError';

  constructor(why: Text) {
    super(say(why), why);
  }
}

const foreign = (file: string): Text => text('store.foreign', { file });

function explainOpenFailure(file: string, error: NodeJS.ErrnoException & { errcode?: number }): Text {
  const code = (error.errcode ?? 0) & 0xff;
  if (code === 26) return foreign(file); // SQLITE_NOTADB
  if (code === CORRUPT) return text('store.damaged', { file });
  if (code === 5) return text('store.in-use', { file });
  if (code === 13) return text('fault.data-full', { path: file });
  return text('store.unopened', { file, error: error.code ?? error.message });
}

function checkKey(database: DatabaseSync, file: string, key: Buffer): void {
  const fingerprint = fingerprintOf(key);
  database.prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('key', ?)`).run(fingerprint);
  const stored = database.prepare(`SELECT value FROM meta WHERE name = 'key'`).get()?.value;
  if (stored !== fingerprint) {
    throw new StoreError(text('store.other-key', { file }));
  }
}

/**
 * Where kept content lies: one SQLite file of sealed pieces, bounded, oldest out. Apart from the evidence, because it is large, may
 * go at any time, and is in no chain. Expected failures (disk full) are values. What is removed is overwritten.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { labError } from '../../formats/refusal.ts';
import type { ContentEvent } from '../../model/content.ts';
import type { PhoneKeys } from '../evidence/phone-keys.ts';
import { moveAside } from '../evidence/salvage.ts';
import { damagedProblem } from '../evidence/schema.ts';
import type { Stored } from '../evidence/store.ts';
import { type HeldEvent, openPiece, sealPiece } from './piece.ts';

export interface ContentPiece {
  flowId: string;
  /** Of the flow's pieces, from 0 on. */
  number: number;
  /** Registered id, or address. */
  device: string;
  time: number;
  events: readonly HeldEvent[];
}

/** Reads what is kept. */
export interface ContentReader {
  /** Of one flow, in order, a piece at a time. What cannot be opened any more is a `not-kept` (`gone`). */
  eventsOf(flowId: string): Iterable<ContentEvent>;
  close(): void;
}

export interface ContentStore extends ContentReader {
  /** All or none of them. */
  put(pieces: readonly ContentPiece[]): Stored;
  /** Removes what is older than a time (ms since the epoch). @returns how many pieces */
  prune(before: number, limit: number): number;
  /** Removes what is kept of a phone, its key first. */
  forget(device: string): void;
  /** Removes some of it. @returns how many pieces; fewer than `limit`: there are no more, or the disk refuses */
  forgetPieces(device: string, limit: number): number;
  /** Sealed bytes that are kept. */
  bytes(): number;
}

export interface ContentStoreOptions {
  file: string;
  phoneKeys: PhoneKeys;
  maxBytes: number;
  /** The file was damaged and lies aside now; a new one was begun. */
  onDamaged?: (keptAs: string) => void;
}

/** Another process may read. */
const BUSY_TIMEOUT_MS = 250;
/** Make room in steps. */
const OUT_AT_A_TIME = 16;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pieces (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    flow TEXT NOT NULL, number INTEGER NOT NULL, device TEXT NOT NULL, time INTEGER NOT NULL, size INTEGER NOT NULL, sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS pieces_flow ON pieces (flow, number);
  CREATE INDEX IF NOT EXISTS pieces_device ON pieces (device);
  CREATE INDEX IF NOT EXISTS pieces_time ON pieces (time);`;

/** @throws an `Error` when the disk refuses it */
export function openContentStore(options: ContentStoreOptions): ContentStore {
  try {
    return storeOn(openFile(options.file), options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    options.onDamaged?.(moveAside(options.file, new Date().toISOString().replace(/[:.]/g, '-')));
    return storeOn(openFile(options.file), options);
  }
}

/** Beside a lab that writes, or without one. @throws when there is none, or it is no database any more */
export function openContentReader(file: string, phoneKeys: PhoneKeys): ContentReader {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return { eventsOf: readFrom(database, phoneKeys), close: () => database.close() };
  } catch (error) {
    database.close();
    throw isDamage(error) ? labError(damagedProblem(file)) : error;
  }
}

/** Corrupt, or no database. */
const isDamage = (error: unknown): boolean => [11, 26].includes(((error as { errcode?: number }).errcode ?? 0) % 256);

function openFile(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 8388608; ${SCHEMA}`,
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function storeOn(database: DatabaseSync, { phoneKeys, maxBytes }: ContentStoreOptions): ContentStore {
  const sql = {
    sum: database.prepare('SELECT coalesce(sum(size), 0) AS bytes FROM pieces'),
    put: database.prepare('INSERT INTO pieces (flow, number, device, time, size, sealed) VALUES (?, ?, ?, ?, ?, ?)'),
    out: database.prepare(
      `DELETE FROM pieces WHERE position IN (SELECT position FROM pieces ORDER BY position LIMIT ${OUT_AT_A_TIME}) RETURNING size`,
    ),
    prune: database.prepare(
      'DELETE FROM pieces WHERE position IN (SELECT position FROM pieces WHERE time < ? ORDER BY time LIMIT ?) RETURNING size',
    ),
    forget: database.prepare('DELETE FROM pieces WHERE device = ? RETURNING size'),
    forgetSome: database.prepare(
      'DELETE FROM pieces WHERE position IN (SELECT position FROM pieces WHERE device = ? LIMIT ?) RETURNING size',
    ),
  };
  let bytes = Number(sql.sum.get()?.bytes ?? 0);

  const removed = (rows: Record<string, unknown>[]): number => {
    for (const { size } of rows) bytes -= Number(size);
    return rows.length;
  };

  function transact(work: () => void): Stored {
    const before = bytes;
    try {
      database.exec('BEGIN IMMEDIATE');
      work();
      database.exec('COMMIT');
      return { ok: true };
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      bytes = before;
      const { code, errcode = 0, message } = error as Error & { code?: string; errcode?: number };
      if (code !== 'ERR_SQLITE_ERROR') throw error;
      const isFull = (errcode & 0xff) === 13 || errcode === 778 || errcode === 4874;
      return { ok: false, why: isFull ? 'disk-full' : 'failed', message };
    }
  }

  return {
    put: (pieces) =>
      transact(() => {
        for (const piece of pieces) {
          const { flowId, number, device, time, events } = piece;
          const key = phoneKeys.keyOf(device);
          // Under no other key: what is kept of a phone must go with its own.
          if (key === null) continue;
          const sealed = sealPiece(key, piece, events);
          while (bytes > 0 && bytes + sealed.length > maxBytes) if (removed(sql.out.all()) === 0) bytes = 0;
          if (sealed.length > maxBytes) continue;
          sql.put.run(flowId, number, device, time, sealed.length, sealed);
          bytes += sealed.length;
        }
      }),
    eventsOf: readFrom(database, phoneKeys),
    prune(before, limit) {
      let count = 0;
      transact(() => {
        count = removed(sql.prune.all(before, limit));
      });
      return count;
    },
    forgetPieces(device, limit) {
      let count = 0;
      const { ok } = transact(() => {
        count = removed(sql.forgetSome.all(device, limit));
      });
      return ok ? count : 0;
    },
    forget(device) {
      phoneKeys.destroy(device);
      if (transact(() => void removed(sql.forget.all(device))).ok) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    bytes: () => bytes,
    close: () => database.close(),
  };
}

function readFrom(database: DatabaseSync, phoneKeys: PhoneKeys): ContentReader['eventsOf'] {
  const next = database.prepare(
    'SELECT number, device, time, size, sealed FROM pieces WHERE flow = ? AND number > ? ORDER BY number LIMIT 1',
  );
  const nextPiece = (flowId: string, number: number) => {
    try {
      return next.get(flowId, number);
    } catch (error) {
      if (isDamage(error)) return DAMAGED;
      throw error;
    }
  };
  return function* eventsOf(flowId) {
    let expected = 0;
    for (let number = -1; ; ) {
      const row = nextPiece(flowId, number);
      if (row === undefined) return;
      if (row === DAMAGED) {
        // What lies behind a page that cannot be read is out of reach.
        yield gone(flowId, 0, 0);
        return;
      }
      number = Number(row.number);
      const time = Number(row.time);
      if (number > expected) yield gone(flowId, time, 0);
      expected = number + 1;
      const key = phoneKeys.find(String(row.device));
      const events = key && openPiece(key, { flowId, number }, row.sealed as Uint8Array);
      if (events) yield* events;
      else yield gone(flowId, time, Number(row.size));
    }
  };
}

const DAMAGED = 'damaged';

const gone = (flowId: string, time: number, bytes: number): ContentEvent => ({
  type: 'not-kept',
  flowId,
  exchange: null,
  direction: 'request',
  time,
  bytes,
  why: 'gone',
});

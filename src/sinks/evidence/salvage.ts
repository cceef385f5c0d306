/**
 * What can still be read of a damaged store, row by row, goes into a fresh one beside it. The damaged file stays as it is, under
 * another name. Rows whose text is no longer what was written are left out.
 */
import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

export interface Salvaged {
  /** Where the damaged file lies now. */
  keptAs: string;
  alerts: number;
  flows: number;
}

const TABLES = ['alerts', 'secrets', 'flows', 'cases', 'marks', 'coverage', 'gaps', 'audit', 'tokens'];
/** Behind a page that cannot be read the next rows are looked for this far, in steps that double. */
const LONGEST_STEP = 1 << 20;
/** A page that stands in the place of another leads in circles: so many rows that were had before are enough of them. */
const MAX_AGAIN = 10_000;
/** A row is looked for by its number in some microseconds. */
const MAX_LOOKED_UP = 1_000_000;

type Row = Record<string, unknown>;

/** Moves a damaged database and what belongs to it aside. @returns its new path */
export function moveAside(file: string, stamp: string): string {
  const keptAs = `${file}.damaged-${stamp}`;
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(file + suffix)) renameSync(file + suffix, keptAs + suffix);
  return keptAs;
}

/** @param fresh an empty store of the same version */
export function salvage(keptAs: string, fresh: DatabaseSync): Salvaged {
  const counts: Record<string, number> = {};
  let damaged: DatabaseSync | null = null;
  fresh.exec('PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE');
  try {
    damaged = new DatabaseSync(keptAs, { readOnly: true });
    for (const table of TABLES) counts[table] = copy(damaged, fresh, table);
    copyFloor(damaged, fresh);
  } catch {
    // Not even its list of tables can be read.
  } finally {
    damaged?.close();
  }
  fresh.exec(`
    DELETE FROM secrets WHERE alert_id NOT IN (SELECT id FROM alerts);
    DELETE FROM marks WHERE case_id NOT IN (SELECT id FROM cases);
    COMMIT; PRAGMA foreign_keys = ON;`);
  return { keptAs, alerts: counts.alerts ?? 0, flows: counts.flows ?? 0 };
}

function copyFloor(from: DatabaseSync, to: DatabaseSync): void {
  try {
    const value = from.prepare(`SELECT value FROM meta WHERE name = 'seq_floor'`).get()?.value;
    if (value !== undefined) to.prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('seq_floor', ?)`).run(value);
  } catch {
    // Numbers go on from the highest one that was saved, or from the reserve's.
  }
}

function copy(from: DatabaseSync, to: DatabaseSync, table: string): number {
  // Columns that are computed are computed anew.
  const columns = to
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => String(name))
    // Of a chain that goes no further.
    .filter((name) => name !== 'link' && name !== 'salt');
  const insert = to.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const keep = (row: Row): boolean =>
    isWhole(row) && insert.run(...columns.map((name) => row[name] as SQLInputValue)).changes > 0;
  return table === 'tokens'
    ? copyInOrder(from.prepare(`SELECT ${columns.join(', ')} FROM tokens`).iterate(), keep)
    : copyByNumber(from, `SELECT rowid AS row_number, ${columns.join(', ')} FROM ${table}`, keep);
}

/** Until a page cannot be read. */
function copyInOrder(rows: Iterable<Row>, keep: (row: Row) => boolean): number {
  let copied = 0;
  let again = 0;
  try {
    for (const row of rows) {
      const isNew = keep(row);
      copied += Number(isNew);
      again = isNew ? 0 : again + 1;
      if (again > MAX_AGAIN) break;
    }
  } catch {
    // The rest is behind that page.
  }
  return copied;
}

/** In order, with steps over what cannot be read; then each row that was not met on the way, by its number. */
function copyByNumber(from: DatabaseSync, select: string, keep: (row: Row) => boolean): number {
  const met = new Set<number>();
  let copied = 0;
  let at = 0;
  let isWholeTable = false;
  for (let step = 1; step <= LONGEST_STEP && !isWholeTable; step *= 2) {
    let again = 0;
    try {
      for (const row of from.prepare(`${select} WHERE rowid > ? ORDER BY rowid`).iterate(at)) {
        const number = Number(row.row_number);
        again = met.has(number) ? again + 1 : 0;
        if (again > MAX_AGAIN) throw new Error('in circles');
        if (again > 0) continue;
        met.add(number);
        copied += Number(keep(row));
        // Only ever forward, or a circle would never end.
        if (number > at) {
          at = number;
          step = 1;
        }
      }
      isWholeTable = true;
    } catch {
      at += step;
    }
  }
  if (isWholeTable && met.size === at) return copied;
  const one = from.prepare(`${select} WHERE rowid = ?`);
  const highest = Math.min(
    MAX_LOOKED_UP,
    [...met].reduce((most, number) => Math.max(most, number), 0),
  );
  for (let number = 1; number <= highest; number++) {
    if (met.has(number)) continue;
    try {
      const row = one.get(number);
      if (row) copied += Number(keep(row));
    } catch {
      // On a page that cannot be read.
    }
  }
  return copied;
}

function isWhole({ json }: Row): boolean {
  if (json === undefined) return true;
  try {
    return typeof JSON.parse(String(json)) === 'object';
  } catch {
    return false;
  }
}

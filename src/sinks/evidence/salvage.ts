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
  const hasRowId = table !== 'tokens';
  let copied = 0;
  let at = 0;
  let step = 1;
  while (step <= LONGEST_STEP) {
    try {
      const rows = hasRowId
        ? from
            .prepare(`SELECT rowid AS row_number, ${columns.join(', ')} FROM ${table} WHERE rowid > ? ORDER BY rowid`)
            .iterate(at)
        : from.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).iterate();
      for (const row of rows) {
        at = hasRowId ? Number(row.row_number) : at;
        step = 1;
        if (!isWhole(row)) continue;
        copied += Number(insert.run(...columns.map((name) => row[name] as SQLInputValue)).changes);
      }
      return copied;
    } catch {
      if (!hasRowId) return copied;
      at += step;
      step *= 2;
    }
  }
  return copied;
}

function isWhole({ json }: Record<string, unknown>): boolean {
  if (json === undefined) return true;
  try {
    return typeof JSON.parse(String(json)) === 'object';
  } catch {
    return false;
  }
}

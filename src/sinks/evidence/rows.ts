/**
 * The tables whose rows are evidence, and the one way to write and to destroy such a row: together with its record in the chain.
 * Everything here runs within the caller's transaction.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CaseMark } from '../../model/case.ts';
import { type Chain, type Field, rangesOf } from './chain.ts';
import type { Stored } from './store.ts';

export type RowType = 'alert' | 'value' | 'flow' | 'case' | 'coverage' | 'gap' | 'audit';

export interface EvidenceTable {
  table: string;
  /** What of it is committed to. */
  columns: readonly string[];
  /** What makes a row the same as before; none: every row is a new one. */
  key: readonly string[];
}

export const TABLES: Record<RowType, EvidenceTable> = {
  alert: {
    table: 'alerts',
    columns: ['id', 'seq', 'last_seen', 'type', 'severity', 'device', 'case_id', 'kind', 'flow', 'json'],
    key: ['id'],
  },
  value: { table: 'secrets', columns: ['alert_id', 'sealed'], key: ['alert_id'] },
  flow: { table: 'flows', columns: ['id', 'opened_at', 'device', 'host', 'json'], key: ['id'] },
  case: { table: 'cases', columns: ['id', 'title', 'device', 'label', 'opened_at', 'closed_at'], key: ['id'] },
  coverage: { table: 'coverage', columns: ['device', 'simulated', 'json'], key: ['device', 'simulated'] },
  gap: { table: 'gaps', columns: ['subject', 'began', 'json'], key: ['subject', 'began'] },
  audit: { table: 'audit', columns: ['time', 'action', 'subject', 'who'], key: [] },
};

export const ROW_TYPES = Object.keys(TABLES) as RowType[];

/** Rows taken in at a time. */
const CHUNK = 1000;

export type Rows = ReturnType<typeof createRows>;

/** What the parts of a store work with. */
export interface Parts {
  database: DatabaseSync;
  rows: Rows;
  chain: Chain;
  /** One transaction. */
  write(work: () => void): Stored;
}

export function createRows(database: DatabaseSync, chain: Chain) {
  const besideOf = openBeside(database);
  const statements = new Map<RowType, { put: StatementSync; link: StatementSync | null; keyAt: number[] }>();

  function statementsOf(type: RowType) {
    const found = statements.get(type) ?? prepare(type);
    statements.set(type, found);
    return found;
  }

  function prepare(type: RowType) {
    const { table, columns, key } = TABLES[type];
    const all = [...columns, 'link', 'salt'];
    const update =
      key.length === 0
        ? ''
        : `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${all
            .filter((one) => !key.includes(one))
            .map(assigned)
            .join(', ')}`;
    return {
      put: database.prepare(
        `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')}) ${update}`,
      ),
      link:
        key.length === 0
          ? null
          : database.prepare(`SELECT link FROM ${table} WHERE ${key.map((one) => `${one} = ?`).join(' AND ')}`),
      keyAt: key.map((one) => columns.indexOf(one)),
    };
  }

  /** Writes a row, or its next version. @param beside what stands of it in another table: the marks of a case */
  function put(type: RowType, fields: readonly Field[], beside: readonly Field[] = []): void {
    const { put, link, keyAt } = statementsOf(type);
    const earlier = link?.get(...keyAt.map((at) => fields[at] as SQLInputValue))?.link;
    const committed = beside.length === 0 ? fields : [...fields, ...beside];
    const { position, salt } = chain.add(type, committed, earlier == null ? null : Number(earlier));
    put.run(...(fields as SQLInputValue[]), position, salt);
  }

  /** Destroys the rows a condition fits, content and salt. @returns positions of their records */
  function drop(type: RowType, where: string, values: readonly SQLInputValue[]): number[] {
    const { table } = TABLES[type];
    // The value of an alert goes with it.
    const positions =
      type === 'alert' ? drop('value', `alert_id IN (SELECT id FROM alerts WHERE ${where})`, values) : [];
    for (const { link } of database.prepare(`SELECT link FROM ${table} WHERE ${where}`).iterate(...values))
      if (link !== null) positions.push(Number(link));
    database.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...values);
    return positions;
  }

  /** Destroys rows and leaves one tombstone for all of them. @returns how many of each type */
  function remove(
    reason: string,
    conditions: readonly { type: RowType; where: string; values: readonly SQLInputValue[] }[],
  ): Partial<Record<RowType, number>> {
    const counts: Partial<Record<RowType, number>> = {};
    const positions: number[] = [];
    for (const { type, where, values } of conditions) {
      const before = Number(
        database.prepare(`SELECT count(*) AS n FROM ${TABLES[type].table} WHERE ${where}`).get(...values)?.n,
      );
      if (before === 0) continue;
      counts[type] = (counts[type] ?? 0) + before;
      for (const position of drop(type, where, values)) positions.push(position);
    }
    if (positions.length > 0)
      chain.note({
        type: 'tombstone',
        time: new Date().toISOString(),
        reason,
        rows: counts,
        removed: rangesOf(positions),
      });
    return counts;
  }

  /** Rows that have no record, by table. */
  function untaken(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { table } of Object.values(TABLES)) {
      const n = Number(database.prepare(`SELECT count(*) AS n FROM ${table} WHERE link IS NULL`).get()?.n);
      if (n > 0) counts[table] = n;
    }
    return counts;
  }

  /** Adds records for rows that have none: of a store from before there was a chain, or one saved from a damaged file. */
  function takeIn(): void {
    for (const type of ROW_TYPES) {
      const { table, columns } = TABLES[type];
      const next = database.prepare(
        `SELECT rowid AS row_number, ${columns.join(', ')} FROM ${table} WHERE link IS NULL ORDER BY rowid LIMIT ${CHUNK}`,
      );
      const join = database.prepare(`UPDATE ${table} SET link = ?, salt = ? WHERE rowid = ?`);
      for (let rows = next.all(); rows.length > 0; rows = next.all()) {
        for (const row of rows) {
          const fields = columns.map((name) => row[name] as Field);
          const { position, salt } = chain.add(type, [...fields, ...besideOf(type, fields)], null);
          join.run(position, salt, Number(row.row_number));
        }
      }
    }
  }

  return { put, remove, untaken, takeIn };
}

/** As `beside` of `put`, read from the database. */
export function openBeside(database: DatabaseSync): (type: RowType, fields: readonly Field[]) => Field[] {
  const marks = database.prepare('SELECT phase, at FROM marks WHERE case_id = ? ORDER BY position');
  const cases = database.prepare('SELECT * FROM cases WHERE id = ?');
  return (type, [id]) => {
    if (type !== 'case') return [];
    const { details } = cases.get(id as string) ?? {};
    return besideCase(marks.all(id as string) as unknown as CaseMark[], (details as string | null | undefined) ?? null);
  };
}

/** What of a case is committed to beside its row. @param details JSON, as `detailsOf` writes it */
export const besideCase = (marks: readonly CaseMark[], details: string | null): Field[] =>
  details === null ? [marksOf(marks)] : [marksOf(marks), details];

/** The marks of a case as they are committed to. */
const marksOf = (marks: readonly CaseMark[]): string => JSON.stringify(marks.map(({ phase, at }) => [phase, at]));

const assigned = (column: string): string => `${column} = excluded.${column}`;

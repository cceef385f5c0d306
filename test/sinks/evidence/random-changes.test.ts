/** One random change of what a running lab's store holds, a hundred times over: each is found, and put right again nothing is. */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { ROW_TYPES, TABLES } from '../../../src/sinks/evidence/rows.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import { verifyStore } from '../../../src/sinks/evidence/verification.ts';
import { labCoverage } from '../../coverage/lab-coverage.ts';
import { labFlowRecord, labRecord } from '../lab-alert.ts';

const RUNS = 100;
const directory = mkdtempSync(join(tmpdir(), 'phonehome-changes-'));
const file = join(directory, 'evidence.db');
const signingKey = generateKeyPairSync('ed25519').privateKey;
const publicKey = createPublicKey(signingKey);
/** The lab's own, which goes on writing. */
const store = openSqliteStore({ file, key: randomBytes(32), signingKey });
/** Of somebody with the file. */
const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
database.exec('PRAGMA synchronous = OFF');
afterAll(() => {
  database.close();
  store.close();
  rmSync(directory, { recursive: true });
});

for (let n = 1; n <= 12; n++) {
  store.putAlert(labRecord(n));
  store.putFlows([labFlowRecord(`flow-${n}`, n * 1000)]);
  store.audit({ time: `t${n}`, action: 'reveal', subject: `x${n}`, who: 'terminal' });
}
store.putFlows([labFlowRecord('flow-1', 1000, { closedAt: null })]);
const given = { id: 'c1', title: 'first start', deviceId: null, label: null, openedAt: 'x', closedAt: null };
store.putCase({ ...given, marks: [{ phase: 'boot', at: 'y' }] });
const counted = labCoverage();
store.putCoverage([{ closed: counted, withOpen: counted, root: 'r' }]);
store.putGap({ kind: 'lab-down', subject: 'lab', from: 'a', to: 'b', detail: null });
store.prune(Date.UTC(2026, 11, 1), 2);
let seq = 100;

const CHAIN = { table: 'chain', columns: ['position', 'type', 'replaces', 'commitment', 'hash'] };

/** Half of the changes are of the chain itself. */
const change = fc.record({
  target: fc.oneof(fc.constant(CHAIN), fc.constantFrom(...ROW_TYPES.map((type) => TABLES[type]))),
  how: fc.constantFrom('delete', 'alter', 'reorder'),
  row: fc.nat(),
  other: fc.nat(),
  column: fc.nat(),
  by: fc.integer({ min: 1, max: 2 ** 50 }),
});

const pick = <T>(all: readonly T[], at: number): T => all[at % all.length] as T;

/** Another value that the column takes. */
function other(value: SQLInputValue, type: string, by: number): SQLInputValue {
  if (value instanceof Uint8Array) {
    const bytes = Uint8Array.from(value);
    bytes[by % bytes.length] = (bytes[by % bytes.length] as number) ^ (1 << (by % 8));
    return bytes;
  }
  if (value === null) return type === 'TEXT' ? 'x' : by;
  return typeof value === 'string' ? `${value} ` : Number(value) + by;
}

/** @returns what was done, in words; null: there is nothing of the sort to be done */
function apply({ target: { table, columns }, how, ...at }: typeof change extends fc.Arbitrary<infer T> ? T : never) {
  const rows = database.prepare(`SELECT rowid AS n, * FROM ${table} ORDER BY rowid`).all();
  if (rows.length === 0) return null;
  const row = pick(rows, at.row);
  const n = row.n as number;
  if (how === 'delete') {
    database.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(n);
    return `${table}: row ${n} deleted`;
  }
  if (how === 'alter') {
    const column = pick(columns, at.column);
    const info = database.prepare(`SELECT type FROM pragma_table_info('${table}') WHERE name = ?`).get(column);
    const value = other(row[column] as SQLInputValue, String(info?.type), at.by);
    const { changes } = database.prepare(`UPDATE OR IGNORE ${table} SET ${column} = ? WHERE rowid = ?`).run(value, n);
    return changes === 0 ? null : `${table}: ${column} of row ${n} altered`;
  }
  const second = pick(rows.filter((one) => one !== row), at.other); // biome-ignore format: one line
  if (second === undefined) return null;
  // Of rows the records they stand for are exchanged, of the chain the records.
  const place = table === 'chain' ? 'position' : 'link';
  const set = database.prepare(`UPDATE ${table} SET ${place} = ? WHERE ${place} = ?`);
  const [one, two] = [row[place], second[place]] as [number, number];
  set.run(-1, one);
  set.run(one, two);
  set.run(two, -1);
  return `${table}: ${one} and ${two} exchanged`;
}

/** Without columns that follow from others. */
function columnsOf(table: string): string {
  const names = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
  return ['rowid', ...names.map(({ name }) => String(name)).filter((name) => name !== 'position')].join(', ');
}

function undo(table: string, columns: string, before: Record<string, unknown>[]): void {
  database.exec(`BEGIN; DELETE FROM ${table}`);
  const places = columns.replaceAll(/[^, ]+/g, '?');
  const insert = database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places})`);
  for (const row of before) insert.run(...(Object.values(row) as SQLInputValue[]));
  database.exec('COMMIT');
}

it(`each of ${RUNS} random changes is found while the lab runs`, () => {
  const missed: string[] = [];
  let done = 0;
  const one = (wanted: Parameters<typeof apply>[0]): boolean => {
    if (done % 10 === 0) {
      store.putAlert(labRecord(++seq));
      store.checkpoint();
    }
    const { table } = wanted.target;
    const columns = columnsOf(table);
    const before = database.prepare(`SELECT ${columns} FROM ${table}`).all();
    const what = apply(wanted);
    if (what === null) return false;
    if (verifyStore(file, publicKey).isIntact) missed.push(what);
    undo(table, columns, before);
    return true;
  };
  for (const wanted of fc.sample(change, 2 * RUNS)) if (done < RUNS && one(wanted)) done++;
  expect(missed).toEqual([]);
  expect(done).toBe(RUNS);
  // Put right again, nothing is found: what was found were the changes.
  expect(verifyStore(file, publicKey)).toMatchObject({ isIntact: true, problems: 0 });
});

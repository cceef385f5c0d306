/**
 * Holds a store against its chain: the chain link by link, its signatures, and every row against its record. Reads one moment
 * of the database and writes nothing, so that it can run beside the lab that writes.
 * Found: a row that was changed, added, removed, or put in the place of another; a record of the chain that was; an end that was
 * cut off behind a signature. Not found: what lies behind the last signature, all of it cut off at once; `head` is for that.
 */
import { type KeyObject, verify } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type ChainRecord, type ChainType, hashOf, START } from '../../formats/chain-link.ts';
import { labError } from '../../formats/refusal.ts';
import { say } from '../../formats/say.ts';
import { signedText } from '../../formats/signed-head.ts';
import type { Checkpoint } from '../../model/checkpoint.ts';
import { type Text, text } from '../../model/text.ts';
import type { StoreProblem, StoreVerdict } from '../../model/verdict.ts';
import { type ChainNote, commitmentOf, contentOf, type Field } from './chain.ts';
import { checkpointOf, missingFrom } from './checkpoints.ts';
import { openBeside, ROW_TYPES, TABLES } from './rows.ts';
import { CHAIN_VERSION, damagedProblem, newerProblem, versionOf } from './schema.ts';

/** What is expected of a record's row. */
const ABSENT = 0;
const PRESENT = 1;
const MET = 2;
/** Records whose rows are still told one by one where they are missing in the chain. */
const MAX_REMOVED = 100_000;

/**
 * @param key the installation's public key; null: it has none
 * @param expected an end of the chain that was noted elsewhere: it must still be on it
 * @throws LabError of one line
 */
export function verifyStore(file: string, key: KeyObject | null, expected: Checkpoint | null = null): StoreVerdict {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const version = versionOf(database);
    const newer = newerProblem(file, version);
    if (newer !== null) throw labError(newer);
    if (version < CHAIN_VERSION) throw labError(text('store.no-chain', { file }));
    database.exec('BEGIN');
    return verifyOpen(database, key, expected);
  } catch (error) {
    // Corrupt, or no database.
    const { code, errcode = 0 } = error as { code?: string; errcode?: number };
    if (errcode % 256 === 11 || errcode % 256 === 26) throw labError(damagedProblem(file));
    if (code !== 'ERR_OUT_OF_RANGE') throw error;
    throw labError(text('store.large-number', { file }));
  } finally {
    database.close();
  }
}

function verifyOpen(database: DatabaseSync, key: KeyObject | null, expected: Checkpoint | null): StoreVerdict {
  const problems = createProblems();
  const walked = walkChain(database, key, problems.add);
  const rows = checkRows(database, walked.expected, problems.add);
  walked.expected.forEach((state, position) => {
    if (state === PRESENT) problems.add(position, walked.typeOf(position), text('chain.row-removed'));
  });
  const { head, began, destroyed, signed } = walked;
  const missed = expected && missingFrom(database, key, expected);
  if (missed) problems.add(missed.position, null, missed.what);
  const { first, count } = problems.found();
  return {
    isIntact: count === 0,
    records: head.position,
    rows,
    destroyed,
    began,
    head: { position: head.position, hash: Buffer.from(head.hash).toString('hex') },
    signed: signed && { position: signed.position, time: signed.time },
    checkpoint: signed,
    isExpected: expected && missed === null,
    problem: first,
    problems: count,
  };
}

type Add = (position: number | null, type: string | null, what: Text) => void;

/** Keeps the first in the order of the chain; rows without a record come last. */
function createProblems() {
  let first: StoreProblem | null = null;
  let count = 0;
  const rank = ({ position }: StoreProblem): number => position ?? Number.POSITIVE_INFINITY;
  return {
    add(position: number | null, type: string | null, said: Text): void {
      count++;
      const found = { position, type, what: say(said), text: said };
      if (first === null || rank(found) < rank(first)) first = found;
    },
    found: () => ({ first, count }),
  };
}

function walkChain(database: DatabaseSync, key: KeyObject | null, add: Add) {
  const { last, count } = database.prepare('SELECT max(position) AS last, count(*) AS count FROM chain').get() ?? {};
  // A number that somebody put far beyond the others takes no memory.
  const size = Math.min(Number(last ?? 0), Number(count ?? 0) + MAX_REMOVED);
  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const expected = new Uint8Array(size + 1);
  const notes = notesIn(database);
  const signatures = signaturesIn(database);
  const type = database.prepare('SELECT type FROM chain WHERE position = ?');
  const typeOf = (position: number): string | null => (type.get(position)?.type as string | undefined) ?? null;
  const began: StoreVerdict['began'] = [];
  let signed: Checkpoint | null = null;
  let destroyed = 0;
  let head = START;

  /** The row of an earlier record gave way. */
  function give(earlier: number, record: ChainRecord, to: 'chain.buries' | 'chain.replaces'): void {
    if (earlier < record.position && expected[earlier] === PRESENT) expected[earlier] = ABSENT;
    else add(record.position, record.type, text(to, { earlier: String(earlier) }));
  }

  function heed(note: ChainNote, record: ChainRecord): void {
    if (note.type === 'begin') {
      const { time, reason, rows } = note;
      began.push({ position: record.position, time, reason, rows });
      return;
    }
    for (const [from, to] of note.removed)
      for (let position = from; position <= to; position++) {
        give(position, record, 'chain.buries');
        destroyed++;
      }
  }

  for (const row of database.prepare('SELECT * FROM chain ORDER BY position').iterate()) {
    const record = recordOf(row);
    const { position } = record;
    if (position !== head.position + 1)
      add(
        head.position + 1,
        null,
        text('chain.removed', { position: String(position), before: String(head.position) }),
      );
    else if (!hashOf(head.hash, record).equals(row.hash as Uint8Array))
      add(position, record.type, text('chain.changed'));
    head = { position, hash: row.hash as Uint8Array };
    if (record.replaces !== null) give(record.replaces, record, 'chain.replaces');
    if (record.type === 'begin' || record.type === 'tombstone') {
      const note = notes.get(position);
      if (note && commitmentOf(note.salt, contentOf([note.json])).equals(record.commitment))
        heed(JSON.parse(note.json) as ChainNote, record);
      else add(position, record.type, text(note ? 'chain.text-changed' : 'chain.text-removed'));
    } else expected[position] = PRESENT;
    const signature = signatures.get(position);
    if (!signature) continue;
    const bytes = signedText(epoch, head, signature.time);
    if (key && verify(null, bytes, key, signature.bytes)) signed = checkpointOf(key, epoch, head, signature);
    else add(position, record.type, text(key ? 'chain.signature' : 'chain.no-key'));
  }
  for (const position of signatures.keys())
    if (position > head.position)
      add(head.position + 1, null, text('chain.cut-signed', { position: String(position) }));
  for (const position of notes.keys())
    if (position > head.position) add(head.position + 1, null, text('chain.cut', { position: String(position) }));
  if (head.position > 0 && began[0]?.position !== 1) add(1, typeOf(1), text('chain.no-beginning'));
  return { head, expected, typeOf, began, signed, destroyed };
}

function checkRows(database: DatabaseSync, expected: Uint8Array, add: Add): number {
  const besideOf = openBeside(database);
  let rows = 0;
  for (const type of ROW_TYPES) {
    const { table, columns } = TABLES[type];
    const all = database.prepare(
      `SELECT t.*, t.rowid AS row_number, c.type AS chain_type, c.commitment FROM ${table} t LEFT JOIN chain c ON c.position = t.link`,
    );
    for (const row of all.iterate()) {
      rows++;
      const position = row.link === null ? null : Number(row.link);
      const named = text('chain.row', { number: String(row.row_number), table });
      if (position === null || row.chain_type !== type) {
        add(null, type, text('chain.row-added', { row: named }));
        continue;
      }
      if (expected[position] !== PRESENT) {
        const key = expected[position] === MET ? 'chain.row-second' : 'chain.row-gone';
        add(position, type, text(key, { row: named, position: String(position) }));
        continue;
      }
      expected[position] = MET;
      const fields = columns.map((column) => row[column] as Field);
      const content = contentOf([...fields, ...besideOf(type, fields)]);
      if (!commitmentOf(row.salt as Uint8Array, content).equals(row.commitment as Uint8Array))
        add(position, type, text('chain.row-changed', { row: named }));
    }
  }
  return rows;
}

function recordOf(row: Record<string, unknown>): ChainRecord {
  return {
    position: Number(row.position),
    type: row.type as ChainType,
    replaces: row.replaces === null ? null : Number(row.replaces),
    commitment: row.commitment as Uint8Array,
  };
}

function notesIn(database: DatabaseSync): Map<number, { salt: Uint8Array; json: string }> {
  const rows = database.prepare('SELECT link, salt, json FROM chain_notes').all();
  return new Map(rows.map(({ link, salt, json }) => [Number(link), { salt: salt as Uint8Array, json: String(json) }]));
}

function signaturesIn(database: DatabaseSync): Map<number, { time: string; bytes: Uint8Array }> {
  const rows = database.prepare('SELECT position, time, signature FROM checkpoints').all();
  return new Map(
    rows.map(({ position, time, signature }) => [
      Number(position),
      { time: String(time), bytes: signature as Uint8Array },
    ]),
  );
}

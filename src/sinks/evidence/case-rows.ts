/**
 * What a store holds of one case, one moment of it, read in the order of the chain and never all at once: rows with what opens
 * their commitments, and the stretch of the chain they stand in. Writes nothing to it; a lab may write meanwhile. Which rows they are
 * is found once, into a table of two numbers per row that SQLite keeps in a temporary file.
 */
import type { KeyObject } from 'node:crypto';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Checkpoint } from '../../model/checkpoint.ts';
import type { Field } from './chain.ts';
import { lastCheckpointIn } from './checkpoints.ts';
import { openBeside, TABLES } from './rows.ts';
import type { Sealer } from './sealer.ts';
import type { Secret } from './store.ts';

type CaseRowType = 'alert' | 'flow' | 'case';

/** A row of the case; `fields`: what is committed to, `salt` opens it. */
export interface CaseRow {
  position: number;
  type: CaseRowType;
  salt: Uint8Array;
  fields: Field[];
}

export interface ChainLine {
  position: number;
  type: string;
  replaces: number | null;
  commitment: Uint8Array;
  hash: Uint8Array;
  /** The row of the case that stands for it. */
  row: CaseRow | null;
}

export interface CaseRows {
  epoch: string;
  counts: { alerts: number; flows: number };
  /** JSON as it is stored, in the order of the chain. */
  alerts(): Generator<string>;
  flows(): Generator<string>;
  /** What was sealed with its alerts, as far as a key is left. */
  secrets(sealer: Sealer): Generator<{ alert: string; secret: Secret }>;
  /** Hash of the record before the first one; null: there is nothing of the case in the chain. */
  before(): { position: number; hash: Uint8Array } | null;
  chain(): Generator<ChainLine>;
  signatures(): Generator<{ position: number; time: string; signature: Uint8Array }>;
  /** The latest signed end of the whole chain, other cases' records and all; null: nothing is signed. @param key that signs it */
  checkpoint(key: KeyObject): Checkpoint | null;
  close(): void;
}

export interface CaseScope {
  id: string;
  /** Null: every phone. */
  phones: readonly string[] | null;
  /** Milliseconds since the epoch; `before` is the first one outside. */
  after: number;
  before: number;
  simulated: boolean;
}

/** How many connections there are of a time, played ones and all: what somebody waits for. */
export function countFlows(file: string, scope: Pick<CaseScope, 'phones' | 'after' | 'before'>): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { devices, phones } = devicesIn(scope);
    const count = `SELECT count(*) AS n FROM flows WHERE opened_at >= ? AND opened_at < ?${devices}`;
    return Number(database.prepare(count).get(scope.after, scope.before, ...phones)?.n);
  } finally {
    database.close();
  }
}

/** Of connections, in so many steps that somebody who waits sees it go on. */
const SLICES = 100;

/** @param onPicked how many rows were found since it was called last */
export function openCaseRows(file: string, scope: CaseScope, onPicked: (rows: number) => void = () => {}): CaseRows {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec('BEGIN; PRAGMA temp_store = FILE');
  try {
    return caseRowsIn(database, scope, onPicked);
  } catch (error) {
    database.close();
    throw error;
  }
}

function caseRowsIn(database: DatabaseSync, scope: CaseScope, onPicked: (rows: number) => void): CaseRows {
  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const besideOf = openBeside(database);
  const conditions = conditionsOf(scope);
  const counts = pick(database, conditions, onPicked);

  function* rowsOf(type: CaseRowType): Generator<CaseRow> {
    const { table, columns } = TABLES[type];
    const select = `SELECT ${columns.join(', ')}, ${table}.link, salt
      FROM temp.picked_${type} AS picked CROSS JOIN ${table} ON ${table}.rowid = picked.row_number ORDER BY picked.link`;
    for (const row of database.prepare(select).iterate()) {
      const own = columns.map((name) => row[name] as Field);
      const fields = [...own, ...besideOf(type, own)];
      yield { position: Number(row.link), type, salt: row.salt as Uint8Array, fields };
    }
  }

  function* jsonOf(type: 'alert' | 'flow'): Generator<string> {
    const { table } = TABLES[type];
    const select = `SELECT json FROM temp.picked_${type} AS picked CROSS JOIN ${table} ON ${table}.rowid = picked.row_number
      ORDER BY picked.link`;
    for (const { json } of database.prepare(select).iterate()) yield String(json);
  }

  const edge = (way: 'min' | 'max'): number | null => {
    const found = (Object.keys(conditions) as CaseRowType[]).flatMap((type) => {
      const link = database.prepare(`SELECT ${way}(link) AS link FROM temp.picked_${type}`).get()?.link;
      return link == null ? [] : [Number(link)];
    });
    return found.length === 0 ? null : Math[way](...found);
  };
  const first = edge('min');
  const last = edge('max');
  const signed = database.prepare('SELECT position FROM checkpoints WHERE position >= ? ORDER BY position LIMIT 1');
  /** To the signature that covers it all. */
  const end = last === null ? 0 : Number(signed.get(last)?.position ?? last);

  return {
    epoch,
    counts: { alerts: counts.alert, flows: counts.flow },
    alerts: () => jsonOf('alert'),
    flows: () => jsonOf('flow'),
    *secrets(sealer) {
      const { where, values } = conditions.alert;
      const select = `SELECT json, id, device, sealed FROM alerts JOIN secrets ON secrets.alert_id = alerts.id WHERE ${where}`;
      for (const { json, id, device, sealed } of database.prepare(select).iterate(...values)) {
        const secret = sealer.unseal(String(device), String(id), Buffer.from(sealed as Uint8Array));
        if (secret) yield { alert: String(json), secret };
      }
    },
    before() {
      if (first === null) return null;
      const row = database.prepare('SELECT position, hash FROM chain WHERE position = ?').get(first - 1);
      return { position: first - 1, hash: (row?.hash as Uint8Array | undefined) ?? new Uint8Array(32) };
    },
    *chain() {
      if (first === null) return;
      const streams = (['alert', 'flow', 'case'] as const).map((type) => rowsOf(type));
      const heads = streams.map((stream) => stream.next().value as CaseRow | undefined);
      const records = database.prepare('SELECT * FROM chain WHERE position BETWEEN ? AND ? ORDER BY position');
      for (const record of records.iterate(first, end)) {
        const position = Number(record.position);
        const at = heads.findIndex((row) => row?.position === position);
        const row = at === -1 ? null : (heads[at] as CaseRow);
        if (at !== -1) heads[at] = streams[at]?.next().value as CaseRow | undefined;
        yield {
          position,
          type: String(record.type),
          replaces: record.replaces === null ? null : Number(record.replaces),
          commitment: record.commitment as Uint8Array,
          hash: record.hash as Uint8Array,
          row,
        };
      }
    },
    *signatures() {
      if (first === null) return;
      const all = database.prepare('SELECT * FROM checkpoints WHERE position BETWEEN ? AND ? ORDER BY position');
      for (const { position, time, signature } of all.iterate(first, end))
        yield { position: Number(position), time: String(time), signature: signature as Uint8Array };
    },
    checkpoint: (key) => lastCheckpointIn(database, key),
    close: () => database.close(),
  };
}

/** Which rows they are. @returns how many of each */
function pick(
  database: DatabaseSync,
  conditions: ReturnType<typeof conditionsOf>,
  onPicked: (rows: number) => void,
): Record<CaseRowType, number> {
  const counts = { alert: 0, flow: 0, case: 0 };
  for (const type of Object.keys(conditions) as CaseRowType[]) {
    const { where, values } = conditions[type];
    const { table } = TABLES[type];
    database.exec(`CREATE TEMP TABLE picked_${type} (link INTEGER PRIMARY KEY, row_number INTEGER NOT NULL)`);
    const insert = database.prepare(
      `INSERT OR IGNORE INTO temp.picked_${type} SELECT link, rowid FROM ${table} WHERE ${where} AND link IS NOT NULL`,
    );
    for (const slice of type === 'flow'
      ? slicesOf(database, values as [number, number, ...SQLInputValue[]])
      : [values]) {
      const picked = Number(insert.run(...slice).changes);
      counts[type] += picked;
      onPicked(picked);
    }
  }
  return counts;
}

/** The span of time of the connections there are, in parts. */
function* slicesOf(
  database: DatabaseSync,
  [after, before, ...others]: [number, number, ...SQLInputValue[]],
): Generator<SQLInputValue[]> {
  const edge = (way: 'min' | 'max'): number | null =>
    (database.prepare(`SELECT ${way}(opened_at) AS at FROM flows`).get()?.at ?? null) as number | null;
  const [first, last] = [edge('min'), edge('max')];
  if (first === null || last === null) return;
  const [from, to] = [Math.max(after, first), Math.min(before, last + 1)];
  const step = Math.max(1, Math.ceil((to - from) / SLICES));
  for (let at = from; at < to; at += step) yield [at, Math.min(to, at + step), ...others];
}

function conditionsOf(scope: CaseScope): Record<CaseRowType, { where: string; values: SQLInputValue[] }> {
  const { id, after, before, simulated } = scope;
  const { devices, phones } = devicesIn(scope);
  return {
    alert: { where: 'case_id = ? AND simulated = ?', values: [id, Number(simulated)] },
    flow: {
      where: `opened_at >= ? AND opened_at < ? AND simulated = ?${devices}`,
      values: [after, before, Number(simulated), ...phones],
    },
    case: { where: 'id = ?', values: [id] },
  };
}

const devicesIn = ({ phones }: Pick<CaseScope, 'phones'>): { devices: string; phones: readonly string[] } =>
  phones === null
    ? { devices: '', phones: [] }
    : { devices: ` AND device IN (${phones.map(() => '?').join(', ')})`, phones };

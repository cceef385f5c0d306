/**
 * What a store holds of one case, one moment of it, read in the order of the chain and never all at once: rows with what opens
 * their commitments, and the stretch of the chain they stand in. Writes nothing; a lab may write meanwhile.
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

export function openCaseRows(file: string, scope: CaseScope): CaseRows {
  const database = new DatabaseSync(file, { readOnly: true });
  database.exec('BEGIN');
  const epoch = String(database.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value);
  const besideOf = openBeside(database);
  const conditions = conditionsOf(scope);
  const count = (type: 'alert' | 'flow'): number => {
    const { where, values } = conditions[type];
    return Number(database.prepare(`SELECT count(*) AS n FROM ${TABLES[type].table} WHERE ${where}`).get(...values)?.n);
  };

  function* rowsOf(type: CaseRowType): Generator<CaseRow> {
    const { table, columns } = TABLES[type];
    const { where, values } = conditions[type];
    const select = `SELECT ${columns.join(', ')}, link, salt FROM ${table} WHERE (${where}) AND link IS NOT NULL ORDER BY link`;
    for (const row of database.prepare(select).iterate(...values)) {
      const own = columns.map((name) => row[name] as Field);
      const fields = [...own, ...besideOf(type, own)];
      yield { position: Number(row.link), type, salt: row.salt as Uint8Array, fields };
    }
  }

  function* jsonOf(type: 'alert' | 'flow'): Generator<string> {
    for (const { fields } of rowsOf(type)) yield String(fields[TABLES[type].columns.indexOf('json')]);
  }

  const edge = (way: 'min' | 'max'): number | null => {
    const found = (Object.keys(conditions) as CaseRowType[]).flatMap((type) => {
      const { where, values } = conditions[type];
      const link = database
        .prepare(`SELECT ${way}(link) AS link FROM ${TABLES[type].table} WHERE ${where}`)
        .get(...values)?.link;
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
    counts: { alerts: count('alert'), flows: count('flow') },
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

function conditionsOf(scope: CaseScope): Record<CaseRowType, { where: string; values: SQLInputValue[] }> {
  const { id, phones, after, before, simulated } = scope;
  const devices = phones === null ? '' : ` AND device IN (${phones.map(() => '?').join(', ')})`;
  return {
    alert: { where: 'case_id = ? AND simulated = ?', values: [id, Number(simulated)] },
    flow: {
      where: `opened_at >= ? AND opened_at < ? AND simulated = ?${devices}`,
      values: [after, before, Number(simulated), ...(phones ?? [])],
    },
    case: { where: 'id = ?', values: [id] },
  };
}

/**
 * Which model told which company in which country what: first and last seen, on how many units in how many shops. Ingestion keeps a
 * row for each phone, a fold the lines above them (lines.ts), so that a question reads neither connections nor phones.
 */
import type { LedgerLine } from '../model/hub.ts';
import { KINDS } from '../model/words.ts';
import type { Client } from './database.ts';
import { ALL_FIRMWARE } from './schema-lines.ts';

export interface LedgerChange {
  organisation_id: number;
  lab_id: number;
  unit: string;
  /** Of the phone, where the hub may see it. */
  name: string | null;
  model: string;
  firmware: string;
  company: string;
  country: string;
  kind: string;
  simulated: boolean;
  first_seen: string | Date;
  last_seen: string | Date;
  sightings: number;
  bytes_up: number;
}

const KEY = ['lab_id', 'unit', 'model', 'firmware', 'company', 'country', 'kind', 'simulated'] as const;
const UNIT = ['lab_id', 'unit', 'model', 'firmware', 'simulated'] as const;

export async function putLedger(client: Client, changes: readonly LedgerChange[]): Promise<void> {
  const lines = together(changes, KEY);
  if (lines.length === 0) return;
  const key = KEY.join(', ');
  await client.query(
    `WITH told AS (SELECT * FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, unit text, model text,
       firmware text, company text, country text, kind text, simulated boolean, first_seen timestamptz, last_seen timestamptz,
       sightings bigint, bytes_up bigint)),
     put AS (INSERT INTO hub.ledger AS l (organisation_id, ${key}, first_seen, last_seen, sightings, bytes_up)
       SELECT organisation_id, ${key}, first_seen, last_seen, sightings, bytes_up FROM told
       ON CONFLICT (${key}) DO UPDATE SET first_seen = least(l.first_seen, excluded.first_seen),
         last_seen = greatest(l.last_seen, excluded.last_seen), sightings = l.sightings + excluded.sightings,
         bytes_up = l.bytes_up + excluded.bytes_up
       RETURNING ${key}, xmax = 0 AS is_new)
     INSERT INTO hub.ledger_news (organisation_id, ${key}, first_seen, last_seen, sightings, bytes_up, is_new)
     SELECT organisation_id, ${key}, first_seen, last_seen, sightings, bytes_up, is_new FROM told JOIN put USING (${key})`,
    [JSON.stringify(lines)],
  );
  const unit = UNIT.join(', ');
  await client.query(
    `INSERT INTO hub.units AS u (organisation_id, ${unit}, name, first_seen, last_seen)
     SELECT organisation_id, ${unit}, name, first_seen, last_seen
     FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, unit text, model text, firmware text,
       simulated boolean, name text, first_seen timestamptz, last_seen timestamptz)
     ON CONFLICT (${unit}) DO UPDATE SET first_seen = least(u.first_seen, excluded.first_seen),
       last_seen = greatest(u.last_seen, excluded.last_seen), name = coalesce(excluded.name, u.name)`,
    [JSON.stringify(together(lines, UNIT))],
  );
}

/** Those of one key as one. */
function together(changes: readonly LedgerChange[], key: readonly (keyof LedgerChange)[]): LedgerChange[] {
  const lines = new Map<string, LedgerChange>();
  for (const change of changes) {
    const name = key.map((column) => change[column]).join('\0');
    const line = lines.get(name);
    if (line === undefined) lines.set(name, { ...change });
    else {
      line.sightings += change.sightings;
      line.bytes_up += change.bytes_up;
      if (timeOf(change.first_seen) < timeOf(line.first_seen)) line.first_seen = change.first_seen;
      if (timeOf(change.last_seen) > timeOf(line.last_seen)) line.last_seen = change.last_seen;
    }
  }
  return [...lines.values()];
}

const timeOf = (time: string | Date): number => new Date(time).getTime();

export interface LedgerQuery {
  model?: string | undefined;
  company?: string | undefined;
  country?: string | undefined;
  kind?: string | undefined;
  /** Of replays and tests, or of the world; both when not given. */
  simulated?: boolean | undefined;
  /** Only this version; `every`: a line for each of them. Without it all of them are one. */
  firmware?: string | { every: true } | undefined;
  /** At most 1,000. */
  limit?: number | undefined;
}

export const MAX_LEDGER_LINES = 1000;
/** As a kind: every identifier and content, no connection and no remark. */
const FOUND = 'found';

/** The statement, so that its plan can be asked for. */
export function ledgerStatement(query: LedgerQuery): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions = (['model', 'company', 'country', 'kind', 'simulated'] as const).flatMap((column) => {
    if (query[column] === undefined) return [];
    const isFound = column === 'kind' && query.kind === FOUND;
    values.push(isFound ? KINDS : query[column]);
    return [`${column} = ${isFound ? `ANY($${values.length})` : `$${values.length}`}`];
  });
  const { firmware } = query;
  if (typeof firmware === 'string') {
    values.push(firmware);
    conditions.push(`firmware = $${values.length}`);
  } else conditions.push(`firmware ${firmware?.every ? '<>' : '='} '${ALL_FIRMWARE}'`);
  values.push(Math.min(query.limit ?? MAX_LEDGER_LINES, MAX_LEDGER_LINES));
  return {
    text: `SELECT model, firmware, company, country, kind, simulated, first_seen, last_seen, units, labs,
       sightings::float8, bytes_up::float8
     FROM hub.lines line WHERE ${conditions.join(' AND ')}
     ORDER BY units DESC, line.sightings DESC, model, company, country, kind, simulated, firmware LIMIT $${values.length}`,
    values,
  };
}

/** Of what the client's role may see, as it was folded last. */
export async function readLedger(client: Client, query: LedgerQuery): Promise<LedgerLine[]> {
  const { rows } = await client.query(ledgerStatement(query));
  return rows.map((row) => ({
    model: row.model || null,
    ...(row.firmware === ALL_FIRMWARE ? {} : { firmware: row.firmware || null }),
    company: row.company || null,
    country: row.country || null,
    kind: row.kind,
    simulated: row.simulated,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    units: row.units,
    labs: row.labs,
    sightings: row.sightings,
    bytesUp: row.bytes_up,
  }));
}

/**
 * Which model told which company in which country what: first and last seen, on how many units in how many shops. A table of its own
 * that ingestion keeps up to date, so that a question reads as many rows as there are phones and companies, not connections.
 */
import type { LedgerLine } from '../model/hub.ts';
import type { Client } from './database.ts';

export interface LedgerChange {
  organisation_id: number;
  lab_id: number;
  unit: string;
  model: string;
  company: string;
  country: string;
  kind: string;
  simulated: boolean;
  first_seen: string | Date;
  last_seen: string | Date;
  sightings: number;
  bytes_up: number;
}

const KEY = ['lab_id', 'unit', 'model', 'company', 'country', 'kind', 'simulated'] as const;

export async function putLedger(client: Client, changes: readonly LedgerChange[]): Promise<void> {
  const lines = new Map<string, LedgerChange>();
  for (const change of changes) {
    const key = KEY.map((column) => change[column]).join('\0');
    const line = lines.get(key);
    if (line === undefined) lines.set(key, { ...change });
    else {
      line.sightings += change.sightings;
      line.bytes_up += change.bytes_up;
      if (timeOf(change.first_seen) < timeOf(line.first_seen)) line.first_seen = change.first_seen;
      if (timeOf(change.last_seen) > timeOf(line.last_seen)) line.last_seen = change.last_seen;
    }
  }
  if (lines.size === 0) return;
  await client.query(
    `INSERT INTO hub.ledger AS l (organisation_id, ${KEY.join(', ')}, first_seen, last_seen, sightings, bytes_up)
     SELECT organisation_id, ${KEY.join(', ')}, first_seen, last_seen, sightings, bytes_up
     FROM jsonb_to_recordset($1) AS r(organisation_id integer, lab_id integer, unit text, model text, company text, country text,
       kind text, simulated boolean, first_seen timestamptz, last_seen timestamptz, sightings bigint, bytes_up bigint)
     ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET first_seen = least(l.first_seen, excluded.first_seen),
       last_seen = greatest(l.last_seen, excluded.last_seen), sightings = l.sightings + excluded.sightings,
       bytes_up = l.bytes_up + excluded.bytes_up`,
    [JSON.stringify([...lines.values()])],
  );
}

const timeOf = (time: string | Date): number => new Date(time).getTime();

export interface LedgerQuery {
  model?: string | undefined;
  company?: string | undefined;
  country?: string | undefined;
  kind?: string | undefined;
  /** Of replays and tests, or of the world; both when not given. */
  simulated?: boolean | undefined;
  /** At most 1,000. */
  limit?: number | undefined;
}

export const MAX_LEDGER_LINES = 1000;

/** The statement, so that its plan can be asked for. */
export function ledgerStatement(query: LedgerQuery): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions = (['model', 'company', 'country', 'kind', 'simulated'] as const).flatMap((column) => {
    if (query[column] === undefined) return [];
    values.push(query[column]);
    return [`${column} = $${values.length}`];
  });
  values.push(Math.min(query.limit ?? MAX_LEDGER_LINES, MAX_LEDGER_LINES));
  return {
    // A phone belongs to one shop at a time; where two have the same key it is one unit in both.
    text: `SELECT model, company, country, kind, simulated, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
       count(DISTINCT unit)::integer AS units, count(DISTINCT lab_id)::integer AS labs, sum(sightings)::float8 AS sightings,
       sum(bytes_up)::float8 AS bytes_up
     FROM hub.ledger ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
     GROUP BY model, company, country, kind, simulated
     ORDER BY units DESC, sightings DESC, model, company, country, kind, simulated LIMIT $${values.length}`,
    values,
  };
}

/** Of what the client's role may see. */
export async function readLedger(client: Client, query: LedgerQuery): Promise<LedgerLine[]> {
  const { rows } = await client.query(ledgerStatement(query));
  return rows.map((row) => ({
    model: row.model || null,
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

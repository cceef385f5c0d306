/**
 * Folds what ingestion told of single phones into one line for each model, firmware, company, country and kind. Promise: a line
 * counts a unit once, also one that two shops have; whoever reads after a fold reads everything committed before it.
 */
import type { Client, Database } from './database.ts';
import { type FleetRule, raise } from './rules.ts';
import { ALL_FIRMWARE } from './schema-lines.ts';

/** Of one fold at a time. */
const FOLD_LOCK = 7_466_340;

const LINE = 'organisation_id, model, firmware, company, country, kind, simulated';
const SAME = `l.model = n.model AND l.company = n.company AND l.country = n.country AND l.kind = n.kind
  AND l.simulated = n.simulated AND (n.firmware = '${ALL_FIRMWARE}' OR l.firmware = n.firmware)`;

const columns = (table: string, names: string): string => names.replaceAll(/(\w+)/g, `${table}.$1`);

/** News at a time, and those of the same lines: above it a statement takes seconds. */
const AT_ONCE = 20_000;
const WHOLE = 'organisation_id, model, company, country, kind, simulated';

/**
 * One statement, so that news and ledger are of one moment: a unit is new in a line when all the ledger has of it there is among
 * the news. Rows of a line that was never there begin it.
 */
const FOLD = `
  WITH chosen AS MATERIALIZED (SELECT DISTINCT ${WHOLE} FROM (SELECT ${WHOLE} FROM hub.ledger_news LIMIT ${AT_ONCE}) first),
  taken AS MATERIALIZED (
    DELETE FROM hub.ledger_news n USING chosen c WHERE (${columns('n', WHOLE)}) = (${columns('c', WHOLE)}) RETURNING n.*
  ),
  news AS MATERIALIZED (
    SELECT * FROM taken UNION ALL
    SELECT organisation_id, lab_id, unit, model, '${ALL_FIRMWARE}', company, country, kind, simulated, first_seen, last_seen, sightings,
      bytes_up, is_new FROM taken
  ),
  -- Put together by grouping alone: how many news there are is not known beforehand, and a join planned for one is slow for thousands.
  parts AS (
    SELECT ${LINE}, first_seen, last_seen, sightings, bytes_up, 0 AS units, 0 AS labs FROM news
    UNION ALL
    SELECT ${LINE}, NULL, NULL, 0, 0, 1, 0 FROM (
      SELECT ${LINE}, unit, count(*) AS told FROM news WHERE is_new GROUP BY ${LINE}, unit
    ) n WHERE told = (SELECT count(*) FROM hub.ledger l WHERE l.organisation_id = n.organisation_id AND l.unit = n.unit AND ${SAME})
    UNION ALL
    SELECT ${LINE}, NULL, NULL, 0, 0, 0, 1 FROM (
      SELECT ${LINE}, lab_id, count(*) AS told FROM news WHERE is_new GROUP BY ${LINE}, lab_id
    ) n WHERE told = (SELECT count(*) FROM hub.ledger l WHERE l.lab_id = n.lab_id AND ${SAME})
  )
  INSERT INTO hub.lines AS line (${LINE}, first_seen, last_seen, sightings, bytes_up, units, labs)
  SELECT ${LINE}, min(first_seen), max(last_seen), sum(sightings), sum(bytes_up), sum(units), sum(labs) FROM parts GROUP BY ${LINE}
  ON CONFLICT (${LINE}) DO UPDATE SET first_seen = least(line.first_seen, excluded.first_seen),
    last_seen = greatest(line.last_seen, excluded.last_seen), sightings = line.sightings + excluded.sightings,
    bytes_up = line.bytes_up + excluded.bytes_up, units = line.units + excluded.units, labs = line.labs + excluded.labs
  RETURNING id::float8, (SELECT count(*)::integer FROM taken) AS taken`;

/** Until nothing is left of what there was. @returns how many lines changed */
export async function foldLedger(database: Database, rules: readonly FleetRule[] = []): Promise<number> {
  let changed = 0;
  for (;;) {
    const { lines, taken } = await database.transact((client) => fold(client, rules));
    changed += lines;
    if (taken < AT_ONCE) return changed;
  }
}

/** News at a time, and those of the same lines. Fewer taken: there were no more. */
async function fold(client: Client, rules: readonly FleetRule[]): Promise<{ lines: number; taken: number }> {
  // One that was broken off would be begun again with more.
  await client.query(`SET LOCAL statement_timeout = '10min'`);
  await client.query('SELECT pg_advisory_xact_lock($1)', [FOLD_LOCK]);
  const { rows } = await client.query<{ id: number; taken: number }>(FOLD);
  if (rows.length > 0)
    await raise(
      client,
      rules,
      rows.map(({ id }) => id),
    );
  return { lines: rows.length, taken: rows[0]?.taken ?? 0 };
}

/** Nobody else tells news until the transaction ends: to be called before it tells any itself. */
export async function holdLines(client: Client): Promise<void> {
  await client.query('LOCK TABLE hub.ledger_news IN EXCLUSIVE MODE');
}

/** Counts those lines of a phone anew from the ledger, before and after `change` takes its rows away. With the lines held. */
export async function recountLines(
  client: Client,
  { lab, unit }: { lab: number; unit: string },
  change: () => Promise<void>,
): Promise<void> {
  while ((await fold(client, [])).taken >= AT_ONCE);
  const { rows } = await client.query<{ id: number }>(
    `SELECT DISTINCT n.id::float8 FROM hub.lines n JOIN hub.ledger l ON l.organisation_id = n.organisation_id AND ${SAME}
     WHERE l.lab_id = $1 AND l.unit = $2`,
    [lab, unit],
  );
  await change();
  const ids = [rows.map(({ id }) => id)];
  await client.query(
    `UPDATE hub.lines line SET first_seen = now.first_seen, last_seen = now.last_seen, sightings = now.sightings,
       bytes_up = now.bytes_up, units = now.units, labs = now.labs
     FROM (SELECT n.id, min(l.first_seen) AS first_seen, max(l.last_seen) AS last_seen, sum(l.sightings) AS sightings,
         sum(l.bytes_up) AS bytes_up, count(DISTINCT l.unit) AS units, count(DISTINCT l.lab_id) AS labs
       FROM hub.lines n JOIN hub.ledger l ON l.organisation_id = n.organisation_id AND ${SAME}
       WHERE n.id = ANY($1) GROUP BY n.id) now WHERE now.id = line.id`,
    ids,
  );
  await client.query(
    `DELETE FROM hub.lines n WHERE id = ANY($1)
       AND NOT EXISTS (SELECT FROM hub.ledger l WHERE l.organisation_id = n.organisation_id AND ${SAME})`,
    ids,
  );
}

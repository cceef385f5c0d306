/**
 * One partition a month, made before its month begins. What a lab with a wrong clock tells of other months lies in the default
 * partition; should such a month come, its rows move into the partition that is made for it.
 */
import type { Client, Database } from './database.ts';

const TABLES = { alerts: 'first_seen', flows: 'opened_at' } as const;
/** Labs that were offline tell of these, too. */
const MONTHS_BEFORE = 3;
const MONTHS_AFTER = 2;
const PARTITION_LOCK = 7_466_338;

/** Those around `now`. Those that exist stay. */
export async function makePartitions(database: Database, now: Date): Promise<void> {
  for (let month = -MONTHS_BEFORE; month <= MONTHS_AFTER; month++) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month));
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1));
    for (const [table, column] of Object.entries(TABLES))
      await database.transact((client) => makePartition(client, { table, column, from, to }));
  }
}

async function makePartition(
  client: Client,
  { table, column, from, to }: { table: string; column: string; from: Date; to: Date },
): Promise<void> {
  const name = `hub.${table}_${from.toISOString().slice(0, 7).replace('-', '_')}`;
  await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
  const { rows } = await client.query('SELECT to_regclass($1) AS there', [name]);
  if (rows[0].there !== null) return;
  const [begin, end] = [from.toISOString(), to.toISOString()];
  await client.query(`CREATE TABLE ${name} (LIKE hub.${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
  await client.query(
    `WITH moved AS (DELETE FROM hub.${table}_elsewhen WHERE ${column} >= '${begin}' AND ${column} < '${end}' RETURNING *)
     INSERT INTO ${name} SELECT * FROM moved`,
  );
  await client.query(`ALTER TABLE hub.${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${begin}') TO ('${end}')`);
}

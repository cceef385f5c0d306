/**
 * What is older than the hub is to keep goes: whole months at once, and what a wrong clock put elsewhere. The ledger keeps its lines,
 * signed ends of chains stay: the links between them go with their months.
 */
import type { Database } from './database.ts';

const TABLES = { alerts: 'first_seen', flows: 'opened_at' } as const;

/** @param months whole ones before this month that stay. @returns names of the partitions that went */
export async function dropOld(database: Database, now: Date, months: number): Promise<string[]> {
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months));
  const first = from.toISOString().slice(0, 7).replace('-', '_');
  const dropped: string[] = [];
  for (const [table, column] of Object.entries(TABLES)) {
    const { rows } = await database.transact((client) =>
      client.query<{ name: string }>(
        `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = $1::regclass AND relname ~ $2 ORDER BY 1`,
        [`hub.${table}`, `^${table}_\\d{4}_\\d{2}$`],
      ),
    );
    for (const { name } of rows.filter((row) => row.name < `${table}_${first}`)) {
      await database.transact((client) => client.query(`DROP TABLE hub.${name}`));
      dropped.push(name);
    }
    await database.transact((client) => client.query(`DELETE FROM hub.${table}_elsewhen WHERE ${column} < $1`, [from]));
  }
  await database.transact((client) => client.query('DELETE FROM hub.links WHERE received < $1', [from]));
  return dropped;
}

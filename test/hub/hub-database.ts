/** A hub's database in a PostgreSQL of its own, with two organisations, for the tests of one block. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import { addOrganisation } from '../../src/hub/organisations.ts';
import { migrate } from '../../src/hub/schema.ts';
import { openPostgres, type Postgres } from './engines.ts';
import { NOW, type StoredLab } from './stored-lab.ts';

export interface HubDatabase {
  database: Database;
  directory: string;
  /** Of the database. */
  url: string;
  /** By organisation: alpha, beta. */
  tokens: Record<string, string>;
  /** Closed in the end. */
  open: StoredLab[];
}

/** @param ready is given it before the first test of the block */
export function withHubDatabase(connections: number, ready: (hub: HubDatabase) => void): void {
  let postgres: Postgres | undefined;
  let hub: HubDatabase | undefined;
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hub-'));
    postgres = await openPostgres(directory);
    await postgres.start();
    const database = openDatabase({ url: postgres.url, password: null }, connections);
    hub = { database, directory, url: postgres.url, tokens: {}, open: [] };
    await migrate(database, new Date(NOW));
    for (const name of ['alpha', 'beta']) hub.tokens[name] = (await addOrganisation(database, name)).token;
    ready(hub);
  });
  afterAll(async () => {
    for (const lab of hub?.open ?? []) lab.close();
    await hub?.database.close();
    await postgres?.end();
    if (hub) rmSync(hub.directory, { recursive: true, force: true });
  });
}

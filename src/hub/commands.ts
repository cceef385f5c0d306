/** What the commands of a hub do. */
import type { HubCommands } from '../model/hub.ts';
import { LabError } from '../model/lab.ts';
import { type HubServerConfig, readHubServerConfig } from './config.ts';
import { type Database, explainDatabase, openDatabase } from './database.ts';
import { retryAside } from './ingest.ts';
import { acceptKey } from './keys.ts';
import { addOrganisation } from './organisations.ts';
import type { PageFiles } from './page.ts';
import { proveLab } from './proof.ts';
import { migrate, mustBeMigrated } from './schema.ts';
import { readStandings, readStrangers } from './standing.ts';

async function withDatabase<T>(config: HubServerConfig, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(config.database, 2);
  try {
    return await work(database);
  } catch (error) {
    throw error instanceof LabError ? error : explainDatabase(error);
  } finally {
    await database.close();
  }
}

/**
 * @param file the hub's own configuration
 * @param readPage reads the dashboard's files
 * @throws LabError
 */
export function openHub(file: string, readPage: () => PageFiles = () => new Map()): HubCommands {
  const config = readHubServerConfig(file);
  return {
    migrate: () =>
      withDatabase(config, async (database) => {
        const versions = await migrate(database, new Date());
        return { ...versions, retried: await retryAside(database) };
      }),
    addOrganisation: (name) =>
      withDatabase(config, async (database) => {
        await mustBeMigrated(database);
        const added = await addOrganisation(database, name);
        return { ...added, retried: await retryAside(database) };
      }),
    status: () =>
      withDatabase(config, async (database) => {
        await mustBeMigrated(database);
        return database.transact(async (client) => ({
          labs: await readStandings(client, null),
          strangers: await readStrangers(client),
        }));
      }),
    prove: (organisation, lab, given) =>
      withDatabase(config, async (database) => {
        await mustBeMigrated(database);
        return database.transact((client) => proveLab(client, { organisation, lab }, given));
      }),
    acceptKey: (given) =>
      withDatabase(config, async (database) => {
        await mustBeMigrated(database);
        return database.transact((client) => acceptKey(client, given));
      }),
    serve: async (onChange) => (await import('./serve.ts')).serveHub(config, onChange, readPage()),
  };
}

/** The hub's process: consumers, partitions, and the API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { labError } from '../formats/refusal.ts';
import type { HubEngines } from '../model/hub.ts';
import { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';
import { createApi } from './api.ts';
import type { HubServerConfig } from './config.ts';
import { type ConsumerState, startConsumer } from './consumer.ts';
import { explainDatabase, openDatabase } from './database.ts';
import { retryAside } from './ingest.ts';
import { foldLedger } from './lines.ts';
import type { PageFiles } from './page.ts';
import { makePartitions } from './partitions.ts';
import { dropOld } from './retention.ts';
import { raise } from './rules.ts';
import { mustBeMigrated } from './schema.ts';
import { startSignals } from './signals.ts';
import { openStream } from './stream.ts';

export interface Hub {
  url: string;
  stop(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** From one fold to the next, and how many times as long as the last one took: news that wait together fold in fewer lines. */
const FOLD_MS = 1000;
const FOLD_RESTS = 4;
const MAX_FOLD_MS = 10_000;
/** Of the API, besides one a consumer. */
const CONNECTIONS = 6;

/** Again and again, one at a time; a database that is away is asked again. */
function startFolding(fold: () => Promise<number>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      await fold().catch(() => {});
      const rest = Math.min(Math.max(FOLD_MS, FOLD_RESTS * (performance.now() - began)), MAX_FOLD_MS);
      await setTimeout(rest, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/**
 * @param onChange whenever broker or database go or come back
 * @throws LabError
 */
export async function serveHub(
  config: HubServerConfig,
  onChange: (state: HubEngines) => void,
  page: PageFiles = new Map(),
): Promise<Hub> {
  const database = openDatabase(config.database, config.consumers + CONNECTIONS);
  try {
    await mustBeMigrated(database);
    await keepMonths();
    await retryAside(database);
    await foldLedger(database);
    await database.transact((client) => raise(client, config.rules, null));
  } catch (error) {
    await database.close();
    throw error instanceof LabError ? error : explainDatabase(error);
  }
  const states: ConsumerState[] = [];
  let told = '';
  const hear = (index: number, state: ConsumerState): void => {
    states[index] = { ...state };
    const [broker, stored] = [
      states.every((one) => one.broker !== 'away'),
      states.every((one) => one.database !== 'away'),
    ];
    if (told === `${broker} ${stored}`) return;
    told = `${broker} ${stored}`;
    onChange({ broker, database: stored, problem: state.problem });
  };
  const stops = Array.from({ length: config.consumers }, (_, index) =>
    startConsumer({ database, open: () => openStream(config), onState: (state) => hear(index, state) }),
  );
  async function keepMonths(): Promise<void> {
    await makePartitions(database, new Date());
    if (config.keepMonths !== null) await dropOld(database, new Date(), config.keepMonths);
  }
  const months = setInterval(() => void keepMonths().catch(() => {}), HOUR_MS).unref();
  const folding = startFolding(() => foldLedger(database, config.rules));
  const engines = () => ({
    broker: states.length > 0 && states.every(({ broker }) => broker === 'connected'),
    database: states.length > 0 && states.every(({ database: stored }) => stored === 'connected'),
  });
  const isWell = (): boolean => engines().broker && engines().database;
  const signals = startSignals(database);
  const server = createServer(
    getRequestListener(createApi({ database, isWell, engines, signals, page, rules: config.rules }).fetch),
  );
  async function stop(): Promise<void> {
    clearInterval(months);
    await folding.stop();
    server.closeAllConnections();
    server.close();
    await Promise.all([signals.stop(), ...stops.map((end) => end())]);
    await database.close();
  }
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(config.port, config.host, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    await stop();
    const { code, message } = error as NodeJS.ErrnoException;
    throw labError(text('hub.port', { port: config.port, error: code ?? message }));
  }
  const { port } = server.address() as AddressInfo;
  return { url: `http://${config.host}:${port}`, stop };
}

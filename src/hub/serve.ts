/** The hub's process: consumers, partitions, and the API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { LabError } from '../model/lab.ts';
import { createApi } from './api.ts';
import type { HubServerConfig } from './config.ts';
import { type ConsumerState, startConsumer } from './consumer.ts';
import { explainDatabase, openDatabase } from './database.ts';
import { retryAside } from './ingest.ts';
import { makePartitions } from './partitions.ts';
import { mustBeMigrated } from './schema.ts';
import { openStream } from './stream.ts';

export interface Hub {
  url: string;
  stop(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Of the API, besides one a consumer. */
const CONNECTIONS = 6;

/**
 * @param onChange one line whenever broker or database go or come back
 * @throws LabError
 */
export async function serveHub(config: HubServerConfig, onChange: (line: string) => void): Promise<Hub> {
  const database = openDatabase(config.database, config.consumers + CONNECTIONS);
  try {
    await mustBeMigrated(database);
    await makePartitions(database, new Date());
    await retryAside(database);
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
    const line = `broker ${broker ? 'connected' : 'away'}, database ${stored ? 'connected' : 'away'}`;
    if (line === told) return;
    told = line;
    onChange(state.problem === null ? line : `${line}: ${state.problem}`);
  };
  const stops = Array.from({ length: config.consumers }, (_, index) =>
    startConsumer({ database, open: () => openStream(config), onState: (state) => hear(index, state) }),
  );
  const months = setInterval(() => void makePartitions(database, new Date()).catch(() => {}), HOUR_MS).unref();
  const isWell = (): boolean =>
    states.length > 0 && states.every((one) => one.broker === 'connected' && one.database === 'connected');
  const server = createServer(getRequestListener(createApi({ database, isWell }).fetch));
  async function stop(): Promise<void> {
    clearInterval(months);
    server.closeAllConnections();
    server.close();
    await Promise.all(stops.map((end) => end()));
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
    throw new LabError(`port ${config.port} cannot be had (${code ?? message}): choose another port in the hub's file`);
  }
  const { port } = server.address() as AddressInfo;
  return { url: `http://${config.host}:${port}`, stop };
}

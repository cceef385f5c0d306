/** Broker, database and hub as processes of their own on this machine, on free loopback ports, and the labs that publish to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openHub } from '../../src/hub/commands.ts';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import {
  type Nats,
  openNats,
  openPostgres,
  type Postgres,
  writeHubConfig,
  writeLabConfig,
} from '../../test/hub/engines.ts';
import { cpuSecondsOf } from '../proxy/measured-process.ts';
import type { PublishingTask } from './publishing.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const ORGANISATION = 'alpha';

export interface Child {
  process: ChildProcess;
  /** Resolves with the first line of that type; rejects when it ends before. */
  said(type: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface Ground {
  directory: string;
  postgres: Postgres;
  nats: Nats;
  database: Database;
  hub: Child & { url: string };
  token: string;
  /** CPU seconds so far, by process. */
  cpu(more?: Record<string, Child>): Record<string, number>;
  /** Names of labs → their files for `--hub`. */
  files(names: readonly string[]): Record<string, string>;
  close(): Promise<void>;
}

/** A child that ends with this process, whose stdout is lines of JSON. */
export function startChild(command: string, args: readonly string[]): Child {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let hasEnded = false;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      hasEnded = true;
      for (const look of waiting) look();
      resolve();
    }),
  );
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Record<string, unknown>;
    if (said.type === 'failing') process.stderr.write(`${line}\n`);
    else lines.push(said);
    for (const look of waiting) look();
  });
  return {
    process: child,
    said: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.type === type);
          if (found) resolve(found);
          else if (hasEnded) reject(new Error(`${args[0]} ended before it said ${type}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      if (hasEnded) return;
      child.kill();
      const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(limit);
    },
  };
}

export const startPublishing = (task: PublishingTask): Child =>
  startChild(process.execPath, [path.join(import.meta.dirname, 'publishing.ts'), JSON.stringify(task)]);

/** @param labs names that may publish */
export async function openGround(directory: string, labs: readonly string[]): Promise<Ground> {
  const postgres = await openPostgres(directory, true);
  const nats = await openNats(
    directory,
    labs.map((lab) => `${ORGANISATION}/${lab}`),
  );
  await Promise.all([postgres.start(), nats.start()]);
  const file = writeHubConfig(directory, nats, postgres);
  const commands = openHub(file);
  await commands.migrate();
  const { token } = await commands.addOrganisation(ORGANISATION);
  const child = startChild(process.execPath, [
    path.join(ROOT, 'bin/phonehome.mjs'),
    ...['hub', 'serve', '--json', '--hub-config', file],
  ]);
  const { url } = (await child.said('ready')) as { url: string };
  const database = openDatabase({ url: postgres.url, password: null }, 4);
  return {
    directory,
    postgres,
    nats,
    database,
    hub: { ...child, url },
    token,
    cpu: (more = {}) =>
      Object.fromEntries([
        ['nats-server', cpuSecondsOf(nats.pid())],
        ['hub', cpuSecondsOf(child.process.pid ?? 0)],
        ['PostgreSQL', cpuSecondsOf(postgres.pid())],
        ...Object.entries(more).map(([name, one]) => [name, cpuSecondsOf(one.process.pid ?? 0)]),
      ]) as Record<string, number>,
    files: (names) =>
      Object.fromEntries(names.map((name) => [name, writeLabConfig(directory, nats, `${ORGANISATION}/${name}`)])),
    async close() {
      await child.stop();
      await database.close();
      await nats.end();
      await postgres.end();
    },
  };
}

export async function ask<T>(database: Database, sql: string, values: unknown[] = []): Promise<T[]> {
  return database.transact(async (client) => {
    // Generating takes longer than any question.
    await client.query('SET LOCAL statement_timeout = 0');
    return (await client.query(sql, values)).rows as T[];
  });
}

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

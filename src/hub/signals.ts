/**
 * Tells whoever looks that something of an organisation was taken in, by whichever hub process. Nothing of it goes along: who is
 * told asks, as itself. Promise: after the database was away everybody is told once, whatever was missed.
 */
import { setTimeout } from 'node:timers/promises';
import type { Client, Database } from './database.ts';

const CHANNEL = 'hub_taken';
const RETRY_MS = 1000;

/** When the transaction commits, once for each organisation. */
export async function tellTaken(client: Client, organisations: readonly number[]): Promise<void> {
  if (organisations.length > 0)
    await client.query('SELECT pg_notify($1, id) FROM unnest($2::text[]) AS id', [
      CHANNEL,
      [...new Set(organisations)].map(String),
    ]);
}

export interface Signals {
  /** How many are told. */
  watchers(): number;
  /** @returns how to end it */
  watch(organisation: number, onTaken: () => void): () => void;
  stop(): Promise<void>;
}

export function startSignals(database: Database): Signals {
  const told = new Map<() => void, number>();
  const stopping = new AbortController();
  const tell = (payload: string): void => {
    for (const [onTaken, organisation] of told) if (payload === String(organisation)) onTaken();
  };

  async function run(): Promise<void> {
    const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
    while (!stopping.signal.aborted) {
      const ended = Promise.withResolvers<void>();
      const end = await database.listen(CHANNEL, tell, ended.resolve).catch(() => null);
      if (end === null) await setTimeout(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      else {
        for (const onTaken of told.keys()) onTaken();
        await Promise.race([ended.promise, stopped]);
        await end();
      }
    }
  }

  const ended = run();
  return {
    watchers: () => told.size,
    watch(organisation, onTaken) {
      const own = (): void => onTaken();
      told.set(own, organisation);
      return () => void told.delete(own);
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

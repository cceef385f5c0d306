/**
 * From the stream into the database. Promise: a message is confirmed when the database has committed it, so a hub that is killed
 * anywhere loses nothing; broker and database may go and come back; a message that the database refuses is kept aside, alone.
 */
import { setTimeout } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { errorLine } from '../formats/error-line.ts';
import { putAside } from './aside.ts';
import { type Database, isOfData } from './database.ts';
import { type Counted, ingest } from './ingest.ts';
import type { Received } from './message.ts';
import type { Stream } from './stream.ts';

export interface ConsumerState {
  broker: 'connected' | 'away';
  database: 'connected' | 'away';
  /** What was wrong last, one line; null: nothing is. */
  problem: string | null;
  messages: number;
  taken: number;
  aside: number;
}

export interface ConsumerOptions {
  database: Database;
  open: () => Promise<Stream>;
  onState: (state: Readonly<ConsumerState>) => void;
}

const BATCH = 500;
const RETRY_MS = 1000;

/** @returns how to end it: what is under way is finished */
export function startConsumer({ database, open, onState }: ConsumerOptions): () => Promise<void> {
  const state: ConsumerState = {
    broker: 'away',
    database: 'connected',
    problem: null,
    messages: 0,
    taken: 0,
    aside: 0,
  };
  const stopping = new AbortController();
  let stream: Stream | null = null;
  const wait = (ms: number): Promise<void> => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function next(): Promise<JsMsg[]> {
    try {
      stream ??= await open();
      const messages = await stream.next(BATCH);
      if (state.broker === 'away') tell({ broker: 'connected', problem: null });
      return messages;
    } catch (error) {
      await stream?.close().catch(() => {});
      stream = null;
      tell({ broker: 'away', problem: errorLine(error) });
      await wait(RETRY_MS);
      return [];
    }
  }

  async function take(messages: JsMsg[]): Promise<void> {
    try {
      const counted = await takeAll(database, messages.map(receivedOf));
      for (const message of messages) message.ack();
      tell({
        database: 'connected',
        problem: null,
        messages: state.messages + counted.messages,
        taken: state.taken + counted.taken,
        aside: state.aside + counted.aside,
      });
    } catch (error) {
      // The broker gives them again.
      for (const message of messages) message.nak(RETRY_MS);
      tell({ database: 'away', problem: errorLine(error) });
      await wait(RETRY_MS);
    }
  }

  function tell(change: Partial<ConsumerState>): void {
    Object.assign(state, change);
    onState(state);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const messages = await next();
      if (messages.length > 0) await take(messages);
    }
    await stream?.close().catch(() => {});
  }

  const ended = run();
  return async () => {
    stopping.abort();
    await ended;
  };
}

/** A batch that the database refuses for what is in it is halved until the one is found. Rejects when the database is away. */
async function takeAll(database: Database, batch: readonly Received[]): Promise<Counted> {
  try {
    return await ingest(database, batch);
  } catch (error) {
    if (!isOfData(error)) throw error;
    const [first] = batch;
    if (batch.length === 1 && first) {
      const aside = { ...first, why: 'refused by the database' as const, detail: errorLine(error) };
      await database.transact((client) => putAside(client, [aside]));
      return { messages: 1, taken: 0, aside: 1 };
    }
    const half = Math.ceil(batch.length / 2);
    const [a, b] = [await takeAll(database, batch.slice(0, half)), await takeAll(database, batch.slice(half))];
    return { messages: a.messages + b.messages, taken: a.taken + b.taken, aside: a.aside + b.aside };
  }
}

const receivedOf = (message: JsMsg): Received => ({
  subject: message.subject,
  bytes: message.data,
  received: message.info.timestampNanos / 1e6,
});

/**
 * Publishes what a lab stored, in order, at least once. The cursor moves when the stream has confirmed, so nothing is left out however
 * long the broker is away; what waits stays in the store, never in memory: one batch at a time is held.
 */
import { setTimeout } from 'node:timers/promises';
import { errorLine } from '../../formats/error-line.ts';
import type { HubState } from '../../model/hub.ts';
import type { Broker } from './broker.ts';
import type { HubConfig } from './config.ts';
import type { Disclosure } from './content.ts';
import { type Cursor, historyOf, keepCursor, openCursor } from './cursor.ts';
import { heartbeatOf, messagesOf } from './messages.ts';
import type { HubReader } from './reader.ts';

export interface PublisherOptions {
  config: HubConfig;
  reader: HubReader;
  /** Where the cursor is kept. */
  file: string;
  connect: () => Promise<Broker>;
  modelOf: Disclosure['modelOf'];
  firmwareOf: Disclosure['firmwareOf'];
  printOf?: NonNullable<Disclosure['printOf']>;
  /** Public half of the key that signs the lab's chain, as it is sent; null: no signature goes along. */
  signingKey: string | null;
  /** Of this program. */
  version: string;
  onState: (state: HubState) => void;
  /** Tables of the hub, as they were signed, whenever they are asked for; without it nobody asks. */
  onFeed?: (bytes: Uint8Array) => void;
}

export interface Publisher {
  /** What is under way is waited for. */
  stop(): Promise<void>;
}

/** Some megabytes of the largest alerts. */
const BATCH = 500;
const POLL_MS = 500;
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** Its position is told at most this often. */
const TELL_MS = 1000;

export function startPublisher(options: PublisherOptions): Publisher {
  const { config, reader, file, connect, modelOf, firmwareOf, printOf, signingKey, version, onState } = options;
  const { organisation, lab, url } = config;
  const sender = { organisation, lab };
  const disclosure: Disclosure = {
    key: config.key,
    isClear: config.isClear,
    modelOf,
    firmwareOf,
    ...(printOf && { printOf }),
  };
  let cursor: Cursor = openCursor(file, sender, reader);
  let broker: Broker | null = null;
  let beatAt = -Infinity;
  const stopping = new AbortController();
  let state: HubState = {
    ...{ url, organisation, lab },
    ...{ state: 'connecting', problem: null, since: new Date().toISOString(), head: reader.head() },
    confirmed: cursor.position,
  };
  let toldAt = -Infinity;

  function tell(now: HubState['state'], problem: string | null = null): void {
    const isNew = now !== state.state || problem !== state.problem;
    const since = isNew ? new Date().toISOString() : state.since;
    state = { ...state, state: now, problem, since, confirmed: cursor.position };
    if (!isNew && performance.now() - toldAt < TELL_MS && state.head !== state.confirmed) return;
    toldAt = performance.now();
    onState(state);
  }
  const wait = (ms: number): Promise<void> => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => {});

  /** @returns whether there was anything */
  async function publishNext(to: Broker): Promise<boolean> {
    const records = reader.after(cursor.position, BATCH);
    const last = records.at(-1);
    if (last === undefined) return false;
    const stretch = { history: historyOf(cursor), before: cursor.hash, records };
    // Subject and headers count as well.
    const limits = { maxBytes: to.maxBytes - 1024, time: new Date().toISOString(), key: signingKey };
    await to.publish(messagesOf(stretch, sender, disclosure, limits));
    cursor = { ...cursor, position: last.position, hash: last.hash };
    keepCursor(file, sender, cursor);
    return true;
  }

  async function beat(to: Broker): Promise<void> {
    if (performance.now() - beatAt < config.heartbeatMs) return;
    const end = signingKey === null ? null : reader.lastSigned(cursor.position);
    const said = {
      ...{ version, history: historyOf(cursor), head: reader.head(), published: cursor.position },
      ...(end && { signed: { ...end, key: signingKey as string } }),
    };
    await to.publish([heartbeatOf(sender, said, new Date().toISOString())]);
    beatAt = performance.now();
    if (options.onFeed === undefined) return;
    const feed = await to.feed();
    if (feed !== null) options.onFeed(feed);
  }

  async function run(): Promise<void> {
    let retryMs = RETRY_MS;
    while (!stopping.signal.aborted) {
      try {
        broker ??= await connect();
        const hadSome = await publishNext(broker);
        await beat(broker);
        state.head = reader.head();
        retryMs = RETRY_MS;
        tell('publishing');
        if (!hadSome) await wait(POLL_MS);
      } catch (error) {
        await broker?.close().catch(() => {});
        broker = null;
        tell('failing', errorLine(error));
        await wait(retryMs);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  const ended = run();
  return {
    async stop() {
      stopping.abort();
      await broker?.close().catch(() => {});
      await ended;
    },
  };
}

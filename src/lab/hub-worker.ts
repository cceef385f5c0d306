/** A thread of its own that publishes to a hub: neither the relay nor the lab waits for a broker or for what it costs. */
import { parentPort, workerData } from 'node:worker_threads';
import type { HubState } from '../model/hub.ts';
import { connectBroker } from '../sinks/hub/broker.ts';
import type { HubConfig } from '../sinks/hub/config.ts';
import { startPublisher } from '../sinks/hub/publisher.ts';
import { openHubReader } from '../sinks/hub/reader.ts';
import { createPrints } from '../sinks/hub/value-prints.ts';
import { connectCalls } from './calls.ts';

export interface HubThreadData {
  config: Omit<HubConfig, 'key'> & { key: Uint8Array };
  /** Of the evidence store, and where the cursor is kept. */
  evidence: string;
  cursor: string;
  version: string;
  /** As it is sent. */
  signingKey: string | null;
  /** Of the evidence store, and where the phones' own lie. */
  evidenceKey: Uint8Array;
  phoneKeys: string;
  models: [device: string, model: string | null][];
  firmwares: Firmwares;
}

/** Of test runs, oldest first: since when, milliseconds since the epoch; phones null: every one. */
export type Firmwares = { phones: readonly string[] | null; since: number; firmware: string }[];

/** What the lab asks of it. */
export interface HubCalls {
  models(models: HubThreadData['models'], firmwares: Firmwares): void;
  stop(): Promise<void>;
}

/** What it tells the lab. */
export interface HubTells {
  state(state: HubState): void;
  /** As it was signed. */
  feed(bytes: Uint8Array): void;
}

const data = workerData as HubThreadData;
const config: HubConfig = { ...data.config, key: Buffer.from(data.config.key) };
let models = new Map(data.models);
let { firmwares } = data;
const port = parentPort as NonNullable<typeof parentPort>;
const reader = openHubReader(data.evidence);
const lab = connectCalls<HubTells, HubCalls>(port, {
  models(given, noted) {
    models = new Map(given);
    firmwares = noted;
  },
  async stop() {
    await publisher.stop();
    reader.close();
    port.close();
  },
});
const publisher = startPublisher({
  config,
  reader,
  file: data.cursor,
  connect: () => connectBroker(config),
  modelOf: (device) => models.get(device) ?? null,
  firmwareOf: (device, time) =>
    firmwares.findLast(({ phones, since }) => since <= time && (phones === null || phones.includes(device)))
      ?.firmware ?? null,
  signingKey: data.signingKey,
  printOf: createPrints({
    ...{ reader, phoneKeys: data.phoneKeys, key: config.key },
    installation: Buffer.from(data.evidenceKey),
  }),
  version: data.version,
  onState: (state) => void lab.state(state),
  ...(config.feedKey === null ? {} : { onFeed: (bytes: Uint8Array) => void lab.feed(bytes) }),
});

/**
 * The labs' side as a process of its own: `node publishing.ts JSON`. `burst`: alerts that all wait from the start; `live`: real stores
 * into which phones record; `week`: one store that recorded for a simulated week before the line came back. Says on stdout, as JSON,
 * what it stored; told anything on stdin, it records no more and ends when all is confirmed.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../../src/sinks/evidence/store.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { type Publisher, startPublisher } from '../../src/sinks/hub/publisher.ts';
import { type HubReader, openHubReader, prepareForReader } from '../../src/sinks/hub/reader.ts';
import { alertOf, firmwareOf, flowOf, modelOf, opened } from './generated.ts';
import { generatedLab } from './generated-lab.ts';

export interface PublishingTask {
  what: 'burst' | 'live' | 'week';
  directory: string;
  /** Files as `--hub` takes them, by name of the lab. */
  labs: Record<string, string>;
  phones: number;
  /** `burst`: alerts of each lab. `live`: connections of a phone a minute. `week`: connections of a phone a day. */
  amount: number;
}

const task = JSON.parse(process.argv[2] ?? '{}') as PublishingTask;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const phoneIn = (device: string): number => Number(device.slice('phone-'.length));
const DAY_MS = 86_400_000;

function publish(name: string, reader: HubReader): Publisher {
  const config = readHubConfig(task.labs[name] as string, () => null);
  return startPublisher({
    config,
    reader,
    file: path.join(task.directory, `${name}.cursor`),
    connect: () => connectBroker(config),
    modelOf: (device) => modelOf(phoneIn(device)),
    firmwareOf: (device) => firmwareOf(phoneIn(device)),
    signingKey: null,
    version: 'bench',
    onState: ({ state, problem, confirmed, head }) => {
      confirmedOf.set(name, confirmed);
      if (state === 'failing') say({ type: 'failing', lab: name, problem, confirmed, head });
    },
  });
}
const confirmedOf = new Map<string, number>();

interface OpenLab {
  name: string;
  store: EvidenceStore;
  reader: HubReader;
  number: number;
}

function openLab(name: string): OpenLab {
  mkdirSync(task.directory, { recursive: true });
  const file = path.join(task.directory, `${name}.db`);
  const store = openSqliteStore({ file, key: Buffer.alloc(32, 7) });
  prepareForReader(file);
  return { name, store, reader: openHubReader(file), number: 0 };
}

/** A connection that opens and closes, and an alert for every third. */
function record(lab: OpenLab, phone: number, time: number): void {
  const number = ++lab.number;
  const flow = flowOf(lab.name, phone, number, time);
  lab.store.putFlows([opened(flow)]);
  lab.store.putFlows([flow]);
  if (number % 3 === 0) lab.store.putAlert({ alert: alertOf(lab.name, phone, number, time), secret: null });
}

const told = new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));

async function burst(): Promise<void> {
  const publishers = Object.keys(task.labs).map((name) => publish(name, generatedLab(name, task.phones, task.amount)));
  await told;
  await Promise.all(publishers.map((publisher) => publisher.stop()));
}

async function live(): Promise<void> {
  const labs = Object.keys(task.labs).map(openLab);
  const publishers = labs.map(({ name, reader }) => publish(name, reader));
  while (labs.some(({ name }) => !confirmedOf.has(name))) await sleep(50);
  say({ type: 'publishing' });
  const stopping = new AbortController();
  void told.then(() => stopping.abort());
  const everyMs = 60_000 / task.amount / task.phones;
  const recording = labs.map(async (lab, index) => {
    await sleep((everyMs * index) / labs.length);
    let next = performance.now();
    while (!stopping.signal.aborted) {
      record(lab, lab.number % task.phones, Date.now());
      next += everyMs;
      await sleep(Math.max(0, next - performance.now()), undefined, { signal: stopping.signal }).catch(() => {});
    }
  });
  await Promise.all(recording);
  await finish(labs, publishers);
}

async function week(): Promise<void> {
  const labs = Object.keys(task.labs).map(openLab);
  const connections = task.phones * task.amount * 7;
  const now = Date.now();
  for (const lab of labs)
    for (let n = 0; n < connections; n++)
      record(lab, n % task.phones, now - 7 * DAY_MS + (n / connections) * 7 * DAY_MS);
  say({ type: 'recorded', connections });
  await told;
  await finish(
    labs,
    labs.map(({ name, reader }) => publish(name, reader)),
  );
}

async function finish(labs: OpenLab[], publishers: Publisher[]): Promise<void> {
  while (labs.some(({ name, reader }) => confirmedOf.get(name) !== reader.head())) await sleep(50);
  await Promise.all(publishers.map((publisher) => publisher.stop()));
  for (const { reader, store } of labs) {
    reader.close();
    store.close();
  }
}

await { burst, live, week }[task.what]();
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
say({ type: 'done', peakMb: Math.round(Number(peak) / 1024) });
process.exit();

/**
 * The detector over everything that labs leave behind: files, databases, logs, what they print. It must find nothing there.
 * With LEFT_BEHIND=DIR in the environment every lab of a test run copies there what it would leave; `node test/left-behind.ts DIR`
 * then searches all of it, each lab for what was registered in it and for the values of the replays. Keys are not used: what is
 * encrypted stays so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readDevicesFile } from '../src/devices/store.ts';
import { createInspector } from '../src/inspect/inspector.ts';
import type { Device } from '../src/model/device.ts';
import type { FlowEvent } from '../src/model/flow.ts';
import { LAB, labDevice } from '../src/replay/lab-device.ts';
import { labFlow } from './alert/lab-flow.ts';

/** What of the API tells what was seen, asked for after a test. */
export const ASKED = [
  'alerts?limit=2000',
  'flows?limit=2000',
  'stats',
  'coverage',
  'devices',
  'devices/discovered',
  'cases',
  'pins',
  'beacons',
  'why?host=a',
] as const;

export interface Leftover {
  place: string;
  kind: string;
  /** Around it, as it stands there. */
  text: string;
}

/** What an operator gave the lab or asked it to keep, its keys, and public tables. */
const NOT_SEARCHED =
  /(?:^|\/)(?:devices\.yaml|given-devices\.yaml|devices-.*|geoip|capture|cases|certs|token[^/]*|.*\.lock)(?:\/|$)/;

/** Copies what a lab leaves, when somebody collects it. */
export async function keepLeftBehind(dataDir: string, printed: Record<string, string>): Promise<void> {
  const collection = process.env.LEFT_BEHIND;
  if (!collection) return;
  await mkdir(collection, { recursive: true });
  const own = await mkdtemp(path.join(collection, 'lab-'));
  const devices = ['given-devices.yaml', 'devices.yaml'].filter((name) => readdirSync(dataDir).includes(name));
  for (const name of devices) await cp(path.join(dataDir, name), path.join(own, name));
  await cp(dataDir, path.join(own, 'data'), {
    recursive: true,
    filter: (from) => !NOT_SEARCHED.test(path.relative(dataDir, from)),
  });
  for (const [name, text] of Object.entries(printed)) await writeFile(path.join(own, name), text);
}

/** Everything registered in a lab, and the values of the replays where any may have been played. */
export function registeredIn(files: readonly string[], { isReplayed = true } = {}): Device[] {
  const registered = files.flatMap((file) => readDevicesFile(file).devices);
  if (!isReplayed) return registered;
  const planted = { contacts: [LAB.contact], messages: [LAB.message], photos: [] };
  return [...registered, labDevice('left-behind', 'any', planted)];
}

/** The texts a directory holds: files as they are, and the rows of databases beside their pages. */
export async function* textsIn(dir: string): AsyncGenerator<[place: string, bytes: Buffer]> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || NOT_SEARCHED.test(path.relative(dir, file))) continue;
    yield [file, readFileSync(file)];
    if (file.endsWith('.db')) yield* rowsIn(file);
  }
}

function* rowsIn(file: string): Generator<[string, Buffer]> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      for (const row of db.prepare(`SELECT * FROM "${name}"`).iterate()) yield [`${file} ${name}`, asText(row)];
  } catch {
    // A damaged one: its pages were searched.
  } finally {
    db.close();
  }
}

function asText(row: Record<string, unknown>): Buffer {
  const { json, ...rest } = row;
  const columns = JSON.stringify(rest, (_, value) => (value instanceof Uint8Array ? undefined : value), 1);
  return Buffer.from(typeof json === 'string' ? `${columns}\n${json}` : columns);
}

/** What the detector finds of registered values, line by line where there are lines, and in the bytes as a whole. */
export function searchTexts(texts: Iterable<readonly [string, Buffer]>, devices: readonly Device[]): Leftover[] {
  const found = new Map<string, Leftover>();
  for (const device of devices) {
    const inspector = createInspector({ deviceFor: () => device });
    let number = 0;
    for (const [place, bytes] of texts) {
      for (const contentType of ['application/octet-stream', 'application/x-ndjson']) {
        const results = eventsOf(`flow-${number++}`, contentType, bytes).flatMap((event) => inspector.push(event));
        for (const result of results) {
          if (result.type !== 'finding' || !result.finding.identifier.known) continue;
          const { identifier, window, value, evidence } = result.finding;
          const text = `${value} ${evidence.decoding.join('>')}${evidence.hash ?? ''}: ${window.toString('latin1')}`;
          found.set(`${place} ${identifier.kind} ${value}`, { place, kind: identifier.kind, text });
        }
      }
    }
  }
  return [...found.values()];
}

function eventsOf(flowId: string, contentType: string, bytes: Buffer): FlowEvent[] {
  const about = { flowId, exchange: 1, time: 0, direction: 'request' } as const;
  const head = { protocol: 'http/1.1', method: 'POST', target: '/', scheme: 'http', authority: 'left.example' };
  const closed = { reason: 'ended', detail: null, bytesUp: 0, bytesDown: 0 } as const;
  return [
    { type: 'flow-opened', flow: { ...labFlow(), id: flowId }, time: 0 },
    { type: 'request-head', ...about, ...head, headers: [['content-type', contentType]] },
    { type: 'body-chunk', ...about, bytes },
    { type: 'body-end', ...about, complete: true, trailers: [] },
    { type: 'flow-closed', flowId, time: 0, ...closed },
  ];
}

async function searchCollection(dir: string): Promise<number> {
  let searched = 0;
  let count = 0;
  for (const name of await readdir(dir)) {
    const own = path.join(dir, name);
    const files = ['given-devices.yaml', 'devices.yaml'].map((file) => path.join(own, file));
    const registered = registeredIn(files.filter((file) => readdirSync(own).includes(path.basename(file))));
    const texts = await Array.fromAsync(textsIn(own));
    searched += texts.length;
    for (const { place, kind, text } of searchTexts(texts, registered)) {
      count++;
      console.log(`${kind} in ${path.relative(dir, place)}: ${JSON.stringify(text.slice(0, 300))}`);
    }
  }
  console.log(`left behind: ${count} values in ${searched} texts`);
  return count === 0 && searched > 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await searchCollection(process.argv[2] ?? '');

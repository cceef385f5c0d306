/**
 * The registered phones, wherever they are: in the lab that runs on the data directory, else in its devices file.
 * Promise: both ways give the same rows and one-line errors; values are masked unless revealing was asked for.
 */
import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { Device, DiscoveredPhone } from '../model/device.ts';
import type { FlowRecord } from '../model/flow.ts';
import { mask } from '../model/identifier.ts';
import { LabError, type Registering } from '../model/lab.ts';
import { type Text, type TextKey, text } from '../model/text.ts';
import { call, listIn, runningLabOf } from './lab-client.ts';
import { loadLab } from './main-module.ts';

export interface DeviceRow {
  id: string;
  model: string | null;
  match: Partial<Device['match']>;
  /** Kind → values as text. */
  identifiers: Record<string, string[]>;
  /** Of a bystander's phone; without a count where no lab runs. */
  ignored?: { connections?: number };
}

/** What the operator may not have meant, in English and for other languages. */
export interface Note {
  note: string;
  text: Text | null;
}

export interface DeviceStore {
  list(reveal: boolean): Promise<DeviceRow[]>;
  /** One item of `devices:` as in the devices file; resolves to what the operator may not have meant. */
  put(entry: object, how: Registering): Promise<Note[]>;
  /** Several, each replaced; resolves to the notes of all. */
  putAll(entries: readonly object[]): Promise<Note[]>;
  /** Phones met on the lab's network; none while no lab runs. */
  discovered(): Promise<DiscoveredPhone[]>;
  /** Addresses without a name that the latest connections came from; none while no lab runs. */
  seen(): Promise<string[]>;
  /** False when no such phone was registered. */
  remove(id: string): Promise<boolean>;
}

const notesIn = (answer: unknown): Note[] =>
  paired({ notes: listIn<string>(answer, 'notes'), texts: listIn<Text>(answer, 'noteTexts') });

/** Of another version: of one that is older not every note has a text, and one that is newer may say what this catalogue has not. */
function paired({ notes, texts }: { notes: readonly string[]; texts: readonly Text[] }): Note[] {
  const isWhole = notes.length === texts.length;
  return notes.map((note, at) => {
    const same = isWhole ? texts[at] : undefined;
    return { note, text: same && say(same) === note ? same : null };
  });
}

export async function openDeviceStore(dataDir: string): Promise<DeviceStore> {
  const lab = await runningLabOf(dataDir);
  if (lab) {
    return {
      list: async (reveal) =>
        listIn<Listed>(await call(lab, 'GET', `/api/devices${reveal ? '?reveal=true' : ''}`), 'devices').map((device) =>
          rowOf(device, (value) => value),
        ),
      put: async (entry, how) => {
        const path = `/api/devices/${encodeURIComponent(String((entry as { id?: unknown }).id))}`;
        const [method, to] = {
          add: ['POST', '/api/devices'],
          replace: ['PUT', path],
          set: ['PATCH', path],
          drop: ['POST', `${path}/drop`],
        }[how] as ['POST' | 'PUT' | 'PATCH', string];
        return notesIn(await call(lab, method, to, entry));
      },
      putAll: async (entries) => {
        const notes: Note[] = [];
        for (const { from, devices } of batchesOf(entries))
          try {
            notes.push(...notesIn(await call(lab, 'PUT', '/api/devices', { devices })));
          } catch (error) {
            throw shifted(error, from);
          }
        return notes;
      },
      discovered: async () => listIn<DiscoveredPhone>(await call(lab, 'GET', '/api/devices/discovered'), 'phones'),
      seen: async () => {
        const flows = listIn<FlowRecord>(await call(lab, 'GET', '/api/flows?limit=1000'), 'flows');
        const unnamed = flows.filter(({ deviceId, simulated }) => deviceId === null && !simulated);
        return [...new Set(unnamed.map(({ client }) => client.ip))];
      },
      remove: async (id) => {
        const known = listIn<Device>(await call(lab, 'GET', '/api/devices'), 'devices').some(
          (device) => device.id === id,
        );
        if (known) await call(lab, 'DELETE', `/api/devices/${encodeURIComponent(id)}`);
        return known;
      },
    };
  }
  const stored = await (await loadLab()).openDevices(dataDir);
  return {
    list: async (reveal) => stored.list().map((device) => rowOf(device, reveal ? (value) => value : mask)),
    put: async (entry, how) => paired(stored.put(entry, how)),
    putAll: async (entries) => stored.putAll(entries, 'replace').flatMap(paired),
    discovered: async () => [],
    seen: async () => [],
    remove: async (id) => stored.remove(id),
  };
}

/** A lab takes 64 KB at a time. */
const MOST_BYTES = 48 * 1024;

function batchesOf(entries: readonly object[]): { from: number; devices: object[] }[] {
  const batches: { from: number; devices: object[] }[] = [];
  let room = 0;
  for (const [index, entry] of entries.entries()) {
    const bytes = Buffer.byteLength(JSON.stringify(entry)) + 1;
    const latest = batches.at(-1);
    if (latest && bytes <= room && latest.devices.length < 1000) latest.devices.push(entry);
    else {
      batches.push({ from: index, devices: [entry] });
      room = MOST_BYTES;
    }
    room -= bytes;
  }
  return batches;
}

const ONE_OF: TextKey = 'devices.of';

/** What is wrong with one of several phones that were given, counted from 0; null: it is about all of them. */
export function oneOf(error: unknown): { index: number; why: Text } | null {
  const why = error instanceof LabError ? error.text : undefined;
  return why?.key === ONE_OF ? { index: Number(why.values.index), why } : null;
}

function shifted(error: unknown, from: number): unknown {
  const found = oneOf(error);
  if (found === null) return error;
  const { problem = '' } = found.why.values;
  return labError(text('devices.of', { list: 'devices', index: found.index + from, problem }));
}

type Listed = Device & Pick<DeviceRow, 'ignored'>;

function rowOf({ id, model, match, identifiers, ignore, ignored }: Listed, show: (value: string) => string): DeviceRow {
  const shown: Record<string, string[]> = {};
  for (const [kind, values] of Object.entries(identifiers)) {
    const list: unknown[] = Array.isArray(values) ? values : [values];
    // A position or a cell is personal as a whole: without revealing only that there is one.
    shown[kind] = list.map((value) =>
      typeof value === 'string' ? show(value) : show === mask ? '***' : JSON.stringify(value),
    );
  }
  const bystander = ignored ?? (ignore && {});
  return { id, model: model ?? null, match: match ?? {}, identifiers: shown, ...(bystander && { ignored: bystander }) };
}

/**
 * What is counted of one phone: connections and bytes by class, and where went what was not read.
 * Bounded: past `maxHosts` unread hosts the smallest are folded into "others", one per class, still counted.
 */
import { say } from '../formats/say.ts';
import {
  COVERAGE_CLASSES,
  type CoverageClass,
  type CoverageRow,
  type DeviceCoverage,
  type Gap,
  type Trust,
  type Unseen,
} from '../model/coverage.ts';
import type { DestinationFacts } from '../model/destination.ts';
import { writeCoverage } from './sentence.ts';
import type { Bytes } from './shares.ts';

/** Shown in place of hosts that are not told apart. */
const OTHERS = 'others';

export interface DeviceCount {
  deviceId: string;
  simulated: boolean;
  /** Milliseconds since the epoch. */
  since: number;
  /** The same for what it does in the world and what is simulated. */
  phone: { trust: Trust };
  rows: Map<CoverageClass, CoverageRow>;
  unseen: Map<string, Unseen>;
}

/** A part of a connection. */
export interface Counted {
  class: CoverageClass;
  /** 1 for the class the connection is counted in, else 0. */
  connections: number;
  open: boolean;
  bytes: Bytes;
}

export function newCount(given: Pick<DeviceCount, 'deviceId' | 'simulated' | 'since' | 'phone'>): DeviceCount {
  return { ...given, rows: new Map(), unseen: new Map() };
}

export function addCounted(device: DeviceCount, { class: name, connections, open, bytes }: Counted): void {
  const row = device.rows.get(name) ?? { class: name, connections: 0, open: 0, bytesUp: 0, bytesDown: 0 };
  row.connections += connections;
  if (open) row.open += connections;
  row.bytesUp += bytes.up;
  row.bytesDown += bytes.down;
  device.rows.set(name, row);
}

/** Where something went that was not read. */
export function addUnseen(
  device: DeviceCount,
  { class: why, connections, bytes }: Counted,
  host: string,
  facts: DestinationFacts | null,
  maxHosts: number,
): void {
  const key = `${why} ${host}`;
  const known = device.unseen.get(key);
  if (known !== undefined) {
    known.bytesUp += bytes.up;
    known.connections += connections;
    known.reached = false;
    return;
  }
  const country = facts?.location.country ?? facts?.owner.country ?? null;
  const owner = facts?.owner.name ?? null;
  device.unseen.set(key, { host, country, owner, connections, bytesUp: bytes.up, class: why, reached: false });
  if (device.unseen.size > maxHosts) foldSmallest(device);
}

/** A connection to this host got through: what failed before is past. */
export function reached(device: DeviceCount, host: string): void {
  const failed = device.unseen.get(`lab-failed ${host}`);
  if (failed !== undefined) failed.reached = true;
}

function foldSmallest(device: DeviceCount): void {
  let smallest: [string, Unseen] | null = null;
  for (const entry of device.unseen) {
    if (entry[1].host === OTHERS) continue;
    if (smallest === null || entry[1].bytesUp < smallest[1].bytesUp) smallest = entry;
  }
  if (smallest === null) return;
  const [key, one] = smallest;
  device.unseen.delete(key);
  const others = device.unseen.get(`${one.class} ${OTHERS}`);
  if (others === undefined) {
    device.unseen.set(`${one.class} ${OTHERS}`, { ...one, host: OTHERS, country: null, owner: null });
    return;
  }
  others.bytesUp += one.bytesUp;
  others.connections += one.connections;
  others.reached &&= one.reached;
}

/** As it is shown; nothing of it changes with later counts. */
export function view(device: DeviceCount, gaps: Gap[]): DeviceCoverage {
  const rows = COVERAGE_CLASSES.flatMap((name) => {
    const row = device.rows.get(name);
    return row === undefined ? [] : [{ ...row }];
  });
  const sent = rows.reduce((sum, row) => sum + row.bytesUp, 0);
  const readShare = sent === 0 ? null : (device.rows.get('read')?.bytesUp ?? 0) / sent;
  const unseen = [...device.unseen.values()].map((entry) => ({ ...entry })).toSorted((a, b) => b.bytesUp - a.bytesUp);
  const { deviceId, simulated, since } = device;
  const { trust } = device.phone;
  const text = writeCoverage({ trust, readShare, rows, unseen, gaps });
  const told = { sentence: say(text), text };
  return { deviceId, simulated, since: new Date(since).toISOString(), trust, ...told, readShare, rows, unseen, gaps };
}

/** To go on from what was shown. What was open then has ended unseen: it stays as far as it was counted. */
export function restore(given: DeviceCoverage): DeviceCount {
  return {
    deviceId: given.deviceId,
    simulated: given.simulated,
    since: Date.parse(given.since),
    phone: { trust: given.trust },
    rows: new Map(given.rows.map((row) => [row.class, { ...row, open: 0 }])),
    unseen: new Map(given.unseen.map((entry) => [`${entry.class} ${entry.host}`, { ...entry }])),
  };
}

/** A copy to add to. */
export function copyOf(device: DeviceCount): DeviceCount {
  return {
    ...device,
    rows: new Map([...device.rows].map(([name, row]) => [name, { ...row }])),
    unseen: new Map([...device.unseen].map(([key, entry]) => [key, { ...entry }])),
  };
}

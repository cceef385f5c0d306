/** What a lab found in a reported case, and what `scan` found in a recording of it, as they are compared. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../../src/model/alert.ts';
import { type Device, REPLAY_PREFIX } from '../../src/model/device.ts';
import { phonehome } from './lab-process.ts';
import type { Told } from './same-findings.ts';

/** A finding in a recording, and of which case. */
export type CaseFinding = Told & { name: string };

export interface PlayedCase {
  name: string;
  device: Device;
}

/** One thing found in one place of one case, repeats folded: every field but ids, times, the place in a list, and what depends on them. */
export function essence({
  name,
  identifier,
  evidence,
  flow,
  destination,
  attribution,
}: Omit<CaseFinding, 'severity'>): string {
  const { flow: _id, offset: _offset, ...place } = evidence;
  const { kind, known, confidence } = identifier;
  // What is encrypted comes out differently each time.
  const what = kind === 'opaque' ? { kind, known, confidence } : identifier;
  const all = { name, what, place, flow, destination, attribution: attribution ?? null };
  return JSON.stringify(all, (_key, value: unknown) => {
    if (typeof value === 'string') return value.replace(/\[\d+\]/g, '[]');
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  });
}

/** What an alert of a case tells, null of one that tells of no value. */
export function findingOf(
  name: string,
  { type, identifier, evidence, flow, attribution, ...rest }: Alert,
): CaseFinding | null {
  if ((type !== 'leak' && type !== 'opaque') || !identifier || !evidence || !flow) return null;
  return { ...rest, name, identifier, evidence, flow, attribution: attribution ?? null };
}

/** What stands in a recording of many cases; `caseOf` says of which case an entry is. */
export async function scanCases(
  dir: string,
  file: string,
  cases: readonly PlayedCase[],
  caseOf: (entry: number) => string | undefined,
): Promise<{ found: CaseFinding[]; summary: unknown }> {
  const found: CaseFinding[] = [];
  let summary: unknown = null;
  // A recording names no phone. So each case is judged with phones on which the same was planted, or nothing was.
  for (const isPlanted of [true, false]) {
    const judged = cases.filter(({ device }) => device.canaries.messages.length > 0 === isPlanted);
    const devices = await devicesFile(dir, judged);
    const ran = await phonehome(['scan', file, '--devices', devices, '--json']);
    if (ran.stderr !== '') throw new Error(`scan said: ${ran.stderr}`);
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Told & { type: string; entry: number });
    summary = lines.at(-1);
    for (const line of lines) {
      const name = caseOf(line.entry) ?? '';
      if (line.type === 'finding' && judged.some((one) => one.name === name)) found.push({ ...line, name });
    }
  }
  return { found, summary };
}

async function devicesFile(dir: string, cases: readonly PlayedCase[]): Promise<string> {
  const given = await Promise.all(
    cases.map(async ({ device: { id, model, identifiers, canaries } }) => {
      const photos = canaries.photos.map((photo) => path.join('photos', id, photo.name));
      await mkdir(path.join(dir, 'photos', id), { recursive: true });
      for (const [index, photo] of canaries.photos.entries())
        await writeFile(path.join(dir, photos[index] ?? ''), photo.bytes);
      // The name of a replay's phone is nobody's to register.
      return { id: id.slice(REPLAY_PREFIX.length), model, match: {}, identifiers, canaries: { ...canaries, photos } };
    }),
  );
  const file = path.join(dir, 'phones.json');
  await writeFile(file, JSON.stringify({ devices: given }));
  return file;
}

/** What an alert says and no capture can: fields in which none of the findings is as the alert. */
const KNOWN_TO_THE_LAB = [
  {
    name: 'wiko-sts',
    kind: 'opaque',
    fields: ['identifier'],
    because: 'two payloads of one length are a habit where they came in two phases, and a capture knows no phases',
  },
  {
    name: 'xiaomi-cloud-messaging-fixed',
    kind: 'imei',
    fields: ['severity'],
    because: 'milder to the own maker after consent, and a capture does not say when somebody agreed to what',
  },
];

/** As `differences` tells it. */
export const KNOWN_TO_THE_LAB_ALONE = KNOWN_TO_THE_LAB.map(({ because: _, ...row }) => row);

export type Seen = CaseFinding & { count: number };

/** What alerts of cases tell, and how often it came. */
export const seenIn = (alerts: readonly Alert[], nameOf: (alert: Alert) => string): Seen[] =>
  alerts.flatMap((alert) => {
    const found = findingOf(nameOf(alert), alert);
    return found ? [{ ...found, count: alert.count }] : [];
  });

/** Alerts that did not come as often as findings, and the other way round; else the fields in which no finding is as the alert. */
export function differences(seen: readonly Seen[], found: readonly CaseFinding[]): object[] {
  const left = Map.groupBy(found, essence);
  const rows: object[] = [];
  for (const { count, ...alert } of seen) {
    const what = essence(alert);
    const { name, identifier } = alert;
    const { kind } = identifier;
    const repeats = left.get(what) ?? [];
    left.delete(what);
    const fields = FIELDS.filter((field) => !repeats.some((one) => same(one, alert, field)));
    if (repeats.length !== count) rows.push({ name, kind, live: count, scanned: repeats.length, what });
    else if (fields.length > 0) rows.push({ name, kind, fields });
  }
  for (const [what, { length }] of left) rows.push({ live: 0, scanned: length, what });
  return rows;
}

const FIELDS = ['identifier', 'evidence', 'flow', 'destination', 'severity', 'attribution'] as const;

function same(one: CaseFinding, other: CaseFinding, field: (typeof FIELDS)[number]): boolean {
  const plain = ({ [field]: value }: CaseFinding): unknown =>
    field === 'evidence' ? { ...(value as object), flow: null } : (value ?? null);
  return isDeepStrictEqual(plain(one), plain(other));
}

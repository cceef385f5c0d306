/** Every reported case, recorded as HAR: valid by the schema, and `scan` finds in it exactly what the lab found live. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isIPv4, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { type Device, REPLAY_PREFIX } from '../../src/model/device.ts';
import type { Evidence, Identifier } from '../../src/model/identifier.ts';
import { replays } from '../../src/replay/registry.ts';
import { har, type RecordedCase, recordCase } from '../scan/replay-har.ts';
import { phonehome } from './lab-process.ts';

interface Line {
  type: string;
  entry: number;
  identifier: Identifier;
  evidence: Evidence;
  flow: NonNullable<Alert['flow']>;
  destination: Alert['destination'];
  attribution?: Alert['attribution'];
}

let dir = '';
const recorded: RecordedCase[] = [];
let live: Alert[] = [];
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'scan-cases-'));
  for (const replay of replays) recorded.push(await recordCase(replay));
  await writeFile(path.join(dir, 'cases.har'), JSON.stringify(har(recorded)));
  const ran = await phonehome(['demo', '--once', '--json', '--proxy-port', '0', '--ui-port', '0', '--data', dir]);
  live = ran.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { alert?: Alert })
    .flatMap(({ alert }) => alert ?? [])
    .filter(({ type }) => type === 'leak' || type === 'opaque');
});
afterAll(() => rm(dir, { recursive: true }));

type Told = Pick<Line, 'identifier' | 'evidence' | 'flow' | 'destination' | 'attribution'>;

/** One thing found in one place of one case, repeats folded: every field but ids, times, the place in a list, and what depends on them. */
function essence(name: string, { identifier, evidence, flow, destination, attribution }: Told): string {
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

async function devicesFile(devices: Device[]): Promise<string> {
  const given = await Promise.all(
    devices.map(async ({ id, model, identifiers, canaries }) => {
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

describe('a HAR of every case', () => {
  it('is valid HAR 1.2', () => {
    const ajv = new Ajv({
      strict: false,
      formats: { 'date-time': isTime, uri: URL.canParse, ipv4: isIPv4, ipv6: isIPv6 },
    });
    const { har: root = {}, ...parts } = createRequire(import.meta.url)('har-schema') as Record<string, object>;
    for (const part of Object.values(parts)) ajv.addSchema(withoutDraft(part));
    const validate = ajv.compile(withoutDraft(root));
    expect(validate(har(recorded)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ log: {} })).toBe(false);
  });

  it('holds every case that sends anything', () => {
    const silent = recorded.filter(({ entries }) => entries.length === 0).map(({ name }) => name);
    expect(silent.every((name) => name.endsWith('-fixed'))).toBe(true);
    expect(recorded.map(({ name }) => name)).toEqual(replays.map(({ name }) => name));
  });

  it('scanned for the same phones gives exactly what the lab found live', async () => {
    const seen = live.flatMap(({ device, identifier, evidence, flow, ...rest }) =>
      identifier && evidence && flow
        ? [essence(device.id.slice(REPLAY_PREFIX.length), { identifier, evidence, flow, ...rest })]
        : [],
    );
    // A recording names no phone. So each case is judged with phones on which the same was planted, or nothing was.
    const planted = recorded.filter(({ device }) => device.canaries.messages.length > 0);
    const plain = recorded.filter((one) => !planted.includes(one));
    const scanned = [...(await scan(planted)), ...(await scan(plain))];
    expect([...new Set(scanned)].sort()).toEqual([...new Set(seen)].sort());
    expect(new Set(seen).size).toBeGreaterThan(40);
  });
});

/** `scan` over the whole file, for the phones of these cases; what was found in these cases. */
async function scan(cases: RecordedCase[]): Promise<string[]> {
  const devices = await devicesFile(cases.map(({ device }) => device));
  const ran = await phonehome(['scan', path.join(dir, 'cases.har'), '--devices', devices, '--json']);
  expect(ran.stderr).toBe('');
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Line);
  const caseOf = recorded.flatMap(({ name, entries }) => entries.map(() => name));
  expect(lines.at(-1)).toMatchObject({ type: 'summary', entries: caseOf.length });
  return lines.flatMap((line) => {
    const name = caseOf[line.entry] ?? '';
    return line.type === 'finding' && cases.some((one) => one.name === name) ? [essence(name, line)] : [];
  });
}

const isTime = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** Ajv knows the current draft only; nothing these schemas use changed since theirs. */
function withoutDraft(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'));
}

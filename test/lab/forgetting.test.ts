/** Forgetting while no lab runs: values of an older store as well, what is known of apps, recordings; what is left is named. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStoredDevices } from '../../src/devices/store.ts';
import { say } from '../../src/formats/say.ts';
import { openDataDirectory, pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence, verifyRecorded } from '../../src/lab/evidence.ts';
import { forgetInSteps, forgetOffline } from '../../src/lab/forgetting.ts';
import { readOrCreateKey } from '../../src/sinks/evidence/key-file.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { IMEI, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

const PHONE = 'nokia-7-plus-01';
const OTHER = { id: 'other', model: null, ip: '10.77.0.9', mac: null };
let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-forgetting-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

it('takes rows, registration, pins and recordings, and leaves every other phone as it was', () => {
  const paths = pathsIn(data);
  mkdirSync(paths.certs, { recursive: true, mode: 0o700 });
  // Of a time before phones had keys of their own.
  const old = openSqliteStore({ file: paths.evidence, key: readOrCreateKey(paths.evidenceKey) });
  old.putAlert(labRecord(1));
  old.close();
  const store = openEvidence(data);
  expect(store.reveal(labRecord(1).alert.id, { who: 'x', time: 'now' })).toMatchObject({ secret: { value: IMEI } });
  store.putAlert(labRecord(2));
  store.putAlert(labRecord(3, { device: OTHER }));
  store.putFlows([labFlowRecord('own', 1000), labFlowRecord('other', 1000, { deviceId: 'other' })]);
  const address = { id: '10.77.0.2', model: null, ip: '10.77.0.2', mac: null };
  store.putAlert(labRecord(4, { device: address }));
  store.close();
  const devices = openStoredDevices(data);
  const given = mkdtempSync(join(tmpdir(), 'phonehome-photos-'));
  const photos = ['own', 'other'].map((name) => {
    writeFileSync(join(given, `${name}.jpg`), `a picture of ${name}`);
    return { photos: [join(given, `${name}.jpg`)] };
  });
  const [own, others] = photos;
  devices.put({ id: PHONE, match: { ip: '10.77.0.2' }, identifiers: { imei: IMEI }, canaries: own }, 'add');
  devices.put({ id: 'other', match: { ip: '10.77.0.9' }, identifiers: {}, canaries: others }, 'add');
  rmSync(given, { recursive: true });
  const pin = { name: 'bank.example.com', override: 'always', state: 'passed', how: null, rejections: 3, since: 1 };
  writeFileSync(
    paths.pins,
    JSON.stringify({
      pins: [
        { ...pin, device: PHONE },
        { ...pin, device: 'other' },
      ],
    }),
  );
  mkdirSync(paths.capture);
  writeFileSync(join(paths.capture, 'one.pcapng'), IMEI);

  const told = forgetOffline(data, PHONE, { recordings: false });
  expect(told.removed).toEqual({ alerts: 2, connections: 1, cases: 0, comparisons: 0 });
  expect(told.remains.slice(0, 2)).toEqual([
    expect.stringMatching(/recorded under 10\.77\.0\.2 while this phone was not registered/),
    expect.stringMatching(/recording of the whole network in .*capture holds what this phone sent/),
  ]);
  expect(told.texts?.map((one) => say(one))).toEqual(told.remains);
  expect(told.texts?.map((one) => say(one, 'vi'))).toContainEqual(expect.stringMatching(/^Nhật ký kiểm tra ghi/));
  expect(forgetOffline(data, PHONE, { recordings: true })).toMatchObject({ recordings: true, removed: { alerts: 0 } });
  forgetOffline(data, '10.77.0.2', { recordings: false });

  expect(existsSync(paths.capture)).toBe(false);
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    expect(readFileSync(join(entry.parentPath, entry.name)).includes(IMEI), entry.name).toBe(false);
  }
  const pictures = readdirSync(join(data, 'photos'), { recursive: true }).map(String);
  expect(pictures.filter((name) => name.endsWith('.jpg')).map((name) => basename(name))).toEqual(['other.jpg']);
  expect(readFileSync(paths.pins, 'utf8')).toContain('other');
  expect(readFileSync(paths.pins, 'utf8')).not.toContain(PHONE);
  expect(
    openStoredDevices(data)
      .list()
      .map(({ id }) => id),
  ).toEqual(['other']);
  expect(verifyRecorded(data)).toMatchObject({ isIntact: true });
  const left = openEvidence(data);
  expect(left.alerts({}).map(({ seq }) => seq)).toEqual([3]);
  expect(left.lastSeq()).toBe(4);
  expect(left.reveal(labRecord(3).alert.id, { who: 'x', time: 'now' })).toMatchObject({ secret: { value: IMEI } });
  expect(left.flows({}).map(({ id }) => id)).toEqual(['other']);
  left.close();
});

it('of very many connections goes on beside a lab: a little at a time, and no other phone’s', async () => {
  const store = openEvidence(data);
  const all = Array.from({ length: 2500 }, (_, n) =>
    labFlowRecord(`flow-${n}`, n, n % 5 === 0 ? { deviceId: 'other' } : {}),
  );
  store.putFlows(all);
  const left: number[] = [store.counts().flows];
  const rest = async () => void left.push(store.counts().flows);
  store.putFlows([labFlowRecord('open', 1, { closedAt: null })]);
  store.putAlert(labRecord(1));
  expect(await forgetInSteps(store, null, PHONE, rest)).toEqual({ connections: 2000, isKnown: true });
  expect(store.flow('open')).not.toBeNull();
  // A lab that is killed meanwhile leaves nothing that can be read.
  expect(store.reveal(labRecord(1).alert.id, { who: 'x', time: 'now' })).toMatchObject({ ok: false });
  expect(left.length).toBeGreaterThan(5);
  const widest = Math.max(...left.map((count, at) => (left[at - 1] ?? count) - count));
  expect(widest).toBeLessThanOrEqual(300);
  expect(store.flows({ limit: 2000 }).map(({ deviceId }) => deviceId)).toEqual([
    ...Array(499).fill('other'),
    PHONE,
    'other',
  ]);
  store.putFlows(all.slice(0, 400).map((flow) => ({ ...flow, deviceId: null, client: { ip: '10.77.0.7', port: 1 } })));
  expect(await forgetInSteps(store, null, '10.77.0.7', rest)).toEqual({ connections: 400, isKnown: true });
  store.close();
  expect(verifyRecorded(data)).toMatchObject({ isIntact: true });
});

it('of an address that has nothing but connections goes in steps, is told whole and noted', () => {
  const store = openEvidence(data);
  const ADDRESS = '10.77.0.7';
  const own = { deviceId: null, client: { ip: ADDRESS, port: 1 } };
  store.putFlows(Array.from({ length: 20_500 }, (_, n) => labFlowRecord(`flow-${n}`, n, own)));
  store.close();
  expect(forgetOffline(data, ADDRESS, { recordings: false }).removed.connections).toBe(20_500);
  const left = openEvidence(data);
  expect(left.counts().flows).toBe(0);
  expect(left.audits()).toMatchObject([{ action: 'forget', subject: ADDRESS, who: 'terminal' }]);
  left.putFlows([labFlowRecord('new', 1, own)]);
  left.forgetFlows(ADDRESS, 10);
  expect(left.forget(ADDRESS, { who: 'x', time: 'now', isKnown: true })).toMatchObject({ ok: true, isKnown: true });
  left.close();
  expect(verifyRecorded(data)).toMatchObject({ isIntact: true });
});

it('is refused while a lab holds the directory, and nothing is destroyed', () => {
  openEvidence(data).close();
  const unlock = openDataDirectory(data);
  expect(() => forgetOffline(data, PHONE, { recordings: false })).toThrow(/another lab runs/);
  unlock();
});

it('says that nobody is known by a name that was mistyped, and notes nothing of it', () => {
  openEvidence(data).close();
  expect(() => forgetOffline(data, 'nokai', { recordings: false })).toThrow(/nothing was forgotten: no phone "nokai"/);
  // A second slip of the same pen is no phone that was forgotten before.
  expect(() => forgetOffline(data, 'nokai', { recordings: false })).toThrow(/nothing was forgotten/);
  const store = openEvidence(data);
  expect(store.audits()).toEqual([]);
  store.close();
});

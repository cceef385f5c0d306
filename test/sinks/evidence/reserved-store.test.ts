/** What the database refuses is not lost: readable at once, found again after a kill, stored when there is room. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../../src/model/alert.ts';
import { createDiskSync, type DiskSync } from '../../../src/sinks/evidence/disk-sync.ts';
import { openReserve } from '../../../src/sinks/evidence/reserve.ts';
import { createReservedStore } from '../../../src/sinks/evidence/reserved-store.ts';
import { createSealer } from '../../../src/sinks/evidence/sealer.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../../../src/sinks/evidence/store.ts';
import { IMEI, labAlert, labRecord } from '../lab-alert.ts';
import { createMemoryStore } from './memory-store.ts';

const key = randomBytes(32);
/** A disk that holds everything at once. */
const HELD: DiskSync = { soon: (told) => told?.(true), now: () => true, close: () => {} };
let directory: string;
let file: string;
let full: boolean;
let database: EvidenceStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'phonehome-reserve-'));
  file = join(directory, 'evidence.reserve');
  full = false;
  const memory = createMemoryStore();
  database = {
    ...memory,
    putAlert: (record) => (full ? { ok: false, why: 'disk-full', message: 'no space' } : memory.putAlert(record)),
  };
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (bytes?: number) =>
  createReservedStore({
    store: database,
    reserve: openReserve(file, createSealer(key, null), bytes),
    database: HELD,
    journal: createDiskSync(file),
  });
const numbers = (store: EvidenceStore, query = {}) => store.alerts(query).map(({ seq, stored }) => [seq, stored]);

describe('a store with a reserve', () => {
  it('shows what waits among what is stored, in its order, and marks it', () => {
    const store = open();
    store.putAlert(labRecord(1));
    full = true;
    expect(store.putAlert(labRecord(2))).toMatchObject({ ok: false, why: 'disk-full' });
    store.putAlert(labRecord(3, { device: { ...labAlert(3).device, id: 'other' } }));
    expect(numbers(store)).toEqual([
      [1, undefined],
      [2, false],
      [3, false],
    ]);
    expect(numbers(store, { newest: true, limit: 2 })).toEqual([
      [3, false],
      [2, false],
    ]);
    expect(numbers(store, { since: 2 })).toEqual([[3, false]]);
    expect(numbers(store, { device: 'other' })).toEqual([[3, false]]);
    expect(numbers(store, { kind: 'imsi' })).toEqual([]);
    expect(store.alert(labAlert(2).id)).toEqual({ ...labAlert(2), stored: false });
    expect(store.reveal(labAlert(2).id, { who: 'x', time: 'now' })).toMatchObject({ ok: false });
    expect(store.waiting()).toEqual({ waiting: 2, unreserved: 0, lost: 0 });
  });

  it('stores it when there is room again, with its value, each alert in its last version', () => {
    const store = open();
    full = true;
    store.putAlert(labRecord(1));
    store.putAlert({ alert: { ...labAlert(1), seq: 2, count: 2 }, secret: null });
    expect(store.retry().ok).toBe(false);
    full = false;
    expect(store.retry()).toEqual({ ok: true });
    expect(store.alert(labAlert(1).id)).toEqual({ ...labAlert(1), seq: 2, count: 2 });
    expect(store.reveal(labAlert(1).id, { who: 'x', time: 'now' })).toMatchObject({
      ok: true,
      secret: { value: IMEI },
    });
    expect(store.waiting().waiting).toBe(0);
  });

  it('finds it again after a kill, and gives no number out twice', () => {
    const store = open();
    full = true;
    for (let seq = 1; seq <= 20; seq++) store.putAlert(labRecord(seq));
    // Killed: nothing is closed.
    const still = open();
    expect(still.alerts({}).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(still.lastSeq()).toBeGreaterThanOrEqual(20);
    full = false;
    const again = open();
    expect(again.waiting().waiting).toBe(0);
    expect(database.alerts({})).toHaveLength(20);
    expect(again.reveal(labAlert(20).id, { who: 'x', time: 'now' })).toMatchObject({ ok: true });
    expect(open().waiting().waiting).toBe(0);
  });

  it('gives no number out twice even if the last alerts are nowhere', () => {
    full = true;
    const store = open(23 + 40_000);
    for (let seq = 1; seq <= 5000; seq++) store.putAlert(labRecord(seq));
    expect(store.waiting().unreserved).toBeGreaterThan(0);
    expect(open(23 + 40_000).lastSeq()).toBeGreaterThanOrEqual(5000);
  });

  it('goes on from its last number after a clean end', () => {
    const store = open();
    for (let seq = 1; seq <= 3; seq++) store.putAlert(labRecord(seq));
    store.close();
    expect(open().lastSeq()).toBe(3);
  });

  it('holds many versions of a few alerts', () => {
    const store = open(23 + 20_000);
    full = true;
    for (let seq = 1; seq <= 200; seq++)
      store.putAlert({ alert: { ...labAlert(1 + (seq % 3)), seq, count: seq }, secret: null });
    expect(store.waiting()).toEqual({ waiting: 3, unreserved: 0, lost: 0 });
    expect(
      open(23 + 20_000)
        .alerts({})
        .map(({ seq }) => seq),
    ).toEqual([198, 199, 200]);
  });

  it('keeps no value readable on the disk, and nothing at all once it is stored', () => {
    const store = open();
    full = true;
    store.putAlert(labRecord(1));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const kept = readFileSync(file).toString('latin1');
    expect(kept).toContain(labAlert(1).id);
    expect(kept).not.toMatch(new RegExp(`${IMEI}|${Buffer.from(IMEI).toString('base64')}`));
    full = false;
    store.retry();
    expect(readFileSync(file).toString('latin1')).not.toContain(labAlert(1).id);
  });

  it.each([
    '',
    'x'.repeat(100),
    '{"alert":',
    `floor ${'9'.repeat(30)}`,
    'floor 0000000000000007\n{"alert":{"seq":1}}\nhalf a li',
  ])('takes a damaged file %# for what can be read of it', (content) => {
    writeFileSync(file, content);
    const store = open();
    full = true;
    expect(store.putAlert(labRecord(9)).ok).toBe(false);
    expect(open().alert(labAlert(9).id)?.seq).toBe(9);
  });

  it('leaves out lines that read as something and are no alert, in front of a real database too', () => {
    const store = openSqliteStore({ file: join(directory, 'evidence.db'), key });
    const whole = JSON.stringify({ alert: labAlert(4), sealed: null });
    const lines = [
      '{}',
      '7',
      'null',
      '{"alert":null}',
      '{"alert":{"seq":1}}',
      whole.replace('"critical"', '"grim"'),
      whole,
    ];
    writeFileSync(file, `floor 0000000000000009\n${lines.join('\n')}\n`);
    const opened = createReservedStore({
      store,
      reserve: openReserve(file, createSealer(key, null)),
      database: HELD,
      journal: HELD,
    });
    expect(opened.alerts({})).toEqual([labAlert(4)]);
    opened.close();
  });

  it('follows no link that stands in its place', () => {
    symlinkSync('/etc/hostname', file);
    expect(() => open()).toThrow(/ELOOP/);
  });

  it('writes an alert ahead, and finds it after a power cut that took the database back', async () => {
    const store = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.writeAhead(labRecord(1), resolve);
    await promise;
    expect(store.alerts({})).toEqual([]);
    expect(store.lastSeq()).toBeLessThan(1);
    // Nothing of it ever reached the database.
    const after = open();
    expect(after.alerts({})).toEqual([labAlert(1)]);
    expect(after.reveal(labAlert(1).id, { who: 'x', time: 'now' })).toMatchObject({
      ok: true,
      secret: { value: IMEI },
    });
  });

  it('takes in no version that is older than the stored one, and nothing that was destroyed since', () => {
    const store = open();
    const put = (seq: number, changes: Partial<Alert> = {}) => {
      const record = labRecord(seq, changes);
      store.writeAhead(record, () => {});
      store.putAlert(record);
    };
    put(1);
    put(2, { device: { ...labAlert(2).device, id: 'other' } });
    put(3, { id: labAlert(1).id, count: 2 });
    const numbersIn = (one: EvidenceStore) => one.alerts({}).map(({ seq, count }) => [seq, count]);
    expect(numbersIn(open())).toEqual([
      [2, 1],
      [3, 2],
    ]);
    store.forget('other', { who: 'x', time: 'now' });
    expect(readFileSync(file).toString('latin1')).not.toContain('01JALERT');
    expect(numbersIn(open())).toEqual([[3, 2]]);
  });

  it('empties its journal when it has grown, and loses none that is on its way', () => {
    const store = open();
    for (let seq = 1; seq <= 1200; seq++) {
      const record = labRecord(seq);
      store.writeAhead(record, () => {});
      if (seq % 7 > 0) store.putAlert(record);
    }
    const written = readFileSync(file).toString('latin1');
    expect(written.split('01JALERT').length).toBeLessThan(1100);
    expect(
      open()
        .alerts({ limit: 2000 })
        .map(({ seq }) => seq)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 1200 }, (_, index) => index + 1));
  });

  it('finds what was shown before the disk had it, as one that waits, until it is put', () => {
    const store = open();
    for (const seq of [1, 2, 3]) store.writeAhead(labRecord(seq), () => {});
    const records = [1, 2].map((seq) => labRecord(seq));
    for (const record of records) store.late(record);
    expect(numbers(store)).toEqual([
      [1, false],
      [2, false],
    ]);
    expect(store.alert(labAlert(1).id)?.stored).toBe(false);
    expect(store.waiting().waiting).toBe(2);
    for (const record of records) expect(store.putAlert(record)).toEqual({ ok: true });
    expect(numbers(store)).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expect(store.waiting().waiting).toBe(0);
    expect(numbers(open())).toEqual([1, 2, 3].map((seq) => [seq, undefined]));
  });

  it('shows an alert as not stored when no disk confirms it', () => {
    const store = createReservedStore({
      store: database,
      reserve: null,
      database: { ...HELD, now: () => false },
      journal: HELD,
    });
    const told: number[] = [];
    store.writeAhead(labRecord(1), () => told.push(1));
    expect(told).toEqual([1]);
    expect(store.putAlert(labRecord(1))).toMatchObject({ ok: false, message: /does not confirm/ });
    expect(store.alert(labAlert(1).id)?.stored).toBe(false);
  });
});

describe('a request to the disk', () => {
  it('is one for all who asked before it began, and tells each', async () => {
    writeFileSync(file, 'x');
    const sync = createDiskSync(file);
    const told: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    sync.soon(() => told.push(1));
    sync.soon(() => told.push(2));
    sync.soon(() => resolve(void told.push(3)));
    expect(told).toEqual([]);
    await promise;
    expect(told).toEqual([1, 2, 3]);
    sync.soon(() => told.push(4));
    expect(sync.now()).toBe(true);
    expect(told).toEqual([1, 2, 3, 4]);
    sync.close();
  });

  it('of a file that is not there has nothing to wait for', () => {
    const told: boolean[] = [];
    createDiskSync(join(directory, 'none')).soon((isHeld) => told.push(isHeld));
    expect(told).toEqual([true]);
  });
});

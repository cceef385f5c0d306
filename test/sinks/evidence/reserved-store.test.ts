/** What the database refuses is not lost: readable at once, found again after a kill, stored when there is room. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReserve } from '../../../src/sinks/evidence/reserve.ts';
import { createReservedStore } from '../../../src/sinks/evidence/reserved-store.ts';
import type { EvidenceStore } from '../../../src/sinks/evidence/store.ts';
import { IMEI, labAlert, labRecord } from '../lab-alert.ts';
import { createMemoryStore } from './memory-store.ts';

const key = randomBytes(32);
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

const open = (bytes?: number) => createReservedStore(database, openReserve(file, key, bytes));
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

  it('follows no link that stands in its place', () => {
    symlinkSync('/etc/hostname', file);
    expect(() => open()).toThrow(/ELOOP/);
  });
});

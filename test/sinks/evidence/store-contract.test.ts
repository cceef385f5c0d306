/** One suite for every store: what holds for SQLite holds for memory. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenRow } from '../../../src/model/comparison.ts';
import type { DeviceCoverage, Gap } from '../../../src/model/coverage.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../../../src/sinks/evidence/store.ts';
import { labCoverage } from '../../coverage/lab-coverage.ts';
import { IMEI, labAlert, labFlowRecord, labRecord } from '../lab-alert.ts';
import { createMemoryStore } from './memory-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'phonehome-store-'));
let files = 0;

const STORES: Record<string, () => EvidenceStore> = {
  memory: createMemoryStore,
  sqlite: () => openSqliteStore({ file: join(directory, `${++files}.db`), key: randomBytes(32) }),
};

for (const [name, create] of Object.entries(STORES)) {
  describe(`the ${name} store`, () => {
    let store: EvidenceStore;
    beforeEach(() => {
      store = create();
    });
    afterEach(() => {
      store.close();
      if (name === 'sqlite') rmSync(join(directory, `${files}.db`), { force: true });
    });

    it('gives an alert back exactly as it was put', () => {
      expect(store.putAlert(labRecord(1))).toEqual({ ok: true });
      expect(store.alert(labAlert(1).id)).toEqual(labAlert(1));
      expect(store.alert('nobody')).toBeNull();
      expect(store.lastSeq()).toBe(1);
    });

    it('an update replaces the alert, moves it to its new seq, and keeps the secret of the first version', () => {
      store.putAlert(labRecord(1));
      store.putAlert(labRecord(2));
      store.putAlert({ alert: { ...labAlert(1), seq: 3, count: 2 }, secret: null });
      expect(store.alerts({}).map(({ seq, count }) => [seq, count])).toEqual([
        [2, 1],
        [3, 2],
      ]);
      expect(store.reveal(labAlert(1).id, { who: 'test', time: 'now' })).toMatchObject({
        ok: true,
        secret: { value: IMEI },
      });
    });

    it('closes the connections that an earlier run left open, once, and says that the rest of them was not looked into', () => {
      store.putFlows([labFlowRecord('a', 1000, { closedAt: null, reason: null }), labFlowRecord('b', 2000)]);
      expect(store.closeLeftOpen(9000)).toBe(1);
      expect(store.closeLeftOpen(9001)).toBe(0);
      expect(store.flow('a')).toMatchObject({ closedAt: 9000, reason: 'lab-killed' });
      expect(store.flow('a')?.notSeen.at(-1)).toBe('the lab ended before this connection did');
      expect(store.flow('b')).toEqual(labFlowRecord('b', 2000));
    });

    it('resumes after a seq, page by page, without a gap or a double', () => {
      for (let seq = 1; seq <= 25; seq++) store.putAlert(labRecord(seq));
      const seen: number[] = [];
      for (let since = 0; ; ) {
        const page = store.alerts({ since, limit: 10 });
        if (page.length === 0) break;
        seen.push(...page.map(({ seq }) => seq));
        since = page.at(-1)?.seq ?? 0;
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
      expect(store.alerts({ newest: true, limit: 2 }).map(({ seq }) => seq)).toEqual([25, 24]);
    });

    it('filters by device, case, kind, type, severity or worse, and flow', () => {
      store.putAlert(labRecord(1));
      store.putAlert(labRecord(2, { severity: 'low', device: { id: 'b', model: null, ip: '10.77.0.3', mac: null } }));
      store.putAlert(labRecord(3, { type: 'opaque', severity: 'high', case: { id: 'c1', phase: null } }));
      store.putAlert({
        alert: labAlert(4, { type: 'system', severity: 'info', identifier: null, evidence: null }),
        secret: null,
      });
      const seqs = (query: Parameters<EvidenceStore['alerts']>[0]) => store.alerts(query).map(({ seq }) => seq);
      expect(seqs({ device: 'b' })).toEqual([2]);
      expect(seqs({ case: 'c1' })).toEqual([3]);
      expect(seqs({ kind: 'imei' })).toEqual([1, 2, 3]);
      expect(seqs({ type: 'system' })).toEqual([4]);
      expect(seqs({ severity: 'high' })).toEqual([1, 3]);
      expect(seqs({ flow: 'flow-1', severity: 'low', since: 1 })).toEqual([2, 3]);
    });

    it('reveals a value only together with an audit entry', () => {
      store.putAlert(labRecord(1));
      const id = labAlert(1).id;
      const revealed = store.reveal(id, { who: '127.0.0.1', time: '2026-11-22T10:00:00.000Z' });
      expect(revealed).toMatchObject({ ok: true, secret: { value: IMEI, window: Buffer.from(`..${IMEI}..`) } });
      expect(store.audits()).toEqual([
        { time: '2026-11-22T10:00:00.000Z', action: 'reveal', subject: id, who: '127.0.0.1' },
      ]);
      expect(store.reveal('nobody', { who: 'x', time: 'now' })).toMatchObject({
        ok: false,
        why: 'no value is stored for this alert',
        text: { key: expect.stringMatching(/^[a-z]+\./) },
      });
      expect(store.audits()).toHaveLength(1);
    });

    it('keeps flows, newest first, and replaces an open one when it closed', () => {
      store.putFlows([
        labFlowRecord('a', 1000, { closedAt: null }),
        labFlowRecord('b', 2000),
        labFlowRecord('c', 3000, { deviceId: null }),
      ]);
      store.putFlows([labFlowRecord('a', 1000, { bytesUp: 99 })]);
      expect(store.flows({}).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
      expect(store.flow('a')).toEqual(labFlowRecord('a', 1000, { bytesUp: 99 }));
      expect(store.flows({ device: 'nokia-7-plus-01', before: 2000 }).map(({ id }) => id)).toEqual(['a']);
      expect(store.flows({ host: 'vnet', after: 2000, limit: 1 }).map(({ id }) => id)).toEqual(['c']);
      expect(store.flows({ host: '%' })).toEqual([]);
      expect(store.flow('nobody')).toBeNull();
    });

    it('keeps cases with their marks in order', () => {
      const given = {
        id: 'c1',
        title: 'Nokia',
        deviceId: null,
        label: 'disputed',
        openedAt: '2026-11-22T10:00:00.000Z',
        closedAt: null,
        marks: [],
      };
      store.putCase(given);
      const marks = ['boot', 'before-consent', 'boot'].map((phase, i) => ({
        phase,
        at: `2026-11-22T10:0${i}:00.000Z`,
      }));
      store.putCase({ ...given, marks, closedAt: '2026-11-22T11:00:00.000Z' });
      expect(store.case('c1')).toEqual({ ...given, marks, closedAt: '2026-11-22T11:00:00.000Z' });
      expect(store.cases()).toHaveLength(1);
      const details = {
        phones: ['a', 'b'],
        about: { firmware: '<b>1</b>', tester: 'Nguyễn Thị Lan' },
        events: [{ event: 'unlock', at: '2026-11-22T10:05:00.000Z' }],
      };
      store.putCase({ ...given, marks, ...details });
      expect(store.case('c1')).toEqual({ ...given, marks, ...details });
      expect([store.removeCase('c1'), store.removeCase('c1')]).toEqual([true, false]);
      expect(store.case('c1')).toBeNull();
    });

    it('keeps the latest coverage of each phone, what is simulated apart', () => {
      const kept = (changes: Partial<DeviceCoverage>) => {
        const closed = labCoverage(changes);
        return { closed, withOpen: closed, root: 'AA:BB' };
      };
      store.putCoverage([kept({ deviceId: 'a', readShare: 0.1 }), kept({ deviceId: 'b' })]);
      store.putCoverage([kept({ deviceId: 'a' }), kept({ deviceId: 'a', simulated: true })]);
      expect(store.coverage()).toHaveLength(3);
      expect(store.coverage()).toContainEqual(kept({ deviceId: 'a' }));
      expect(store.coverage()).toContainEqual(kept({ deviceId: 'a', simulated: true }));
    });

    it('keeps times in which the lab saw nothing in their order, and when it last ran', () => {
      const gap = (from: string, to: string): Gap => ({ kind: 'lab-down', subject: 'lab', from, to, detail: null });
      for (const one of [gap('3', '4'), gap('1', '2'), gap('3', '5')]) store.putGap(one);
      expect(store.gaps()).toEqual([gap('1', '2'), gap('3', '5')]);
      expect(store.lastAlive()).toBeNull();
      store.putAlive(1000);
      store.putAlive(2000);
      expect(store.lastAlive()).toBe(2000);
    });

    it('tells replays and tests from the world, for alerts and flows', () => {
      store.putAlert(labRecord(1));
      store.putAlert(labRecord(2, { simulated: true }));
      store.putFlows([labFlowRecord('real', 1), labFlowRecord('replayed', 2, { simulated: true })]);
      const seqs = (simulated?: boolean) =>
        store.alerts(simulated === undefined ? {} : { simulated }).map(({ seq }) => seq);
      expect([seqs(), seqs(true), seqs(false)]).toEqual([[1, 2], [2], [1]]);
      expect(store.flows({ simulated: true }).map(({ id }) => id)).toEqual(['replayed']);
      expect(store.flows({ simulated: false }).map(({ id }) => id)).toEqual(['real']);
    });

    it('keeps one row per phone, place, phase and hash of compared values, latest first, until they are pruned', () => {
      const row = (change: Partial<TokenRow>): TokenRow => ({
        device: 'a',
        model: 'X',
        caseId: null,
        phase: null,
        host: 'vendor.example',
        where: 'body',
        path: '$.id',
        hash: 'f00d',
        shape: '40 hex digits',
        kind: null,
        issued: false,
        requests: 1,
        connections: 1,
        firstSeen: 1000,
        lastSeen: 1000,
        ...change,
      });
      expect(store.putTokens([row({}), row({ caseId: 'c1', phase: 'boot', lastSeen: 3000 })])).toEqual({ ok: true });
      store.putTokens([
        row({ requests: 7, lastSeen: 2000 }),
        row({ device: 'b', hash: null, shape: '', path: null, lastSeen: 500 }),
      ]);
      expect(store.tokens({ device: 'a' })).toEqual([
        row({ caseId: 'c1', phase: 'boot', lastSeen: 3000 }),
        row({ requests: 7, lastSeen: 2000 }),
      ]);
      expect(store.tokens({ case: 'c1' }).map(({ phase }) => phase)).toEqual(['boot']);
      expect(store.tokens({}).map(({ device, path, hash }) => [device, path, hash])).toEqual([
        ['a', '$.id', 'f00d'],
        ['a', '$.id', 'f00d'],
        ['b', null, null],
      ]);
      expect(store.tokens({ limit: 1 })).toHaveLength(1);
      store.prune(2500);
      expect(store.tokens({})).toHaveLength(1);
    });

    it('prunes what is old with its secrets, and never hands out a seq twice', () => {
      for (const seq of [1, 2, 3]) store.putAlert(labRecord(seq));
      store.putFlows([labFlowRecord('old', 1000), labFlowRecord('new', Date.UTC(2027, 0, 1))]);
      expect(store.prune(Date.UTC(2026, 11, 1))).toEqual({ alerts: 3, flows: 1 });
      expect(store.counts()).toEqual({ alerts: 0, flows: 1, cases: 0 });
      expect(store.reveal(labAlert(1).id, { who: 'x', time: 'now' }).ok).toBe(false);
      expect(store.lastSeq()).toBe(3);
    });
  });
}

/** The thread that searches: begins with the first question, answers several at once, and comes again after its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSearching, type Searching } from '../../src/lab/searching.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import { labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

let folder = '';
let searching: Searching | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'searching-'));
});
afterEach(async () => {
  await searching?.close();
  rmSync(folder, { recursive: true });
});

it('answers from what another thread goes on writing, and begins anew after its end', async () => {
  const file = join(folder, 'evidence.db');
  const store = openSqliteStore({ file, key: Buffer.alloc(32, 1) });
  store.putAlert(labRecord(1));
  searching = openSearching(folder);
  const { searchAlerts, searchFlows, groupFlows } = searching.services;
  const [alerts, flows] = await Promise.all([searchAlerts({ q: 'china' }), searchFlows({})]);
  expect([alerts.total, flows.total]).toEqual([1, 0]);
  store.putFlows([labFlowRecord('flow-1', 1000)]);
  expect((await groupFlows({ by: 'host' })).groups).toMatchObject([{ key: 'zzhc.vnet.cn', flows: 1 }]);
  await searching.close();
  expect((await searchFlows({ q: 'vnet' })).total).toBe(1);
  store.close();
});

it('a store that cannot be read is an error of each question, and no end of the lab', async () => {
  searching = openSearching(join(folder, 'nowhere'));
  await expect(searching.services.searchFlows({})).rejects.toThrow('unable to open database file');
  await expect(searching.services.searchAlerts({})).rejects.toThrow('unable to open database file');
});

it('tells of one phone what could not be seen, app by app, and leaves other phones and replays out', async () => {
  const store = openSqliteStore({ file: join(folder, 'evidence.db'), key: Buffer.alloc(32, 1) });
  const of = (app: string | null, more: Partial<Parameters<typeof labFlowRecord>[2]> = {}) => ({
    ...{
      deviceId: 'phone-1',
      simulated: false,
      closedAt: 2000,
      app,
      requests: 1,
      notSeen: [],
      reason: 'ended' as const,
    },
    ...{ treatment: 'intercept' as const, intercepted: true, engine: 'wire' as const },
    ...more,
  });
  const bank = { treatment: 'passthrough' as const, intercepted: false, passCause: 'pinned' as const, requests: 0 };
  store.putFlows([
    labFlowRecord('flow-1', 1000, of('Bank', bank)),
    labFlowRecord('flow-2', 1001, of('Bank', { reason: 'client-rejected-certificate', requests: 0 })),
    labFlowRecord('flow-3', 1002, of('Bank')),
    labFlowRecord('flow-4', 1003, of(null)),
    labFlowRecord('flow-5', 1004, of('Bank', { deviceId: 'phone-2' })),
    labFlowRecord('flow-6', 1005, of('Bank', { simulated: true })),
  ]);
  searching = openSearching(folder);
  const { apps, connections, isAll } = await searching.services.appCoverage({ device: 'phone-1', simulated: false });
  expect({ connections, isAll }).toEqual({ connections: 4, isAll: true });
  expect(apps).toMatchObject([
    {
      app: 'Bank',
      connections: 3,
      unread: 2,
      why: [
        { class: 'lab-failed', connections: 1 },
        { class: 'pinned', connections: 1, hosts: ['zzhc.vnet.cn'] },
      ],
    },
    { app: null, connections: 1, unread: 0, why: [] },
  ]);
  store.close();
});

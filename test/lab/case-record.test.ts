/** What is put together of a case from a real store: never the simulated with the real, nothing unread left out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCase } from '../../src/lab/case-record.ts';
import { reportCase } from '../../src/lab/case-report.ts';
import { openEvidence } from '../../src/lab/evidence.ts';
import { IMEI, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

const data = mkdtempSync(join(tmpdir(), 'phonehome-case-record-'));
const T = Date.UTC(2026, 10, 22, 10, 0, 0);
const at = (minute: number): string => new Date(T + minute * 60_000).toISOString();

beforeAll(() => {
  const store = openEvidence(data);
  store.putCase({
    id: 'c1',
    title: 'First start',
    deviceId: 'nokia-01',
    label: null,
    openedAt: at(0),
    closedAt: at(60),
    marks: [{ phase: 'before-consent', at: at(1) }],
  });
  const inCase = { id: 'c1', phase: 'before-consent', phases: { 'before-consent': 3 } };
  store.putAlert(labRecord(1, { case: inCase, count: 3 }));
  store.putAlert(labRecord(2, { case: inCase, simulated: true }));
  store.putAlert(labRecord(3, { case: null }));
  const flow = { deviceId: 'nokia-01', closedAt: T + 600_000, bytesUp: 100, notSeen: [] };
  store.putFlows([
    labFlowRecord('read', T + 120_000, { ...flow, intercepted: true, clock: 0.5, app: 'com.example' }),
    labFlowRecord('pinned', T + 120_000, { ...flow, treatment: 'passthrough', passCause: 'pinned' }),
    labFlowRecord('played', T + 120_000, { ...flow, simulated: true }),
    labFlowRecord('later', T + 7_200_000, { ...flow }),
    labFlowRecord('other phone', T + 120_000, { ...flow, deviceId: 'other' }),
  ]);
  store.putGap({ kind: 'lab-down', subject: 'lab', from: at(5), to: at(6), detail: null });
  store.putGap({ kind: 'lab-down', subject: 'lab', from: at(70), to: at(80), detail: null });
  store.close();
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

describe('a case as it is stored', () => {
  it('holds its own alerts, connections and gaps, and says what of the other sort is not in it', async () => {
    const record = await readCase(data, 'c1');
    expect(record).toMatchObject({ simulated: false, leftOut: 1, connections: 2, readShare: 0.5, furtherContacts: 0 });
    expect(record.apps).toEqual([
      { app: null, connections: 1, unread: 1, bytesUp: 100, unreadBytesUp: 100 },
      { app: 'com.example', connections: 1, unread: 0, bytesUp: 100, unreadBytesUp: 0 },
    ]);
    expect(record.clock).toEqual({ answers: 1, ahead: 0.5 });
    expect([...record.openings]).toEqual([['zzhc.vnet.cn', [T + 120_000, T + 120_000]]]);
    expect(record.alerts.map(({ seq }) => seq)).toEqual([1]);
    expect(record.counts).toEqual([{ phase: 'before-consent', alerts: 1, sightings: 3 }]);
    expect(record.phases.map(({ phase, connections }) => [phase, connections])).toEqual([
      [null, 0],
      ['before-consent', 2],
    ]);
    expect(record.contacts).toMatchObject([{ connections: 2, unread: { pinned: 1 }, unreadBytesUp: 100 }]);
    expect(record.gaps.map(({ from }) => from)).toEqual([at(5)]);
    const played = await readCase(data, 'c1', { simulated: true });
    expect([played.simulated, played.leftOut, played.alerts.map(({ seq }) => seq)]).toEqual([true, 1, [2]]);
  });

  it('counts connections in the classes that coverage counts them in: a fault of the lab is not another one’s', async () => {
    const store = openEvidence(data);
    const silent = { deviceId: 'silent-01', intercepted: true, requests: 0, bytesUp: 0, bytesDown: 0, notSeen: [] };
    store.putCase({
      id: 'c2',
      title: 'Silent',
      deviceId: 'silent-01',
      label: null,
      openedAt: at(0),
      closedAt: at(60),
      marks: [],
    });
    store.putFlows([
      labFlowRecord('fault', T + 120_000, { ...silent, reason: 'error' }),
      labFlowRecord('refused by the server', T + 120_000, { ...silent, reason: 'upstream-refused' }),
      labFlowRecord('nothing said', T + 120_000, { ...silent, reason: 'ended' }),
    ]);
    store.close();
    const { contacts } = await readCase(data, 'c2', { simulated: false });
    expect(contacts).toMatchObject([{ connections: 3, unread: { 'lab-failed': 1, failed: 2 } }]);
  });

  it('becomes a report without a value; one with values leaves its entry in the audit', async () => {
    const { content: html } = await reportCase(data, 'c1', { format: 'html', language: 'en' });
    expect(html).toContain('490154*******18');
    expect(html).not.toContain(IMEI);
    const revealed = await reportCase(data, 'c1', { format: 'html', language: 'vi', reveal: true });
    expect(revealed.content).toContain(IMEI);
    const pdf = await reportCase(data, 'c1', { format: 'pdf', language: 'en' });
    expect(Buffer.from(pdf.content).toString('latin1')).toMatch(/^%PDF-/);
    const store = openEvidence(data);
    expect(store.audits()).toMatchObject([{ action: 'reveal', who: 'terminal' }]);
    store.close();
  });

  it('that is not there is one line', async () => {
    await expect(readCase(data, 'nobody')).rejects.toThrow('no test run "nobody": see phonehome case list');
  });
});

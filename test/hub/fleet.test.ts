import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../src/hub/api.ts';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import { changeOf } from '../../src/hub/fleet.ts';
import { ingest } from '../../src/hub/ingest.ts';
import { foldLedger } from '../../src/hub/lines.ts';
import { addOrganisation } from '../../src/hub/organisations.ts';
import { dropOld } from '../../src/hub/retention.ts';
import { RULES } from '../../src/hub/rules.ts';
import { migrate } from '../../src/hub/schema.ts';
import type { FirmwareLine, FleetAlert, FleetModel, FleetPhone, LedgerLine } from '../../src/model/hub.ts';
import { describeWith } from '../clients/tools.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { openPostgres, type Postgres } from './engines.ts';
import { NOW, openStoredLab, type StoredLab } from './stored-lab.ts';

describeWith(['postgres'], 'over a whole fleet', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hub-'));
  let postgres: Postgres;
  let database: Database;
  let token = '';
  const open: StoredLab[] = [];
  /** Of a phone, by its id: `unit-3` runs W before, X later. */
  const firmwareOf = (device: string): string => (device.startsWith('old') ? 'W' : 'X');

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    await postgres.start();
    database = openDatabase({ url: postgres.url, password: null }, 6);
    await migrate(database, new Date(NOW));
    token = (await addOrganisation(database, 'alpha')).token;
    await addOrganisation(database, 'beta');
  });
  afterAll(async () => {
    for (const lab of open) lab.close();
    await database?.close();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  function newLab(lab: string, organisation = 'alpha'): StoredLab {
    const opened = openStoredLab({ organisation, lab }, { firmwareOf });
    open.push(opened);
    return opened;
  }
  let serial = 0;
  const leaks = (lab: StoredLab, device: string, time: number): void => {
    const alert = labAlert(1, { device: { id: device, model: 'Lumen 8', ip: '10.77.0.9', mac: null } });
    const at = new Date(time).toISOString();
    serial++;
    lab.store.putAlert({
      alert: { ...alert, id: `${alert.id}-${serial}`, seq: serial, time: at, firstSeen: at, lastSeen: at },
      secret: null,
    });
  };
  const connects = (lab: StoredLab, device: string, time: number): void =>
    void lab.store.putFlows([{ ...labFlowRecord(`f${++serial}`, time), deviceId: device }]);
  async function ask<T>(path: string): Promise<T> {
    const api = createApi({ database, isWell: () => true, rules: RULES });
    const answer = await api.request(path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  }
  const alerts = async (): Promise<FleetAlert[]> => (await ask<{ alerts: FleetAlert[] }>('/api/fleet-alerts')).alerts;
  const ledger = async (query: string): Promise<LedgerLine[]> =>
    (await ask<{ ledger: LedgerLine[] }>(`/api/ledger?${query}`)).ledger;

  it('the same leak on three units of a model is told once, and grows', async () => {
    const [north, south] = [newLab('north'), newLab('south')];
    leaks(north, 'new-1', NOW - 3000);
    leaks(south, 'new-1', NOW - 3000);
    leaks(south, 'new-2', NOW - 2000);
    await ingest(database, [...north.messages(), ...south.messages()]);
    expect(await alerts()).toEqual([]);
    leaks(north, 'new-3', NOW - 1000);
    // Another model with as many sightings is no unit of this one.
    await ingest(database, north.messages());
    expect(await alerts()).toMatchObject([
      { rule: RULES[0]?.name, model: 'Lumen 8', firmware: null, kind: 'imei', units: 3, labs: 2, sightings: 4 },
    ]);
    leaks(north, 'new-4', NOW);
    leaks(north, 'new-4', NOW);
    await ingest(database, north.messages());
    expect(await alerts()).toMatchObject([{ units: 4, labs: 2, sightings: 6 }]);
  });

  it('a ledger over firmware versions says which version a leak came with, on how many units in how many shops', async () => {
    const west = newLab('west');
    for (const phone of ['old-1', 'old-2']) connects(west, phone, NOW - 9_000_000);
    connects(west, 'new-1', NOW - 1000);
    await ingest(database, west.messages());
    const { lines } = await ask<{ lines: FirmwareLine[] }>('/api/firmware?model=Nokia%207%20Plus');
    expect(lines.find(({ kind }) => kind === 'connection')).toMatchObject({ appearedWith: null, goneWith: null });
    for (const one of ['old-1', 'old-2']) {
      const alert = labAlert(1, { device: { id: one, model: 'Lumen 8', ip: '10.77.0.9', mac: null } });
      const at = new Date(NOW - 9_000_000).toISOString();
      const told = { ...alert, id: `other-${one}`, seq: ++serial, time: at, firstSeen: at, lastSeen: at };
      const identifier = { ...(alert.identifier as NonNullable<typeof alert.identifier>), kind: 'android_id' as const };
      west.store.putAlert({ alert: { ...told, identifier }, secret: null });
    }
    await ingest(database, west.messages());
    const lumen = (await ask<{ lines: FirmwareLine[] }>('/api/firmware?model=Lumen%208')).lines;
    expect(lumen.find(({ kind }) => kind === 'imei')).toMatchObject({
      appearedWith: 'X',
      goneWith: null,
      notSeen: ['W'],
      seen: [{ firmware: 'X', units: 4, labs: 2 }],
    });
    expect(lumen.find(({ kind }) => kind === 'android_id')).toMatchObject({ appearedWith: null, goneWith: 'X' });
    expect(await ledger('model=Lumen%208&kind=imei&by=firmware')).toMatchObject([{ firmware: 'X', units: 4 }]);
    expect(await ledger('model=Lumen%208&firmware=W')).toMatchObject([{ kind: 'android_id', firmware: 'W', units: 2 }]);
    expect((await ledger('model=Lumen%208')).every((line) => !('firmware' in line))).toBe(true);
  });

  it('models with their versions, and the phones of a shop', async () => {
    const { models } = await ask<{ models: FleetModel[] }>('/api/models');
    expect(models.find(({ model }) => model === 'Lumen 8')).toMatchObject({
      units: 6,
      labs: 3,
      firmware: [
        { version: 'W', units: 2, labs: 1 },
        { version: 'X', units: 4, labs: 2 },
      ],
    });
    const { phones } = await ask<{ phones: FleetPhone[] }>('/api/phones?lab=south');
    expect(phones.map(({ lab, model, name }) => [lab, model, name])).toEqual([
      ['south', 'Lumen 8', null],
      ['south', 'Lumen 8', null],
    ]);
  });

  it('what two consumers tell at a time of one line is counted once', async () => {
    const labs = ['east-1', 'east-2', 'east-3', 'east-4'].map((name) => newLab(name));
    for (const lab of labs)
      for (let n = 0; n < 30; n++) {
        const flow = labFlowRecord(`e${n}`, NOW + n);
        lab.store.putFlows([
          { ...flow, deviceId: `shared-${n % 5}`, destination: { ...flow.destination, host: 'e.example' } },
        ]);
      }
    const told = labs.map((lab) => lab.messages());
    const before = await ledger('kind=connection');
    await Promise.all([
      ...told.map((messages) => ingest(database, messages)),
      ...told.map(() => foldLedger(database)),
      ...told.map((messages) => ingest(database, messages.toReversed())),
    ]);
    const after = await ledger('kind=connection');
    const sum = (lines: LedgerLine[]): number => lines.reduce((total, { sightings }) => total + sightings, 0);
    expect(sum(after) - sum(before)).toBe(4 * 30);
    expect(after[0]).toMatchObject({ units: (before[0]?.units ?? 0) + 5, labs: (before[0]?.labs ?? 0) + 4 });
  });

  it('lines that say what the rows of single phones say, also when one was forgotten', async () => {
    const lab = newLab('forgetful');
    for (const device of ['new-1', 'gone']) leaks(lab, device, NOW - 20_000_000);
    leaks(lab, 'gone', NOW + 20_000_000);
    await ingest(database, lab.messages());
    await foldLedger(database);
    lab.store.forget('gone', { who: 'test', time: new Date(NOW).toISOString() });
    await ingest(database, lab.messages());
    await foldLedger(database);
    const contents = (sql: string) => database.transact(async (client) => (await client.query(sql)).rows);
    const lines = await contents(
      `SELECT model, company, country, kind, first_seen, last_seen, sightings, bytes_up, units, labs FROM hub.lines
       WHERE firmware = '*' ORDER BY 1, 2, 3, 4`,
    );
    const counted = await contents(
      `SELECT model, company, country, kind, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
         sum(sightings)::bigint AS sightings, sum(bytes_up)::bigint AS bytes_up, count(DISTINCT unit)::integer AS units,
         count(DISTINCT lab_id)::integer AS labs
       FROM hub.ledger GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    );
    expect(lines.length).toBeGreaterThan(2);
    expect(lines).toEqual(counted);
    const { phones } = await ask<{ phones: FleetPhone[] }>('/api/phones?lab=forgetful');
    expect(phones).toHaveLength(1);
  });

  it('months that are older than is to be kept go, and the ledger stays', async () => {
    const lab = newLab('long-ago');
    const month = 31 * 86_400_000;
    for (const time of [NOW - 2 * month, NOW - 30 * month, NOW]) connects(lab, 'kept', time);
    await ingest(database, lab.messages());
    const before = await ledger('kind=connection');
    const flows = async (): Promise<number> =>
      database.transact(async (client) =>
        Number(
          (
            await client.query(
              `SELECT count(*) FROM hub.flows f JOIN hub.labs l ON l.id = lab_id WHERE l.name = 'long-ago'`,
            )
          ).rows[0].count,
        ),
      );
    expect(await flows()).toBe(3);
    const gone = await dropOld(database, new Date(NOW), 1);
    expect(gone).toContain('flows_2026_09');
    expect(gone).not.toContain('flows_2026_10');
    expect(await flows()).toBe(1);
    expect(await ledger('kind=connection')).toEqual(before);
  });
});

describe('what came and went with a firmware version', () => {
  const seen = (...versions: string[]) =>
    versions.map((firmware) => ({ firmware, units: 1, labs: 1, firstSeen: '', lastSeen: '' }));
  it.each([
    ['with the first, and stays', seen('1', '2', '3'), null, null],
    ['with the second', seen('3', '2'), '2', null],
    ['went with the last', seen('1', '2'), null, '3'],
    ['came and went', seen('2'), '2', '3'],
  ])('%s', (_, given, appearedWith, goneWith) => {
    expect(changeOf(['1', '2', '3'], given)).toMatchObject({ appearedWith, goneWith });
  });
});

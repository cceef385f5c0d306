import { expect, it } from 'vitest';
import { createApi } from '../../src/hub/api.ts';
import type { Client, Database } from '../../src/hub/database.ts';
import { ingest, retryAside } from '../../src/hub/ingest.ts';
import { ledgerStatement, readLedger } from '../../src/hub/ledger.ts';
import { foldLedger } from '../../src/hub/lines.ts';
import type { Received } from '../../src/hub/message.ts';
import { addOrganisation } from '../../src/hub/organisations.ts';
import { makePartitions } from '../../src/hub/partitions.ts';
import { readStandings } from '../../src/hub/standing.ts';
import { describeWith } from '../clients/tools.ts';
import { labAlert, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';
import { withHubDatabase } from './hub-database.ts';
import { NOW, openStoredLab, type StoredLab } from './stored-lab.ts';

describeWith(['postgres'], 'the hub takes into PostgreSQL', () => {
  let database: Database;
  let tokens: Record<string, string>;
  let open: StoredLab[];
  withHubDatabase(6, (hub) => {
    ({ database, tokens, open } = hub);
  });

  const rows = async (sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
    (await database.transact((client: Client) => client.query(sql, values))).rows;
  const one = async (sql: string, ...values: unknown[]) => (await rows(sql, ...values))[0];
  function newLab(lab: string, organisation = 'alpha', key = 1): StoredLab {
    const opened = openStoredLab({ organisation, lab }, { key: Buffer.alloc(32, key) });
    open.push(opened);
    return opened;
  }
  const standing = async (lab: string) =>
    (await database.transact((client) => readStandings(client, null))).find((each) => each.lab === lab);
  /** All that is kept of a lab, but for the numbers the database gives. */
  const kept = async (lab: string) =>
    Promise.all(
      [
        `SELECT alerts.id, seq, count, unit, first_seen, last_seen FROM hub.alerts JOIN hub.labs l ON l.id = lab_id WHERE l.name = $1 ORDER BY 1`,
        `SELECT f.id, closed_at, bytes_up FROM hub.flows f JOIN hub.labs l ON l.id = lab_id WHERE l.name = $1 ORDER BY 1`,
        `SELECT unit, model, company, country, kind, first_seen, last_seen, sightings, bytes_up FROM hub.ledger
         JOIN hub.labs l ON l.id = lab_id WHERE l.name = $1 ORDER BY 1, 2, 3, 4, 5`,
        `SELECT first, last FROM hub.chains JOIN hub.labs l ON l.id = lab_id WHERE l.name = $1`,
      ].map((sql) => rows(sql, lab)),
    );

  /** Two alerts of which one is seen three times, and twenty flows that open and close. */
  function fill({ store }: StoredLab): void {
    for (let seq = 1; seq <= 3; seq++)
      store.putAlert({ alert: { ...labAlert(1), seq, count: seq, lastSeen: labAlert(seq).lastSeen }, secret: null });
    store.putAlert(labRecord(4));
    for (let n = 0; n < 20; n++) {
      const flow = labFlowRecord(`f${n}`, NOW - 60_000 + n);
      store.putFlows([{ ...flow, closedAt: null, bytesUp: 0 }]);
      if (n % 2 === 0) store.putFlows([flow]);
    }
  }

  it('each thing once, in whatever order and however often it comes, also to two consumers at a time', async () => {
    const [plain, mixed] = [newLab('plain'), newLab('mixed')];
    const messages: Received[] = [];
    // Told in instalments, so that versions are published that others then take the place of.
    fill(plain);
    await ingest(database, plain.messages());
    for (let part = 0; part < 3; part++) {
      if (part === 0) mixed.store.putAlert({ alert: { ...labAlert(1), seq: 1 }, secret: null });
      if (part === 1)
        fill({
          ...mixed,
          store: {
            ...mixed.store,
            putAlert: (record) => (record.alert.seq === 1 ? { ok: true } : mixed.store.putAlert(record)),
          },
        });
      if (part === 2) mixed.store.putFlows([labFlowRecord('f1', NOW - 60_000 + 1)]);
      messages.push(...mixed.messages());
    }
    plain.store.putFlows([labFlowRecord('f1', NOW - 60_000 + 1)]);
    await ingest(database, plain.messages());
    const backwards = messages.toReversed();
    const odd = messages.filter((_, index) => index % 2 === 1);
    await Promise.all([ingest(database, [...odd, ...odd]), ingest(database, backwards.slice(0, 9))]);
    await Promise.all([ingest(database, backwards), ingest(database, messages)]);
    const [[alerts, flows, ledger], [, , , chain]] = [await kept('mixed'), await kept('mixed')];
    const [alertsOfPlain, flowsOfPlain, ledgerOfPlain] = await kept('plain');
    expect(alerts).toEqual(alertsOfPlain);
    expect(alerts?.map(({ count }) => Number(count))).toEqual([3, 1]);
    expect(flows).toEqual(flowsOfPlain);
    expect(flows?.filter(({ closed_at }) => closed_at !== null)).toHaveLength(11);
    expect(ledger).toEqual(ledgerOfPlain);
    expect(ledger?.map(({ kind, sightings }) => `${kind} ${sightings}`).toSorted()).toEqual([
      'connection 11',
      'imei 4',
    ]);
    expect(chain).toHaveLength(1);
    expect(await standing('mixed')).toMatchObject({ chain: 'whole' });
  });

  it('what is missing in a chain as a gap, and as whole when it came after all', async () => {
    const lab = newLab('gap');
    for (let seq = 1; seq <= 5; seq++) lab.store.putAlert({ alert: labAlert(seq), secret: null });
    const messages = lab.messages();
    const [late] = messages.splice(2, 1);
    await ingest(database, [...messages, lab.heartbeat()]);
    expect(await standing('gap')).toMatchObject({ chain: 'gap', missing: [{ from: 4, to: 4 }], head: 6 });
    await ingest(database, [late as Received]);
    expect(await standing('gap')).toMatchObject({ chain: 'whole', missing: [], held: 6 });
  });

  it('nothing that contradicts the chain as it came before: that lies aside, and is told', async () => {
    const lab = newLab('forger');
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    await ingest(database, lab.messages());
    const other = newLab('forger');
    for (let seq = 1; seq <= 2; seq++) other.store.putAlert({ alert: labAlert(seq + 10), secret: null });
    const history = lab.store.epoch();
    const forged = other.messages().map((message) => ({
      ...message,
      bytes: Buffer.from(Buffer.from(message.bytes).toString().replaceAll(other.store.epoch(), history)),
    }));
    await ingest(database, forged);
    expect(await standing('forger')).toMatchObject({ chain: 'broken', aside: { forged: 2 } });
    expect(
      await one(`SELECT count(*) FROM hub.alerts JOIN hub.labs l ON l.id = lab_id WHERE l.name = 'forger'`),
    ).toEqual({ count: '1' });
  });

  it('text that PostgreSQL does not hold as text that it does', async () => {
    const lab = newLab('nul');
    lab.store.putFlows([labFlowRecord('f1', NOW, { app: 'a\0b\ud800c' })]);
    await ingest(database, lab.messages());
    expect(
      await one(`SELECT content->>'app' AS app FROM hub.flows JOIN hub.labs l ON l.id = lab_id WHERE l.name = 'nul'`),
    ).toEqual({
      app: 'a\ufffdb\ufffdc',
    });
  });

  it('messages of a newer version aside, whole, and tells them', async () => {
    const lab = newLab('newer');
    lab.store.putAlert(labRecord(1));
    const newer = lab.messages().map((message) => ({
      ...message,
      bytes: Buffer.from(Buffer.from(message.bytes).toString().replaceAll('.v1"', '.v2"')),
    }));
    await ingest(database, [...newer, ...newer, lab.heartbeat()]);
    const found = await standing('newer');
    expect(found?.aside).toEqual({ newer: newer.length });
    const payloads = await rows(
      `SELECT payload FROM hub.aside WHERE subject LIKE 'phonehome.alpha.newer.%' ORDER BY id`,
    );
    expect(payloads.map(({ payload }) => String(payload))).toEqual(newer.map(({ bytes }) => String(bytes)));
    // Understood by nobody yet: they stay.
    await retryAside(database);
    expect((await standing('newer'))?.aside).toEqual({ newer: newer.length });
  });

  it('messages of an organisation it does not know aside, and takes them in when that is added', async () => {
    const lab = newLab('shop', 'gamma');
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    await ingest(database, lab.messages());
    expect(await standing('shop')).toBeUndefined();
    await addOrganisation(database, 'gamma');
    expect(await retryAside(database)).toBe(1);
    expect(await standing('shop')).toMatchObject({ organisation: 'gamma', chain: 'whole', aside: {} });
  });

  it('what a lab with a wrong clock tells, and says how wrong it is', async () => {
    const lab = newLab('clock');
    const year = 366 * 86_400_000;
    lab.store.putFlows([labFlowRecord('f1', NOW + year)]);
    await ingest(database, [...lab.messages(), lab.heartbeat(year)]);
    const found = await standing('clock');
    expect(found).toMatchObject({ isClockWrong: true, chain: 'whole' });
    expect(found?.clockAhead).toBeCloseTo(year / 1000, 0);
    const where = `SELECT f.tableoid::regclass::text AS place FROM hub.flows f JOIN hub.labs l ON l.id = lab_id WHERE l.name = 'clock'`;
    expect(await one(where)).toEqual({ place: 'flows_elsewhen' });
    // When that month comes, its partition takes what lay elsewhere.
    await makePartitions(database, new Date(NOW + year));
    expect(await one(where)).toEqual({ place: 'flows_2027_11' });
  });

  it('that a phone was forgotten: nothing of it is left, nor taken from what was on its way', async () => {
    const lab = newLab('forget');
    lab.store.putAlert({ alert: labAlert(1), secret: null });
    const late = lab.messages();
    const other = labAlert(2, { device: { id: 'other', model: 'Other', ip: '10.77.0.3', mac: null } });
    lab.store.putAlert({ alert: other, secret: null });
    lab.store.putFlows([labFlowRecord('f1', NOW)]);
    await ingest(database, lab.messages());
    lab.store.forget('nokia-7-plus-01', { who: 'test', time: new Date(NOW).toISOString() });
    await ingest(database, lab.messages());
    await ingest(database, late);
    const [alerts, flows, ledger, chain] = await kept('forget');
    expect(alerts).toHaveLength(1);
    expect(flows).toEqual([]);
    expect(ledger).toHaveLength(1);
    expect(chain).toHaveLength(1);
  });

  it('rows that each organisation sees of itself alone', async () => {
    for (const [organisation, seq] of [
      ['alpha', 1],
      ['beta', 2],
    ] as const) {
      const lab = newLab('rows', organisation);
      lab.store.putAlert({ alert: labAlert(seq), secret: null });
      await ingest(database, lab.messages());
    }
    const as = (role: string, sql: string) =>
      database.transact(async (client) => {
        await client.query(`SET LOCAL ROLE "postgres_org_${role}"`);
        return (await client.query(sql)).rows;
      });
    const total = Number((await one('SELECT count(*) FROM hub.alerts'))?.count);
    const counts = await Promise.all(
      ['alpha', 'beta', 'gamma'].map((role) => as(role, 'SELECT count(*) FROM hub.alerts')),
    );
    expect(counts.reduce((sum, [row]) => sum + Number(row.count), 0)).toBe(total);
    expect(Number(counts[1]?.[0].count)).toBe(1);
    expect(await as('beta', 'SELECT DISTINCT organisation_id FROM hub.ledger')).toHaveLength(1);
    for (const forbidden of [
      'SELECT * FROM hub.tokens',
      'SELECT * FROM hub.organisations',
      'SELECT * FROM hub.aside',
      'DELETE FROM hub.alerts',
      'SELECT * FROM hub.alerts_2026_11',
      'SELECT * FROM hub.alerts_elsewhen',
    ])
      await expect(as('beta', forbidden)).rejects.toThrow('permission denied');
  });

  it('so that the API answers an organisation with its own and a stranger with nothing', async () => {
    const api = createApi({ database, isWell: () => true });
    const ask = (path: string, token?: string) =>
      api.request(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    for (const token of [undefined, '', 'x', `${tokens.beta}x`])
      expect((await ask('/api/ledger', token)).status).toBe(401);
    const ledger = (await (await ask('/api/ledger?kind=imei', tokens.beta)).json()) as { ledger: unknown[] };
    expect(ledger.ledger).toMatchObject([
      { model: 'Nokia 7 Plus', company: 'China Telecom', country: 'CN', units: 1, labs: 1, sightings: 1 },
    ]);
    const { alerts } = (await (await ask('/api/alerts', tokens.beta)).json()) as {
      alerts: { lab: string; chain: { hash: string } }[];
    };
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.chain.hash).toMatch(/^[0-9a-f]{64}$/);
    const { labs } = (await (await ask('/api/labs', tokens.beta)).json()) as { labs: { organisation: string }[] };
    expect(labs.map(({ organisation }) => organisation)).toEqual(['beta']);
    expect((await ask('/api/health')).status).toBe(200);
  });

  it('a unit that two shops of one organisation have as one', async () => {
    for (const shop of ['north', 'south']) {
      const lab = newLab(shop, 'beta', 9);
      lab.store.putAlert({
        alert: labAlert(1, { device: { id: 'lent', model: 'Lent', ip: '10.0.0.9', mac: null } }),
        secret: null,
      });
      await ingest(database, lab.messages());
    }
    await foldLedger(database);
    const lines = await database.transact((client) => readLedger(client, { model: 'Lent' }));
    expect(lines).toMatchObject([{ units: 1, labs: 2, sightings: 2 }]);
    expect(ledgerStatement({ limit: 1e9 }).values).toEqual([1000]);
  });
});

/** A lab that lies, floods and repeats itself, beside one that is honest: through a real broker and a hub into a real database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHub } from '../../src/hub/commands.ts';
import { openDatabase } from '../../src/hub/database.ts';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';
import { type Broker, connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { describeWith } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { type Nats, openNats, openPostgres, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';
import { openStoredLab, type StoredLab } from './stored-lab.ts';

const FLOOD = 3000;

describeWith(['nats-server', 'postgres'], 'a lab that lies', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
  const open: StoredLab[] = [];
  const brokers: Broker[] = [];
  let nats: Nats;
  let postgres: Postgres;
  let hub: { stop(): Promise<void> };
  let hubFile = '';
  let serial = 0;

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    const authority = await createVendorAuthority(Date.now());
    nats = await openNats(directory, ['alpha/honest', 'beta/evil'], { jwt: true, authority });
    await Promise.all([postgres.start(), nats.start()]);
    hubFile = writeHubConfig(directory, nats, postgres);
    const commands = openHub(hubFile);
    await commands.migrate();
    for (const name of ['alpha', 'beta']) await commands.addOrganisation(name);
    hub = await commands.serve(() => {});
  });
  afterAll(async () => {
    for (const broker of brokers) await broker.close();
    for (const lab of open) lab.close();
    await hub?.stop();
    await nats?.end();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  function newLab(organisation: string, lab: string): StoredLab {
    const opened = openStoredLab({ organisation, lab });
    open.push(opened);
    return opened;
  }
  /** Sends what it is given, as it is, as that lab. */
  async function sender(name: string) {
    const broker = await connectBroker(readHubConfig(writeLabConfig(directory, nats, name), () => null));
    brokers.push(broker);
    return (messages: { subject: string; bytes: Uint8Array }[]) =>
      broker.publish(messages.map(({ subject, bytes }) => ({ subject, bytes, id: `m${++serial}` })));
  }
  const changed = (message: { subject: string; bytes: Uint8Array }, from: string | RegExp, to: string) => ({
    subject: message.subject,
    bytes: Buffer.from(Buffer.from(message.bytes).toString().replaceAll(from, to)),
  });
  const standings = async () => {
    const { labs } = await openHub(hubFile).status();
    return { evil: labs.find(({ lab }) => lab === 'evil'), honest: labs.find(({ lab }) => lab === 'honest') };
  };
  async function rowsOf(organisation: string): Promise<string[]> {
    const database = openDatabase({ url: postgres.url, password: null }, 1);
    try {
      const { rows } = await database.transact((client) =>
        client.query(
          `SELECT t.id FROM (SELECT organisation_id, id FROM hub.alerts UNION ALL SELECT organisation_id, id FROM hub.flows) t
           JOIN hub.organisations o ON o.id = organisation_id WHERE o.name = $1 ORDER BY 1`,
          [organisation],
        ),
      );
      return rows.map(({ id }) => id);
    } finally {
      await database.close();
    }
  }

  it('takes nothing from an honest one, is believed nothing that contradicts itself, and is told', async () => {
    const [honest, evil] = [newLab('alpha', 'honest'), newLab('beta', 'evil')];
    const [sendHonest, sendEvil] = [await sender('alpha/honest'), await sender('beta/evil')];
    for (let seq = 1; seq <= 40; seq++) {
      honest.store.putAlert({ alert: labAlert(seq), secret: null });
      honest.store.putFlows([labFlowRecord(`f${seq}`, Date.now())]);
      evil.store.putAlert({ alert: labAlert(seq), secret: null });
    }
    const [told, own] = [honest.messages(), evil.messages()];
    await sendEvil(own);
    const [first] = own as [(typeof own)[number]];
    const year = 366 * 86_400_000;
    const lies = [
      // In the name of another organisation, on its own subject.
      ...told.slice(0, 5).map((message) => ({ ...message, subject: first.subject })),
      // Another chain under the history it told before.
      changed(first, /"hash":"[0-9a-f]{4}/g, '"hash":"0000'),
      // Of a version nobody knows, and of none.
      changed(first, 'phonehome.alert.v1', 'phonehome.alert.v9'),
      { subject: first.subject, bytes: Buffer.from('{') },
      // A clock that is a year ahead.
      evil.heartbeat(year),
    ];
    const flood = Array.from({ length: FLOOD }, (_, n) => ({
      subject: first.subject,
      bytes: Buffer.from(`junk ${n}`),
    }));
    await Promise.all([
      sendEvil([...lies, ...flood, ...own.toReversed(), ...own]),
      // Meanwhile the honest one, out of order and twice.
      sendHonest([...told.toReversed(), ...told, honest.heartbeat()]),
    ]);
    await eventually('the honest lab is whole', async () => {
      const { honest: found } = await standings();
      return found?.chain === 'whole' && found.held === honest.reader.head();
    });
    const expected = [
      ...Array.from({ length: 40 }, (_, n) => labAlert(n + 1).id),
      ...Array.from({ length: 40 }, (_, n) => `f${n + 1}`),
    ];
    await eventually('all of it is there', async () => (await rowsOf('alpha')).length >= expected.length);
    expect(await rowsOf('alpha')).toEqual(expected.toSorted());
    await eventually('the flood is counted', async () => {
      const aside = (await standings()).evil?.aside ?? {};
      return (aside.unreadable ?? 0) >= FLOOD + 1 && (aside.newer ?? 0) >= 1 && (aside.forged ?? 0) >= 1;
    });
    const found = await standings();
    expect(found.honest).toMatchObject({ aside: {}, faults: [], histories: 1 });
    expect(found.evil).toMatchObject({ aside: { unreadable: FLOOD + 1, newer: 1, forged: 6 } });
    expect(found.evil?.isClockWrong).toBe(true);
    expect((await rowsOf('beta')).length).toBe(40);
  });

  it('keeps a bounded number of examples of what it floods', async () => {
    const database = openDatabase({ url: postgres.url, password: null }, 1);
    const { rows } = await database.transact((client) =>
      client.query(`SELECT count(*)::integer AS kept FROM hub.aside WHERE why = 'unreadable'`),
    );
    await database.close();
    expect(rows[0].kept).toBeLessThanOrEqual(1000);
  });

  it('of an older version, which names no firmware, is understood', async () => {
    const sendHonest = await sender('alpha/honest');
    const honest = open[0] as StoredLab;
    honest.store.putAlert({ alert: labAlert(99), secret: null });
    const older = honest.messages().map((message) => changed(message, '"firmware":null,', ''));
    expect(older.some(({ bytes }) => bytes.toString().includes('firmware'))).toBe(false);
    await sendHonest(older);
    await eventually('it is there', async () => (await rowsOf('alpha')).includes(labAlert(99).id));
  });
});

/**
 * Stores of three labs, published by what a lab publishes with, through a real broker and a hub of its own process into a real
 * database; each is killed in turn and comes back. In the end the hub holds what was stored: nothing is missing, nothing there twice.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { jetstream } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyText } from '../../src/formats/signed-head.ts';
import { openHub } from '../../src/hub/commands.ts';
import { openDatabase } from '../../src/hub/database.ts';
import type { HubState } from '../../src/model/hub.ts';
import { openSqliteStore } from '../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore } from '../../src/sinks/evidence/store.ts';
import { connectBroker } from '../../src/sinks/hub/broker.ts';
import { readHubConfig } from '../../src/sinks/hub/config.ts';
import { type Publisher, startPublisher } from '../../src/sinks/hub/publisher.ts';
import { type HubReader, openHubReader, prepareForReader } from '../../src/sinks/hub/reader.ts';
import { describeWith } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { type Nats, openNats, openPostgres, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';
import { type HubProcess, startHubProcess } from './hub-process.ts';

const LABS = ['alpha/hanoi', 'alpha/saigon', 'beta/hanoi'] as const;
const ROUND = 60;

interface Lab {
  store: EvidenceStore;
  file: string;
  reader: HubReader;
  publisher: Publisher;
  state: HubState | null;
  stored: number;
}

describeWith(['nats-server', 'postgres'], 'a hub of three labs', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
  const labs = new Map<string, Lab>();
  const { privateKey: signingKey } = generateKeyPairSync('ed25519');
  const hubs: HubProcess[] = [];
  let nats: Nats;
  let postgres: Postgres;
  let hubFile = '';

  async function startHub(): Promise<void> {
    hubs.push(await startHubProcess(hubFile));
  }
  function publish(name: string, file: string, lab: Pick<Lab, 'store' | 'stored'>): void {
    const config = readHubConfig(writeLabConfig(directory, nats, name), () => null);
    const reader = openHubReader(file);
    const opened: Lab = { ...lab, file, reader, state: null, publisher: { stop: async () => {} } };
    opened.publisher = startPublisher({
      config,
      reader,
      file: `${file}.cursor`,
      connect: () => connectBroker(config),
      modelOf: () => 'Nokia 7 Plus',
      firmwareOf: () => null,
      signingKey: keyText(createPublicKey(signingKey)),
      version: 'test',
      onState: (state) => {
        opened.state = state;
      },
    });
    labs.set(name, opened);
  }
  const labOf = (name: string): Lab => labs.get(name) as Lab;

  /** Alerts seen again and again, and flows that open and close. */
  function record(name: string): void {
    const lab = labOf(name);
    for (let n = 0; n < ROUND; n++) {
      const seq = ++lab.stored;
      const alert = labAlert(seq % 7);
      const id = `${alert.id}-${name}`;
      lab.store.putAlert({ alert: { ...alert, id, seq, count: 1 + Math.floor(seq / 7) }, secret: null });
      const flow = labFlowRecord(`${name}-${seq}`, Date.now());
      lab.store.putFlows([{ ...flow, closedAt: null, bytesUp: 0 }]);
      if (n % 3 > 0) lab.store.putFlows([flow]);
    }
  }
  function storedIn(name: string): string[] {
    const store = new DatabaseSync(labOf(name).file, { readOnly: true });
    const rows = store
      .prepare(
        `SELECT id || ' ' || seq || ' ' || json_extract(json, '$.count') AS line FROM alerts
         UNION ALL SELECT id || ' ' || coalesce(json_extract(json, '$.closedAt'), 'open') || ' ' || json_extract(json, '$.bytesUp') FROM flows`,
      )
      .all();
    store.close();
    return rows.map(({ line }) => String(line)).toSorted();
  }
  async function ask<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    const database = openDatabase({ url: postgres.url, password: null }, 1);
    try {
      return await database.transact(async (client) => (await client.query(sql, values)).rows as T[]);
    } finally {
      await database.close();
    }
  }
  const heldOf = async (name: string): Promise<string[]> =>
    (
      await ask<{ line: string }>(
        `WITH own AS (SELECT l.id FROM hub.labs l JOIN hub.organisations o ON o.id = organisation_id WHERE o.name = $1 AND l.name = $2)
         SELECT t.id || ' ' || seq || ' ' || count AS line FROM hub.alerts t JOIN own ON own.id = lab_id
         UNION ALL SELECT t.id || ' ' || coalesce(content->>'closedAt', 'open') || ' ' || bytes_up FROM hub.flows t JOIN own ON own.id = lab_id`,
        name.split('/'),
      )
    )
      .map(({ line }) => line)
      .toSorted();
  async function everythingArrives(): Promise<void> {
    for (const name of LABS) {
      const stored = storedIn(name);
      await eventually(
        `all of ${name} is in the hub`,
        async () => (await heldOf(name)).length >= stored.length,
        120_000,
      );
      await eventually(
        `${name} as stored`,
        async () => JSON.stringify(await heldOf(name)) === JSON.stringify(stored),
        120_000,
      );
      expect(await heldOf(name)).toEqual(stored);
    }
  }
  const recordAll = (): void => {
    for (const name of LABS) record(name);
  };

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    nats = await openNats(directory, LABS);
    await Promise.all([postgres.start(), nats.start()]);
    hubFile = writeHubConfig(directory, nats, postgres);
    const hub = openHub(hubFile);
    await hub.migrate();
    for (const name of ['alpha', 'beta']) await hub.addOrganisation(name);
    await startHub();
    for (const name of LABS) {
      const file = path.join(directory, `${name.replace('/', '-')}.db`);
      const store = openSqliteStore({ file, key: Buffer.alloc(32, 7), signingKey });
      prepareForReader(file);
      publish(name, file, { store, stored: 0 });
    }
  });
  afterAll(async () => {
    for (const { publisher, reader, store } of labs.values()) {
      await publisher.stop();
      reader.close();
      store.close();
    }
    for (const { child, ended } of hubs) {
      child.kill('SIGKILL');
      await ended;
    }
    await nats?.end();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('holds what they stored while all of it runs', async () => {
    recordAll();
    await everythingArrives();
  });

  it('loses nothing while the broker is dead, and the labs say that it is', async () => {
    await nats.kill();
    recordAll();
    for (const name of LABS) await eventually(`${name} says so`, () => labOf(name).state?.state === 'failing');
    await nats.start();
    await everythingArrives();
    for (const name of LABS) await eventually(`${name} works again`, () => labOf(name).state?.state === 'publishing');
  });

  it('loses nothing while the database is dead, and says that it is', async () => {
    const health = async (): Promise<number> => (await fetch(`${hubs.at(-1)?.url}/api/health`)).status;
    await postgres.kill();
    recordAll();
    await eventually('the hub says so', async () => (await health()) === 503);
    await postgres.start();
    await everythingArrives();
    await eventually('the hub is well', async () => (await health()) === 200);
  });

  it('loses nothing when the hub is killed in the middle', async () => {
    recordAll();
    hubs.at(-1)?.child.kill('SIGKILL');
    await hubs.pop()?.ended;
    recordAll();
    await startHub();
    await everythingArrives();
  });

  it('loses nothing when a lab ends with its broker away, and goes on where the stream had confirmed', async () => {
    await nats.kill();
    record('alpha/hanoi');
    const { publisher, reader, file, store, stored } = labOf('alpha/hanoi');
    await publisher.stop();
    reader.close();
    await nats.start();
    publish('alpha/hanoi', file, { store, stored });
    record('alpha/hanoi');
    await everythingArrives();
  });

  it('has every chain whole in the end and signed, nothing aside, and a ledger that adds up', async () => {
    for (const { store } of labs.values()) store.checkpoint();
    await eventually('it holds the last signatures', async () => {
      const { labs: all } = await openHub(hubFile).status();
      return all.every(({ signed, held }) => signed?.position === held);
    });
    const { labs: standings, strangers } = await openHub(hubFile).status();
    expect(strangers).toEqual([]);
    expect(standings.map(({ organisation, lab }) => `${organisation}/${lab}`)).toEqual([...LABS]);
    // Of the clock nothing: under one that was moved for the tests the broker goes by the kernel's.
    for (const each of standings) expect(each).toMatchObject({ chain: 'whole', forged: [], histories: 1, aside: {} });
    const [counted] = await ask<Record<string, string>>(
      `SELECT (SELECT sum(count) FROM hub.alerts) AS alerts, (SELECT sum(sightings) FROM hub.ledger WHERE kind = 'imei') AS imei,
         (SELECT count(*) FROM hub.flows WHERE closed_at IS NOT NULL) AS flows,
         (SELECT sum(sightings) FROM hub.ledger WHERE kind = 'connection') AS connections`,
    );
    expect(counted?.imei).toBe(counted?.alerts);
    expect(counted?.connections).toBe(counted?.flows);
  });

  it('gets nothing that a lab publishes for another organisation: the broker refuses it', async () => {
    const connection = await connect({
      servers: nats.url.slice('nats://'.length),
      authenticator: nkeyAuthenticator(Buffer.from(nats.seeds['beta/hanoi'] ?? '')),
      inboxPrefix: '_INBOX.beta.hanoi',
      reconnect: false,
    });
    const refused = Promise.withResolvers<string>();
    void (async () => {
      for await (const status of connection.status())
        if (status.type === 'error') refused.resolve(status.error.message);
    })();
    const publishing = jetstream(connection, { timeout: 2000 }).publish('phonehome.alpha.hanoi.flow', '{}');
    publishing.catch(() => {});
    expect(await refused.promise).toMatch(/permissions violation.*phonehome\.alpha\.hanoi\.flow/i);
    await expect(publishing).rejects.toThrow();
    await connection.close();
    expect((await openHub(hubFile).status()).labs.map(({ aside }) => aside)).toEqual([{}, {}, {}]);
  });
});

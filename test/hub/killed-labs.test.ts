/**
 * Whole labs, each a process of its own that publishes to a real broker and hub, killed while replays run through them, and started
 * again. In the end the hub holds what their stores hold: nothing is missing, nothing there twice, and what they signed fits.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHub } from '../../src/hub/commands.ts';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { describeWith } from '../clients/tools.ts';
import { eventually } from '../e2e/eventually.ts';
import { type LabProcess, phonehome, startLab } from '../e2e/lab-process.ts';
import { type Nats, openNats, openPostgres, type Postgres, writeHubConfig, writeLabConfig } from './engines.ts';
import { type HubProcess, startHubProcess } from './hub-process.ts';

const LABS = ['alpha/hanoi', 'alpha/saigon'] as const;
const BIN = path.resolve(import.meta.dirname, '../../bin/phonehome.mjs');
const CASES = ['nokia-7-plus', 'wiko-sts'];
const WAIT_MS = 300_000;

describeWith(['nats-server', 'postgres'], 'labs that are killed while they record', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'hub-'));
  const labs = new Map<string, LabProcess>();
  let nats: Nats;
  let postgres: Postgres;
  let database: Database;
  let hub: HubProcess;
  let hubFile = '';

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    nats = await openNats(directory, LABS);
    await Promise.all([postgres.start(), nats.start()]);
    hubFile = writeHubConfig(directory, nats, postgres);
    const commands = openHub(hubFile);
    await commands.migrate();
    await commands.addOrganisation('alpha');
    database = openDatabase({ url: postgres.url, password: null }, 2);
    hub = await startHubProcess(hubFile);
  });
  afterAll(async () => {
    for (const lab of labs.values()) await lab.kill();
    hub?.child.kill('SIGKILL');
    await hub?.ended;
    await database?.close();
    await nats?.end();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  const dataOf = (name: string): string => path.join(directory, `data-${name.replace('/', '-')}`);
  async function start(name: string): Promise<LabProcess> {
    mkdirSync(dataOf(name), { recursive: true });
    const file = writeLabConfig(directory, nats, name);
    const lab = await startLab({ dataDir: dataOf(name), args: ['--hub', file] });
    labs.set(name, lab);
    return lab;
  }
  const replay = (name: string) => phonehome(['replay', ...CASES, '--data', dataOf(name), '--json']);
  function storedIn(name: string): string[] {
    const store = new DatabaseSync(pathsIn(dataOf(name)).evidence, { readOnly: true });
    const rows = store
      .prepare(
        `SELECT id || ' ' || seq || ' ' || json_extract(json, '$.count') AS line FROM alerts
         UNION ALL SELECT id || ' ' || coalesce(json_extract(json, '$.closedAt'), 'open') || ' ' || json_extract(json, '$.bytesUp') FROM flows`,
      )
      .all();
    store.close();
    return rows.map(({ line }) => String(line)).toSorted();
  }
  async function heldOf(name: string): Promise<string[]> {
    const { rows } = await database.transact((client) =>
      client.query<{ line: string }>(
        `WITH own AS (SELECT id FROM hub.labs WHERE name = $1)
         SELECT t.id || ' ' || seq || ' ' || count AS line FROM hub.alerts t JOIN own ON own.id = lab_id
         UNION ALL SELECT t.id || ' ' || coalesce(content->>'closedAt', 'open') || ' ' || bytes_up FROM hub.flows t JOIN own ON own.id = lab_id`,
        [name.split('/')[1]],
      ),
    );
    return rows.map(({ line }) => line).toSorted();
  }
  /** A lab that runs may store more meanwhile. Where that never ends, what differs is said, and what either side says of itself. */
  async function holdsAll(name: string): Promise<void> {
    let difference = {};
    const look = async (): Promise<boolean> => {
      const [held, stored] = [new Set(await heldOf(name)), new Set(storedIn(name))];
      difference = { missing: [...stored.difference(held)], strange: [...held.difference(stored)] };
      return held.symmetricDifference(stored).size === 0;
    };
    await eventually('everything is held', look, WAIT_MS).catch(async () => {
      const publishing = await labs
        .get(name)
        ?.api('/api/stats')
        .then((stats) => (stats as { hub: unknown }).hub);
      const { labs: standings } = await openHub(hubFile).status();
      expect({ name, difference, publishing, standings }).toBe('what the lab stored, in the hub');
    });
  }

  it('lose nothing that they stored, and tell nothing twice', async () => {
    await Promise.all(LABS.map(start));
    for (let round = 0; round < 2; round++)
      await Promise.all(
        LABS.map(async (name) => {
          const lab = labs.get(name) as LabProcess;
          const playing = spawn(process.execPath, [BIN, 'replay', ...CASES, '--data', dataOf(name)], {
            stdio: 'ignore',
          });
          const played = new Promise((resolve) => playing.once('exit', resolve));
          await lab.until('first finding', (alerts) => alerts.some(({ type }) => type === 'leak'));
          await lab.kill();
          playing.kill('SIGKILL');
          await played;
          await start(name);
        }),
      );
    for (const { code, stderr } of await Promise.all(LABS.map(replay))) expect(code, stderr).toBe(0);
    for (const name of LABS) {
      await holdsAll(name);
      expect(storedIn(name).length).toBeGreaterThan(10);
    }
  });

  it('go on where the broker is away as well when they die', async () => {
    const [name] = LABS;
    await nats.kill();
    expect((await replay(name)).code).toBe(0);
    await labs.get(name)?.kill();
    const before = storedIn(name);
    expect((await heldOf(name)).length).toBeLessThan(before.length);
    await start(name);
    await nats.start();
    await holdsAll(name);
    const held = await heldOf(name);
    expect(
      before.filter(
        (line) => !line.includes(' open ') && !held.some((one) => one.startsWith(line.split(' ')[0] ?? '')),
      ),
    ).toEqual([]);
  });

  it('tell the hub a print of each value that nobody registered, and of no other', async () => {
    for (const name of LABS) {
      const store = new DatabaseSync(pathsIn(dataOf(name)).evidence, { readOnly: true });
      const stored = store
        .prepare(`SELECT id FROM alerts WHERE json_extract(json, '$.identifier.known') = 0 ORDER BY id`)
        .all();
      store.close();
      const { rows } = await database.transact((client) =>
        client.query(
          `SELECT a.id FROM hub.alerts a JOIN hub.labs l ON l.id = lab_id WHERE l.name = $1 AND content ? 'print' ORDER BY a.id COLLATE "C"`,
          [name.split('/')[1]],
        ),
      );
      expect(rows.map(({ id }) => id)).toEqual(stored.map(({ id }) => id));
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('have whole chains in the hub, one history each, signed with their own keys', async () => {
    // The first records are signed, and what a lab records until it is asked to end.
    for (const lab of labs.values()) expect(await lab.stop()).toBe(0);
    const { labs: standings, strangers } = await openHub(hubFile).status();
    expect(strangers).toEqual([]);
    expect(standings.map(({ lab }) => lab)).toEqual(['hanoi', 'saigon']);
    for (const each of standings)
      expect(each).toMatchObject({ chain: 'whole', faults: [], forged: [], histories: 1, aside: {} });
    const keys = standings.map(({ signed }) => signed?.key);
    expect(new Set(keys.filter((key) => key !== undefined)).size).toBe(2);
    const { rows } = await database.transact((client) =>
      client.query(
        `SELECT (SELECT sum(count) FROM hub.alerts) = (SELECT sum(sightings) FROM hub.ledger WHERE kind <> 'connection') AS alerts,
           (SELECT count(*) FROM hub.flows WHERE closed_at IS NOT NULL) = (SELECT sum(sightings) FROM hub.ledger WHERE kind = 'connection') AS flows`,
      ),
    );
    expect(rows).toEqual([{ alerts: true, flows: true }]);
  });
});

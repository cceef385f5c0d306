/**
 * Grafana is not here; its database is: what `docker-compose.yml` gives the database at its first start, and every panel of the
 * provisioned dashboard, asked as Grafana's own user. Macros are written out as Grafana's manual says (PostgreSQL data source).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Database, openDatabase } from '../../src/hub/database.ts';
import { ingest } from '../../src/hub/ingest.ts';
import { foldLedger } from '../../src/hub/lines.ts';
import { addOrganisation } from '../../src/hub/organisations.ts';
import { RULES } from '../../src/hub/rules.ts';
import { migrate } from '../../src/hub/schema.ts';
import { run } from '../clients/process.ts';
import { describeWith } from '../clients/tools.ts';
import { labCoverage } from '../coverage/lab-coverage.ts';
import { labAlert, labFlowRecord } from '../sinks/lab-alert.ts';
import { openPostgres, type Postgres } from './engines.ts';
import { NOW, openStoredLab } from './stored-lab.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface Panel {
  id: number;
  title: string;
  datasource: { uid: string };
  targets: { rawSql: string; format: string; datasource: { uid: string } }[];
}
const { panels } = JSON.parse(read('deploy/hub/grafana/dashboards/labs.json')) as { panels: Panel[] };
/** As docs/many-labs.md writes it, of one organisation. */
const [GRANT = '', SET = ''] = read('docs/many-labs.md').match(/(?:GRANT|ALTER ROLE) [^"]*?grafana[^"]*/g) ?? [];

/** What rules found is of the day on which the test runs. */
const [FROM, TO] = ['2026-11-01T00:00:00Z', '9999-01-01T00:00:00Z'];
const SECONDS: Record<string, number> = { h: 3600, m: 60, d: 86_400 };
/** Grafana takes what is in brackets up to the first that closes. */
const writtenOut = (sql: string): string =>
  sql.replace(/\$__(\w+)\(([^)]*)\)/g, (_, name: string, given: string) => {
    const [column = '', every = ''] = given.split(',').map((part) => part.trim());
    const [, amount = '', unit = ''] = /^'(\d+)([hmd])'$/.exec(every) ?? [];
    const seconds = Number(amount) * (SECONDS[unit] ?? 0);
    if (name === 'timeFilter') return `${column} BETWEEN '${FROM}' AND '${TO}'`;
    if (name === 'timeGroup' && seconds > 0) return `floor(extract(epoch from ${column})/${seconds})*${seconds}`;
    throw new Error(`no macro of Grafana's: ${name}(${given})`);
  });

describeWith(['postgres', 'psql'], 'Grafana over a hub', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'grafana-'));
  let postgres: Postgres;
  let database: Database;
  let grafana: pg.Client;
  const asPhonehome = (): string => postgres.url.replace('//hub@', '//phonehome@').replace(/\/postgres$/, '/phonehome');

  async function connectGrafana(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: asPhonehome().replace('//phonehome@', '//grafana@') });
    await client.connect();
    return client;
  }

  beforeAll(async () => {
    postgres = await openPostgres(directory);
    await postgres.start();
    const { hostname, port } = new URL(postgres.url);
    const env = {
      PGHOST: hostname,
      PGPORT: port,
      POSTGRES_USER: 'hub',
      POSTGRES_PASSWORD: "it's",
      HUB_GRAFANA_READER_PASSWORD: 'a"b',
    };
    const made = await run('bash', [path.join(ROOT, 'deploy/hub/postgres/10-roles.sh')], { env });
    expect(made.stderr).toBe('');
    expect(made.code).toBe(0);
    database = openDatabase({ url: asPhonehome(), password: null }, 2);
    await migrate(database, new Date(NOW));
    for (const [organisation, phones] of [
      ['cellphones', 4],
      ['other', 9],
    ] as const) {
      await addOrganisation(database, organisation);
      const lab = openStoredLab({ organisation, lab: 'hanoi-1' });
      for (let phone = 0; phone < phones; phone++) {
        const device = { id: `phone-${phone}`, model: 'Nokia 7 Plus', ip: '10.77.0.2', mac: null };
        lab.store.putAlert({ alert: labAlert(phone + 1, { device }), secret: null });
        lab.store.putFlows([labFlowRecord(`f${phone}`, NOW - 60_000, { deviceId: device.id })]);
        const closed = labCoverage({ deviceId: device.id });
        lab.store.putCoverage([{ closed, withOpen: closed, root: 'r' }]);
      }
      const [from = '', to = ''] = [NOW - 7_200_000, NOW].map((time) => new Date(time).toISOString());
      lab.store.putGap({ kind: 'lab-down', subject: organisation, from, to, detail: null });
      await ingest(database, [...lab.messages(), lab.heartbeat()]);
      lab.close();
    }
    await foldLedger(database, RULES);
  });
  afterAll(async () => {
    await grafana?.end();
    await database?.close();
    await postgres?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('has passwords for both users, and nobody else makes roles', async () => {
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    const { rows } = await owner.query(
      "SELECT rolname, rolcreaterole, rolsuper, rolpassword IS NOT NULL AS has FROM pg_authid WHERE rolname IN ('phonehome', 'grafana') ORDER BY 1",
    );
    expect(rows).toEqual([
      { rolname: 'grafana', rolcreaterole: false, rolsuper: false, has: true },
      { rolname: 'phonehome', rolcreaterole: true, rolsuper: false, has: true },
    ]);
    await owner.end();
  });

  it('sees nothing before it is given an organisation, then that one’s rows and no others’', async () => {
    const before = await connectGrafana();
    await expect(before.query('SELECT count(*) FROM hub.alerts')).rejects.toThrow('permission denied');
    await before.end();
    expect([GRANT, SET]).toEqual([
      expect.stringContaining('phonehome_org_cellphones'),
      expect.stringContaining('SET role'),
    ]);
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    for (const sql of [GRANT, SET]) await owner.query(sql);
    await owner.end();
    grafana = await connectGrafana();
    const { rows } = await grafana.query('SELECT count(*)::integer AS n FROM hub.alerts');
    expect(rows).toEqual([{ n: 4 }]);
    await expect(grafana.query('SET ROLE phonehome_org_other')).rejects.toThrow('permission denied');
    await grafana.query('RESET ROLE');
    await expect(grafana.query('DELETE FROM hub.alerts')).rejects.toThrow('permission denied');
  });

  it.each(panels.map((panel) => [panel.title, panel] as const))(
    'asks the database what it can answer: %s',
    async (title, panel) => {
      const [target] = panel.targets;
      const { rows, fields } = await grafana.query(writtenOut(target?.rawSql ?? ''));
      const names = fields.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      if (target?.format === 'time_series') expect(names).toEqual(['time', 'metric', 'value']);
      expect(rows.length).toBeGreaterThan(0);
      if (title.startsWith('Phones')) expect(Number(rows[0].phones)).toBe(4);
      expect(JSON.stringify(rows)).not.toContain('other');
    },
  );

  it('is provisioned with the data source that the panels name', () => {
    const { datasources } = parse(read('deploy/hub/grafana/provisioning/datasources/hub.yaml'));
    const { providers } = parse(read('deploy/hub/grafana/provisioning/dashboards/hub.yaml'));
    const compose = parse(read('docker-compose.yml'), { merge: true });
    expect(
      panels.flatMap(({ datasource, targets }) => [datasource.uid, ...targets.map((one) => one.datasource.uid)]),
    ).toEqual(panels.flatMap(() => [datasources[0].uid, datasources[0].uid]));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const { volumes } = compose.services.grafana as { volumes: string[] };
    expect(volumes).toContain(`./deploy/hub/grafana/dashboards:${providers[0].options.path}:ro`);
    expect(datasources[0].secureJsonData.password.slice(1) in compose.services.grafana.environment).toBe(true);
    expect(datasources[0]).toMatchObject({
      url: 'postgres:5432',
      user: 'grafana',
      jsonData: { database: 'phonehome' },
    });
  });
});

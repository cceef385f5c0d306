/**
 * Questions to a hub that holds five million generated connections, over its API, as the organisation whose rows they are; then the
 * same with a hundred times the lines above them, which is what a question reads.
 */
import { ledgerStatement } from '../../src/hub/ledger.ts';
import { foldLedger } from '../../src/hub/lines.ts';
import { COMPANIES, MODELS } from './generated.ts';
import { ask, type Ground, ORGANISATION, quantile } from './ground.ts';

export interface Queries {
  flows: number;
  ledgerRows: number;
  lines: number;
  seconds: number;
  /** Milliseconds by path, over HTTP. */
  asked: { path: string; p50: number; p95: number; worst: number }[];
  plan: string[];
}

const TIMES = 60;

/** Connections of fifty labs of twenty phones over 90 days, with the ledger they come to, as ingestion leaves it. */
export async function fill({ database }: Ground, flows: number): Promise<number> {
  const began = performance.now();
  await ask(
    database,
    `INSERT INTO hub.labs (organisation_id, name) SELECT id, 'generated-' || n
    FROM hub.organisations, generate_series(1, 50) n WHERE organisations.name = '${ORGANISATION}' ON CONFLICT DO NOTHING`,
  );
  const part = 500_000;
  for (let from = 0; from < flows; from += part)
    await ask(
      database,
      `INSERT INTO hub.flows (organisation_id, lab_id, id, opened_at, closed_at, history, position, hash, unit, model, firmware, company,
         country, host, bytes_up, bytes_down, simulated, content)
       SELECT labs.organisation_id, labs.id, 'g' || n, opened, opened + interval '1 second', 'generated', n,
         decode(md5(n::text) || md5(n::text), 'hex'), unit, 'Model ' || (1 + phone % ${MODELS}), (1 + phone % 3) || '.' || ((n / 2500000) % 2),
         company, country, 'h' || n % 40 || '.example', n % 9000, n % 90000, false,
         jsonb_build_object('id', 'g' || n, 'unit', unit, 'company', company, 'country', country, 'host', 'h' || n % 40 || '.example',
           'ip', '198.51.100.1', 'port', 443, 'protocol', 'h2', 'requests', n % 7, 'bytesUp', n % 9000, 'bytesDown', n % 90000)
       FROM (SELECT n, (hashint4(n::integer) & 1048575) % 1000 AS phone, now() - ((n * 7919) % 7776000) * interval '1 second' AS opened,
           'Company ' || (hashint4((n + 7)::integer) & 1048575) % ${COMPANIES} AS company,
           (ARRAY['CN','VN','US','SG','JP','DE','KR','RU'])[1 + (hashint4((n + 7)::integer) & 1048575) % 150 % 8] AS country
         FROM generate_series($1::bigint + 1, $2::bigint) n) g
       JOIN hub.labs ON labs.name = 'generated-' || (1 + phone % 50), LATERAL (SELECT left(md5('unit' || phone), 24) AS unit) u`,
      [from, Math.min(from + part, flows)],
    );
  await analyse(database);
  const labs = await ask<{ id: number }>(database, `SELECT id FROM hub.labs WHERE name LIKE 'generated-%' ORDER BY id`);
  await ask(database, 'CREATE INDEX generated ON hub.flows (lab_id)');
  for (const { id } of labs) {
    await ask(
      database,
      `WITH put AS (INSERT INTO hub.ledger (organisation_id, lab_id, unit, model, firmware, company, country, kind, simulated, first_seen,
           last_seen, sightings, bytes_up)
         SELECT organisation_id, lab_id, unit, model, firmware, company, country, 'connection', simulated, min(opened_at), max(closed_at),
           count(*), sum(bytes_up) FROM hub.flows WHERE lab_id = $1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 9 RETURNING *)
       INSERT INTO hub.ledger_news (organisation_id, lab_id, unit, model, firmware, company, country, kind, simulated, first_seen, last_seen,
         sightings, bytes_up, is_new)
       SELECT organisation_id, lab_id, unit, model, firmware, company, country, kind, simulated, first_seen, last_seen, sightings,
         bytes_up, true FROM put`,
      [id],
    );
    await foldLedger(database);
  }
  await ask(database, 'DROP INDEX hub.generated');
  await ask(
    database,
    `INSERT INTO hub.units SELECT organisation_id, lab_id, unit, model, firmware, simulated, NULL, min(first_seen), max(last_seen)
     FROM hub.ledger GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT DO NOTHING`,
  );
  await analyse(database);
  return (performance.now() - began) / 1000;
}

const analyse = async (database: Ground['database']): Promise<void> => {
  for (const table of ['flows', 'ledger', 'lines', 'units']) await ask(database, `ANALYZE hub.${table}`);
};

/** A hundred times the lines, under other names of models and companies: what a hundred times the shops would bring at most. */
export async function multiply({ database }: Ground, times: number): Promise<void> {
  await ask(
    database,
    `INSERT INTO hub.lines (organisation_id, model, firmware, company, country, kind, simulated, first_seen, last_seen, sightings, bytes_up,
       units, labs)
     SELECT organisation_id, model || '/' || n / 10, firmware, company || '/' || n % 10, country, kind, simulated, first_seen, last_seen,
       sightings, bytes_up, units, labs FROM hub.lines, generate_series(1, $1::integer - 1) n ON CONFLICT DO NOTHING`,
    [times],
  );
  await analyse(database);
}

export async function measureQueries(ground: Ground, seconds: number): Promise<Queries> {
  const one = async (sql: string): Promise<number> =>
    Number((await ask<{ n: string }>(ground.database, sql))[0]?.n ?? 0);
  const paths: [name: string, at: (n: number) => string][] = [
    ['/api/ledger', () => '/api/ledger'],
    ['/api/ledger?model=', (n) => `/api/ledger?model=Model%20${1 + (n % MODELS)}`],
    ['/api/ledger?company=', (n) => `/api/ledger?company=Company%20${(n * 7) % COMPANIES}`],
    ['/api/ledger?country=&kind=', () => '/api/ledger?country=CN&kind=connection'],
    ['/api/ledger?model=&by=firmware', (n) => `/api/ledger?model=Model%20${1 + (n % MODELS)}&by=firmware`],
    ['/api/firmware?model=', (n) => `/api/firmware?model=Model%20${1 + (n % MODELS)}`],
    ['/api/fleet-alerts', () => '/api/fleet-alerts'],
    ['/api/models', () => '/api/models'],
    ['/api/phones?model=', (n) => `/api/phones?model=Model%20${1 + (n % MODELS)}`],
    ['/api/alerts', () => '/api/alerts'],
    ['/api/labs', () => '/api/labs'],
  ];
  const asked: Queries['asked'] = [];
  for (const [path, at] of paths) {
    const times: number[] = [];
    for (let n = 0; n < TIMES; n++) {
      const began = performance.now();
      const answer = await fetch(`${ground.hub.url}${at(n)}`, { headers: { authorization: `Bearer ${ground.token}` } });
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      times.push(performance.now() - began);
    }
    asked.push({ path, p50: quantile(times, 0.5), p95: quantile(times, 0.95), worst: Math.max(...times) });
  }
  return {
    flows: await one('SELECT count(*) AS n FROM hub.flows'),
    ledgerRows: await one('SELECT count(*) AS n FROM hub.ledger'),
    lines: await one('SELECT count(*) AS n FROM hub.lines'),
    seconds,
    asked,
    plan: await planOf(ground),
  };
}

/** Of the widest question, as the organisation asks it. */
async function planOf({ database }: Ground): Promise<string[]> {
  return database.transact(async (client) => {
    const { rows } = await client.query(
      `SELECT quote_ident(role) AS role FROM hub.organisations WHERE name = '${ORGANISATION}'`,
    );
    await client.query(`SET LOCAL ROLE ${rows[0].role}`);
    const { text, values } = ledgerStatement({});
    const plan = await client.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${text}`, values);
    return plan.rows.map((row) => row['QUERY PLAN'] as string);
  });
}

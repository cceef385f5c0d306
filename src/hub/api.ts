/** What an organisation may ask of the hub, with its token: its own rows only, by its own role of the database. */
import { type Context, Hono } from 'hono';
import type { Client, Database } from './database.ts';
import { compareFirmware, readModels, readPhones } from './fleet.ts';
import { readLedger } from './ledger.ts';
import { foldLedger } from './lines.ts';
import { type Organisation, organisationOf } from './organisations.ts';
import { type FleetRule, readFleetAlerts } from './rules.ts';
import { readStandings } from './standing.ts';

export interface ApiOptions {
  database: Database;
  /** Whether both engines answer. */
  isWell: () => boolean;
  rules?: readonly FleetRule[];
}

type Variables = { organisation: Organisation };

const MAX_ALERTS = 500;

export function createApi({ database, isWell, rules = [] }: ApiOptions): Hono<{ Variables: Variables }> {
  const api = new Hono<{ Variables: Variables }>();
  const asItself = <T>(organisation: Organisation, work: (client: Client) => Promise<T>): Promise<T> =>
    database.transact(async (client) => {
      await client.query('SET TRANSACTION READ ONLY');
      await client.query(`SET LOCAL ROLE ${organisation.role}`);
      return work(client);
    });

  api.get('/api/health', (c) => c.json({ ok: isWell() }, isWell() ? 200 : 503));
  api.use('/api/*', async (c, next) => {
    const [, token = ''] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? [];
    const organisation = token === '' ? null : await organisationOf(database, token);
    if (organisation === null) return c.json({ error: 'a token of an organisation is needed' }, 401);
    c.set('organisation', organisation);
    return next();
  });
  api.get('/api/ledger', async (c) => {
    const { model, company, country, kind, firmware, by } = c.req.query();
    const query = { model, company, country, kind, simulated: simulatedOf(c), limit: limitOf(c) };
    const versions = firmware ?? (by === 'firmware' ? { every: true as const } : undefined);
    await foldLedger(database, rules);
    return c.json({
      ledger: await asItself(c.get('organisation'), (client) => readLedger(client, { ...query, firmware: versions })),
    });
  });
  api.get('/api/fleet-alerts', async (c) => {
    const query = { simulated: simulatedOf(c), limit: limitOf(c) };
    await foldLedger(database, rules);
    return c.json({ alerts: await asItself(c.get('organisation'), (client) => readFleetAlerts(client, query)) });
  });
  api.get('/api/models', async (c) =>
    c.json({ models: await asItself(c.get('organisation'), (client) => readModels(client, simulatedOf(c))) }),
  );
  api.get('/api/phones', async (c) => {
    const { lab, model } = c.req.query();
    const query = { lab, model, simulated: simulatedOf(c), limit: limitOf(c) };
    return c.json({ phones: await asItself(c.get('organisation'), (client) => readPhones(client, query)) });
  });
  api.get('/api/firmware', async (c) => {
    const { model } = c.req.query();
    if (model === undefined) return c.json({ error: 'model: a model is needed' }, 400);
    await foldLedger(database, rules);
    const lines = await asItself(c.get('organisation'), (client) =>
      compareFirmware(client, model, simulatedOf(c) ?? false),
    );
    return c.json({ model, lines });
  });
  api.get('/api/alerts', async (c) => {
    const before = c.req.query('before') ?? null;
    if (before !== null && Number.isNaN(Date.parse(before))) return c.json({ error: 'before: a time is needed' }, 400);
    const alerts = await asItself(c.get('organisation'), async (client) => {
      const { rows } = await client.query(
        `SELECT labs.name AS lab, content, encode(hash, 'hex') AS hash, alerts.history, position::float8
         FROM hub.alerts JOIN hub.labs ON labs.id = lab_id
         WHERE ($1::timestamptz IS NULL OR last_seen < $1) AND ($2::boolean IS NULL OR simulated = $2)
         ORDER BY last_seen DESC LIMIT $3`,
        [before, simulatedOf(c) ?? null, Math.min(limitOf(c) ?? MAX_ALERTS, MAX_ALERTS)],
      );
      return rows.map(({ lab, content, ...chain }) => ({ lab, ...content, chain }));
    });
    return c.json({ alerts });
  });
  api.get('/api/labs', async (c) => {
    // States are put together from tables that organisations do not read themselves.
    const { name } = c.get('organisation');
    return c.json({ labs: await database.transact((client) => readStandings(client, name)) });
  });
  api.onError((_, c) => c.json({ error: 'the database does not answer: try again' }, 503));
  return api;
}

function simulatedOf(c: Context): boolean | undefined {
  const given = c.req.query('simulated');
  return given === undefined ? undefined : given === 'true';
}

function limitOf(c: Context): number | undefined {
  const given = Number(c.req.query('limit') ?? Number.NaN);
  return Number.isInteger(given) && given > 0 ? given : undefined;
}

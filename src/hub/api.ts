/** What an organisation may ask of the hub, with its token: its own rows only, by its own role of the database. */
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { FleetOverview } from '../model/hub.ts';
import { SEVERITIES } from '../model/words.ts';
import type { Client, Database } from './database.ts';
import { compareFirmware, readModels, readPhones } from './fleet.ts';
import { readIdentifiers } from './identifiers.ts';
import { readLedger } from './ledger.ts';
import { foldLedger } from './lines.ts';
import type { Organisation } from './organisations.ts';
import { presenceOf, readModelOverviews, readPresence, readUnits } from './overview.ts';
import { addPage, addSessions, callerOf, type PageFiles, type Variables } from './page.ts';
import { type FleetRule, readFleetAlerts } from './rules.ts';
import type { Signals } from './signals.ts';
import { readSignedHeads } from './signatures.ts';
import { readStandings } from './standing.ts';

export interface ApiOptions {
  database: Database;
  /** Whether both engines answer. */
  isWell: () => boolean;
  rules?: readonly FleetRule[];
  /** Each of them. */
  engines?: () => { broker: boolean; database: boolean };
  /** Without them nothing is told live. */
  signals?: Signals;
  page?: PageFiles;
}

const MAX_ALERTS = 500;
/** Browsers that are told live. */
const MAX_WATCHERS = 500;
/** What comes within it is told once. */
const TOGETHER_MS = 300;
/** So that a line that is down is noticed. */
const STILL_THERE_MS = 20_000;

export function createApi({
  database,
  isWell,
  engines,
  rules = [],
  signals,
  page = new Map(),
}: ApiOptions): Hono<{ Variables: Variables }> {
  const api = new Hono<{ Variables: Variables }>();
  const asItself = <T>(organisation: Organisation, work: (client: Client) => Promise<T>): Promise<T> =>
    database.transact(async (client) => {
      await client.query('SET TRANSACTION READ ONLY');
      await client.query(`SET LOCAL ROLE ${organisation.role}`);
      return work(client);
    });

  addPage(api, page);
  api.get('/api/health', (c) => c.json({ ok: isWell(), ...engines?.() }, isWell() ? 200 : 503));
  addSessions(api, database);
  api.use('/api/*', async (c, next) => {
    const organisation = await callerOf(c, database);
    if (organisation === null) return c.json({ error: 'a token of an organisation is needed' }, 401);
    c.set('organisation', organisation);
    return next();
  });
  api.get('/api/session', (c) => c.json({ organisation: c.get('organisation').name }));
  api.get('/api/live', (c) => {
    if (signals === undefined || signals.watchers() >= MAX_WATCHERS)
      return c.json({ error: 'too many listen: ask again from time to time' }, 503);
    return tellLive(c, signals, c.get('organisation').id);
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
  api.get('/api/identifiers', async (c) => {
    const { model } = c.req.query();
    if (model === undefined) return c.json({ error: 'model: a model is needed' }, 400);
    const identifiers = await asItself(c.get('organisation'), (client) =>
      readIdentifiers(client, model, simulatedOf(c) ?? false),
    );
    return c.json({ model, identifiers });
  });
  api.get('/api/alerts', async (c) => {
    const before = c.req.query('before') ?? null;
    if (before !== null && Number.isNaN(Date.parse(before))) return c.json({ error: 'before: a time is needed' }, 400);
    const { severity = 'info', lab, model } = c.req.query();
    const least = SEVERITIES.indexOf(severity as (typeof SEVERITIES)[number]);
    if (least < 0) return c.json({ error: `severity: one of ${SEVERITIES.join(', ')} is needed` }, 400);
    const alerts = await asItself(c.get('organisation'), async (client) => {
      const { rows } = await client.query(
        `SELECT labs.name AS lab, content, encode(hash, 'hex') AS hash, alerts.history, position::float8
         FROM hub.alerts JOIN hub.labs ON labs.id = lab_id
         WHERE ($1::timestamptz IS NULL OR last_seen < $1) AND ($2::boolean IS NULL OR simulated = $2)
           AND severity = ANY($4) AND ($5::text IS NULL OR labs.name = $5) AND ($6::text IS NULL OR model = $6)
         ORDER BY last_seen DESC LIMIT $3`,
        [
          before,
          simulatedOf(c) ?? null,
          Math.min(limitOf(c) ?? MAX_ALERTS, MAX_ALERTS),
          SEVERITIES.slice(least),
          lab ?? null,
          model ?? null,
        ],
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
  api.get('/api/overview', async (c) => {
    const organisation = c.get('organisation');
    const [standings, [known, models]] = await Promise.all([
      database.transact((client) => readStandings(client, organisation.name)),
      asItself(organisation, async (client) => [await readPresence(client), await readModelOverviews(client)] as const),
    ]);
    const none = { presence: presenceOf(null), phones: 0, models: 0 };
    const labs = standings.map((one) => ({ ...one, ...(known.get(one.lab) ?? none) }));
    return c.json({ labs, models } satisfies FleetOverview);
  });
  api.get('/api/labs/:lab/units', async (c) => {
    const lab = c.req.param('lab');
    const units = await asItself(c.get('organisation'), (client) => readUnits(client, lab));
    return units === null ? c.json({ error: `no lab is called ${lab}` }, 404) : c.json({ units });
  });
  api.get('/api/labs/:lab/heads', async (c) => {
    const lab = c.req.param('lab');
    return c.json({ heads: await asItself(c.get('organisation'), (client) => readSignedHeads(client, lab)) });
  });
  api.onError((_, c) => c.json({ error: 'the database does not answer: try again' }, 503));
  return api;
}

/** Server-sent events: `taken` whenever something of the organisation was taken in. */
function tellLive(c: Context, signals: Signals, organisation: number): Response {
  return streamSSE(c, async (stream) => {
    let wake = Promise.withResolvers<void>();
    const end = signals.watch(organisation, () => wake.resolve());
    stream.onAbort(() => wake.resolve());
    try {
      await stream.writeSSE({ event: 'ready', data: '{}' });
      while (!stream.aborted) {
        const isTaken = await Promise.race([
          wake.promise.then(() => true),
          stream.sleep(STILL_THERE_MS).then(() => false),
        ]);
        if (stream.aborted) break;
        wake = Promise.withResolvers<void>();
        await stream.writeSSE({ event: isTaken ? 'taken' : 'still-there', data: '{}' });
        if (isTaken) await stream.sleep(TOGETHER_MS);
      }
    } finally {
      end();
    }
  });
}

function simulatedOf(c: Context): boolean | undefined {
  const given = c.req.query('simulated');
  return given === undefined ? undefined : given === 'true';
}

function limitOf(c: Context): number | undefined {
  const given = Number(c.req.query('limit') ?? Number.NaN);
  return Number.isInteger(given) && given > 0 ? given : undefined;
}

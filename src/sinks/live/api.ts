/**
 * The HTTP API on the UI port. Every answer is JSON, every error `{error}` with one line that says what to do.
 * Who may ask what stands in `roles.ts`; without a token: `/api/health`, the set-up pages for the phone and signing in. Values of
 * identifiers are masked everywhere; revealing is a request of its own and stands in the audit.
 */
import type { Socket } from 'node:net';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { refusalIn, refusalOf } from '../../formats/refusal.ts';
import { say } from '../../formats/say.ts';
import { text } from '../../model/text.ts';
import { type Access, CASE_PATH, type Caller } from './access.ts';
import { readBody } from './bodies.ts';
import { addCaseFiles } from './case-files.ts';
import { addCasePage } from './case-page.ts';
import { addContent } from './content.ts';
import type { Bindings, Ctx } from './context.ts';
import { addDashboard } from './dashboard.ts';
import type { LiveDependencies, Outcome } from './dependencies.ts';
import { viewDevice } from './device-view.ts';
import { formatMetrics, METRICS_TYPE } from './metrics.ts';
import { addNotify } from './notify-api.ts';
import { ALERT_QUERY, DEVICE_QUERY, FLOW_QUERY, InputError, readQuery, UPSTREAM_QUERY, WHY_QUERY } from './queries.ts';
import { addRecordings } from './recordings.ts';
import { methodsAt } from './roles.ts';
import { addSearch } from './search.ts';
import { addSettings } from './settings.ts';
import { addSignIn, factsOf, json } from './sign-in.ts';

/** A phone with its planted contacts is a few kilobytes, and photos do not come this way. Parsing this much takes 30 ms. */
const MAX_BODY = 64 * 1024;

export interface ApiHooks {
  /** Tokens were replaced, or a session ended. */
  onEnded(): void;
  /** Whoever speaks on this connection has shown a token or a session. */
  onKnown(socket: Socket): void;
}

export function createApi(
  services: LiveDependencies,
  access: Access,
  onError: (error: unknown) => void,
  { onEnded, onKnown }: ApiHooks = { onEnded() {}, onKnown() {} },
): Hono<Bindings> {
  const app = new Hono<Bindings>();

  app.use(async (c, next) => {
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'no-store');
    c.header('Referrer-Policy', 'no-referrer');
    const facts = factsOf(c);
    const place = access.checkPlace(facts);
    if (!place.ok) return c.json(refusalOf({ ...place, why: place.error }), place.status);
    const { method, path } = c.req;
    if (path === '/' && access.needsTls && !facts.isSafe) return c.redirect(`https://${facts.host}/`, 307);
    if (!isProtected(path)) return next();
    const methods = methodsAt(path);
    const isOtherMethod = methods.length > 0 && !methods.includes(method);
    // Whoever may read at all is told which methods there are; nobody is told that a right is missing for what does not exist.
    const checked = isOtherMethod
      ? access.check(facts, { method: 'GET', path: '/api/session' })
      : access.check(facts, { method, path, reveals: c.req.query('reveal') === 'true' });
    if (checked.ok && isOtherMethod) {
      c.header('Allow', methods.join(', '));
      return c.json(refusalIn(text('refused.method', { method, methods: methods.join(', ') })), 405);
    }
    // A person is led to where one signs in.
    const isPage = path === CASE_PATH && (c.req.header('accept') ?? '').includes('text/html');
    if (!checked.ok && checked.status === 401 && isPage) return c.redirect('/', 303);
    if (!checked.ok) return c.json(refusalOf({ ...checked, why: checked.error }), checked.status);
    c.set('caller', checked.caller);
    if (checked.caller && c.env?.incoming) onKnown(c.env.incoming.socket);
    return next();
  });
  const limited = bodyLimit({
    maxSize: MAX_BODY,
    onError: (c) => c.json(refusalIn(text('refused.too-large', { most: MAX_BODY })), 413),
  });

  addSignIn(app, {
    access,
    now: services.now,
    callerOf: (c) => c.get('caller') as Caller,
    audit: services.audit,
    whoOf: who,
    onEnded,
  });
  addCasePage(app, services);
  app.get('/api/health', (c) => c.json({ status: 'ok' }));
  app.get('/openapi.json', async (c) => c.json((await import('./openapi.ts')).describeApi()));
  app.get('/asyncapi.json', async (c) => c.json((await import('./asyncapi.ts')).describeLive()));
  app.get('/api/stats', async (c) => c.json(await services.stats()));
  app.get('/metrics', async (c) =>
    c.body(formatMetrics(await services.metrics()), 200, { 'Content-Type': METRICS_TYPE }),
  );

  app.get('/api/alerts', (c) => {
    const query = readQuery(ALERT_QUERY, c.req.query());
    const alerts = services.alerts(query);
    return c.json({ alerts, seq: services.lastSeq(), epoch: services.epoch() });
  });
  app.get('/api/alerts/:id', (c) => found(c, services.alert(c.req.param('id')), 'alert'));
  app.post('/api/alerts/:id/reveal', (c) => {
    const id = c.req.param('id');
    if (services.alert(id) === null) return found(c, null, 'alert');
    const revealed = services.reveal(id, { who: who(c), time: new Date(services.now()).toISOString() });
    if (!revealed.ok) return c.json(refusalOf(revealed), 409);
    const { value, seen, window } = revealed.secret;
    return c.json({ value, seen, window: window.toString('base64') });
  });

  addSearch(app, services);
  app.get('/api/flows', (c) => c.json({ flows: services.flows(readQuery(FLOW_QUERY, c.req.query())) }));
  app.get('/api/flows/:id', async (c) => {
    const flow = services.flow(c.req.param('id'));
    if (flow === null) return found(c, null, 'flow');
    const told = await services.whyFlow(flow);
    const why = { sentence: say(told), text: told };
    return c.json({ ...flow, why, alerts: services.alerts({ flow: flow.id }) });
  });

  addContent(app, services, who);

  app.get('/api/devices', (c) => {
    const { reveal = false } = readQuery(DEVICE_QUERY, c.req.query());
    if (reveal && !services.audit('reveal', 'all devices', who(c))) return c.json(NO_AUDIT, 409);
    return c.json({
      devices: services.devices().map((device) => viewDevice(device, reveal, services.ignoredConnections(device.id))),
    });
  });
  app.get('/api/devices/discovered', (c) => c.json({ phones: services.discovered() }));
  app.get('/api/devices/:id', (c) => {
    const device = services.devices().find(({ id }) => id === c.req.param('id'));
    if (device === undefined) return found(c, null, 'device');
    const { reveal = false } = readQuery(DEVICE_QUERY, c.req.query());
    if (reveal && !services.audit('reveal', `device ${device.id}`, who(c))) return c.json(NO_AUDIT, 409);
    return c.json(viewDevice(device, reveal, services.ignoredConnections(device.id)));
  });
  app.post('/api/devices', limited, async (c) => {
    const put = await services.putDevice(await readBody('device', await json(c)), 'add');
    return put.ok
      ? c.json(
          {
            ...viewDevice(put.value.device, false, services.ignoredConnections(put.value.device.id)),
            notes: put.value.notes,
            noteTexts: put.value.texts,
          },
          201,
        )
      : c.json(refusalOf(put), 400);
  });
  app.put('/api/devices/:id', limited, async (c) => {
    const entry = { ...(await readBody('device', await json(c))), id: c.req.param('id') };
    const put = await services.putDevice(entry, 'replace');
    return put.ok
      ? c.json({
          ...viewDevice(put.value.device, false, services.ignoredConnections(put.value.device.id)),
          notes: put.value.notes,
          noteTexts: put.value.texts,
        })
      : c.json(refusalOf(put), 400);
  });
  app.put('/api/devices', limited, async (c) => {
    const { devices } = await readBody('devices', await json(c));
    const put = await services.putDevices(devices);
    return put.ok
      ? c.json({
          count: put.value.length,
          notes: put.value.flatMap(({ notes }) => notes),
          noteTexts: put.value.flatMap(({ texts }) => texts),
        })
      : c.json(refusalOf(put), 400);
  });
  const change = async (c: Context, how: 'set' | 'drop') => {
    const id = c.req.param('id') ?? '';
    if (!services.devices().some((device) => device.id === id)) return found(c, null, 'device');
    const put = await services.putDevice({ ...(await readBody('device', await json(c))), id }, how);
    return put.ok
      ? c.json({
          ...viewDevice(put.value.device, false, services.ignoredConnections(put.value.device.id)),
          notes: put.value.notes,
          noteTexts: put.value.texts,
        })
      : c.json(refusalOf(put), 400);
  };
  app.patch('/api/devices/:id', limited, (c) => change(c, 'set'));
  app.post('/api/devices/:id/drop', limited, (c) => change(c, 'drop'));
  app.post('/api/devices/:id/forget', limited, async (c) => {
    const { recordings = false } = await readBody('forget', await json(c));
    return outcome(c, await services.forgetPhone(c.req.param('id'), { recordings, who: who(c) }), 200);
  });
  app.delete('/api/devices/:id', async (c) => removed(c, await services.removeDevice(c.req.param('id')), 'device'));

  app.get('/api/cases', (c) => c.json({ cases: services.cases() }));
  app.get('/api/cases/:id', (c) => found(c, services.case(c.req.param('id')), 'case'));
  app.post('/api/cases', limited, async (c) => {
    const given = await readBody('openCase', await json(c));
    return outcome(c, await services.openCase(given), 201);
  });
  app.patch('/api/cases/:id', limited, async (c) => {
    await readBody('changeCase', await json(c));
    const id = c.req.param('id');
    return services.case(id) === null ? found(c, null, 'case') : outcome(c, await services.closeCase(id), 200);
  });
  app.post('/api/cases/:id/marks', limited, async (c) => {
    const mark = await readBody('mark', await json(c));
    const id = c.req.param('id');
    return services.case(id) === null ? found(c, null, 'case') : outcome(c, await services.markCase(id, mark), 201);
  });
  app.get('/api/plans', async (c) => c.json({ plans: await services.plans() }));
  app.get('/api/cases/:id/plan', (c) => found(c, services.casePlan(c.req.param('id')), 'plan'));
  app.post('/api/cases/:id/plan', limited, async (c) => {
    const { number } = await readBody('planStep', await json(c));
    const id = c.req.param('id');
    return services.casePlan(id) === null
      ? found(c, null, 'plan')
      : outcome(c, await services.casePlanStep(id, number), 200);
  });
  app.delete('/api/cases/:id', async (c) => removed(c, await services.removeCase(c.req.param('id')), 'case'));

  addCaseFiles(app, services, limited, who);

  app.get('/api/coverage', (c) => c.json({ coverage: services.coverage(), gaps: services.gaps() }));
  app.get('/api/beacons', (c) => c.json(services.beacons()));
  app.get('/api/why', async (c) => {
    const { host, device } = readQuery(WHY_QUERY, c.req.query());
    if (!host) throw new InputError(text('input.no-host'));
    return c.json({ why: await services.why(host, device ?? null) });
  });
  app.get('/api/pins', async (c) => c.json({ pins: await services.pins() }));
  app.put('/api/pins', limited, async (c) => {
    const { device, name, override } = await readBody('pin', await json(c));
    return c.json(await services.setPin(device, name, override));
  });

  app.get('/api/trust-tests', async (c) => c.json({ trustTests: await services.trustTests() }));
  app.post('/api/trust-tests', limited, async (c) => {
    const { minutes, ...given } = await readBody('trustTest', await json(c));
    if (!services.audit('trust-test', `${given.test} for ${given.device}`, who(c)))
      return c.json(refusalIn(text('refused.unaudited.tested')), 409);
    return c.json(await services.requestTrustTest({ ...given, limitMs: minutes * 60_000 }), 201);
  });
  app.delete('/api/trust-tests/:id', async (c) =>
    removed(c, await services.cancelTrustTest(c.req.param('id')), 'waiting test'),
  );

  app.get('/api/upstream-map', async (c) => c.json({ entries: await services.upstreamMap() }));
  app.post('/api/upstream-map', limited, async (c) => {
    await services.addUpstream(await readBody('upstream', await json(c)));
    return c.json({ entries: await services.upstreamMap() }, 201);
  });
  app.delete('/api/upstream-map', async (c) => {
    const { host, port } = readQuery(UPSTREAM_QUERY, c.req.query());
    if (host === undefined || port === undefined) throw new InputError(text('input.no-entry'));
    return removed(c, await services.removeUpstream(host.toLowerCase(), port), 'entry');
  });

  app.get('/api/decoders', (c) => c.json({ decoders: services.decoders() }));
  app.get('/api/replays', async (c) => c.json({ replays: await services.replays() }));
  app.post('/api/replays', limited, async (c) => {
    const { cases } = await readBody('replays', await json(c));
    const known = new Set((await services.replays()).map(({ name }) => name));
    if (cases.some((name) => !known.has(name))) {
      throw new InputError(text('input.cases', { names: [...known].join(', ') }));
    }
    return c.json({ outcomes: await services.replay(cases) });
  });

  addNotify(app, services, limited, who);

  addSettings(app, services, who);
  addRecordings(app, services);
  addDashboard(app, access);
  app.notFound(async (c) => {
    const method = c.req.method;
    if ((method === 'GET' || method === 'HEAD') && !isProtected(c.req.path)) {
      const userAgent = c.req.header('user-agent') ?? '';
      const signedInAs = c.req.path === '/' ? (access.callerOf(factsOf(c))?.role ?? null) : null;
      const acceptLanguage = c.req.header('accept-language') ?? '';
      const path = `${c.req.path}${new URL(c.req.url).search}`;
      const asked = { path, userAgent, acceptLanguage, host: c.req.header('host') ?? '', signedInAs };
      const page = await services.phonePage(asked);
      if (page !== null) {
        const body = typeof page.body === 'string' ? page.body : new Uint8Array(page.body);
        return new Response(body, { status: page.status, headers: page.headers });
      }
    }
    return c.json(refusalIn(text('refused.no-address', { method })), 404);
  });
  app.onError((error, c) => {
    if (error instanceof InputError) return c.json(refusalIn(error.text), 400);
    onError(error);
    return c.json(refusalIn(text('refused.failed')), 500);
  });
  return app;
}

const NO_AUDIT = refusalIn(text('refused.unaudited.revealed'));

const PROTECTED = new Set(['/api', '/metrics', '/openapi.json', '/asyncapi.json', '/sign-in', '/sign-out', CASE_PATH]);

function isProtected(path: string): boolean {
  return path.startsWith('/api/') || PROTECTED.has(path);
}

function who(c: Ctx): string {
  return c.env?.incoming?.socket.remoteAddress ?? 'unknown';
}

type What = 'alert' | 'case' | 'device' | 'entry' | 'flow' | 'plan' | 'waiting test';

function found(c: Ctx, thing: object | null, what: What): Response {
  return thing === null ? c.json(refusalIn(text(`refused.no-such.${what}`)), 404) : c.json(thing);
}

function removed(c: Ctx, done: boolean, what: What): Response {
  return done ? c.body(null, 204) : found(c, null, what);
}

function outcome<T extends object>(c: Ctx, result: Outcome<T>, status: 200 | 201): Response {
  return result.ok ? c.json(result.value, status) : c.json(refusalOf(result), 409);
}

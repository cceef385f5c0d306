import { request } from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import type { Alert } from '../../../src/model/alert.ts';
import type { Text } from '../../../src/model/text.ts';
import { text } from '../../../src/model/text.ts';
import { createAccess } from '../../../src/sinks/live/access.ts';
import { createApi } from '../../../src/sinks/live/api.ts';
import { describeApi } from '../../../src/sinks/live/openapi.ts';
import { neededFor } from '../../../src/sinks/live/roles.ts';
import { IMEI, labAlert, labFlowRecord } from '../lab-alert.ts';
import { DEVICE, labDependencies, labTokens, startLab, type TestLab, TOKEN } from './lab-dependencies.ts';

let lab: TestLab;
const openApi = describeApi();
const LAB_ACCESS = createAccess({ tokens: labTokens(), now: Date.now });
const ALERT = labAlert(1).id;
/** An alert that stands for several receivers. */
const SHARED: Partial<Alert> = {
  text: text('and-more', { sentence: text('leak.sent', { receiver: ['a', 'b'] }), count: 1 }),
  receivers: ['a', 'b'].map((host) => {
    const { firstSeen, lastSeen } = labAlert(4);
    return { host, port: 443, ip: null, country: 'IL', owner: null, count: 1, firstSeen, lastSeen };
  }),
};

beforeAll(async () => {
  lab = await startLab();
  for (let seq = 1; seq <= 5; seq++) lab.show(seq, seq === 3 ? { severity: 'low' } : seq === 4 ? SHARED : {});
  lab.services.store.putFlows([labFlowRecord('flow-1', 1000)]);
});
afterAll(() => lab.close());

interface RawAnswer {
  status: number;
  body: string;
}

/** fetch does not let a test choose Host or Origin. */
function raw(path: string, headers: Record<string, string>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${lab.url}${path}`, { headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('who may ask', () => {
  const bearer = { authorization: `Bearer ${TOKEN}` };

  it.each([
    ['no token', {}, 401, 'token missing'],
    ['a wrong token', { authorization: 'Bearer nonsense' }, 401, 'wrong token'],
    ['the token with a letter more', { authorization: `Bearer ${TOKEN}x` }, 401, 'wrong token'],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401, 'token missing'],
    ['a foreign page', { ...bearer, origin: 'http://evil.example' }, 403, 'foreign Origin'],
    ['a sandboxed page', { ...bearer, origin: 'null' }, 403, 'foreign Origin'],
    ['a rebound name', { ...bearer, host: 'evil.example' }, 421, 'unknown Host'],
    ['a rebound name with a port', { ...bearer, host: 'evil.example:8081' }, 421, 'unknown Host'],
    ['a rebound name, health', { host: 'evil.example' }, 421, 'unknown Host'],
  ])('%s is refused with one line', async (name, headers, status, error) => {
    const answer = await raw(name.endsWith('health') ? '/api/health' : '/api/alerts', headers);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body).error).toMatch(new RegExp(`^${error}[^\\n]*$`));
  });

  it.each([
    ['an address', '10.1.2.3:8081'],
    ['an IPv6 address', '[fd00::1]:8081'],
    ['localhost', 'localhost'],
    ["the lab's own name", 'PHONEHOME.lab'],
  ])('%s as Host is served, also to its own page', async (_name, host) => {
    expect((await raw('/api/alerts', { ...bearer, host })).status).toBe(200);
    expect((await raw('/api/alerts', { ...bearer, host, origin: `http://${host}` })).status).toBe(200);
  });

  it('health and the set-up page need no token and tell nothing', async () => {
    expect(await (await fetch(`${lab.url}/api/health`)).json()).toEqual({ status: 'ok' });
    const page = await fetch(`${lab.url}/setup`);
    expect([page.status, await page.text()]).toEqual([200, '<h1>Set-up</h1>']);
  });

  it('every other route of the API refuses a caller without a token', async () => {
    const api = createApi(labDependencies(), LAB_ACCESS, () => {});
    const routes = api.routes.filter(
      ({ method, path }) => method !== 'ALL' && neededFor({ method, path: path.replace(':id', 'x') }) !== null,
    );
    expect(routes.length).toBeGreaterThan(20);
    for (const { method, path } of routes) {
      const answer = await api.request(path.replace(':id', 'x'), { method, headers: { host: 'localhost' } });
      expect(answer.status, `${method} ${path}`).toBe(401);
    }
  });
});

describe('alerts', () => {
  it('are listed after a seq, filtered, limited, newest first', async () => {
    const seqs = async (query: string) => {
      const { alerts } = (await (await lab.call(`/api/alerts${query}`)).json()) as { alerts: { seq: number }[] };
      return alerts.map(({ seq }) => seq);
    };
    expect(await seqs('')).toEqual([1, 2, 3, 4, 5]);
    expect(await seqs('?since=2&severity=high')).toEqual([4, 5]);
    expect(await seqs('?newest=true&limit=2')).toEqual([5, 4]);
    expect(await seqs('?kind=photo')).toEqual([]);
  });

  it.each([
    ['severity=worst', 'severity: give one of info, low'],
    ['since=-1', 'since: give a whole number'],
    ['since=1e9', 'since: give a whole number'],
    ['limit=0', 'limit: give a whole number from 1 on'],
    ['kind=imeis', 'kind: give one of'],
    ['newest=yes', 'newest: give true or false'],
  ])('?%s is refused: %s', async (query, error) => {
    const answer = await lab.call(`/api/alerts?${query}`);
    expect(answer.status).toBe(400);
    const refusal = (await answer.json()) as { error: string; text: Text };
    expect(refusal.error).toContain(error);
    expect(say(refusal.text)).toBe(refusal.error);
    expect(say(refusal.text, 'vi')).toMatch(/: cần /);
  });

  it('a value is shown only on request, and the request stands in the audit', async () => {
    expect(await (await lab.call('/api/alerts')).text()).not.toContain(IMEI);
    const revealed = await lab.call(`/api/alerts/${ALERT}/reveal`, { method: 'POST' });
    expect(await revealed.json()).toMatchObject({ value: IMEI });
    expect(lab.services.store.audits().at(-1)).toMatchObject({ action: 'reveal', subject: ALERT, who: '127.0.0.1' });
    expect((await lab.call(`/api/alerts/${ALERT}/reveal`)).status).toBe(405);
    expect((await lab.call('/api/alerts/nobody/reveal', { method: 'POST' })).status).toBe(404);
  });

  it('a flow comes with its alerts', async () => {
    const flow = (await (await lab.call('/api/flows/flow-1')).json()) as { alerts: unknown[] };
    expect(flow.alerts).toHaveLength(5);
  });
});

describe('devices', () => {
  it('are masked, photos are names, salts are counted', async () => {
    const text = await (await lab.call('/api/devices')).text();
    for (const secret of [IMEI, '21.0278', 'Canary Nguyen', '84987654321', 'elephant seventeen', 'pixels', 'pepper']) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('canary.jpg');
  });

  it('are shown in clear on request, which stands in the audit', async () => {
    const text = await (await lab.call('/api/devices?reveal=true')).text();
    expect(text).toContain(IMEI);
    expect(lab.services.store.audits().at(-1)).toMatchObject({ action: 'reveal', subject: 'all devices' });
    expect(text).not.toContain('pixels');
  });

  it('are registered, replaced and removed; a wrong entry is named', async () => {
    const post = (body: string) => lab.call('/api/devices', { method: 'POST', body });
    expect((await post('{"id":"b"}')).status).toBe(201);
    const wrong = await post('{}');
    expect([wrong.status, ((await wrong.json()) as { error: string }).error]).toEqual([
      400,
      'devices[0].id is missing: give the phone a name',
    ]);
    expect((await lab.call('/api/devices/b', { method: 'DELETE' })).status).toBe(204);
    expect((await lab.call('/api/devices/b', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('cases', () => {
  it('are opened, marked and closed; a closed one takes no more marks', async () => {
    const post = (path: string, body: unknown, method = 'POST') =>
      lab.call(path, { method, body: JSON.stringify(body) });
    const opened = (await (await post('/api/cases', { title: 'Nokia', deviceId: null })).json()) as { id: string };
    const marked = await post(`/api/cases/${opened.id}/marks`, { phase: 'before-consent' });
    expect([marked.status, ((await marked.json()) as { marks: unknown[] }).marks.length]).toEqual([201, 1]);
    const noted = await post(`/api/cases/${opened.id}/marks`, { event: 'unlock' });
    expect([noted.status, await noted.json()]).toMatchObject([201, { marks: [{}], events: [{ event: 'unlock' }] }]);
    expect((await post(`/api/cases/${opened.id}/marks`, { event: 'unlock', phase: 'idle' })).status).toBe(400);
    expect((await post(`/api/cases/${opened.id}`, { closed: true }, 'PATCH')).status).toBe(200);
    const late = await post(`/api/cases/${opened.id}/marks`, { phase: 'boot' });
    expect([late.status, ((await late.json()) as { error: string }).error]).toEqual([
      409,
      'this case is closed: open a new one',
    ]);
    expect((await post('/api/cases/nobody/marks', { phase: 'boot' })).status).toBe(404);
  });
});

describe('the upstream map', () => {
  const post = (body: unknown) => lab.call('/api/upstream-map', { method: 'POST', body: JSON.stringify(body) });
  const entry = { host: 'zzhc.vnet.cn', port: 80, dial: '127.0.0.1:18080', address: '42.62.48.10' };

  it('takes entries that dial this machine and gives them up again', async () => {
    expect((await post({ entries: [entry] })).status).toBe(201);
    expect((await post([{ ...entry, port: 81, dial: '[::1]:18080' }])).status).toBe(201);
    const path = (port: number) => `/api/upstream-map?host=zzhc.vnet.cn&port=${port}`;
    expect((await lab.call(path(80), { method: 'DELETE' })).status).toBe(204);
    expect((await lab.call(path(80), { method: 'DELETE' })).status).toBe(404);
    expect(await (await lab.call('/api/upstream-map')).json()).toMatchObject({ entries: [{ port: 81 }] });
  });

  it.each([
    ['an address elsewhere', { dial: '192.0.2.1:80' }, 'dial: must be a loopback address'],
    [
      'an address that only looks like loopback',
      { dial: '127.0.0.1.evil.example:80' },
      'dial: must be a loopback address',
    ],
    ['a name', { dial: 'localhost:80' }, 'dial: must be a loopback address'],
    ['no port', { dial: '127.0.0.1' }, 'dial: must be a loopback address'],
    ['a name as address', { address: 'beijing' }, 'address: must be an IP address'],
    ['an impossible port', { port: 70000 }, 'port:'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('refuses %s', async (_name, change, error) => {
    const answer = await post([{ ...entry, ...change }]);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toContain(error);
  });
});

describe('what it will not swallow', () => {
  it.each([
    ['/api/cases', '{"title":', 400, 'not JSON'],
    ['/api/cases', '{"title":""}', 400, 'title:'],
    ['/api/cases', '[]', 400, 'the body:'],
    ['/api/cases', `{"title":"${'x'.repeat(100_000)}"}`, 413, 'body too large'],
    ['/api/replays', '{"cases":["unheard-of"]}', 400, 'cases: give names from'],
    ['/api/nothing', '{}', 404, 'nothing answers POST here'],
  ])('POST %s is refused with one line', async (path, body, status, error) => {
    const answer = await lab.call(path, { method: 'POST', body });
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { error: string }).error).toMatch(new RegExp(`${error}[^\\n]*$`));
  });

  it.each([
    ['DELETE', '/api/alerts', 'GET, HEAD'],
    ['PUT', '/api/cases/1/marks', 'POST'],
    ['PATCH', '/api/devices', 'GET, HEAD, POST, PUT'],
    ['OPTIONS', '/api/flows/1', 'GET, HEAD'],
  ])('%s %s is another method than that address has: it is told which it has', async (method, path, methods) => {
    const answer = await lab.call(path, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, methods]);
    const { error, text: said } = (await answer.json()) as { error: string; text: Text };
    expect(error).toBe(`${method} does nothing at this address: use ${methods} (see /openapi.json)`);
    expect(say(said, 'vi')).toContain('hãy dùng');
    const stranger = await fetch(`${lab.url}${path}`, { method });
    expect(stranger.status).toBe(401);
  });

  it('a failure of the lab itself is logged and told without its text', async () => {
    const services = {
      ...labDependencies(),
      stats: () => {
        throw new Error(`secret ${IMEI}`);
      },
    };
    const errors: unknown[] = [];
    const api = createApi(services, LAB_ACCESS, (error) => errors.push(error));
    const answer = await api.request('/api/stats', {
      headers: { host: 'localhost', authorization: `Bearer ${TOKEN}` },
    });
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: 'the lab failed to answer: its log says why', text: { key: 'refused.failed', values: {} } },
    ]);
    expect(errors).toHaveLength(1);
  });
});

describe('the descriptions', () => {
  it('OpenAPI is valid 3.1 and names exactly the routes there are', async () => {
    const result = await new Validator().validate(structuredClone(openApi));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    const api = createApi(labDependencies(), LAB_ACCESS, () => {});
    const real = api.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`);
    const methods = ['get', 'post', 'put', 'patch', 'delete'];
    const described = Object.entries(openApi.paths).flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...new Set(described)].toSorted()).toEqual([...new Set(real)].toSorted());
  });

  it('what the routes answer is what OpenAPI says', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(openApi, 'lab');
    const body = (value: unknown) => JSON.stringify(value);
    const checks: [string, string, string?][] = [
      ['GET', '/api/health'],
      ['GET', '/api/stats'],
      ['GET', '/api/alerts'],
      ['GET', `/api/alerts/${ALERT}`],
      ['POST', `/api/alerts/${ALERT}/reveal`],
      ['GET', '/api/flows'],
      ['GET', '/api/flows/flow-1'],
      ['GET', '/api/devices'],
      ['GET', `/api/devices/${DEVICE.id}`],
      ['PUT', '/api/devices/c', '{}'],
      ['POST', '/api/cases', body({ title: 'x' })],
      ['GET', '/api/cases'],
      ['POST', '/api/cases/case-2/marks', body({ phase: 'boot' })],
      ['GET', '/api/cases/case-2'],
      ['GET', '/api/coverage'],
      ['PUT', '/api/pins', body({ device: 'a', name: 'Bank.example', override: 'always' })],
      ['GET', '/api/pins'],
      ['POST', '/api/trust-tests', body({ device: 'a', name: 'Bank.example', test: 'expired' })],
      ['GET', '/api/trust-tests'],
      ['GET', '/api/upstream-map'],
      ['GET', '/api/decoders'],
      ['GET', '/api/notify'],
      ['GET', '/api/notify/receivers/newsroom'],
      ['PUT', '/api/notify/receivers/desk', body({ type: 'webhook', url: 'https://desk.example.org/' })],
      ['POST', '/api/notify/receivers/newsroom/test'],
      ['POST', '/api/notify/receivers/newsroom/retry'],
      ['PUT', '/api/notify/rules', body({ rules: [{ name: 'all', when: { kind: 'imei' }, send: ['newsroom'] }] })],
      [
        'PUT',
        '/api/notify/mutes/known',
        body({ when: { kind: ['imei'] }, as: 'accepted', reason: 'the vendor was told', until: '2027-01-31' }),
      ],
      ['GET', '/api/notify'],
      ['GET', '/api/notify/receivers/nobody'],
      ['GET', '/api/replays'],
      ['POST', '/api/replays', body({ cases: ['nokia-7-plus'] })],
      ['GET', '/api/alerts/nobody'],
      ['GET', '/openapi.json'],
      ['GET', '/asyncapi.json'],
    ];
    for (const [method, path, sent] of checks) {
      const answer = await lab.call(path, sent === undefined ? { method } : { method, body: sent });
      const template =
        Object.keys(openApi.paths).find((each) => new RegExp(`^${each.replace('{id}', '[^/]+')}$`).test(path)) ?? '';
      const pointer = [
        'paths',
        template,
        method.toLowerCase(),
        'responses',
        String(answer.status),
        'content',
        'application/json',
        'schema',
      ];
      const validate = ajv.getSchema(
        `lab#/${pointer.map((part) => encodeURIComponent(part.replaceAll('/', '~1'))).join('/')}`,
      );
      expect(validate, `${method} ${path} ${answer.status}`).toBeDefined();
      const valid = validate?.(await answer.json());
      expect(validate?.errors ?? [], `${method} ${path}`).toEqual([]);
      expect(valid).toBe(true);
    }
  });

  it('metrics are Prometheus text', async () => {
    const answer = await lab.call('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe(
      '# HELP phonehome_alerts_total Alerts.\n# TYPE phonehome_alerts_total counter\nphonehome_alerts_total{severity="critical"} 3\n',
    );
  });
});

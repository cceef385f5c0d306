/** Three tokens, browsers that sign in, and what each may do. Held against the routes there are. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { privacyProblem } from '../../../src/ca/private-file.ts';
import { say } from '../../../src/formats/say.ts';
import { ROLES, type Role } from '../../../src/model/words.ts';
import { createAccess } from '../../../src/sinks/live/access.ts';
import { createApi } from '../../../src/sinks/live/api.ts';
import { describeApi } from '../../../src/sinks/live/openapi.ts';
import { covers, NEEDED, neededFor, type RouteName } from '../../../src/sinks/live/roles.ts';
import { CODE_MS, createSessions, SESSION_MS } from '../../../src/sinks/live/sessions.ts';
import { createTokens, openTokenFiles, rotateTokenFile } from '../../../src/sinks/live/tokens.ts';
import { labAlert } from '../lab-alert.ts';
import { labDependencies, labTokens, startLab, type TestLab, TOKENS } from './lab-dependencies.ts';

let lab: TestLab;
beforeAll(async () => {
  lab = await startLab();
  lab.show(1);
});
afterAll(() => lab.close());

interface Answer {
  status: number;
  body: string;
  cookie: string;
  location: string | undefined;
}

/** fetch sets Origin and Cookie itself. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request(`${lab.url}${path}`, { method, headers: { ...length, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      const [cookie = ''] = response.headers['set-cookie'] ?? [];
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text, cookie, location: response.headers.location }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

const bearer = (role: Role) => ({ authorization: `Bearer ${TOKENS[role]}` });
const json = { 'content-type': 'application/json' };

/** The cookie of a browser that signed in, as it sends it back. */
async function signIn(role: Role): Promise<{ cookie: string }> {
  const { cookie } = await ask(
    'POST',
    '/sign-in',
    { ...json, origin: lab.url },
    JSON.stringify({ token: TOKENS[role] }),
  );
  return { cookie: cookie.split(';')[0] ?? '' };
}

/** Resolves with `open`, or the status it was refused with. */
function listen(headers: Record<string, string>): Promise<{ told: string | number; socket: WebSocket }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${lab.url.replace('http', 'ws')}/api/alerts/live`, { headers });
    socket.on('error', () => {});
    socket.on('open', () => resolve({ told: 'open', socket }));
    socket.on('unexpected-response', (_request, response) => resolve({ told: response.statusCode ?? 0, socket }));
  });
}

describe('the table of roles', () => {
  it('names every route there is, and no other', () => {
    const api = createApi(labDependencies(), createAccess({ tokens: labTokens(), now: Date.now }), () => {});
    const real = api.routes
      // The dashboard's own files hold nothing: what it shows it asks for under these addresses.
      .filter(({ method, path }) => method !== 'ALL' && path !== '/*')
      .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`);
    expect([...new Set([...real, 'GET /api/alerts/live'])].toSorted()).toEqual(Object.keys(NEEDED).toSorted());
  });

  it.each(ROLES)('is what the %s meets at every route', async (role) => {
    for (const [name, needs] of Object.entries(NEEDED) as [RouteName, Role | null][]) {
      if (needs === null || name === 'GET /api/alerts/live' || name.startsWith('POST /api/tokens')) continue;
      const [method = '', path = ''] = name.split(' ');
      const { status, body } = await ask(method, path.replace('{id}', 'nobody'), { ...bearer(role), ...json }, '[');
      if (covers(role, needs)) expect([401, 403], `${name}: ${body}`).not.toContain(status);
      else {
        expect(status, name).toBe(403);
        expect(JSON.parse(body).error).toBe(`the ${role} may not do this: it needs the token of the ${needs}`);
      }
    }
  });

  it('gives what it does not name to the administrator', () => {
    expect(neededFor({ method: 'POST', path: '/api/new-thing' })).toBe('administrator');
    expect(neededFor({ method: 'HEAD', path: '/api/flows/x' })).toBe('viewer');
  });

  it('shows values in clear to nobody below the operator', async () => {
    const reveal = (role: Role) => ask('GET', '/api/devices?reveal=true', bearer(role));
    expect((await reveal('viewer')).status).toBe(403);
    expect((await reveal('operator')).body).toContain('490154203237518');
    const alert = `/api/alerts/${labAlert(1).id}/reveal`;
    expect((await ask('POST', alert, bearer('viewer'))).status).toBe(403);
    expect((await ask('POST', alert, bearer('operator'))).status).toBe(200);
  });

  it('stands in OpenAPI', () => {
    const { paths } = describeApi();
    expect(paths['/api/upstream-map']?.post).toMatchObject({ 'x-role': 'administrator' });
    expect(paths['/api/health']?.get).toMatchObject({ security: [] });
  });
});

describe('a browser that signed in', () => {
  it('holds a cookie that no script reads and no other site sends, and is led to the dashboard', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: lab.url };
    const { status, cookie, location } = await ask('POST', '/sign-in', form, `token=${TOKENS.operator}`);
    expect([status, location]).toEqual([303, '/']);
    expect(cookie).toMatch(/^phonehome_\d+=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    const session = await ask('GET', '/api/session', { cookie: cookie.split(';')[0] ?? '' });
    expect(JSON.parse(session.body)).toMatchObject({ role: 'operator' });
  });

  it.each([
    ['a wrong token', '/sign-in', { origin: 'SAME' }, '{"token":"no-such-token-anywhere"}', 401],
    ['a foreign page', '/sign-in', { origin: 'http://evil.example' }, `{"token":"${TOKENS.viewer}"}`, 403],
    ['something else than JSON', '/sign-in', { origin: 'SAME' }, '[', 400],
  ])('is not made of %s', async (_name, path, { origin }, body, status) => {
    const answer = await ask('POST', path, { ...json, origin: origin === 'SAME' ? lab.url : origin }, body);
    expect([answer.status, answer.cookie]).toEqual([status, '']);
  });

  it('changes things only from a page of the lab that says so', async () => {
    const cookie = await signIn('operator');
    const open = (more: Record<string, string>) =>
      ask('POST', '/api/cases', { ...cookie, ...json, ...more }, '{"title":"x"}');
    expect((await open({})).status).toBe(403);
    expect((await open({ origin: lab.url })).status).toBe(403);
    expect((await open({ 'x-phonehome': '1' })).status).toBe(403);
    expect((await open({ origin: 'http://evil.example', 'x-phonehome': '1' })).status).toBe(403);
    expect((await open({ origin: lab.url, 'x-phonehome': '1' })).status).toBe(201);
  });

  it('is not taken for itself when another port of the host asks through it', async () => {
    const cookie = await signIn('viewer');
    expect((await ask('GET', '/api/alerts', { ...cookie, 'sec-fetch-site': 'same-site' })).status).toBe(401);
    expect((await ask('GET', '/api/alerts', { ...cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('listens to alerts with its cookie, from a page of the lab alone', async () => {
    const cookie = await signIn('viewer');
    expect((await listen(cookie)).told).toBe(403);
    expect((await listen({ ...cookie, origin: 'http://evil.example' })).told).toBe(403);
    const { told, socket } = await listen({ ...cookie, origin: lab.url });
    expect(told).toBe('open');
    socket.terminate();
  });

  it('is out after it signed out, and so is what it listens with', async () => {
    const cookie = await signIn('viewer');
    const { socket } = await listen({ ...cookie, origin: lab.url });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const out = await ask('DELETE', '/api/session', { ...cookie, origin: lab.url, 'x-phonehome': '1' });
    expect([out.status, out.cookie]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect(await closed).toBe(4401);
    expect((await ask('GET', '/api/alerts', cookie)).status).toBe(401);
  });

  it('signs in by an address that works once', async () => {
    const asked = await ask('POST', '/api/session/code', { ...bearer('operator'), ...json }, '{"role":"viewer"}');
    const { path } = JSON.parse(asked.body) as { path: string };
    expect((await ask('HEAD', path)).status).toBe(403);
    const first = await ask('GET', path);
    expect([first.status, first.location]).toEqual([303, '/']);
    const session = await ask('GET', '/api/session', { cookie: first.cookie.split(';')[0] ?? '' });
    expect(JSON.parse(session.body)).toMatchObject({ role: 'viewer' });
    expect((await ask('GET', path)).status).toBe(403);
  });

  it('signs in by an address that its maker gave more time, but no more than a quarter of an hour', async () => {
    const asked = await ask('POST', '/api/session/code', { ...bearer('operator'), ...json }, '{"minutes":15}');
    const { expiresAt } = JSON.parse(asked.body) as { expiresAt: string };
    expect(Date.parse(expiresAt) - labDependencies().now()).toBe(15 * 60_000);
    expect((await ask('POST', '/api/session/code', { ...bearer('operator'), ...json }, '{"minutes":16}')).status).toBe(
      400,
    );
  });

  it('is signed in by nobody as more than he is himself', async () => {
    const asked = await ask('POST', '/api/session/code', { ...bearer('viewer'), ...json }, '{"role":"operator"}');
    expect(asked.status).toBe(403);
  });
});

describe('a session', () => {
  it('ends at its time, a code after a minute, and there are never too many', () => {
    let now = 0;
    const tokens = labTokens();
    const grant = tokens.grantOf(TOKENS.viewer)!;
    const sessions = createSessions(tokens, () => now);
    const { id } = sessions.open(grant);
    const { code } = sessions.offer(grant);
    now = CODE_MS;
    expect(sessions.take(code)).toBeNull();
    expect(sessions.find(id)).not.toBeNull();
    now = SESSION_MS;
    expect(sessions.find(id)).toBeNull();
    const ids = Array.from({ length: 100 }, () => sessions.open(grant).id);
    expect(ids.filter((one) => sessions.find(one) !== null)).toEqual(ids.slice(-64));
  });
});

describe('a token that is replaced', () => {
  it('is nothing from then on, nor is what came of it', async () => {
    const own = await startLab({ tokens: labTokens() });
    const call = (token: string, path = '/api/alerts', method = 'GET') =>
      fetch(`${own.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/alerts/live`, [`bearer.${TOKENS.viewer}`]);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    const signedIn = await fetch(`${own.url}/sign-in`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ token: TOKENS.viewer }),
    });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const withCookie = () => fetch(`${own.url}/api/alerts`, { headers: { cookie } });
    expect((await withCookie()).status).toBe(200);

    const answer = await call(TOKENS.administrator, '/api/tokens/viewer/rotate', 'POST');
    const { token } = (await answer.json()) as { token: string };
    expect(await closed).toBe(4401);
    expect((await call(TOKENS.viewer)).status).toBe(401);
    expect((await withCookie()).status).toBe(401);
    expect((await call(token)).status).toBe(200);
    expect((await call(TOKENS.operator)).status).toBe(200);
    expect(own.services.store.audits().at(-1)).toMatchObject({ action: 'rotate-token', subject: 'viewer' });
    await own.close();
  });

  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'phonehome-tokens-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (problems: string[] = []) => {
    const of = (role: Role) => join(directory, role);
    const files = { administrator: of('administrator'), operator: of('operator'), viewer: of('viewer') };
    const problemOf = (file: string) => privacyProblem(file, { kind: 'file', keep: 'secret', otherwise: 'token' });
    const source = openTokenFiles({ files, problemOf, onProblem: (problem) => problems.push(say(problem)) });
    return { files, tokens: createTokens(source) };
  };
  const held = (file: string) => readFileSync(file, 'utf8').trim();

  it('on disk is taken up by the lab that runs', () => {
    const { files, tokens } = open();
    const old = held(files.viewer);
    const grant = tokens.grantOf(old)!;
    const token = rotateTokenFile(files.viewer);
    expect([tokens.grantOf(old), tokens.isCurrent(grant), tokens.grantOf(token)?.role]).toEqual([
      null,
      false,
      'viewer',
    ]);
    expect(tokens.grantOf(held(files.administrator))?.role).toBe('administrator');
  });

  it.each<[string, (file: string) => void, RegExp]>([
    ['is put where others can read it', (file) => chmodSync(file, 0o644), /can be read by others/],
    ['is taken away', (file) => rmSync(file), /is gone: phonehome token rotate/],
    ['is too short to be one', (file) => writeFileSync(file, 'x'), /^$/],
  ])('and %s is nobody’s', (_name, spoil, said) => {
    const problems: string[] = [];
    const { files, tokens } = open(problems);
    const token = held(files.operator);
    spoil(files.operator);
    expect(tokens.grantOf(token)).toBeNull();
    expect(tokens.grantOf('x')).toBeNull();
    expect(problems.join()).toMatch(said);
  });
});

describe('the page for marking', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('marks for an operator who signed in, says why not, and shows nothing to anybody else', async () => {
    expect(await ask('GET', '/case', { accept: 'text/html' })).toMatchObject({ status: 303, location: '/' });
    expect((await ask('GET', '/case', await signIn('viewer'))).status).toBe(403);
    const opened = await ask(
      'POST',
      '/api/cases',
      { ...json, ...bearer('operator') },
      JSON.stringify({ title: '<script>alert(1)</script> "run"', deviceId: 'lab-1' }),
    );
    const { id } = JSON.parse(opened.body) as { id: string };
    const own = { ...(await signIn('operator')), ...form, origin: lab.url };
    const marked = await ask('POST', '/case', own, `case=${id}&event=unlock`);
    expect(marked).toMatchObject({ status: 303, location: '/case' });
    const shown = await ask('GET', '/case', own);
    expect(shown.body).toContain('&#60;script&#62;alert(1)&#60;/script&#62; &#34;run&#34;');
    expect(shown.body).not.toContain('<script');
    expect(shown.body).toMatch(/<li>[0-9:]+ unlock<\/li>/);
    expect(await ask('POST', '/case', own, `case=${id}&phase=`)).toMatchObject({
      status: 409,
      body: expect.stringContaining('class="bad"'),
    });
    expect((await ask('POST', '/case', own, 'case=nobody&event=boot')).body).toContain('no such test run any more');
  });

  it('takes no form from another page', async () => {
    const { cookie } = await signIn('operator');
    const origins: Record<string, string>[] = [{}, { origin: 'null' }, { origin: 'http://127.0.0.1:1' }];
    for (const origin of origins)
      expect((await ask('POST', '/case', { cookie, ...form, ...origin }, 'case=x&event=boot')).status).toBe(403);
  });
});

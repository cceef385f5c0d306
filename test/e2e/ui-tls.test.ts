/** `start --ui-tls`: who asks the API over https is shown a certificate of the lab's, and the phones' pages stay in plain HTTP. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openAuthority } from '../../src/ca/authority.ts';
import { isInClear } from '../../src/cli/lab-client.ts';
import { createAccess } from '../../src/sinks/live/access.ts';
import { createApi } from '../../src/sinks/live/api.ts';
import { startPhonehome } from '../cli/phonehome.ts';
import { labDependencies, labTokens, TOKENS } from '../sinks/live/lab-dependencies.ts';
import { type LabProcess, startLab } from './lab-process.ts';

let lab: LabProcess;
let https: string;
let ca: string;
let token: string;
beforeAll(async () => {
  lab = await startLab({ args: ['--ui-tls'] });
  https = lab.ready.ui.url.replace('http:', 'https:');
  ca = readFileSync(lab.ready.ca.pem, 'utf8');
  token = readFileSync(lab.ready.token, 'utf8').trim();
});
afterAll(async () => void (await lab.stop()));

interface Answer {
  status: number;
  cookie: string;
}

function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const { method = 'GET', headers = {}, body = '' } = options;
    const sent = request(`${https}${path}`, { method, headers, ca, agent: false }, (response) => {
      response.resume();
      const [cookie = ''] = response.headers['set-cookie'] ?? [];
      response.on('end', () => resolve({ status: response.statusCode ?? 0, cookie }));
    });
    sent.on('error', reject).end(body);
  });
}

describe('the UI port with TLS', () => {
  it('answers under a certificate of the lab for the address it was reached at', async () => {
    expect((await ask('/api/health')).status).toBe(200);
    expect((await ask('/api/alerts', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    await expect(fetch(`${https}/api/health`)).rejects.toThrow();
  });

  it('carries the WebSocket', async () => {
    const socket = new WebSocket(`${https.replace('https', 'wss')}/api/alerts/live`, [`bearer.${token}`], { ca });
    const frame = await new Promise((resolve, reject) => socket.on('message', resolve).on('error', reject));
    expect(JSON.parse(String(frame))).toMatchObject({ type: 'hello' });
    socket.terminate();
  });

  it('gives a browser a cookie that never travels in clear', async () => {
    const headers = { 'content-type': 'application/json' };
    const { cookie } = await ask('/sign-in', { method: 'POST', headers, body: JSON.stringify({ token }) });
    expect(cookie).toContain('; Secure;');
  });

  it('shows the set-up pages and the API to this machine in plain HTTP as before', async () => {
    expect((await fetch(`${lab.ready.ui.url}/setup`)).status).toBe(200);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${lab.ready.ui.url}/api/alerts`, { headers })).status).toBe(200);
  });

  it('is believed by the commands on the word of the lab’s own authority alone', async () => {
    const alerts = (data: string, ...more: string[]) =>
      startPhonehome(['alerts', '--json', '--url', https, '--data', data, ...more], { env: { PHONEHOME_TOKEN: token } })
        .ended;
    expect((await alerts(lab.dataDir)).code).toBe(0);
    const elsewhere = mkdtempSync(join(tmpdir(), 'phonehome-elsewhere-'));
    expect((await alerts(elsewhere, '--ca', lab.ready.ca.pem)).code).toBe(0);
    const other = openAuthority(join(elsewhere, 'certs'), { now: Date.now });
    const refused = await alerts(elsewhere);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("is not the lab's")]);
    expect(other.root.certificatePem).not.toBe(ca);
    rmSync(elsewhere, { recursive: true });
  });
});

describe('the commands for tokens', () => {
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await startPhonehome([...words, '--data', lab.dataDir]).ended;
    expect(code, stderr).toBe(0);
    return stdout.trim();
  };

  it('sign a browser in once, and put a new token in place of the old one while the lab runs', async () => {
    const { url } = JSON.parse(await run('ui', '--json', '--role', 'viewer')) as { url: string };
    const first = await fetch(url, { redirect: 'manual' });
    const headers = { cookie: first.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
    const session = () => fetch(`${lab.ready.ui.url}/api/session`, { headers });
    expect(await (await session()).json()).toMatchObject({ role: 'viewer' });
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(403);
    const old = await run('token', 'show', 'viewer');
    await run('token', 'rotate', 'viewer');
    expect((await session()).status).toBe(401);
    expect(await run('token', 'show', 'viewer')).not.toBe(old);
    expect(
      (await startPhonehome(['alerts', '--data', lab.dataDir], { env: { PHONEHOME_TOKEN: old } }).ended).code,
    ).toBe(1);
  });

  it.each([
    ['http://192.0.2.1:8081', true],
    ['http://lab.example:8081', true],
    ['https://192.0.2.1:8081', false],
    ['http://127.0.0.1:8081', false],
    ['http://[::1]:8081', false],
    ['http://localhost:8081', false],
  ])('know that a token to %s goes in clear: %s', (url, clear) => {
    expect(isInClear(url)).toBe(clear);
  });
});

describe('a lab that has TLS, asked in clear by another machine', () => {
  const access = createAccess({ tokens: labTokens(), now: Date.now, needsTls: true });
  const api = createApi(labDependencies(), access, () => {});
  const ask = (path: string, method = 'GET') =>
    api.request(
      path,
      { method, headers: { host: '192.0.2.1', authorization: `Bearer ${TOKENS.administrator}` } },
      { incoming: { socket: { remoteAddress: '192.0.2.9', localAddress: '192.0.2.1' } } },
    );

  it.each(['/api/alerts', '/metrics', '/api/session'])('takes no token for %s', async (path) => {
    const answer = await ask(path);
    expect([answer.status, await answer.json()]).toMatchObject([
      403,
      { error: expect.stringContaining('over https only') },
    ]);
  });

  it('signs nobody in', async () => {
    expect((await ask('/sign-in', 'POST')).status).toBe(403);
    expect((await ask('/sign-in?code=x')).status).toBe(403);
  });

  it('shows the phones’ page and its health, and leads to https', async () => {
    expect((await ask('/setup')).status).toBe(200);
    expect((await ask('/api/health')).status).toBe(200);
    const led = await ask('/');
    expect([led.status, led.headers.get('location')]).toEqual([307, 'https://192.0.2.1/']);
  });
});

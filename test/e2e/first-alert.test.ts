/**
 * The main job, end to end: a client that knows only the proxy's address and the lab's CA posts an IMEI in three
 * disguises; three alerts arrive on the WebSocket, and the server got exactly the bytes that were sent.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { LiveFrame } from '../../src/model/lab.ts';
import { askCurl } from '../clients/curl.ts';
import { type OriginRequest, startOrigin } from '../clients/origin.ts';
import { run } from '../clients/process.ts';
import { requireTool, toolPath } from '../clients/tools.ts';
import { openTls } from '../clients/tunnel.ts';
import { talkWebSocket } from '../clients/websocket.ts';
import { KNOWN } from '../engines/known-differences.ts';
import { ENGINE } from './engine.ts';
import { eventually } from './eventually.ts';
import { ANY_PHONE, startLab } from './lab-process.ts';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

describe('an IMEI posted over HTTPS', () => {
  const posts = [
    { disguise: 'plain', path: '/plain', type: 'text/plain', body: Buffer.from(`imei=${IMEI}`), layers: [] },
    {
      disguise: 'base64',
      path: '/base64',
      type: 'application/octet-stream',
      body: Buffer.from(Buffer.from(`{"v":1,"device":"${IMEI}"}`).toString('base64')),
      layers: ['base64'],
    },
    {
      disguise: 'gzip and JSON',
      path: '/gzip',
      type: 'application/json',
      encoding: 'gzip',
      body: gzipSync(JSON.stringify({ data: [{ id: IMEI }], pad: 'x'.repeat(4096) })),
      layers: ['gzip', 'json'],
    },
  ];

  it('raises one alert per disguise on the WebSocket, with layers, phone and destination, and changes no byte', async (context) => {
    requireTool(context, 'curl');
    const live = await world.lab.live('?since=0');
    for (const { path: target, type, encoding, body } of posts) {
      const headers: [string, string][] = [['Content-Type', type]];
      if (encoding) headers.push(['Content-Encoding', encoding]);
      const answer = await askCurl(world.lab.phone, { url: world.https + target, headers, body });
      expect(answer).toMatchObject({ ok: true, status: 200 });
      const got = world.origin.received.at(-1);
      expect(got).toMatchObject({ method: 'POST', path: target, bodyBytes: body.length, bodySha256: sha256(body) });
    }
    await world.lab.until(
      'three leaks',
      (alerts) => alerts.filter((one) => one.identifier?.kind === 'imei').length >= 3,
    );
    const seen = await eventually('three leaks on the WebSocket', () => {
      const leaks = leaksOf(live.frames);
      return leaks.length >= 3 && leaks;
    });
    live.close();
    for (const { path: target, layers } of posts) {
      const alert = seen.find((one) => one.flow?.url?.includes(target));
      expect(alert, target).toMatchObject({
        v: 1,
        type: 'leak',
        severity: 'high',
        device: { id: 'phone-1', model: 'Lab phone', ip: '127.0.0.1' },
        identifier: { kind: 'imei', known: true, confidence: 'certain' },
        evidence: { direction: 'request', where: 'body' },
        flow: { method: 'POST', encrypted: true, intercepted: true },
        destination: { host: world.host, ip: '42.62.48.10', port: 443, location: { country: 'CN' } },
        simulated: true,
      });
      expect(alert?.evidence?.decoding.map((layer) => layer.split(':')[0])).toEqual(expect.arrayContaining(layers));
      expect(JSON.stringify(alert)).not.toContain(IMEI);
    }
  });

  it('sends the same request heads to the server as a client without the lab does', async (context) => {
    requireTool(context, 'curl');
    const odd: [string, string][] = [
      ['X-Twice', '1'],
      ['x-twice', '2'],
      ['X-Odd-CASE', 'kept'],
    ];
    await askCurl(world.lab.phone, { url: `${world.https}/heads`, headers: odd });
    const through = fieldsOf(world.origin.received.at(-1));
    await askDirectly(
      world,
      '/heads',
      ['Expect:', ...odd.map((pair) => pair.join(': '))].flatMap((text) => ['-H', text]),
    );
    const direct = fieldsOf(world.origin.received.at(-1));
    const isOdd = (field: string) => /^(x-|connection:)/i.test(field);
    expect(through.filter(isOdd).join(', ')).toBe(
      KNOWN['product: fields of curl with three odd ones, at the server'][ENGINE],
    );
    const usual = (fields: string[]) => fields.filter((field) => !isOdd(field));
    if (ENGINE === 'wire') expect(through).toEqual(direct);
    else expect(usual(through)).toEqual(usual(direct).map((field) => field.replace(/^[^:]*/, (n) => n.toLowerCase())));
  });
});

describe('protocols on the same port', () => {
  it('carries a request of an HTTP/2 client unchanged, and relays HTTP/2 where the engine speaks it', async (context) => {
    requireTool(context, 'curl');
    const body = Buffer.from(`{"imei":"${IMEI}"}`);
    const answer = await askCurl(world.lab.phone, { url: `${world.https}/echo-h2`, body }, '2');
    expect(answer).toMatchObject({ ok: true, status: 200, body });
    const got = world.origin.received.at(-1);
    expect(got).toMatchObject({ bodySha256: sha256(body) });
    expect(`HTTP/${got?.version}`).toBe(KNOWN['product: curl --http2, at the server'][ENGINE]);
  });

  it.each(['ws', 'wss'])(
    'carries %s messages both ways, compressed as the ends agreed where the engine lets them',
    async (scheme) => {
      const messages = ['hello', Buffer.from([0, 1, 2, 255]), 'x'.repeat(200_000)];
      const echoed = await talkWebSocket(world.lab.phone, `${scheme}://${world.host}/ws`, messages, { deflate: true });
      expect(echoed.messages).toEqual(messages);
      const agreed = echoed.extensions.split(';')[0] || 'none';
      expect(agreed).toBe(KNOWN['WebSocket: compression the phone asks for'][ENGINE]);
    },
  );

  it('delivers each server-sent event before the next one is made', async () => {
    const socket = await openTls(world.lab.phone, world.host, 443, ['http/1.1']);
    const outgoing = request({ path: '/stream', headers: { host: world.host }, createConnection: () => socket });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.once('response', resolve).once('error', reject).end();
    const events = (await promise)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (const data of ['one', 'two', 'three']) {
      await world.origin.emit(data);
      expect(String((await events.next()).value)).toBe(`data: ${data}\n\n`);
    }
    world.origin.endStreams();
    expect((await events.next()).done).toBe(true);
  });
});

describe('without an upstream map', () => {
  it('reaches a loopback server that --allow-destinations names, and files it as real', async (context) => {
    requireTool(context, 'curl');
    const dir = await mkdtemp(path.join(tmpdir(), 'real-'));
    const origin = await startOrigin(['127.0.0.1']);
    await writeFile(path.join(dir, 'ca.pem'), origin.caPem);
    const lab = await startLab({
      devices: ANY_PHONE,
      args: ['--allow-destinations', '127.0.0.0/8', '--upstream-ca', path.join(dir, 'ca.pem')],
    });
    try {
      const url = `https://127.0.0.1:${origin.tlsPort}/real`;
      const body = Buffer.from(`imei=${IMEI}`);
      expect(await askCurl(lab.phone, { url, body })).toMatchObject({ ok: true, status: 200 });
      const [alert] = await lab.until('leak', (alerts) => alerts.some((one) => one.type === 'leak'));
      expect(alert).toMatchObject({ simulated: false, destination: { host: '127.0.0.1', ip: '127.0.0.1' } });
    } finally {
      await lab.stop();
      await origin.stop();
      await rm(dir, { recursive: true });
    }
  });

  it('refuses loopback, its own ports and its own API to phones', async (context) => {
    requireTool(context, 'curl');
    for (const url of [
      `http://127.0.0.1:${world.origin.httpPort}/page`,
      `http://localhost:${world.origin.httpPort}/page`,
      `http://127.0.0.1:${world.lab.ready.proxy.port}/`,
      `${world.lab.ready.ui.url}/api/health`,
    ]) {
      const before = world.origin.received.length;
      const answer = await askCurl(world.lab.phone, { url });
      expect(answer.status, url).toBeGreaterThanOrEqual(400);
      expect(world.origin.received.length).toBe(before);
    }
  });
});

const leaksOf = (frames: LiveFrame[]): Alert[] =>
  frames.flatMap((frame) => (frame.type === 'alert' && frame.alert.type === 'leak' ? [frame.alert] : []));

/** `Name: value`, as they arrived. */
function fieldsOf(request: OriginRequest | undefined): string[] {
  const raw = request?.rawHeaders ?? [];
  return raw.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${raw[at + 1]}`] : []));
}

/** curl straight to the server, as if there were no lab. */
async function askDirectly(at: World, target: string, headers: string[]): Promise<void> {
  const to = `${at.host}:443:127.0.0.1:${at.origin.tlsPort}`;
  const args = ['--silent', '--insecure', '--http1.1', '--noproxy', '*', '--connect-to', to, ...headers];
  expect((await run(toolPath('curl'), [...args, at.https + target])).code).toBe(0);
}

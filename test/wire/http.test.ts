import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLab, type TestLab, worldCa } from './lab.ts';
import { curl, curlWith, httpServer, type TestServer, webServer } from './servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
const keep = async (server: Promise<TestServer>): Promise<TestServer> => {
  servers.push(await server);
  return servers.at(-1)!;
};
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('HTTPS through CONNECT', () => {
  for (const version of ['--http1.1', '--http2']) {
    it(`relays curl ${version} with the server's own protocol and a leaf the phone accepts`, async () => {
      const body = randomBytes(300_000);
      const received: Buffer[] = [];
      const web = await keep(
        webServer(worldCa.issue(['shop.test'], { organization: 'Shop Ltd' }), (request, response) => {
          request.on('data', (chunk: Buffer) => received.push(chunk));
          request.on('end', () => {
            response.setHeader('x-version', request.httpVersion);
            response.end(body);
          });
        }),
      );
      lab.map.set('shop.test:443', web.port);
      const sent = randomBytes(200_000);
      const ran = await curlWith(
        sent,
        '-x',
        lab.proxy,
        '--cacert',
        lab.caFile,
        version,
        '--data-binary',
        '@-',
        'https://shop.test/a?b=c',
      );
      expect(ran.stderr).toBe('');
      expect(ran.code).toBe(0);
      expect(sha(Buffer.concat(received))).toBe(sha(sent));
      expect(sha(ran.stdout.subarray(-body.length))).toBe(sha(body));
      const { flow, closed, events } = await lab.closed();
      expect(flow).toMatchObject({
        arrival: 'http-connect',
        treatment: 'intercept',
        encrypted: true,
        intercepted: true,
        simulated: true,
        destination: { host: 'shop.test', port: 443, ip: '203.0.113.10' },
      });
      expect(flow.hello).toMatchObject({ sni: 'shop.test', grease: false, ech: false });
      expect(flow.hello?.ja4).toMatch(/^t13d\d{4}h[12]_[0-9a-f]{12}_[0-9a-f]{12}$/);
      expect(closed.reason).toBe('ended');
      const established = events.find((event) => event.type === 'tls-established');
      expect(established).toMatchObject({
        alpn: version === '--http2' ? 'h2' : 'http/1.1',
        version: 'TLSv1.3',
        certificate: { names: ['shop.test'], organization: 'Shop Ltd', problem: null },
      });
      expect(closed.bytesUp).toBe(lab.copied(flow.id, 'request').length);
      expect(closed.bytesDown).toBe(lab.copied(flow.id, 'response').length);
      expect(closed.bytesUp).toBeGreaterThan(sent.length);
    });
  }
});

describe('absolute-form HTTP', () => {
  it('rewrites the head to origin form and changes nothing else', async () => {
    let raw: string[] = [];
    let target = '';
    const web = await keep(
      httpServer((request, response) => {
        raw = request.rawHeaders;
        target = request.url ?? '';
        request.resume();
        request.on('end', () => response.end('hello'));
      }),
    );
    lab.map.set('plain.test:80', web.port);
    const ran = await curl(
      '-x',
      lab.proxy,
      '-U',
      'nokia:x',
      '-H',
      'X-CaSe: One',
      '-H',
      'Accept:',
      '-d',
      'a=1',
      'http://plain.test/p?q=1',
    );
    expect(ran.stdout.toString()).toBe('hello');
    expect(target).toBe('/p?q=1');
    expect(raw.filter((_, index) => index % 2 === 0)).toEqual([
      'Host',
      'User-Agent',
      'X-CaSe',
      'Content-Length',
      'Content-Type',
    ]);
    const { flow, closed } = await lab.closed();
    expect(flow).toMatchObject({ arrival: 'http-absolute', deviceId: 'nokia', encrypted: false, intercepted: true });
    expect(closed.reason).toBe('ended');
    expect(lab.copied(flow.id, 'request').toString()).toMatch(/^POST \/p\?q=1 HTTP\/1\.1\r\nHost: plain\.test\r\n/);
  });
});

/** Real clients meet a bad certificate on purpose: those that check refuse it, those that do not are found out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuthority } from '../../src/ca/authority.ts';
import { TRUST_TESTS, type TrustTest } from '../../src/model/trust-test.ts';
import { createTrustTests, type TrustTests } from '../../src/wire/trust-tests.ts';
import { requireTool } from '../clients/tools.ts';
import { startLab, type TestLab, worldCa } from './lab.ts';
import { curl, dialUp, run, type TestServer, tlsServer } from './servers.ts';

let lab: TestLab;
let tests: TrustTests;
let server: TestServer;
let served: string[];
let dir: string;
let caFile: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'trial-'));
  const authority = openAuthority(dir, { now: Date.now });
  caFile = authority.root.pemPath;
  let id = 0;
  tests = createTrustTests({ now: Date.now, newId: () => `t${++id}` });
  lab = await startLab({
    take: tests.take,
    wire: { leafFor: authority.leafFor, trustTests: { ...tests, leafFor: authority.trustTestLeaf } },
  });
  served = [];
  server = await tlsServer(worldCa.issue(['app.test']), (socket) => {
    socket.once('data', (chunk: Buffer) => {
      served.push(chunk.toString());
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
    socket.on('end', () => socket.end());
  });
  lab.map.set('app.test:443', server.port);
});
afterEach(async () => {
  await lab.stop();
  await server.close();
  rmSync(dir, { recursive: true });
});
const PHONE = '127.0.0.1';
const ask = (test: TrustTest) => tests.request({ device: PHONE, name: 'app.test', test });
const resultOf = async (n = 0) => {
  const { events, closed } = await lab.closed(n);
  return { result: events.find((event) => event.type === 'trust-test-result'), closed };
};

describe.each(TRUST_TESTS)('%s', (test) => {
  it('is accepted by curl -k: told with the data it sent, which still reaches the server', async () => {
    ask(test);
    const ran = await curl('-k', '-x', lab.proxy, 'https://app.test/secret');
    expect(ran.stdout.toString()).toBe('ok');
    const { result } = await resultOf();
    expect(result).toMatchObject({ test, name: 'app.test', accepted: true, how: null });
    expect(tests.list()).toMatchObject([{ state: 'accepted' }]);
    expect(served[0]).toContain('GET /secret');
  });

  it('is refused by curl with the CA installed: no byte of the request is sent, and no pin is counted', async () => {
    ask(test);
    const ran = await curl('--cacert', caFile, '-x', lab.proxy, 'https://app.test/secret');
    expect(ran.code).toBe(60);
    const { result, closed } = await resultOf();
    expect(result).toMatchObject({ test, accepted: false });
    expect(closed.reason).toBe('client-rejected-certificate');
    expect(tests.list()).toMatchObject([{ state: 'refused', how: expect.any(String) }]);
    expect(served).toEqual([]);
    expect(lab.pins.list()).toEqual([]);
    // The next connection is as ever.
    expect((await curl('--cacert', caFile, '-x', lab.proxy, 'https://app.test/')).stdout.toString()).toBe('ok');
  });

  it('tells Python with verify=False from Python that checks', async (context) => {
    requireTool(context, 'python', 'requests');
    const script = (verify: string) =>
      `import requests,urllib3,sys\nurllib3.disable_warnings()\nprint(requests.get("https://app.test/py",proxies={"https":"${lab.proxy}"},verify=${verify}).text)`;
    ask(test);
    const careless = await run('python', ['-c', script('False')]);
    expect(careless.stdout.toString()).toBe('ok\n');
    expect((await resultOf(0)).result).toMatchObject({ accepted: true });
    ask(test);
    // Python sends its alert and resets at once: the reset may overtake the alert, and then the test waits on.
    let result: Awaited<ReturnType<typeof resultOf>>['result'];
    for (let flow = 1; !result && flow <= 60; flow++) {
      const careful = await run('python', ['-c', script(JSON.stringify(caFile))]);
      expect(careful.code).not.toBe(0);
      result = (await resultOf(flow)).result;
    }
    expect(result).toMatchObject({ accepted: false });
  });
});

it('nothing is tested unasked', async () => {
  await curl('-k', '-x', lab.proxy, 'https://app.test/');
  expect((await resultOf()).result).toBeUndefined();
});

it('a connection that is reset tells nothing: the test waits for the next', async () => {
  ask('self-signed');
  const phone = dialUp(lab.door.port);
  phone.socket.write('CONNECT app.test:443 HTTP/1.1\r\n\r\n');
  await phone.until((bytes) => bytes.includes('\r\n\r\n'));
  const { connect } = await import('node:tls');
  phone.socket.removeAllListeners('data');
  const tls = connect({ socket: phone.socket, servername: 'app.test', rejectUnauthorized: false });
  tls.on('error', () => {});
  tls.on('secureConnect', () => phone.socket.resetAndDestroy());
  await lab.closed();
  expect(tests.list()).toMatchObject([{ state: 'waiting' }]);
  await curl('-k', '-x', lab.proxy, 'https://app.test/');
  expect((await resultOf(1)).result).toMatchObject({ accepted: true });
});

it('an app that is passed through because it pins can be tested, and stays passed through', async () => {
  for (let time = 0; time < 3; time++) await curl('-x', lab.proxy, 'https://app.test/');
  expect(lab.pins.list()).toMatchObject([{ state: 'pinned' }]);
  ask('self-signed');
  expect((await curl('-x', lab.proxy, 'https://app.test/')).code).toBe(60);
  expect((await resultOf(3)).result).toMatchObject({ accepted: false });
  await curl('-x', lab.proxy, 'https://app.test/');
  expect((await lab.closed(4)).flow.treatment).toBe('passthrough');
});

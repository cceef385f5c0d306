/** Requests that say of their body what not all servers believe, and targets with parts no server sees: found all the same. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './world.ts';

const IMEI = '490154203237518';
const NAMES = ['edge', 'gzip', 'tab', 'tunnel', 'fragment', 'user', 'host'].map((name) => `${name}.example.com`);

function chunks(...parts: Buffer[]): Buffer {
  const lines = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([...lines, Buffer.from('0\r\n\r\n')]);
}
const text = Buffer.from(JSON.stringify({ imei: IMEI }));
const squeezed = gzipSync(text);
const inTwo = (bytes: Buffer) => chunks(bytes.subarray(0, 14), bytes.subarray(14));
const BOTH = 'Transfer-Encoding: chunked\r\nContent-Length: 999\r\n';
const post = (host: string, fields: string, body: Buffer, form = `http://${host}`): Buffer =>
  Buffer.concat([Buffer.from(`POST ${form}/p HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`, 'latin1'), body]);
const tunnel = (host: string, request: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n`), request]);
const get = (target: string, host: string): Buffer => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

describe('a value is found', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ otherHosts: NAMES });
  });
  afterAll(() => world.end());

  it.each([
    ['across the edge of two chunks beside a length', 'edge.example.com', post('edge.example.com', BOTH, inTwo(text))],
    [
      'in a gzip body in two chunks beside a length',
      'gzip.example.com',
      post('gzip.example.com', `${BOTH}Content-Encoding: gzip\r\n`, inTwo(squeezed)),
    ],
    [
      'in gzip in two chunks, in a tunnel',
      'tunnel.example.com',
      tunnel('tunnel.example.com', post('', `${BOTH}Content-Encoding: gzip\r\n`, inTwo(squeezed), '')),
    ],
    [
      'across chunks that a VT hides from some servers, in a tunnel',
      'tab.example.com',
      tunnel('tab.example.com', post('', 'Transfer-Encoding: \x0bchunked\r\nContent-Length: 99\r\n', inTwo(text), '')),
    ],
    [
      'in the fragment of a target',
      'fragment.example.com',
      get(`http://fragment.example.com/#${IMEI}`, 'fragment.example.com'),
    ],
    ['in the user of a target', 'user.example.com', get(`http://${IMEI}@user.example.com/`, 'user.example.com')],
    [
      'in a Host that says something else than the target',
      'host.example.com',
      get('http://host.example.com/', `i${IMEI}.example.com`),
    ],
  ])('%s', async (_what, host, bytes) => {
    const { port } = world.lab.phone.proxy;
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {}).resume();
    socket.write(bytes);
    const found = await world.lab.until(
      `IMEI at ${host}`,
      (alerts) => alerts.some((one) => one.identifier?.kind === 'imei' && JSON.stringify(one).includes(host)),
      20_000,
    );
    expect(JSON.stringify(found)).not.toContain(IMEI);
    socket.destroy();
  });
});

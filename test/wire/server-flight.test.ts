import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerFlightReader } from '../../src/wire/server-flight.ts';
import { worldCa } from './lab.ts';
import { type TestServer, tcpServer, tlsServer } from './servers.ts';

/** What a real server sent until the handshake was over. */
async function record(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const tap = await tcpServer((socket: Socket) => {
    const upstream = connect(server.port, '127.0.0.1');
    upstream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.write(chunk);
    });
    socket.on('data', (chunk: Buffer) => upstream.write(chunk));
    socket.on('close', () => upstream.destroy());
  });
  const tls = tlsConnect({
    port: tap.port,
    host: '127.0.0.1',
    servername: 'shop.test',
    rejectUnauthorized: false,
    maxVersion,
  });
  await once(tls, 'secureConnect');
  tls.destroy();
  await tap.close();
  return Buffer.concat(chunks);
}

let server: TestServer;
let old: Buffer;
let recent: Buffer;
beforeAll(async () => {
  server = await tlsServer(worldCa.issue(['shop.test', 'www.shop.test'], { organization: 'Shop Ltd' }), () => {});
  old = await record('TLSv1.2');
  recent = await record('TLSv1.3');
});
afterAll(() => server.close());

const feedAll = (bytes: Buffer, sizes: number[]) => {
  const reader = createServerFlightReader();
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    const flight = reader.feed(bytes.subarray(at, at + size));
    if (flight) return flight;
    at += size;
  }
  return null;
};

describe('createServerFlightReader', () => {
  it('reads version, suite and certificate of TLS 1.2, however cut', () => {
    const whole = feedAll(old, []);
    expect(whole).toMatchObject({
      version: 'TLSv1.2',
      cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
      certificate: {
        names: ['shop.test', 'www.shop.test'],
        organization: 'Shop Ltd',
        issuer: 'Test World CA',
        problem: null,
      },
    });
    expect(
      feedAll(
        old,
        Array.from(old, () => 1),
      ),
    ).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 20 }), (sizes) => {
        expect(feedAll(old, sizes)).toEqual(whole);
      }),
    );
  });

  it('reads the version of TLS 1.3 and says that the certificate is hidden', () => {
    expect(feedAll(recent, [])).toEqual({
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      certificate: null,
    });
  });

  it('never throws, whatever the server says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        createServerFlightReader().feed(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.nat(old.length - 1), fc.nat(255), (at, value) => {
        const broken = Buffer.from(old);
        broken[at] = value;
        createServerFlightReader().feed(broken);
      }),
    );
  });

  it('stops at its bound', () => {
    const reader = createServerFlightReader();
    const endless = Buffer.concat([Buffer.from([22, 3, 3, 0x40, 0]), Buffer.alloc(0x4000)]);
    endless.set([2, 0xff, 0xff, 0xff], 5);
    for (let n = 0; n < 10; n++) expect(reader.feed(endless)).toBeNull();
  });
});

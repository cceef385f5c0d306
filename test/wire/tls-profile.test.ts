import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClientHello } from '../../src/formats/client-hello.ts';
import type { TlsOffer } from '../../src/model/connection.ts';
import { profileOf } from '../../src/wire/tls-profile.ts';
import { chromeHello } from '../formats/hellos.ts';
import { startLab, type TestLab } from './lab.ts';
import { curl, dialUp, type TestServer, tcpServer } from './servers.ts';

let lab: TestLab;
let server: TestServer;
let hellos: Promise<ReturnType<typeof readClientHello>>;
beforeEach(async () => {
  lab = await startLab();
  let got: (reading: ReturnType<typeof readClientHello>) => void = () => {};
  hellos = new Promise((resolve) => {
    got = resolve;
  });
  server = await tcpServer((socket: Socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const reading = readClientHello(bytes);
      if (reading.state === 'more') return;
      got(reading);
      socket.destroy();
    });
  });
  lab.map.set('a.test:443', server.port);
});
afterEach(async () => {
  await lab.stop();
  await server.close();
});

const tunnel = async () => {
  const client = dialUp(lab.door.port);
  client.socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  client.socket.removeAllListeners('data');
  return client.socket;
};
const seenByServer = async () => {
  const reading = await hellos;
  if (reading.state !== 'hello') throw new Error(reading.state);
  return reading;
};
const parts = (ja4: string | null) => (ja4 ?? '').split('_');

describe('the TLS a server meets', () => {
  it("offers curl's suites, groups and algorithms in curl's order", async () => {
    await curl('-x', lab.proxy, '-k', '--http2', 'https://a.test/');
    const { facts, offer } = await seenByServer();
    const phone = lab.flows()[0]!.hello!;
    expect(facts.sni).toBe('a.test');
    expect(facts.alpn).toEqual(phone.alpn);
    // `t13d31…h2_` and the hash of the suites are the same; the number of extensions is not (NPN, post-handshake auth).
    expect(parts(facts.ja4)[1]).toBe(parts(phone.ja4)[1]);
    expect(facts.ja4?.slice(0, 6)).toBe(phone.ja4?.slice(0, 6));
    expect(parts(facts.ja4)[0]).toMatch(/^t13d31\d\dh2$/);
    expect(offer.groups[0]).toBe(0x001d);
  });

  it("offers a browser's suites in the browser's order", async () => {
    const socket = await tunnel();
    socket.write(chromeHello({ sni: 'a.test' }));
    const { facts, offer } = await seenByServer();
    expect(parts(facts.ja4)[1]).toBe('8daaf6152771');
    expect(parts(facts.ja4)[0]).toMatch(/^t13d15\d\dh2$/);
    expect(offer.groups).toEqual([0x001d, 0x0017, 0x0018]);
    expect(offer.certificateCompression).toEqual([2]);
    expect(offer.signatureAlgorithms).toEqual([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]);
    socket.destroy();
  });

  it('speaks no newer version than the phone', async () => {
    const socket = await tunnel();
    const tls = tlsConnect({
      socket,
      servername: 'a.test',
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-RSA-AES128-SHA:AES128-SHA',
    });
    tls.on('error', () => {});
    const { offer } = await seenByServer();
    expect(offer.versions).toEqual([0x0303]);
    expect(offer.ciphers.filter((cipher) => cipher !== 0x00ff)).toEqual([0xc013, 0x002f]);
    tls.destroy();
    await once(tls, 'close');
  });
});

describe('profileOf', () => {
  const offer = (changes: Partial<TlsOffer>): TlsOffer => ({
    versions: [0x0304, 0x0303],
    ciphers: [0x1301, 0xc02b],
    extensions: [0x0016, 0x0017, 0x0023],
    groups: [0x001d],
    signatureAlgorithms: [0x0403],
    certificateCompression: [],
    ...changes,
  });

  it('gives equal keys to equal offers and different ones to different offers', () => {
    expect(profileOf(offer({})).key).toBe(profileOf(offer({})).key);
    expect(profileOf(offer({ ciphers: [0xc02b, 0x1301] })).key).not.toBe(profileOf(offer({})).key);
  });

  it('keeps the own suites of OpenSSL when it knows none of the phone', () => {
    expect(profileOf(offer({ ciphers: [0x0005, 0x000a] })).options.ciphers).toBeUndefined();
  });

  it('allows old versions to a phone that speaks them', () => {
    expect(profileOf(offer({ versions: [0x0301] })).options).toMatchObject({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1',
    });
    expect(profileOf(offer({ versions: [0x0303] })).options).toMatchObject({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.2',
    });
    expect(profileOf(offer({})).options).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
  });

  it('sends a classic key share beside the post-quantum one', () => {
    expect(profileOf(offer({ groups: [0x11ec, 0x001d, 0x0017] })).options.ecdhCurve).toBe(
      '*X25519MLKEM768:*X25519:P-256',
    );
  });
});

import { createServer, Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDoor } from '../../src/door/door.ts';
import { say } from '../../src/formats/say.ts';
import { text } from '../../src/model/text.ts';
import { chromeHello } from '../formats/hellos.ts';
import { labCa, silentLog, startLab, type TestLab, worldCa } from '../wire/lab.ts';
import { curl, dialUp, httpServer, type TestServer, tcpServer, webServer } from '../wire/servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
const keep = async (server: Promise<TestServer>): Promise<TestServer> => {
  servers.push(await server);
  return servers.at(-1)!;
};
const restart = async (settings: Parameters<typeof startLab>[0]) => {
  await lab.stop();
  lab = await startLab(settings);
};
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});

const web = async () => {
  const secure = await keep(
    webServer(worldCa.issue(['a.test', '127.0.0.1']), (_request, response) => response.end('secure')),
  );
  const plain = await keep(httpServer((_request, response) => response.end('plain')));
  lab.map.set('a.test:443', secure.port);
  lab.map.set('a.test:80', plain.port);
  return { secure, plain };
};

describe('every way to arrive', () => {
  it.each([
    ['socks5h', 'socks5'],
    ['socks4a', 'socks5'],
  ])('serves HTTPS and HTTP over %s', async (scheme, arrival) => {
    await web();
    const proxy = `${scheme}://127.0.0.1:${lab.door.port}`;
    expect((await curl('-x', proxy, '--cacert', lab.caFile, 'https://a.test/')).stdout.toString()).toBe('secure');
    expect((await curl('-x', proxy, 'http://a.test/')).stdout.toString()).toBe('plain');
    expect((await lab.closed(0)).flow).toMatchObject({
      arrival,
      encrypted: true,
      destination: { host: 'a.test', port: 443 },
    });
    expect((await lab.closed(1)).flow).toMatchObject({
      arrival,
      encrypted: false,
      destination: { host: 'a.test', port: 80 },
    });
  });

  it('takes the user of a SOCKS5 or HTTP login as the device, whatever the password', async () => {
    await web();
    await curl('-x', `socks5h://127.0.0.1:${lab.door.port}`, '-U', 'phone-1:pw', 'http://a.test/');
    await curl('-x', lab.proxy, '-U', 'phone-2:', 'http://a.test/');
    await curl('-x', lab.proxy, '-p', '-U', 'phone-3:x', 'http://a.test/');
    expect([0, 1, 2].map((n) => lab.flows()[n]?.deviceId)).toEqual(['phone-1', 'phone-2', 'phone-3']);
  });

  it('asks for a login when told to, and a browser that answers is served', async () => {
    await restart({ door: { challenge: true } });
    await web();
    expect((await curl('-x', lab.proxy, '-w', '%{http_code}', 'http://a.test/')).stdout.toString()).toContain('407');
    expect((await curl('-x', lab.proxy, '--proxy-anyauth', '-U', 'nokia:x', 'http://a.test/')).stdout.toString()).toBe(
      'plain',
    );
    expect(
      (
        await curl('-x', lab.proxy, '--proxy-anyauth', '-U', 'nokia:x', '--cacert', lab.caFile, 'https://a.test/')
      ).stdout.toString(),
    ).toBe('secure');
  });

  it('routes TLS straight on the port by its server name', async () => {
    await web();
    const ran = await curl(
      '--cacert',
      lab.caFile,
      '--connect-to',
      `a.test:443:127.0.0.1:${lab.door.port}`,
      'https://a.test/',
    );
    expect(ran.stdout.toString()).toBe('secure');
    expect((await lab.closed()).flow).toMatchObject({
      arrival: 'tls-direct',
      destination: { host: 'a.test', port: 443 },
    });
  });

  it('names the flow of an address by its SNI or its Host field', async () => {
    const { secure, plain } = await web();
    lab.map.set('192.0.2.7:443', secure.port);
    lab.map.set('192.0.2.7:80', plain.port);
    await curl('-x', lab.proxy, '--cacert', lab.caFile, '--connect-to', 'a.test:443:192.0.2.7:443', 'https://a.test/');
    await curl('-x', lab.proxy, '-p', '-H', 'Host: shop.test', 'http://192.0.2.7/');
    expect((await lab.closed(0)).flow.destination.host).toBe('a.test');
    expect((await lab.closed(1)).flow.destination.host).toBe('shop.test');
  });

  it.each([
    ['says no name goes to the one it looked up, which is a guess', 'hello', { host: 'talk.test', guessed: true }],
    ['says a name goes to that', 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n', { host: 'shop.test' }],
  ])('a redirected connection that %s', async (_what, said, host) => {
    await restart({ door: { nameOf: () => 'talk.test' } });
    const server = await keep(tcpServer((socket) => socket.on('data', () => socket.end())));
    lab.map.set('192.0.2.7:5222', server.port);
    const redirect = await keep(
      tcpServer((socket) => lab.door.accept(socket, { arrival: 'transparent', host: '192.0.2.7', port: 5222 })),
    );
    const phone = dialUp(redirect.port);
    phone.socket.end(said);
    const { destination } = (await lab.closed()).flow;
    expect(destination).toEqual({ port: 5222, ip: expect.any(String), ...host });
  });

  it('serves a redirected connection with the destination it had', async () => {
    const { secure } = await web();
    lab.map.set('192.0.2.7:443', secure.port);
    const redirect = await keep(
      tcpServer((socket) => lab.door.accept(socket, { arrival: 'transparent', host: '192.0.2.7', port: 443 })),
    );
    const ran = await curl(
      '--cacert',
      lab.caFile,
      '--connect-to',
      `a.test:443:127.0.0.1:${redirect.port}`,
      'https://a.test/',
    );
    expect(ran.stdout.toString()).toBe('secure');
    expect((await lab.closed()).flow).toMatchObject({
      arrival: 'transparent',
      destination: { host: 'a.test', port: 443 },
    });
  });

  it('reads a CONNECT and a ClientHello that come one byte at a time', async () => {
    await web();
    const client = dialUp(lab.door.port);
    const single = async (bytes: Buffer) => {
      for (const byte of bytes) {
        client.socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await single(Buffer.from('CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n'));
    await client.until((bytes) => bytes.includes('\r\n\r\n'));
    await single(chromeHello({ sni: 'a.test' }));
    // The answer to the hello: a TLS handshake record of the lab.
    await client.until((bytes) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)[0] === 22);
    expect(lab.flows()[0]?.hello).toMatchObject({ sni: 'a.test', ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1' });
    client.socket.destroy();
  });

  it('serves an IPv6 destination', async () => {
    const { plain } = await web();
    lab.map.set('2001:db8::1:80', plain.port);
    expect((await curl('-g', '-x', lab.proxy, '-p', 'http://[2001:db8::1]/')).stdout.toString()).toBe('plain');
    expect((await curl('-g', '-x', lab.proxy, 'http://[2001:db8::1]/')).stdout.toString()).toBe('plain');
    expect(lab.flows().map((flow) => flow.destination.host)).toEqual(
      ['127.0.0.1', '2001:db8::1'].map(() => '2001:db8::1'),
    );
  });
});

describe('what cannot be served', () => {
  it.each([
    ['a name nobody knows', 'nowhere.invalid', 'upstream-unresolvable'],
    ['a server that refuses', 'closed.test', 'upstream-refused'],
  ])('answers 502 in one line for %s', async (_what, host, reason) => {
    const closed = await tcpServer(() => {});
    lab.map.set('closed.test:80', closed.port).set('closed.test:443', closed.port);
    await closed.close();
    const plain = await curl('-x', lab.proxy, '-w', '%{http_code}', `http://${host}/`);
    expect(plain.stdout.toString()).toMatch(/^phonehome: the (name|server) [^\n]+\n502$/);
    const tunnel = await curl('-x', lab.proxy, `https://${host}/`);
    expect(tunnel.stderr).toContain('502');
    const socks = await curl('-x', `socks5h://127.0.0.1:${lab.door.port}`, `http://${host}/`);
    expect(socks.code).toBe(97);
    for (const n of [0, 1, 2]) expect((await lab.closed(n)).closed.reason).toBe(reason);
  });

  it('answers 502 when the server does not answer in time', async () => {
    await restart({ wire: { timeouts: { connectMs: 0 } } });
    await web();
    expect((await curl('-x', lab.proxy, '-w', '%{http_code}', 'http://a.test/')).stdout.toString()).toContain('502');
    expect((await lab.closed()).closed.reason).toBe('upstream-timeout');
  });

  it('resets a direct TLS connection whose server refuses', async () => {
    const client = dialUp(lab.door.port);
    client.socket.write(chromeHello({ sni: 'nowhere.invalid' }));
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('upstream-unresolvable');
  });

  it('asks policy about the resolved address, so that a rebound name cannot reach the lab', async () => {
    const asked: string[] = [];
    let round = 0;
    await restart({
      wire: {
        resolve: () => Promise.resolve([round++ === 0 ? '127.0.0.9' : '127.0.0.1']),
        mayConnect: (ip, port) => {
          asked.push(`${ip}:${port}`);
          return { ok: false, why: text('treated.this-machine') };
        },
      },
    });
    const ran = await curl('-x', lab.proxy, '-w', '%{http_code}', 'http://rebound.test:8081/');
    expect(ran.stdout.toString()).toBe(`phonehome: ${say(text('treated.this-machine'))}\n403`);
    const { flow, closed } = await lab.closed();
    expect(flow).toMatchObject({
      treatment: 'refuse',
      treatmentReason: text('treated.this-machine'),
      destination: { ip: '127.0.0.9' },
    });
    expect(closed.reason).toBe('refused-by-policy');
    expect(asked).toEqual(['127.0.0.9:8081']);
  });

  it('refuses by policy before anything is dialled', async () => {
    await restart({ door: { decide: () => ({ treatment: 'refuse', reason: text('treated.policy') }) } });
    await web();
    expect((await curl('-x', lab.proxy, '-w', '%{http_code}', 'http://a.test/')).stdout.toString()).toBe(
      'phonehome: refused by policy\n403',
    );
    expect((await curl('-x', lab.proxy, 'https://a.test/')).stderr).toContain('403');
    expect((await curl('-x', `socks5h://127.0.0.1:${lab.door.port}`, 'http://a.test/')).code).toBe(97);
    for (const n of [0, 1, 2]) expect((await lab.closed(n)).closed.reason).toBe('refused-by-policy');
  });

  it('closes a client that is not admitted at once, and records it', async () => {
    await restart({ door: { admit: () => false } });
    const client = dialUp(lab.door.port);
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).flow).toMatchObject({
      arrival: 'unknown',
      treatment: 'refuse',
      client: { ip: '127.0.0.1' },
    });
  });

  it.each([
    ['bytes of no protocol', Buffer.from([0, 1, 2, 3]), 'client-garbage'],
    ['a TLS record that is no hello', Buffer.from([22, 3, 1, 0, 1, 9]), 'client-garbage'],
    ['TLS without a server name', chromeHello({ sni: null }), 'client-garbage'],
    ['HTTP/2 without TLS', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'client-garbage'],
    ['SOCKS5 with no method in common', Buffer.from([5, 1, 9]), 'client-garbage'],
    ['a request for the proxy itself', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'client-garbage'],
    ['a head without end', Buffer.from(`GET http://a.test/ HTTP/1.1\r\nX: ${'y'.repeat(70_000)}`), 'client-garbage'],
  ])('stays up and records %s', async (_what, bytes, reason) => {
    const client = dialUp(lab.door.port);
    client.socket.end(bytes);
    await client.ended;
    const { closed, events } = await lab.closed();
    expect(closed.reason).toBe(reason);
    expect(events.map((event) => event.type)).toEqual(['flow-opened', 'flow-closed']);
    await web();
    expect((await curl('-x', lab.proxy, 'http://a.test/')).stdout.toString()).toBe('plain');
  });

  it('files a redirected phone that is gone before it is seen as gone, and not as refused', async () => {
    const at = { arrival: 'transparent', host: '192.0.2.7', port: 443 } as const;
    // What is left of a connection whose reset came before it was taken: a socket without addresses.
    lab.door.accept(new Socket(), at);
    lab.door.refuse(new Socket(), at, text('treated.no-destination'));
    for (const index of [0, 1]) {
      const { flow, closed } = await lab.closed(index);
      expect(closed).toMatchObject({ reason: 'client-reset', detail: text('ended.unseen') });
      expect(flow.treatment).toBe('intercept');
    }
  });

  it('closes a phone that starts and does not go on', async () => {
    await restart({ door: { timeouts: { helloMs: 40, silenceMs: 40 } } });
    const starts = ['', 'CONN', '\x05\x01', chromeHello().subarray(0, 50).toString('latin1')];
    for (const [n, start] of starts.entries()) {
      const client = dialUp(lab.door.port);
      client.socket.write(start, 'latin1');
      await client.ended;
      client.socket.destroy();
      await lab.closed(n);
    }
    expect(lab.flows()).toHaveLength(starts.length);
  });

  it('says in one line that the port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const attempt = createDoor({
      host: '127.0.0.1',
      port,
      engine: lab.wire,
      admit: () => true,
      decide: () => ({ treatment: 'intercept', reason: null }),
      identify: () => null,
      now: Date.now,
      log: silentLog,
    });
    await expect(attempt).rejects.toThrow(`port ${port} is in use: stop the program`);
    taken.close();
  });

  it('leaves nothing open when it closes', async () => {
    await web();
    const client = dialUp(lab.door.port);
    client.socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
    await client.until((bytes) => bytes.includes('\r\n\r\n'));
    const tls = tlsConnect({ socket: client.socket, servername: 'a.test', ca: [labCa.pem] });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    tls.on('error', () => {});
    const gone = new Promise((resolve) => tls.once('end', resolve).once('close', resolve));
    await lab.door.close();
    await gone;
    expect(lab.wire.openFlows).toBe(0);
    expect((await lab.closed()).closed.reason).toBe('lab-stopped');
  });
});

import { writeFileSync } from 'node:fs';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from './certificates.ts';
import { startLab, type TestLab, worldCa } from './lab.ts';
import { curl, dialUp, run, type TestServer, tcpServer, tlsServer } from './servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(certificate: { key: string; cert: string }, options = {}): Promise<void> {
  const server = await tlsServer({ ...certificate, ...options }, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
    socket.on('end', () => socket.end());
  });
  servers.push(server);
  lab.map.set('app.test:443', server.port);
}
const good = () => worldCa.issue(['app.test']);
const fetchApp = (...args: string[]) => curl('-x', lab.proxy, ...args, 'https://app.test/');
/** A connection through the proxy, for clients that are not curl. */
async function connectApp() {
  const client = dialUp(lab.door.port);
  client.socket.write('CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n');
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  client.socket.removeAllListeners('data');
  return client;
}

describe('a phone that refuses the certificate', () => {
  for (const version of ['1.2', '1.3']) {
    it(`is recognised by its alert in TLS ${version}, and passed through after three times`, async () => {
      await serve(good());
      const limits = version === '1.2' ? ['--tls-max', '1.2'] : ['--tlsv1.3'];
      for (let count = 1; count <= 3; count++) {
        expect((await fetchApp(...limits)).code).toBe(60);
        const { closed, events } = await lab.closed(count - 1);
        expect(closed.reason).toBe('client-rejected-certificate');
        expect(events.find((event) => event.type === 'certificate-rejected')).toMatchObject({
          sni: 'app.test',
          how: 'unknown_ca',
          count,
        });
      }
      expect(lab.pins.list()).toMatchObject([{ name: 'app.test', state: 'pinned', rejections: 3, how: 'unknown_ca' }]);
      // Trusts the world's authority, not the lab's: a pinned app meets the real server again.
      const worldFile = `${lab.caFile}.world`;
      writeFileSync(worldFile, worldCa.pem);
      const ran = await curl('-x', lab.proxy, ...limits, '--cacert', worldFile, 'https://app.test/');
      expect(ran.stdout.toString()).toBe('ok');
      const { flow, closed } = await lab.closed(3);
      expect(flow).toMatchObject({ treatment: 'passthrough', intercepted: false, encrypted: true });
      expect(JSON.stringify(flow.treatmentReason)).toContain('unknown_ca');
      expect(flow.hello?.ja4).toMatch(/^t1[23]d/);
      expect(closed.reason).toBe('ended');
      expect(closed.bytesUp).toBeGreaterThan(200);
      expect(closed.bytesDown).toBeGreaterThan(500);
      expect(lab.copied(flow.id, 'request').length).toBe(0);
      // TLS 1.2 shows the server's certificate in clear, TLS 1.3 hides it.
      expect(lab.eventsOf(flow.id)[1]).toMatchObject({
        type: 'tls-established',
        version: `TLSv${version}`,
        certificate: version === '1.2' ? { names: ['app.test'] } : null,
      });
    });
  }

  it('is recognised with OpenSSL s_client', async () => {
    await serve(good());
    await run('openssl', [
      's_client',
      '-proxy',
      `127.0.0.1:${lab.door.port}`,
      '-connect',
      'app.test:443',
      '-servername',
      'app.test',
      '-verify_return_error',
      '-verify',
      '3',
    ]);
    const { events } = await lab.closed();
    expect(events.at(-2)).toMatchObject({ type: 'certificate-rejected', how: 'unknown_ca', count: 1 });
  });

  it('is recognised when it closes without a word after the handshake', async () => {
    await serve(good());
    const client = await connectApp();
    const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    tls.end();
    const { closed, events } = await lab.closed();
    expect(closed.reason).toBe('client-rejected-certificate');
    expect(events.map((event) => event.type)).toEqual([
      'flow-opened',
      'tls-established',
      'certificate-rejected',
      'flow-closed',
    ]);
    expect(events[2]).toMatchObject({ how: 'silent-close', count: 1 });
  });

  it('is not mistaken for a browser that throws a spare connection away', async () => {
    await serve(good());
    await fetchApp('--cacert', lab.caFile);
    const client = await connectApp();
    const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    tls.end();
    const { closed, events } = await lab.closed(1);
    expect(closed.reason).toBe('ended');
    expect(events.some((event) => event.type === 'certificate-rejected')).toBe(false);
  });

  it('is not mistaken for a phone that resets after the handshake', async () => {
    await serve(good());
    const client = await connectApp();
    const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    client.socket.resetAndDestroy();
    const { closed, events } = await lab.closed();
    expect(closed.reason).toBe('client-reset');
    expect(events.some((event) => event.type === 'certificate-rejected')).toBe(false);
    expect(lab.pins.list()).toEqual([]);
  });

  it('is recognised when it never does anything but reset: it works at the fourth try', async () => {
    await serve(good());
    for (let tries = 0; tries < 3; tries++) {
      const client = await connectApp();
      const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false });
      // The lab has read the end of the handshake: it sends tickets then.
      await new Promise((resolve) => tls.once('session', resolve));
      client.socket.resetAndDestroy();
      await lab.closed(tries);
    }
    await fetchApp('-k');
    expect((await lab.closed(3)).flow).toMatchObject({ treatment: 'passthrough', intercepted: false });
  });

  it('is not mistaken for a phone that resets during the handshake', async () => {
    await serve(good());
    const client = await connectApp();
    const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false });
    tls.on('error', () => {});
    await lab.seen((event) => event.type === 'flow-opened');
    client.socket.resetAndDestroy();
    const { closed } = await lab.closed();
    expect(closed.reason).toBe('client-reset');
    expect(lab.pins.list()).toEqual([]);
  });

  it('does not lose its count of alerts to another app that accepts', async () => {
    await serve(good());
    await fetchApp();
    await fetchApp('--cacert', lab.caFile);
    await fetchApp();
    await fetchApp();
    expect(lab.pins.list()).toMatchObject([{ state: 'pinned', rejections: 3 }]);
  });

  it('is intercepted all the same when the operator says never, and passed at once on always', async () => {
    await serve(good());
    lab.pins.override('127.0.0.1', 'app.test', 'never');
    for (let count = 0; count < 4; count++) await fetchApp();
    expect((await lab.closed(3)).flow.treatment).toBe('intercept');
    lab.pins.override('127.0.0.1', 'app.test', 'always');
    await fetchApp('-k');
    expect((await lab.closed(4)).flow).toMatchObject({ treatment: 'passthrough', intercepted: false });
  });
});

describe('a server whose own certificate is bad', () => {
  const bad: [string, () => { key: string; cert: string }, string][] = [
    ['expired', () => worldCa.issue(['app.test'], { notAfter: new Date(Date.now() - 86_400_000) }), 'CERT_HAS_EXPIRED'],
    ['for another name', () => worldCa.issue(['other.test']), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['self-signed', () => selfSigned(['app.test']), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ];
  for (const [what, certificate, problem] of bad) {
    it(`is shown as untrusted to the phone: ${what}`, async () => {
      await serve(certificate());
      expect((await fetchApp('--cacert', lab.caFile)).code).toBe(60);
      const { closed, events } = await lab.closed();
      expect(closed.reason).toBe('client-rejected-certificate');
      expect(events.at(-2)).toMatchObject({ type: 'upstream-certificate-invalid', problem, acceptedByClient: false });
      // Refusing it is right: it says nothing about a pin, and is counted apart.
      expect(lab.pins.list()).toMatchObject([{ state: 'watching', cause: null, rejections: 1 }]);
    });

    it(`is recorded as accepted when the phone goes on: ${what}`, async () => {
      await serve(certificate());
      for (let round = 0; round < 2; round++) {
        expect((await fetchApp('-k')).stdout.toString()).toBe('ok');
        const { closed, events } = await lab.closed(round);
        expect(closed.reason).toBe('ended');
        expect(events.filter((event) => event.type === 'upstream-certificate-invalid')).toMatchObject([
          { problem, acceptedByClient: true },
        ]);
        expect(events.find((event) => event.type === 'tls-established')).toMatchObject({ certificate: { problem } });
      }
    });
  }
});

describe('the TLS towards the server', () => {
  it('resumes sessions', async () => {
    const reused: boolean[] = [];
    const server = await tlsServer(good(), (socket) => {
      reused.push(socket.isSessionReused());
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
    });
    servers.push(server);
    lab.map.set('app.test:443', server.port);
    for (let round = 0; round < 3; round++) {
      expect((await fetchApp('--cacert', lab.caFile)).stdout.toString()).toBe('ok');
      const { events } = await lab.closed(round);
      expect(events[1]).toMatchObject({ type: 'tls-established', certificate: { names: ['app.test'], problem: null } });
    }
    expect(reused).toEqual([false, true, true]);
  });

  it('tells the phone no protocol when the server chooses none', async () => {
    await serve(good());
    const ran = await fetchApp('--cacert', lab.caFile, '--http2', '-v');
    expect(ran.stdout.toString()).toBe('ok');
    expect(ran.stderr).toContain('server did not agree');
    expect((await lab.closed()).events[1]).toMatchObject({ type: 'tls-established', alpn: null });
  });

  it('tells the phone exactly the protocol the server chose, also one that is no HTTP', async () => {
    const server = await tlsServer({ ...good(), ALPNProtocols: ['vendor/7'] }, (socket) => socket.pipe(socket));
    servers.push(server);
    lab.map.set('app.test:443', server.port);
    const client = await connectApp();
    const tls = tlsConnect({
      socket: client.socket,
      servername: 'app.test',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'vendor/7'],
    });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    expect(tls.alpnProtocol).toBe('vendor/7');
    tls.destroy();
  });

  it('follows a server that changes its protocol, at the price of one reset connection', async () => {
    let protocol = 'old/1';
    const choose = (offer: { protocols: string[] }) => offer.protocols.find((one) => one === protocol);
    const server = await tlsServer({ ...good(), ALPNCallback: choose }, (socket) => socket.pipe(socket));
    servers.push(server);
    lab.map.set('app.test:443', server.port);
    const meet = async () => {
      const client = await connectApp();
      const tls = tlsConnect({
        socket: client.socket,
        servername: 'app.test',
        rejectUnauthorized: false,
        ALPNProtocols: ['old/1', 'new/1'],
      });
      const answer = new Promise<string>((resolve) => {
        tls.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        tls.once('secureConnect', () => tls.write('x'));
        tls.once('data', () => resolve(String(tls.alpnProtocol)));
      });
      const result = await answer;
      tls.destroy();
      return result;
    };
    expect(await meet()).toBe('old/1');
    expect(await meet()).toBe('old/1');
    protocol = 'new/1';
    expect(await meet()).toBe('ECONNRESET');
    expect(await meet()).toBe('new/1');
  });

  it('relays nothing to a server whose certificate has turned bad since it was met', async () => {
    await serve(good());
    expect((await fetchApp('--cacert', lab.caFile)).stdout.toString()).toBe('ok');
    const { port } = servers.at(-1)!;
    await servers.at(-1)!.close();
    let spoken = 0;
    const rogue = await tlsServer(selfSigned(['app.test']), (socket) => socket.on('data', () => spoken++), port);
    servers.push(rogue);
    expect((await fetchApp('--cacert', lab.caFile)).code).not.toBe(0);
    const { closed, events } = await lab.closed(1);
    expect(closed).toMatchObject({ reason: 'upstream-tls-failed', bytesUp: 0 });
    expect(events.at(-2)).toMatchObject({
      type: 'upstream-certificate-invalid',
      problem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      acceptedByClient: false,
    });
    expect(spoken).toBe(0);
    expect((await fetchApp('--cacert', lab.caFile)).code).toBe(60);
  });

  it('resets the phone when the server is no TLS server', async () => {
    const server = await tcpServer((socket) => socket.once('data', () => socket.end('220 hello\r\n')));
    servers.push(server);
    lab.map.set('app.test:443', server.port);
    expect((await fetchApp('--cacert', lab.caFile)).code).not.toBe(0);
    expect((await lab.closed()).closed.reason).toBe('upstream-tls-failed');
  });

  it('gives key log lines of both legs', async () => {
    await lab.stop();
    const lines: string[] = [];
    lab = await startLab({ wire: { onKeylog: (line) => void lines.push(line.toString()) } });
    await serve(good());
    await fetchApp('--cacert', lab.caFile);
    await lab.closed();
    const randoms = new Set(lines.map((line) => line.split(' ')[1]));
    expect(randoms.size).toBe(2);
    expect(lines.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 '))).toBe(true);
  });
});

describe('TLS towards the phone', () => {
  it('resumes sessions of a phone that kept its ticket', async () => {
    await serve(good());
    let session: Buffer | undefined;
    for (const expected of [false, true]) {
      const client = await connectApp();
      const tls = tlsConnect({ socket: client.socket, servername: 'app.test', rejectUnauthorized: false, session });
      const ticket = new Promise<Buffer>((resolve) => tls.once('session', resolve));
      await new Promise((resolve) => tls.once('secureConnect', resolve));
      expect(tls.isSessionReused()).toBe(expected);
      tls.write('GET / HTTP/1.1\r\n\r\n');
      session ??= await ticket;
      tls.destroy();
    }
  });

  it('speaks TLS 1.0 with an old phone', async () => {
    await serve(good(), { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    const client = await connectApp();
    const tls = tlsConnect({
      socket: client.socket,
      servername: 'app.test',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    expect(tls.getProtocol()).toBe('TLSv1');
    tls.destroy();
  });
});

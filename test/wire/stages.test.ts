/** One side goes away at every stage of an intercepted connection: the other learns it, the flow closes once. */
import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { text } from '../../src/model/text.ts';
import { chromeHello } from '../formats/hellos.ts';
import { labCa, startLab, type TestLab, worldCa } from './lab.ts';
import { dialUp, type TestServer, tcpServer, tlsServer } from './servers.ts';

let lab: TestLab;
const servers: TestServer[] = [];
beforeEach(async () => {
  lab = await startLab();
});
afterEach(async () => {
  await lab.stop();
  for (const server of servers.splice(0)) await server.close();
});
const use = async (server: Promise<TestServer>) => {
  servers.push(await server);
  lab.map.set('a.test:443', servers.at(-1)!.port);
};
const connectA = async () => {
  const client = dialUp(lab.door.port);
  client.socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  return client;
};
const errorOf = (socket: Socket) =>
  new Promise<string>((resolve) => socket.once('error', (e: NodeJS.ErrnoException) => resolve(e.code ?? '')));

async function secure(handler: (socket: TLSSocket) => void): Promise<{ tls: TLSSocket; socket: Socket }> {
  await use(tlsServer(worldCa.issue(['a.test']), handler));
  const { socket } = await connectA();
  socket.removeAllListeners('data');
  const tls = tlsConnect({ socket, servername: 'a.test', ca: [labCa.pem] });
  await once(tls, 'secureConnect');
  return { tls, socket };
}

describe('while the server is still shaking hands', () => {
  it('a phone that resets ends the dial', async () => {
    let peer: Socket | undefined;
    const gone = new Promise<void>((resolve) => {
      void use(
        tcpServer((socket) => {
          peer = socket;
          socket.resume().once('data', () => client?.socket.resetAndDestroy());
          socket.once('close', () => resolve());
          socket.once('end', () => socket.end());
        }),
      ).then(async () => {
        client = await connectA();
        client.socket.write(chromeHello({ sni: 'a.test' }));
      });
    });
    let client: Awaited<ReturnType<typeof connectA>> | undefined;
    await gone;
    expect(peer?.destroyed).toBe(true);
    const { closed } = await lab.closed();
    expect(closed).toMatchObject({
      reason: 'client-reset',
      detail: text('ended.before-certificate'),
    });
    expect(lab.pins.list()).toEqual([]);
  });

  it('a server that resets resets the phone', async () => {
    await use(tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const client = await connectA();
    client.socket.write(chromeHello({ sni: 'a.test' }));
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('upstream-tls-failed');
  });

  it('a server that never answers is given up', async () => {
    await lab.stop();
    lab = await startLab({ wire: { timeouts: { handshakeMs: 60 } } });
    await use(tcpServer((socket) => socket.resume()));
    const client = await connectA();
    client.socket.write(chromeHello({ sni: 'a.test' }));
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed).toMatchObject({
      reason: 'upstream-tls-failed',
      detail: text('ended.server-late-tls'),
    });
  });
});

describe('while the phone is still shaking hands', () => {
  it('a server that resets resets the phone', async () => {
    let joined: (socket: TLSSocket) => void = () => {};
    const peer = new Promise<TLSSocket>((resolve) => {
      joined = resolve;
    });
    await use(tlsServer(worldCa.issue(['a.test']), (socket) => joined(socket)));
    const client = await connectA();
    client.socket.write(chromeHello({ sni: 'a.test' }));
    // The lab's answer to the hello has begun; the phone never finishes.
    await client.until((bytes) => bytes.length > 100);
    ((await peer) as unknown as { _parent: Socket })._parent.resetAndDestroy();
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('server-reset');
    expect(lab.pins.list()).toEqual([]);
  });

  it('a phone that never goes on is given up, and nothing is counted against it', async () => {
    await lab.stop();
    lab = await startLab({ wire: { timeouts: { handshakeMs: 300 } } });
    await use(tlsServer(worldCa.issue(['a.test']), () => {}));
    const client = await connectA();
    client.socket.write(chromeHello({ sni: 'a.test' }));
    await client.ended;
    expect((await lab.closed()).closed.reason).toBe('idle-timeout');
    expect(lab.pins.list()).toEqual([]);
  });
});

describe('once both are joined', () => {
  it('passes the end of the phone on, and the answer that comes after it', async () => {
    const { tls } = await secure((socket) => {
      const got: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      socket.on('end', () => socket.end(`after your end: ${Buffer.concat(got).toString()}`));
    });
    const got: Buffer[] = [];
    tls.on('data', (chunk: Buffer) => got.push(chunk));
    tls.end('question');
    await once(tls, 'end');
    expect(Buffer.concat(got).toString()).toBe('after your end: question');
    expect((await lab.closed()).closed.reason).toBe('ended');
  });

  it('passes the reset of the phone on', async () => {
    let error: Promise<string> | undefined;
    const { tls, socket } = await secure((peer) => {
      error = errorOf(peer);
      peer.once('data', () => socket.resetAndDestroy());
    });
    tls.on('error', () => {});
    tls.write('x');
    expect((await lab.closed()).closed.reason).toBe('client-reset');
    expect(await error).toBe('ECONNRESET');
  });

  it('relays a WebSocket with compressed messages', async () => {
    const https = createHttps(worldCa.issue(['a.test']));
    const sockets = new WebSocketServer({ server: https, perMessageDeflate: true });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data.toString()}`)));
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    lab.map.set('a.test:443', (https.address() as { port: number }).port);
    const { socket } = await connectA();
    socket.removeAllListeners('data');
    const tls = tlsConnect({ socket, servername: 'a.test', ca: [labCa.pem], ALPNProtocols: ['http/1.1'] });
    const client = new WebSocket('wss://a.test/', { createConnection: () => tls } as never);
    await once(client, 'open');
    const answer = once(client, 'message');
    client.send('hello '.repeat(500));
    expect(String((await answer)[0])).toBe(`echo ${'hello '.repeat(500)}`);
    client.close();
    await once(client, 'close');
    expect((await lab.closed()).closed.reason).toBe('ended');
    sockets.close();
    https.close();
  });
});

import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

/** The server's side of the next connection. */
async function raw(handler?: (socket: Socket) => void): Promise<{ peer: Promise<Socket> }> {
  let got: (socket: Socket) => void = () => {};
  const peer = new Promise<Socket>((resolve) => {
    got = resolve;
  });
  const server = await tcpServer((socket) => {
    got(socket);
    handler?.(socket);
  });
  servers.push(server);
  lab.map.set('raw.test:7000', server.port);
  return { peer };
}

async function connectRaw(early = ''): Promise<ReturnType<typeof dialUp>> {
  const client = dialUp(lab.door.port);
  client.socket.write(`CONNECT raw.test:7000 HTTP/1.1\r\n\r\n${early}`);
  await client.until((bytes) => bytes.includes('\r\n\r\n'));
  return client;
}
const afterHead = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
const sawEnd = (socket: Socket) => new Promise<void>((resolve) => socket.once('end', () => resolve()));
const sawError = (socket: Socket) =>
  new Promise<string>((resolve) => socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? '')));

describe('raw TCP inside CONNECT', () => {
  it('relays a server that speaks first, at once', async () => {
    await raw((socket) => {
      socket.write('220 mail.raw.test ESMTP\r\n');
      socket.resume().on('end', () => socket.end());
    });
    const client = await connectRaw();
    await client.until((bytes) => bytes.includes('ESMTP\r\n'));
    client.socket.destroy();
    const { flow } = await lab.closed();
    expect(flow).toMatchObject({ encrypted: false, intercepted: true, hello: null });
    expect(lab.copied(flow.id, 'response').toString()).toBe('220 mail.raw.test ESMTP\r\n');
  });

  it('relays a client that speaks first, also when its bytes came with the CONNECT', async () => {
    await raw((socket) => socket.pipe(socket));
    const client = await connectRaw('early bird');
    await client.until((bytes) => afterHead(bytes).toString() === 'early bird');
    client.socket.write(' and more');
    await client.until((bytes) => afterHead(bytes).toString() === 'early bird and more');
    client.socket.end();
    const { flow, closed } = await lab.closed();
    expect(closed).toMatchObject({ reason: 'ended', bytesUp: 19, bytesDown: 19 });
    expect(lab.copied(flow.id, 'request').toString()).toBe('early bird and more');
  });

  it('relays what begins like TLS and is none', async () => {
    await raw((socket) => socket.pipe(socket));
    const odd = Buffer.from([0x16, 3, 1, 0, 4, 9, 9, 9, 9, 1, 2, 3]);
    const client = await connectRaw();
    client.socket.write(odd);
    expect(afterHead(await client.until((bytes) => afterHead(bytes).length === odd.length))).toEqual(odd);
    client.socket.destroy();
  });

  it('relays a ClientHello that is cut short by the end of the connection', async () => {
    const { peer } = await raw();
    const client = await connectRaw();
    const half = Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]);
    client.socket.end(half);
    const socket = await peer;
    const got: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => got.push(chunk));
    await sawEnd(socket);
    expect(Buffer.concat(got)).toEqual(half);
    socket.end();
    expect((await lab.closed()).closed).toMatchObject({ reason: 'ended', bytesUp: half.length });
  });

  it('passes the end of one side on and lets the other go on', async () => {
    const { peer } = await raw();
    const client = await connectRaw('question');
    const server = await peer;
    client.socket.end();
    server.resume();
    await sawEnd(server);
    server.end('a long answer after the question ended');
    await client.until((bytes) => bytes.includes('question ended'));
    expect((await lab.closed()).closed.reason).toBe('ended');
  });

  it('tells the observer which side ended', async () => {
    await lab.stop();
    const ends: string[] = [];
    lab = await startLab({
      wire: { observe: { event() {}, bytes() {}, end: (_id, direction) => void ends.push(direction) } },
    });
    const { peer } = await raw();
    const client = await connectRaw('question');
    const server = await peer;
    server.resume();
    client.socket.end();
    await sawEnd(server);
    expect(ends).toEqual(['request']);
    server.end('answer');
    await client.ended;
    expect(ends).toEqual(['request', 'response']);
  });

  it('gives up on a half-open connection on which nothing moves', async () => {
    await lab.stop();
    lab = await startLab({ wire: { timeouts: { halfOpenMs: 50 } } });
    const { peer } = await raw();
    const client = await connectRaw('x');
    const server = await peer;
    server.on('error', () => {});
    client.socket.end();
    expect((await lab.closed()).closed).toMatchObject({ reason: 'idle-timeout' });
  });

  it('passes the reset of the phone on', async () => {
    const { peer } = await raw();
    const client = await connectRaw('x');
    const server = await peer;
    server.resume();
    await new Promise((resolve) => server.once('data', resolve));
    const error = sawError(server);
    client.socket.resetAndDestroy();
    expect(await error).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('client-reset');
  });

  it('passes the reset of the server on', async () => {
    const { peer } = await raw();
    const client = await connectRaw('x');
    const server = await peer;
    await new Promise((resolve) => server.once('data', resolve));
    server.resetAndDestroy();
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('server-reset');
  });

  it('passes a reset on that comes before the phone has said anything', async () => {
    const { peer } = await raw();
    const client = await connectRaw();
    (await peer).resetAndDestroy();
    expect(await client.ended).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('server-reset');
    expect(lab.wire.openFlows).toBe(0);
  });

  it('ends the server when the phone leaves without a word', async () => {
    const { peer } = await raw();
    const client = await connectRaw();
    const server = await peer;
    server.resume();
    client.socket.end();
    await sawEnd(server);
    server.end();
    expect((await lab.closed()).closed).toMatchObject({ reason: 'ended', bytesUp: 0, bytesDown: 0 });
  });

  it('resets a server of a phone that resets without a word', async () => {
    const { peer } = await raw();
    const client = await connectRaw();
    const server = await peer;
    const error = sawError(server);
    client.socket.resetAndDestroy();
    expect(await error).toBe('ECONNRESET');
    expect((await lab.closed()).closed.reason).toBe('client-reset');
  });

  it('goes on relaying when the reader of the copy fails', async () => {
    await lab.stop();
    const complaints: string[] = [];
    lab = await startLab({
      wire: {
        observe: {
          event() {
            throw new Error('a reader broke');
          },
          bytes() {
            throw new Error('a reader broke');
          },
        },
        log: { debug() {}, info() {}, warn() {}, error: (_fields, message) => void complaints.push(message) },
      },
    });
    await raw((socket) => socket.pipe(socket));
    const client = await connectRaw('still');
    await client.until((bytes) => bytes.includes('still'));
    client.socket.write(' here');
    await client.until((bytes) => bytes.includes('still here'));
    client.socket.destroy();
    expect(complaints).toEqual(['reading the traffic failed; relaying goes on (said once)']);
  });

  it('closes every open flow as lab-stopped', async () => {
    await raw();
    await connectRaw('x');
    await lab.seen((event) => event.type === 'flow-opened');
    lab.wire.close();
    expect((await lab.closed()).closed.reason).toBe('lab-stopped');
    expect(lab.wire.openFlows).toBe(0);
  });
});

describe('TLS inside CONNECT', () => {
  async function secure(handler: (socket: TLSSocket) => void): Promise<TLSSocket> {
    const server = await tlsServer(worldCa.issue(['raw.test']), handler);
    servers.push(server);
    lab.map.set('raw.test:7000', server.port);
    const client = await connectRaw();
    client.socket.removeAllListeners('data');
    const tls = tlsConnect({
      socket: client.socket,
      servername: 'raw.test',
      ca: [labCa.pem],
    });
    await new Promise((resolve) => tls.once('secureConnect', resolve));
    return tls;
  }

  it('relays a server that speaks first', async () => {
    const tls = await secure((socket) => socket.write('hello from the server'));
    const chunk = await new Promise<Buffer>((resolve) => tls.once('data', resolve));
    expect(chunk.toString()).toBe('hello from the server');
    tls.destroy();
  });

  it('passes the reset of the server on', async () => {
    let peer: TLSSocket | undefined;
    const tls = await secure((socket) => {
      peer = socket;
      socket.once('data', () => {
        // The TCP socket below a server-side TLSSocket is only reachable this way.
        (socket as unknown as { _parent: Socket })._parent.resetAndDestroy();
      });
    });
    const error = sawError(tls);
    tls.write('x');
    expect(await error).toBe('ECONNRESET');
    expect(peer).toBeDefined();
    expect((await lab.closed()).closed.reason).toBe('server-reset');
  });

  it('carries random bytes both ways unchanged', async () => {
    const sent = randomBytes(3_000_000);
    const tls = await secure((socket) => {
      const hash = createHash('sha256');
      let size = 0;
      socket.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        size += chunk.length;
        if (!socket.write(chunk)) socket.pause();
        if (size === sent.length) socket.end(hash.digest());
      });
      socket.on('drain', () => socket.resume());
    });
    const got: Buffer[] = [];
    tls.on('data', (chunk: Buffer) => got.push(chunk));
    tls.write(sent);
    await sawEnd(tls);
    tls.end();
    const all = Buffer.concat(got);
    expect(all.subarray(0, sent.length).equals(sent)).toBe(true);
    expect(all.subarray(sent.length)).toEqual(createHash('sha256').update(sent).digest());
    const { flow, closed } = await lab.closed();
    expect(closed).toMatchObject({ reason: 'ended', bytesUp: sent.length, bytesDown: sent.length + 32 });
    expect(lab.copied(flow.id, 'request').equals(sent)).toBe(true);
  });
});

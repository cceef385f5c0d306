/**
 * When phone and server have both left, the flow ends, and says how: every way each can leave, in clear, under TLS and under
 * HTTP/2, passed through and by a proxy request. The lab's own patience with half-open connections is far longer than a test.
 */
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { text } from '../../src/model/text.ts';
import { labCa, startLab, type TestLab, worldCa } from './lab.ts';
import { dialUp, tcpServer, tlsServer } from './servers.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Leave = (stream: Socket, raw: Socket) => void;
const WAYS: Record<string, Leave> = {
  ends: (stream) => void stream.end(),
  closes: (stream) => void stream.destroy(),
  resets: (_stream, raw) => void raw.resetAndDestroy(),
  'closes its TCP without an end of TLS': (_stream, raw) => void raw.end(),
};

interface Pair {
  lab: TestLab;
  phone: { stream: Socket; raw: Socket };
  server: { stream: Socket; raw: Socket };
}

const rawOf = (stream: Socket): Socket => (stream as Socket & { _parent?: Socket })._parent ?? stream;

/** One connection through the lab on which both sides have said something. */
async function pair(kind: string): Promise<Pair> {
  const passes = { treatment: 'passthrough', reason: text('pass.operator') } as const;
  const lab = await startLab(kind === 'passed through' ? { door: { decide: () => passes } } : {});
  closing.push(() => lab.stop());
  const met = Promise.withResolvers<Socket>();
  const handler = (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', () => met.resolve(socket));
    });
  };
  const inClear = kind === 'in clear' || kind === 'a proxy request';
  const certificate = worldCa.issue(['a.test']);
  const alpn = kind === 'h2' ? { ALPNProtocols: ['h2'] } : {};
  const made = inClear ? await tcpServer(handler) : await tlsServer({ ...certificate, ...alpn }, handler);
  closing.push(() => made.close());
  lab.map.set('a.test:443', made.port).set('a.test:80', made.port);
  const { socket } = dialUp(lab.door.port);
  if (kind === 'a proxy request') {
    socket.write('GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const server = await met.promise;
    await new Promise((done) => socket.once('data', done));
    return { lab, phone: { stream: socket, raw: socket }, server: { stream: server, raw: server } };
  }
  socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
  await new Promise((done) => socket.once('data', done));
  let stream: Socket = socket;
  if (!inClear) {
    stream = connectTls({ socket, servername: 'a.test', ca: [labCa.pem, worldCa.pem], ...alpn }) as TLSSocket;
    stream.on('error', () => {});
    await new Promise((done) => stream.once('secureConnect', done));
  }
  stream.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const server = await met.promise;
  await new Promise((done) => stream.once('data', done));
  stream.resume();
  return { lab, phone: { stream, raw: socket }, server: { stream: server, raw: rawOf(server) } };
}

describe.each(['in clear', 'TLS', 'h2', 'passed through', 'a proxy request'])('%s', (kind) => {
  const clear = kind === 'in clear' || kind === 'a proxy request';
  for (const [one, leaveFirst] of Object.entries(WAYS))
    for (const [other, leaveThen] of Object.entries(WAYS))
      for (const first of ['phone', 'server'] as const) {
        if (clear && (one.includes('TLS') || other.includes('TLS'))) continue;
        const second = first === 'phone' ? 'server' : 'phone';
        it(`the ${first} ${one}, then the ${second} ${other}`, async () => {
          const { lab, ...sides } = await pair(kind);
          sides[second].stream.resume();
          leaveFirst(sides[first].stream, sides[first].raw);
          await new Promise((done) => setImmediate(done));
          leaveThen(sides[second].stream, sides[second].raw);
          const { closed } = await lab.closed();
          expect(closed.reason).toMatch(/^(ended|client-reset|server-reset)$/);
          expect(lab.wire.openFlows).toBe(0);
        });
      }
});

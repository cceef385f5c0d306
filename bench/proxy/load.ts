/**
 * The phones of the benchmark: requests of about 1 KB over kept-alive TLS through a proxy, always the same number under
 * way, every answer read to its end. Bounded by a count; an answer that is not 200 ends the measurement.
 */
import { Agent, request } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ORIGIN_HOST } from './origin.ts';

export interface Target {
  proxyPort: number;
  originPort: number;
}

export type Protocol = 'h1' | 'h2';

export interface Load {
  /** Sends that many requests and resolves when all are answered. */
  send(count: number): Promise<void>;
  close(): void;
}

export const CONCURRENCY = 32;
/** As apps do: a few connections, several streams on each. */
const HTTP2_CONNECTIONS = 4;

/** What an app's telemetry looks like: nothing in it is anybody's, and no two are the same. */
export function telemetry(index: number): Buffer {
  const events = Array.from({ length: 9 }, (_, at) => ({
    event: ['screen_view', 'button_tap', 'network_state'][(index + at) % 3],
    at: 1_700_000_000_000 + index * 977 + at,
    session: `s-${(index * 7919 + at).toString(36)}`,
    value: (index * 31 + at) % 100,
  }));
  return Buffer.from(JSON.stringify({ app: 'weather', version: '4.12.0', locale: 'nb-NO', events }).padEnd(1024));
}

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'Weather/4.12.0 (Linux; Android 9; Nokia 7 plus) okhttp/4.12.0',
  accept: 'application/json',
  'x-request-class': 'telemetry',
};

export async function openTls({ proxyPort, originPort }: Target, alpn: string): Promise<TLSSocket> {
  const socket = await openTunnel(proxyPort, `${ORIGIN_HOST}:${originPort}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whose certificate it is is another suite's question.
  const tls = connectTls({ socket, servername: ORIGIN_HOST, ALPNProtocols: [alpn], rejectUnauthorized: false });
  tls.once('secureConnect', resolve).once('error', reject);
  await promise;
  return tls;
}

async function openTunnel(proxyPort: number, authority: string): Promise<Socket> {
  const socket = connect(proxyPort, '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  let head = '';
  const onData = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    socket.off('data', onData).pause();
    if (/^HTTP\/1\.[01] 200 /.test(head)) resolve();
    else reject(new Error(`the proxy answered CONNECT with ${head.split('\r\n')[0]}`));
  };
  socket.on('data', onData);
  await promise;
  return socket;
}

export function openLoad(protocol: Protocol, target: Target): Promise<Load> {
  return protocol === 'h1' ? openHttp1(target) : openHttp2(target);
}

/** `count` requests in `CONCURRENCY` lanes. */
async function inLanes(count: number, once: (index: number, lane: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (_: unknown, which: number): Promise<void> => {
    while (next < count) await once(next++, which);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, lane));
}

async function openHttp1(target: Target): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: CONCURRENCY }, () => openTls(target, 'http/1.1')));
  const lanes = sockets.map((socket) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let given = false;
    agent.createConnection = () => {
      if (given) throw new Error('the proxy closed a kept-alive connection');
      given = true;
      return socket;
    };
    return agent;
  });
  const once = (index: number, lane: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const body = telemetry(index);
    const headers = { ...HEADERS, host: `${ORIGIN_HOST}:${target.originPort}`, 'content-length': body.length };
    request({ agent: lanes[lane], method: 'POST', path: '/v2/events', headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`a request was answered ${answer.statusCode}`));
      answer.resume().on('end', resolve);
    })
      .on('error', reject)
      .end(body);
    return promise;
  };
  return {
    send: (count) => inLanes(count, once),
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function openHttp2(target: Target): Promise<Load> {
  const sessions: ClientHttp2Session[] = [];
  for (let index = 0; index < HTTP2_CONNECTIONS; index++) {
    const socket = await openTls(target, 'h2');
    if (socket.alpnProtocol !== 'h2') throw new Error('HTTP/2 is not offered');
    const session = connectHttp2(`https://${ORIGIN_HOST}:${target.originPort}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    sessions.push(session);
  }
  const once = (index: number, lane: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stream = sessions[lane % sessions.length]!.request({
      ...HEADERS,
      ':method': 'POST',
      ':path': '/v2/events',
    });
    stream.once('response', (headers) => {
      if (headers[':status'] !== 200) reject(new Error(`a request was answered ${headers[':status']}`));
    });
    stream.resume().on('end', resolve).on('error', reject);
    stream.end(telemetry(index));
    return promise;
  };
  return {
    send: (count) => inLanes(count, once),
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/**
 * Requests over kept-alive TLS through a contestant, always the same number under way, every answer read to its end.
 * Bounded by a count; an answer that is not 200 ends the measurement.
 */
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { openPhone, openTls, PATIENCE_MS, type Target } from './phone.ts';
import { http1Text, nextRequest } from './traffic.ts';

export type Protocol = 'h1' | 'h2';

export interface Load {
  /** Sends that many requests and resolves when all are answered. */
  send(count: number): Promise<void>;
  close(): void;
}

export const CONCURRENCY = 32;
/** As apps do: a few connections, several streams on each. */
const HTTP2_CONNECTIONS = 4;

export function openLoad(protocol: Protocol, target: Target): Promise<Load> {
  return protocol === 'h1' ? openHttp1(target) : openHttp2(target);
}

/** `count` times `once`, so many at a time; each lane waits for its own. */
export async function inLanes(lanes: number, count: number, once: (lane: number) => Promise<void>): Promise<void> {
  let left = count;
  const run = async (_: unknown, lane: number): Promise<void> => {
    while (left-- > 0) await once(lane);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, run));
}

async function openHttp1(target: Target): Promise<Load> {
  const phones = await Promise.all(Array.from({ length: CONCURRENCY }, () => openPhone(target)));
  return {
    send: (count) => inLanes(CONCURRENCY, count, (lane) => phones[lane]!.send(http1Text(target.host, nextRequest()))),
    close() {
      for (const { socket } of phones) socket.destroy();
    },
  };
}

async function openHttp2(target: Target): Promise<Load> {
  const sessions: ClientHttp2Session[] = [];
  for (let index = 0; index < HTTP2_CONNECTIONS; index++) {
    const socket = await openTls(target, 'h2');
    if (socket.alpnProtocol !== 'h2') throw new Error('HTTP/2 is not offered');
    const session = connectHttp2(`https://${target.host}`, { createConnection: () => socket });
    session.on('error', () => undefined);
    sessions.push(session);
  }
  const once = (lane: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { path, headers, body } = nextRequest();
    const stream = sessions[lane % sessions.length]!.request({ ...headers, ':method': 'POST', ':path': path });
    stream.once('response', (answer) => {
      if (answer[':status'] !== 200) reject(new Error(`a request was answered ${answer[':status']}`));
    });
    stream.setTimeout(PATIENCE_MS, () => reject(new Error('a stream was silent')));
    stream.resume().on('end', resolve).on('error', reject);
    stream.end(body);
    return promise;
  };
  return {
    send: (count) => inLanes(CONCURRENCY, count, once),
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}

/** The benchmark's end of a connection: TLS to the origin through a contestant, and HTTP/1.1 on it, one request at a time. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { readMessages } from './http1-messages.ts';
import { ORIGIN_HOST } from './origin.ts';

/** So long without a byte, and a run goes on without this answer. */
export const PATIENCE_MS = 60_000;
const SILENT = `silent for ${PATIENCE_MS / 1000} s`;

export interface Target {
  port: number;
  /** `host:port` asked of the proxy with CONNECT; null: the port itself speaks TLS. */
  tunnelTo: string | null;
  /** What a request's Host field says. */
  host: string;
  /** Another address of the loopback range is another phone. */
  localAddress?: string;
}

export interface Phone {
  socket: TLSSocket;
  /** One whole request; resolves when its answer was read to the end and was 200. */
  send(text: string): Promise<void>;
}

export async function openPhone(target: Target, servername = ORIGIN_HOST): Promise<Phone> {
  const socket = await openTls(target, 'http/1.1', servername);
  let waiting: PromiseWithResolvers<void> | null = null;
  const settle = (error: Error | null): void => {
    socket.setTimeout(0);
    const settled = waiting;
    waiting = null;
    if (error) settled?.reject(error);
    else settled?.resolve();
  };
  socket.on(
    'data',
    readMessages({
      head(text) {
        if (!text.startsWith('HTTP/1.1 200')) settle(new Error(`answered ${text.slice(0, 40)}`));
      },
      end: () => settle(null),
    }),
  );
  socket.on('error', settle);
  socket.on('timeout', () => socket.destroy(new Error(SILENT)));
  socket.on('close', () => settle(new Error('the proxy closed a connection')));
  return {
    socket,
    send(text) {
      if (socket.destroyed) return Promise.reject(new Error('the proxy closed a connection'));
      waiting = Promise.withResolvers();
      socket.setTimeout(PATIENCE_MS);
      socket.write(text, 'latin1');
      return waiting.promise;
    },
  };
}

export async function openTls(target: Target, alpn: string, servername = ORIGIN_HOST): Promise<TLSSocket> {
  const socket = await openTcp(target);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whose certificate it is is another suite's question.
  const tls = connectTls({ socket, servername, ALPNProtocols: [alpn], rejectUnauthorized: false });
  tls.once('secureConnect', resolve).once('error', reject);
  tls.once('close', () => reject(new Error('closed in the handshake')));
  await promise;
  socket.setTimeout(0);
  return tls;
}

/** When the other side takes more, or never will. */
export function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('drain', resolve).on('close', resolve);
  return promise.finally(() => socket.off('drain', resolve).off('close', resolve));
}

async function openTcp({ port, tunnelTo, localAddress }: Target): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.setNoDelay(true);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(SILENT)));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', reject);
  if (tunnelTo === null) socket.once('connect', resolve);
  else {
    socket.write(`CONNECT ${tunnelTo} HTTP/1.1\r\nHost: ${tunnelTo}\r\n\r\n`);
    socket.once('close', () => reject(new Error('the proxy closed the tunnel')));
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', onData).pause();
      if (/^HTTP\/1\.[01] 200 /.test(head)) resolve();
      else reject(new Error(`CONNECT was answered ${head.split('\r\n')[0]}`));
    };
    socket.on('data', onData);
  }
  await promise;
  return socket;
}

/**
 * The port that redirected connections arrive on (nftables `redirect` or `tproxy`).
 * Promise: the original destination is read in the `connection` event itself, before anything else can happen to the
 * socket; a connection whose destination is this machine, or unknown, is never dialled (loop guard) but handed to
 * `refuse`, so that it is recorded; one phone's fault never ends another phone's connection.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { plainAddress } from '../formats/address.ts';
import type { RelayedLeg } from '../model/connection.ts';
import { type Text, text } from '../model/text.ts';
import { turnAwayEarly } from './gate.ts';
import { listenProblem } from './listen-problem.ts';
import type { OriginalDestination } from './original-destination.ts';

export interface ListenerOptions {
  /** 0 = any free port. */
  port: number;
  originalDestination: (socket: Socket) => OriginalDestination | null;
  deliver: (socket: Socket, destination: OriginalDestination) => void;
  /** `destination` is null when the kernel does not know it. */
  refuse: (socket: Socket, destination: OriginalDestination | null, why: Text) => void;
  /** Reset at once, nothing else is done for them. Default: nobody. */
  isTurnedAway?: (ip: string) => boolean;
  /** Called once the port is open, with its descriptor: tproxy needs an option set on it. */
  prepare?: (descriptor: number) => void;
  /** This machine's addresses. Default: asked of the system, at most once a second. */
  isOwn?: (ip: string) => boolean;
  now: () => number;
  /** A connection that was delivered is over: what was read of it. */
  onEnd?: (leg: RelayedLeg) => void;
  /** More are closed at once. Default 20,000. */
  maxConnections?: number;
  /** Said for each connection closed because of `maxConnections`. */
  onDrop?: () => void;
}

export interface TransparentListener {
  port: number;
  /** Stops listening; open connections belong to whom they were handed. */
  close(): Promise<void>;
}

const OWN_ADDRESSES_FRESH_MS = 1000;
/** A thousand phones' apps start at once after an outage; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

/** Rejects with one line that says what to do when the port cannot be had. */
export async function openListener(options: ListenerOptions): Promise<TransparentListener> {
  const isOwn = options.isOwn ?? createOwnAddresses(options.now);
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  server.maxConnections = options.maxConnections ?? 20_000;
  server.on('drop', () => options.onDrop?.());
  server.on('connection', (socket) => {
    const destination = options.originalDestination(socket);
    if (!destination) options.refuse(socket, null, text('treated.no-destination'));
    else if (isOwn(destination.ip)) options.refuse(socket, destination, text('treated.lab-reached'));
    else {
      if (options.onEnd) tellEnd(socket, destination, options.onEnd);
      options.deliver(socket, destination);
    }
  });
  const port = await listen(server, options.port);
  if (options.isTurnedAway) turnAwayEarly(server, options.isTurnedAway);
  options.prepare?.(descriptorOf(server));
  return {
    port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The count is of the socket itself: also what TLS took of it. */
function tellEnd(socket: Socket, destination: OriginalDestination, onEnd: (leg: RelayedLeg) => void): void {
  const { remoteAddress = '', remotePort = 0 } = socket;
  const client = { ip: plainAddress(remoteAddress), port: remotePort };
  socket.once('close', () => onEnd({ client, destination, bytesRead: socket.bytesRead }));
}

/** Both families on one port; IPv4 alone where the machine has no IPv6. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    return await listenOn(server, '::', port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') return await listenOn(server, '0.0.0.0', port);
    if (code === 'EADDRINUSE' || code === 'EACCES')
      throw listenProblem(error as Error, '::', port, '--transparent-port');
    throw error;
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(bound && typeof bound === 'object' ? bound.port : port);
    });
  });
}

function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

/**
 * Interfaces come and go; loopback and "any address" are this machine whatever they are named.
 * Takes addresses as `OriginalDestination` writes them.
 */
export function createOwnAddresses(
  now: () => number,
  read: typeof networkInterfaces = networkInterfaces,
): (ip: string) => boolean {
  let own = new Set<string>();
  let readAt = -Infinity;
  return (ip) => {
    if (ip.startsWith('127.') || ip === '::1' || ip === '0.0.0.0' || ip === '::') return true;
    if (Math.abs(now() - readAt) > OWN_ADDRESSES_FRESH_MS) {
      const all = Object.values(read()).flatMap((infos) => infos ?? []);
      own = new Set(all.map((info) => ipaddr.process(info.address.replace(/%.*/, '')).toString()));
      readAt = now();
    }
    return own.has(ip);
  };
}

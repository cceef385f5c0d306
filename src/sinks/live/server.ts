/**
 * The UI port: the API and the WebSocket `/api/alerts/live` on one HTTP server. Nothing here can hold up the relay:
 * bodies, clients and queues are bounded, and a broken client ends alone.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { plainAddress } from '../../formats/address.ts';
import { createPlaces, placeKey } from '../../formats/places.ts';
import type { Alert } from '../../model/alert.ts';
import { type Caller, createAccess, isSafeSocket, LIVE_PATH } from './access.ts';
import type { LiveDependencies } from './dependencies.ts';
import type { Listener } from './listener.ts';
import { createLiveHub, type LiveHub } from './live-hub.ts';
import { InputError, LIVE_QUERY, readQuery } from './queries.ts';
import { addTls, type Leaf, tcpOf } from './tls.ts';
import type { Tokens } from './tokens.ts';

export interface LiveServerOptions {
  services: LiveDependencies;
  tokens: Tokens;
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Host names the lab answers to besides localhost, phonehome.lab and any address. */
  names?: readonly string[];
  /**
   * TLS beside plain HTTP on the same port: certificate (PEM) for a connection that reached this address. Tokens and sessions
   * are then taken over TLS or on this machine only; the set-up pages stay in plain HTTP, for phones that have no certificate yet.
   */
  leafFor?: (address: string) => Leaf;
  /** Who may connect at all. Default: everybody. */
  admit?: (clientIp: string) => boolean;
  /** An answer that failed for a reason of the lab's own. */
  onError?: (error: unknown) => void;
  maxBuffered?: number;
  pingMs?: number;
  /** Connections of people nobody knows yet. Default 256. */
  strangers?: number;
  /** The same of programs of this machine. Default 1,024. */
  ownMachine?: number;
  /** For a request head, from the connection's beginning. Default 10 s. */
  headMs?: number;
}

export interface LiveServer {
  /** Of the listening socket; `0.0.0.0` when it listens everywhere. */
  address: { host: string; port: number };
  /** Call after the alert was stored. */
  publish(alert: Alert): void;
  stats(): ReturnType<LiveHub['stats']>;
  close(): Promise<void>;
}

/** Dashboards and watchers of one lab. More is a mistake or an attack. */
const MAX_CLIENTS = 64;
/**
 * Connections of people nobody knows yet, of this machine, and of those that have shown a token or a session: each their own, so
 * that strangers take no place of the operator's. Of one address: a browser opens six, a busy script some dozens.
 */
const STRANGERS = 256;
const STRANGERS_EACH = 64;
/**
 * All programs of this machine have one address, so a program that holds its connections idle must not keep the operator out: the
 * newest gets the place of the oldest of which nobody knows yet who speaks. More than come in before one's first request is read:
 * the kernel hands over 511 at a time.
 */
const OWN_MACHINE = 1024;
const KNOWN = { total: 128, each: 128 };
/** A request head is a few hundred bytes: whoever takes longer holds a place others need. */
const HEAD_MS = 10_000;

/** Rejects with the listen error (`EADDRINUSE`, `EACCES`…) untouched: its caller knows the flag to name. */
export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { services, onError = () => {} } = options;
  const access = createAccess({
    tokens: options.tokens,
    now: services.now,
    port: () => (server.address() as AddressInfo).port,
    needsTls: options.leafFor !== undefined,
    ...(options.names ? { names: options.names } : {}),
  });
  const hub = createLiveHub({
    alerts: services.alerts,
    epoch: services.epoch,
    lastSeq: services.lastSeq,
    ...(options.maxBuffered === undefined ? {} : { maxBuffered: options.maxBuffered }),
    ...(options.pingMs === undefined ? {} : { pingMs: options.pingMs }),
  });
  let listener: Promise<Listener> | null = null;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    listener ??= import('./listener.ts').then(({ createListener }) =>
      createListener(services, access, onError, { onEnded: hub.check, onKnown: visitors.know }),
    );
    await (await listener)(request, response);
  };
  const headMs = options.headMs ?? HEAD_MS;
  const bounds = { headersTimeout: headMs, requestTimeout: 3 * headMs, connectionsCheckingInterval: headMs / 10 };
  const server = createServer(bounds, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
  });
  const visitors = createVisitors(
    options.admit ?? (() => true),
    options.strangers ?? STRANGERS,
    options.ownMachine ?? OWN_MACHINE,
  );
  server.on('connection', visitors.enter);
  if (options.leafFor) addTls(server, { leafFor: options.leafFor, silenceMs: headMs });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 4096, // clients only listen
    perMessageDeflate: false, // would cost 300 KB per client
    clientTracking: false,
    // Browsers insist that one offered subprotocol is chosen.
    handleProtocols: (offered) =>
      [...offered].find((protocol) => !protocol.startsWith('bearer.')) ?? [...offered][0] ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const asked = checkUpgrade(request);
    if (!asked.ok) {
      refuse(socket, asked.status, asked.error);
      return;
    }
    visitors.know(request.socket);
    const { since = null, ...filter } = asked.query;
    sockets.handleUpgrade(request, socket, head, (client) => hub.join(client, since, filter, asked.caller.isValid));
  });

  function checkUpgrade(request: IncomingMessage) {
    const { host, origin, authorization, cookie } = request.headers;
    const protocols = request.headers['sec-websocket-protocol'];
    const facts = { host, origin, authorization, cookie, protocols, isSafe: isSafeSocket(request.socket) };
    const place = access.checkPlace(facts);
    if (!place.ok) return place;
    const url = URL.parse(request.url ?? '/', 'http://lab');
    if (url === null) return refusal(400, 'the address is not a URL');
    if (url.pathname !== LIVE_PATH) return refusal(404, `no WebSocket here: use ${LIVE_PATH}`);
    const checked = access.check(facts, { method: 'GET', path: LIVE_PATH });
    if (!checked.ok) return checked;
    if (hub.stats().clients >= MAX_CLIENTS) return refusal(503, `${MAX_CLIENTS} clients are connected: close one`);
    try {
      const query = readQuery(LIVE_QUERY, Object.fromEntries(url.searchParams));
      return { ok: true, query, caller: checked.caller as Caller } as const;
    } catch (error) {
      if (error instanceof InputError) return refusal(400, error.message);
      throw error;
    }
  }

  await listen(server, options.port, options.host);
  server.on('error', onError);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    publish: hub.publish,
    stats: hub.stats,
    close: () =>
      new Promise((resolve) => {
        hub.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Closes connections from where none is allowed, and those for which there is no place. */
function createVisitors(admit: (clientIp: string) => boolean, total: number, here: number) {
  const evict = (socket: Socket): void => void socket.destroy();
  const strangers = createPlaces<Socket>({ total, each: Math.min(STRANGERS_EACH, total), evict });
  const ownMachine = createPlaces<Socket>({ total: here, each: here, evict, renews: true });
  const known = createPlaces<Socket>({ ...KNOWN, evict });
  const knownHere = createPlaces<Socket>({ ...KNOWN, evict });
  const isHere = (ip: string): boolean => ip === '127.0.0.1' || ip === '::1';
  return {
    enter(socket: Socket): void {
      const ip = plainAddress(socket.remoteAddress ?? '');
      // Of loopback only what a program of this machine gets by itself: phones of a test have others.
      const places = isHere(ip) ? ownMachine : strangers;
      const who = placeKey(ip);
      if (!admit(ip) || !places.enter(who, socket)) {
        socket.destroy();
        return;
      }
      socket.once('close', () => {
        places.leave(who, socket);
        known.leave(who, socket);
        knownHere.leave(who, socket);
      });
    },
    /** Whoever speaks on it has shown a token or a session. */
    know(socket: Socket): void {
      const ip = plainAddress(socket.remoteAddress ?? '');
      const tcp = tcpOf(socket);
      const who = placeKey(ip);
      const [from, to] = isHere(ip) ? [ownMachine, knownHere] : [strangers, known];
      if (from.leave(who, tcp) && !to.enter(who, tcp)) from.enter(who, tcp);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const refusal = (status: number, error: string) => ({ ok: false, status, error }) as const;

function refuse(socket: Duplex, status: number, error: string): void {
  const body = JSON.stringify({ error });
  // Nobody but us ends an upgraded socket: a client that keeps its side open would hold its place for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/**
 * The UI port: the API and the WebSocket `/api/alerts/live` on one HTTP server. Nothing here can hold up the relay:
 * bodies, clients and queues are bounded, and a broken client ends alone.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { plainAddress } from '../../formats/address.ts';
import type { Alert } from '../../model/alert.ts';
import { createAccess } from './access.ts';
import type { LiveDependencies } from './dependencies.ts';
import type { Listener } from './listener.ts';
import { createLiveHub, type LiveHub } from './live-hub.ts';
import { InputError, LIVE_QUERY, readQuery } from './queries.ts';

export interface LiveServerOptions {
  services: LiveDependencies;
  token: string;
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Host names the lab answers to besides localhost, phonehome.lab and any address. */
  names?: readonly string[];
  /** Who may connect at all. Default: everybody. */
  admit?: (clientIp: string) => boolean;
  /** An answer that failed for a reason of the lab's own. */
  onError?: (error: unknown) => void;
  maxBuffered?: number;
  pingMs?: number;
}

export interface LiveServer {
  /** Of the listening socket; `0.0.0.0` when it listens everywhere. */
  address: { host: string; port: number };
  /** Call after the alert was stored. */
  publish(alert: Alert): void;
  stats(): ReturnType<LiveHub['stats']>;
  close(): Promise<void>;
}

const LIVE_PATH = '/api/alerts/live';
/** Dashboards and watchers of one lab. More is a mistake or an attack. */
const MAX_CLIENTS = 64;
const MAX_CONNECTIONS = 512;
/** Of one address. A browser opens six, a busy script some dozens: no neighbour can take all of them. */
const MAX_PER_ADDRESS = 128;
/** A request head is a few hundred bytes: whoever takes longer holds a place others need. */
const HEAD_MS = 10_000;

/** Rejects with the listen error (`EADDRINUSE`, `EACCES`…) untouched: its caller knows the flag to name. */
export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { services, onError = () => {} } = options;
  const access = createAccess(options.token, options.names);
  const hub = createLiveHub({
    alerts: services.alerts,
    epoch: services.epoch,
    lastSeq: services.lastSeq,
    ...(options.maxBuffered === undefined ? {} : { maxBuffered: options.maxBuffered }),
    ...(options.pingMs === undefined ? {} : { pingMs: options.pingMs }),
  });
  let listener: Promise<Listener> | null = null;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    listener ??= import('./listener.ts').then(({ createListener }) => createListener(services, access, onError));
    await (await listener)(request, response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = 30_000;
  server.headersTimeout = HEAD_MS;
  server.on('connection', limitAddresses(options.admit ?? (() => true)));

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
    const refusal = checkUpgrade(request);
    if (refusal !== null) {
      refuse(socket, refusal.status, refusal.error);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => join(client, request));
  });

  function checkUpgrade(request: IncomingMessage): { status: number; error: string } | null {
    const { host, origin, authorization } = request.headers;
    const facts = { host, origin, authorization, protocols: request.headers['sec-websocket-protocol'] };
    const place = access.checkPlace(facts);
    if (!place.ok) return place;
    const url = URL.parse(request.url ?? '/', 'http://lab');
    if (url === null) return { status: 400, error: 'the address is not a URL' };
    if (url.pathname !== LIVE_PATH) return { status: 404, error: `no WebSocket here: use ${LIVE_PATH}` };
    const token = access.checkToken(facts);
    if (!token.ok) return token;
    if (hub.stats().clients >= MAX_CLIENTS)
      return { status: 503, error: `${MAX_CLIENTS} clients are connected: close one` };
    try {
      readQuery(LIVE_QUERY, Object.fromEntries(url.searchParams));
      return null;
    } catch (error) {
      if (error instanceof InputError) return { status: 400, error: error.message };
      throw error;
    }
  }

  function join(client: WebSocket, request: IncomingMessage): void {
    const { searchParams } = new URL(request.url ?? '/', 'http://lab');
    const { since = null, ...filter } = readQuery(LIVE_QUERY, Object.fromEntries(searchParams));
    hub.join(client, since, filter);
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

/** Closes connections from where none is allowed, and those beyond what one address may hold. */
function limitAddresses(admit: (clientIp: string) => boolean): (socket: Socket) => void {
  const held = new Map<string, number>();
  return (socket) => {
    const ip = plainAddress(socket.remoteAddress ?? '');
    const count = (held.get(ip) ?? 0) + 1;
    if (!admit(ip) || count > MAX_PER_ADDRESS) {
      socket.destroy();
      return;
    }
    held.set(ip, count);
    socket.once('close', () => {
      const left = (held.get(ip) ?? 1) - 1;
      if (left > 0) held.set(ip, left);
      else held.delete(ip);
    });
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

function refuse(socket: Duplex, status: number, error: string): void {
  const body = JSON.stringify({ error });
  // Nobody but us ends an upgraded socket: a client that keeps its side open would hold its place for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

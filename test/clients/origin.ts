/**
 * The server at the far end of every client test, on loopback: HTTP/1.1 in clear, and HTTP/2 and HTTP/1.1 under TLS
 * with a certificate of a throw-away authority. Keeps every request's head and the SHA-256 of its body, so that a test
 * can say "the same bytes". `/page`, `/echo`, `/stream` (server-sent events, one at a time), `/sink` (reads slowly).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';

export interface OriginRequest {
  version: string;
  method: string;
  path: string;
  /** In order, as they arrived; names as on the wire. */
  rawHeaders: string[];
  body: Buffer;
  bodyBytes: number;
  bodySha256: string;
}

export interface Origin {
  httpPort: number;
  tlsPort: number;
  /** Authority that signed the TLS certificate, for --upstream-ca. */
  caPem: string;
  certPem: string;
  keyPem: string;
  received: OriginRequest[];
  /** Sends one more event to every open `/stream`; resolves when at least one is open. */
  emit(data: string): Promise<void>;
  endStreams(): void;
  stop(): Promise<void>;
}

export const PAGE = '<!doctype html><title>lab</title><p id="lab">the page of the lab</p>';
/** Larger bodies are hashed and counted, not kept. */
const KEPT_BYTES = 4 << 20;

/** `hosts` are the names on the certificate. `sinkPauseMs` after each 4 MB makes `/sink` a slow server. */
export async function startOrigin(hosts: [string, ...string[]], sinkPauseMs = 20): Promise<Origin> {
  const authority = await createVendorAuthority(Date.now());
  const certPem = authority.certify(...hosts);
  const received: OriginRequest[] = [];
  const streams = new Set<ServerResponse>();
  let streamOpened = Promise.withResolvers<void>();

  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const path = incoming.url ?? '';
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bodyBytes = 0;
    let paused = 0;
    incoming.on('data', (part: Buffer) => {
      hash.update(part);
      bodyBytes += part.length;
      if (bodyBytes <= KEPT_BYTES) kept.push(part);
      if (path.startsWith('/sink') && bodyBytes - paused > 4 << 20) {
        paused = bodyBytes;
        incoming.pause();
        setTimeout(() => incoming.resume(), sinkPauseMs);
      }
    });
    incoming.on('end', () => {
      const body = Buffer.concat(kept);
      received.push({
        version: incoming.httpVersion,
        method: incoming.method ?? '',
        path,
        rawHeaders: incoming.rawHeaders,
        body,
        bodyBytes,
        bodySha256: hash.digest('hex'),
      });
      if (path.startsWith('/stream')) {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
        outgoing.flushHeaders();
        streams.add(outgoing);
        return streamOpened.resolve();
      }
      if (path.startsWith('/page')) {
        outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        return void outgoing.end(PAGE);
      }
      outgoing.writeHead(200, { 'content-type': 'application/octet-stream' });
      outgoing.end(path.startsWith('/echo') ? body : 'received');
    });
  };

  const plain = createServer(answer);
  const secure = createSecureServer({ key: authority.keyPem, cert: certPem, allowHTTP1: true });
  // Node's HTTP/2 request and response offer what the HTTP/1 ones do, as far as `answer` goes.
  secure.on('request', answer as never);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  const open = new Set<Socket>();
  for (const server of [plain, secure] as Server[]) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request)),
    );
    // Clients that break off are part of the tests.
    for (const event of ['connection', 'secureConnection'])
      server.on(event, (socket: Socket) => {
        socket.on('error', () => {});
        open.add(socket);
        socket.once('close', () => open.delete(socket));
      });
  }

  return {
    httpPort: await listen(plain),
    tlsPort: await listen(secure),
    caPem: authority.caPem,
    certPem,
    keyPem: authority.keyPem,
    received,
    async emit(data) {
      await streamOpened.promise;
      for (const stream of streams) stream.write(`data: ${data}\n\n`);
    },
    endStreams() {
      for (const stream of streams) stream.end();
      streams.clear();
      streamOpened = Promise.withResolvers();
    },
    async stop() {
      const closed = [plain, secure].map((server) => new Promise<void>((done) => server.close(() => done())));
      for (const socket of open) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

/**
 * The server behind every proxy of the benchmark, HTTP/2 and HTTP/1.1 under TLS on loopback: reads a request and answers a
 * few bytes that are new each time. `/stall` takes nothing after the first bytes until it is released, then everything; a
 * request for a WebSocket is granted, and what follows is swallowed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';
import { readMessages } from './http1-messages.ts';

/** A name that resolves everywhere: http-mitm-proxy dials the Host field, and shares one server among names only. */
export const ORIGIN_HOST = 'localhost';
/** As many hosts as one likes, all known to the origin's certificate. */
export const neverSeenHost = (index: number): string => `h${index}.never-seen.test`;

/** Files in PEM: the authority that contestants trust, and the origin's own key and certificate. */
export interface Identity {
  caFile: string;
  keyFile: string;
  certFile: string;
}

export async function createIdentity(dir: string): Promise<Identity> {
  const authority = await createVendorAuthority(Date.now());
  await mkdir(dir, { recursive: true });
  const identity = {
    caFile: path.join(dir, 'ca.pem'),
    keyFile: path.join(dir, 'key.pem'),
    certFile: path.join(dir, 'cert.pem'),
  };
  await writeFile(identity.caFile, authority.caPem);
  await writeFile(identity.keyFile, authority.keyPem);
  await writeFile(identity.certFile, authority.certify(ORIGIN_HOST, '*.never-seen.test'));
  return identity;
}

export interface BenchOrigin {
  port: number;
  /** Stalled requests are read from now on. */
  release(): void;
  close(): Promise<void>;
}

let answers = 0;
const answer = (): string => `{"code":0,"message":"ok","id":"a-${answers++}"}`;

export async function startOrigin({ keyFile, certFile }: Identity): Promise<BenchOrigin> {
  const server = createServer({
    key: readFileSync(keyFile),
    cert: readFileSync(certFile),
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const open = new Set<TLSSocket>();
  const stalled = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    if (socket.alpnProtocol === 'h2') serveHttp2(performServerHandshake(socket));
    else serveHttp1(socket, stalled);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    release() {
      for (const socket of stalled) socket.resume();
      stalled.clear();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function serveHttp2(session: ServerHttp2Session): void {
  session.on('error', () => undefined);
  session.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(answer());
    });
  });
}

function serveHttp1(socket: TLSSocket, stalled: Set<TLSSocket>): void {
  const read = readMessages({
    head(text) {
      if (/^\w+ \/stall /.test(text)) {
        socket.pause();
        stalled.add(socket);
      }
      const key = /^sec-websocket-key: *(\S+)/im.exec(text)?.[1];
      if (key) {
        socket.removeAllListeners('data').resume();
        // The constant of RFC 6455, section 1.3.
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
        );
      }
    },
    end() {
      if (socket.listenerCount('data') === 0) return;
      const body = answer();
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        'latin1',
      );
    },
  });
  socket.on('data', read);
}

/**
 * The server behind every proxy of the benchmark, HTTP/2 and HTTP/1.1 under TLS on loopback. `/stall` takes nothing for
 * a while after the first bytes, then everything; every other path reads the body and answers a few bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createVendorAuthority } from '../../src/replay/vendor-authority.ts';

/** A name that resolves everywhere: http-mitm-proxy dials the Host field, and shares one server among names only. */
export const ORIGIN_HOST = 'localhost';
const ANSWER = JSON.stringify({ code: 0, message: 'ok' });

export interface BenchOrigin {
  port: number;
  caPem: string;
  close(): Promise<void>;
}

export async function startOrigin(stallMs: number): Promise<BenchOrigin> {
  const authority = await createVendorAuthority(Date.now());
  const server = createSecureServer({
    key: authority.keyPem,
    cert: authority.certify(ORIGIN_HOST),
    allowHTTP1: true,
  });
  // Known to Node, not to its types: contestants wait their turn on connections that are kept.
  Object.assign(server, { keepAliveTimeout: 600_000 });
  const open = new Set<Socket>();
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/stall') await setTimeout(stallMs);
    request.on('error', () => undefined);
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
      response.end(ANSWER);
    });
  };
  // Node's HTTP/2 request and response offer what the HTTP/1 ones do, as far as `answer` goes.
  server.on('request', answer as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    caPem: authority.caPem,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

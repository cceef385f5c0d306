/**
 * The two addresses of the portal inside the lab, as servers on loopback: `http://phonehome.lab/`, and the https end of
 * the self-test, under a certificate of the lab, so that whoever sees its image trusts that certificate.
 * A phone reaches them only through the lab. They serve the portal's pages and nothing else: the API has no way in
 * through the proxy.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Portal } from './portal.ts';

export interface ProbeServer {
  /** On 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

/** All phones together; a page takes milliseconds. */
const MAX_CONNECTIONS = 256;
/** A phone that holds a connection without asking for anything takes it from others. */
const SILENCE_MS = 5000;

/** `leaf`: PEM key and chain for `phonehome.lab`, signed by the lab's own root. */
export function startProbeServer(portal: Portal, leaf: { key: string; cert: string }): Promise<ProbeServer> {
  const server = createTlsServer(
    { key: leaf.key, cert: leaf.cert, ALPNProtocols: ['http/1.1'] },
    answerWith(portal, true),
  );
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return listen(server);
}

/** The same pages in clear, for a phone that has no certificate yet. */
export const startPageServer = (portal: Portal): Promise<ProbeServer> =>
  listen(createServer(answerWith(portal, false)));

function answerWith(portal: Portal, isTls: boolean): RequestListener {
  return (request, response) => {
    const userAgent = request.headers['user-agent'] ?? '';
    const acceptLanguage = request.headers['accept-language'] ?? '';
    const isForm = request.method === 'POST';
    const readable = isForm || request.method === 'GET' || request.method === 'HEAD';
    const path = readable ? (request.url ?? '/') : '';
    portal.answer({ path, userAgent, acceptLanguage, host: 'phonehome.lab', via: 'proxy', isTls, isForm }).then(
      (page) => {
        response.writeHead(page?.status ?? 404, page?.headers ?? { 'Content-Type': 'text/plain' });
        response.end(page?.body ?? 'There is nothing here: open http://phonehome.lab/\n');
      },
      () => response.writeHead(500).end(),
    );
    request.resume();
  };
}

async function listen(server: Server): Promise<ProbeServer> {
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = SILENCE_MS;
  server.requestTimeout = SILENCE_MS;
  server.keepAliveTimeout = SILENCE_MS;
  server.setTimeout(SILENCE_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

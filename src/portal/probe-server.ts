/**
 * The https end of the self-test: a server on loopback that answers as `https://phonehome.lab/`. The phone reaches it
 * only through the lab, under a certificate of the lab; whoever sees its image trusts that certificate.
 * It serves the portal's pages and nothing else, and accepts connections from this machine only.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Portal } from './portal.ts';

export interface ProbeServer {
  /** On 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

/** `leaf`: PEM key and chain for `phonehome.lab`, signed by the lab's own root. */
export async function startProbeServer(portal: Portal, leaf: { key: string; cert: string }): Promise<ProbeServer> {
  const server = createServer({ key: leaf.key, cert: leaf.cert, ALPNProtocols: ['http/1.1'] }, (request, response) => {
    const userAgent = request.headers['user-agent'] ?? '';
    const readable = request.method === 'GET' || request.method === 'HEAD';
    const path = readable ? (request.url ?? '/') : '';
    portal.answer({ path, userAgent, host: 'phonehome.lab', via: 'proxy' }).then(
      (page) => {
        response.writeHead(page?.status ?? 404, page?.headers ?? {});
        response.end(page?.body);
      },
      () => response.writeHead(500).end(),
    );
    request.resume();
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.maxConnections = 64;
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

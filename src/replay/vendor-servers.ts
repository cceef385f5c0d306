/**
 * The simulated vendors of one replay: real HTTP and HTTPS servers on loopback, on free ports, each certified for
 * its host name. They keep what they received (64 KiB of each body, length and SHA-256 of all of it), so that a
 * test can prove that the lab changed nothing.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Vendor, VendorRequest } from './case.ts';
import { createVendorAuthority, type VendorAuthority } from './vendor-authority.ts';

/** One line of an upstream map: dial `dial` in place of host:port, file the flow under `address`. */
export interface UpstreamEntry {
  host: string;
  port: number;
  dial: string;
  address: string;
}

export interface VendorServers {
  upstream: UpstreamEntry[];
  /** Null when no vendor of the case speaks TLS. */
  caPem: string | null;
  received: VendorRequest[];
  stop(): Promise<void>;
}

const KEPT_BODY_BYTES = 64 * 1024;

/** Where vendors listen, and who certifies them: on loopback and a new authority, unless a test network says otherwise. */
export interface VendorOptions {
  authority?: VendorAuthority;
  listenAt?: (vendor: Vendor) => { host: string; port: number };
}

const ANY_FREE_PORT = { host: '127.0.0.1', port: 0 };

export async function startVendors(
  vendors: Vendor[],
  now: number,
  options: VendorOptions = {},
): Promise<VendorServers> {
  const needed = vendors.some((vendor) => vendor.tls);
  const authority = options.authority ?? (needed ? await createVendorAuthority(now) : null);
  const received: VendorRequest[] = [];
  const servers: Server[] = [];
  const upstream: UpstreamEntry[] = [];
  for (const vendor of vendors) {
    const answer = answering(vendor, received);
    const server =
      vendor.tls && authority
        ? createTlsServer({ key: authority.keyPem, cert: authority.certify(vendor.host) }, answer)
        : createServer(answer);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject).listen(options.listenAt?.(vendor) ?? ANY_FREE_PORT, resolve);
    await promise;
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    upstream.push({ host: vendor.host, port: vendor.port, dial: `127.0.0.1:${port}`, address: vendor.address });
  }
  const stop = async (): Promise<void> => {
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  };
  return { upstream, caPem: authority?.caPem ?? null, received, stop };
}

function answering(vendor: Vendor, received: VendorRequest[]): (req: IncomingMessage, res: ServerResponse) => void {
  let nth = 0;
  return (incoming, outgoing) => {
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bodyBytes = 0;
    incoming.on('data', (part: Buffer) => {
      const room = KEPT_BODY_BYTES - bodyBytes;
      if (room > 0) kept.push(part.subarray(0, room));
      bodyBytes += part.length;
      hash.update(part);
    });
    incoming.on('end', () => {
      const request: VendorRequest = {
        host: vendor.host,
        port: vendor.port,
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        headers: pairs(incoming.rawHeaders),
        body: Buffer.concat(kept),
        bodyBytes,
        bodySha256: hash.digest('hex'),
      };
      received.push(request);
      const reply = vendor.respond(request, ++nth);
      outgoing.writeHead(reply.status, reply.headers).end(reply.body);
    });
  };
}

function pairs(raw: string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}

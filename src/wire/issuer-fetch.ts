/**
 * Fetches the certificate of an issuer from where a server's certificate says that it lies (authority information access,
 * RFC 5280 4.2.2.1): only where the operator allows it, because it is a look-up the phone did not make. The address is the
 * server's word, so it is dialled as the phone's own are, policy included; bounded in size, time and number; never throws.
 */
import { X509Certificate } from 'node:crypto';
import { Agent, get } from 'node:http';
import type { Duplex } from 'node:stream';
import { LRUCache } from 'lru-cache';
import type { Dialled } from '../model/connection.ts';

export type FetchIssuer = (certificate: X509Certificate) => Promise<X509Certificate | null>;

const MAX_BYTES = 32 << 10;
const MAX_MS = 5000;
const MAX_AT_ONCE = 4;
/** An address is asked once in this time, whatever came of it. */
const AGAIN_MS = 600_000;

export function createIssuerFetch(dial: (target: { host: string; port: number }) => Promise<Dialled>): FetchIssuer {
  const asked = new LRUCache<string, true>({ max: 500, ttl: AGAIN_MS });
  let under = 0;
  return async (certificate) => {
    const url = addressIn(certificate);
    if (url === null || under >= MAX_AT_ONCE || asked.has(url.href)) return null;
    asked.set(url.href, true);
    under++;
    try {
      const dialled = await dial({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 80 });
      return dialled.ok ? new X509Certificate(await bodyOf(url, dialled.socket)) : null;
    } catch {
      return null;
    } finally {
      under--;
    }
  };
}

/** `CA Issuers - URI:http://…` of what Node prints of the extension; null when there is none in plain HTTP. */
function addressIn({ infoAccess }: X509Certificate): URL | null {
  const [, address = ''] = /^CA Issuers - URI:"?(http:\/\/[^\s"]+)/m.exec(infoAccess ?? '') ?? [];
  return URL.parse(address);
}

function bodyOf(url: URL, socket: Duplex): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => socket;
  const request = get(url, { agent, signal: AbortSignal.timeout(MAX_MS) }, (response) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('error', reject).on('end', () => resolve(Buffer.concat(parts)));
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_BYTES) request.destroy(new Error('longer than a certificate'));
      else parts.push(part);
    });
    if (response.statusCode !== 200) request.destroy(new Error(`answered ${response.statusCode}`));
  });
  request.on('error', reject);
  return promise.finally(() => socket.destroy());
}

/**
 * TLS contexts towards the phone, one per name and kind of key, made from the leaf the CA gives. Making one costs a millisecond, a
 * handshake needs it at once: they are kept in a bounded LRU. Session ticket keys belong to a context, so an untrusted
 * leaf can never be resumed into by a session of a trusted one.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { ServerCertificate } from '../model/flow.ts';
import type { LeafKey } from '../model/leaf-key.ts';

export interface LeafRequest {
  /** Server name, or an address. */
  host: string;
  /** What the server showed: its names are to be mirrored. Null when it showed nothing. */
  mirror: ServerCertificate | null;
  /** The server's own certificate is bad: give the phone one it must not trust either. */
  untrusted: boolean;
  /** What the phone can verify. */
  key: LeafKey;
}

export type LeafFor = (request: LeafRequest) => { key: string; cert: string };

/** About 30 KB each. */
const MAX_CONTEXTS = 500;

/** Old phones are test subjects too: whatever version and strength the phone speaks is answered. */
const ANY_PHONE = {
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT:@SECLEVEL=0',
  dhparam: 'auto',
  sessionIdContext: 'phonehome',
} as const;

/**
 * A share that the phone already sent is answered, the cheapest first: the post-quantum half costs 0.1 ms and 10 KB for as long as
 * the connection stands, and what is to be kept from others for decades is not this leg. It is there for phones that offer nothing else.
 */
const GROUPS =
  'X25519:P-256:P-384:P-521:X448/X25519MLKEM768:SecP256r1MLKEM768:SecP384r1MLKEM1024:ffdhe2048:ffdhe3072:ffdhe4096';

export function createLeafContexts(leafFor: LeafFor): (request: LeafRequest) => SecureContext {
  const contexts = new LRUCache<string, SecureContext>({ max: MAX_CONTEXTS });
  return (request) => {
    const key = `${request.untrusted ? '!' : ''}${request.key} ${request.host.toLowerCase()}`;
    const known = contexts.get(key);
    if (known) return known;
    const context = leafContext(leafFor(request));
    contexts.set(key, context);
    return context;
  };
}

/** Not kept: for a certificate that is shown once. */
export function leafContext(leaf: { key: string; cert: string }): SecureContext {
  return createSecureContext({ key: leaf.key, cert: leaf.cert, ecdhCurve: GROUPS, ...ANY_PHONE });
}

/**
 * TLS contexts towards the phone, one per name, made from the leaf the CA gives. Making one costs a millisecond, a
 * handshake needs it at once: they are kept in a bounded LRU. Session ticket keys belong to a context, so an untrusted
 * leaf can never be resumed into by a session of a trusted one.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { ServerCertificate } from '../model/flow.ts';

export interface LeafRequest {
  /** Server name, or an address. */
  host: string;
  /** What the server showed: its names are to be mirrored. Null when it showed nothing. */
  mirror: ServerCertificate | null;
  /** The server's own certificate is bad: give the phone one it must not trust either. */
  untrusted: boolean;
}

export type LeafFor = (request: LeafRequest) => { key: string; cert: string };

/** About 30 KB each. */
const MAX_CONTEXTS = 500;

/** Old phones are test subjects too: whatever version and strength the phone speaks is answered. */
const ANY_PHONE = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

export function createLeafContexts(leafFor: LeafFor): (request: LeafRequest) => SecureContext {
  const contexts = new LRUCache<string, SecureContext>({ max: MAX_CONTEXTS });
  return (request) => {
    const key = `${request.untrusted ? '!' : ''}${request.host.toLowerCase()}`;
    const known = contexts.get(key);
    if (known) return known;
    const context = leafContext(leafFor(request));
    contexts.set(key, context);
    return context;
  };
}

/** Not kept: for a certificate that is shown once. */
export function leafContext(leaf: { key: string; cert: string }): SecureContext {
  return createSecureContext({ key: leaf.key, cert: leaf.cert, ...ANY_PHONE });
}

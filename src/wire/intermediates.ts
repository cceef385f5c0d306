/**
 * Intermediate certificates that servers with a good chain sent: they complete the chain of a server that sends none.
 * Promise: only what was verified up to a trusted root is remembered, and it is used only while it is valid; at most
 * `MAX_KEPT` are kept; no network look-up.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';

export interface Intermediates {
  /** Of a chain that verified. */
  learn(stream: TLSSocket): void;
  /** True when a remembered one issued the server's certificate, and both are valid today. */
  complete(stream: TLSSocket): boolean;
}

/** The web has about 2,000; a phone meets a few dozen. */
const MAX_KEPT = 500;

export function createIntermediates(now: () => number = Date.now): Intermediates {
  /** By the name of the issuer; false: a root, which needs no completing. */
  const kept = new LRUCache<string, X509Certificate | false>({ max: MAX_KEPT });
  const isValid = ({ validFrom, validTo }: X509Certificate): boolean =>
    Date.parse(validFrom) <= now() && now() <= Date.parse(validTo);
  return {
    learn(stream) {
      const leaf = stream.getPeerX509Certificate();
      if (!leaf || kept.has(leaf.issuer)) return;
      const above = leaf.issuerCertificate;
      if (above?.ca) kept.set(leaf.issuer, above.subject !== above.issuer && above);
    },
    complete(stream) {
      const leaf = stream.getPeerX509Certificate();
      const above = leaf && kept.get(leaf.issuer);
      if (!leaf || !above) return false;
      return leaf.checkIssued(above) && leaf.verify(above.publicKey) && isValid(leaf) && isValid(above);
    },
  };
}

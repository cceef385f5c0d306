/**
 * Intermediate certificates that servers with a good chain sent: they complete the chain of a server that sends none.
 * Promise: only what was verified up to a trusted root is remembered, and it is used only while it is valid; at most
 * `MAX_KEPT` are kept; looked up in the network only where the operator allows it, for the connections that come after.
 */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { FetchIssuer } from './issuer-fetch.ts';

export interface Intermediates {
  /** Of a chain that verified. */
  learn(stream: TLSSocket): void;
  /** True when a remembered one issued the server's certificate, and both are valid today. */
  complete(stream: TLSSocket): boolean;
}

/** The web has about 2,000; a phone meets a few dozen. */
const MAX_KEPT = 500;

export interface IntermediatesOptions {
  now?: () => number;
  /** Absent: no network look-up. */
  fetchIssuer?: FetchIssuer | undefined;
  /** Trusted roots (PEM): what was fetched counts only when one of them issued it. */
  roots?: () => readonly string[];
}

export function createIntermediates({
  now = Date.now,
  fetchIssuer,
  roots = () => [],
}: IntermediatesOptions = {}): Intermediates {
  /** By the name of the issuer; false: a root, which needs no completing. */
  const kept = new LRUCache<string, X509Certificate | false>({ max: MAX_KEPT });
  const isValid = ({ validFrom, validTo }: X509Certificate): boolean =>
    Date.parse(validFrom) <= now() && now() <= Date.parse(validTo);
  let rootList: X509Certificate[] | null = null;
  const isIssuedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
    one.checkIssued(issuer) && one.verify(issuer.publicKey);
  async function seek(leaf: X509Certificate, fetch: FetchIssuer): Promise<void> {
    const found = await fetch(leaf);
    if (!found?.ca || !isIssuedBy(leaf, found)) return;
    rootList ??= roots().map((pem) => new X509Certificate(pem));
    const isTrusted = rootList.some(
      (root) => root.subject === found.issuer && isValid(root) && isIssuedBy(found, root),
    );
    if (isTrusted) kept.set(leaf.issuer, found);
  }
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
      if (leaf && !above && fetchIssuer) void seek(leaf, fetchIssuer).catch(() => {});
      if (!leaf || !above) return false;
      return isIssuedBy(leaf, above) && isValid(leaf) && isValid(above);
    },
  };
}

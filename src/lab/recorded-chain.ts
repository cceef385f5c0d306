/**
 * Whether a certificate of a recording leads to an authority that phones know. A recording made behind an intercepting proxy (this lab,
 * mitmproxy, Charles) shows certificates into which the proxy wrote what it liked.
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** Longer chains than any authority's. */
const LONGEST = 6;

let roots: Map<string, X509Certificate[]> | null = null;

/** Those of Mozilla, by their subject; read once, on first use. */
function rootsBy(subject: string): readonly X509Certificate[] {
  roots ??= Map.groupBy(
    rootCertificates.map((pem) => new X509Certificate(pem)),
    (root) => root.subject,
  );
  return roots.get(subject) ?? [];
}

/** OpenSSL's word for what is wrong; null when nothing is. @param chain the server's own first, as it was sent. Its time is not judged: a recording may be old. */
export function chainProblem([leaf, ...others]: readonly X509Certificate[]): string | null {
  let current = leaf;
  for (let step = 0; current && step < LONGEST; step++) {
    const issued = current;
    const isIssuer = (one: X509Certificate): boolean => issued.checkIssued(one) && issued.verify(one.publicKey);
    if (rootsBy(issued.issuer).some(isIssuer)) return null;
    current = others.find((one) => one !== issued && isIssuer(one));
  }
  return 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
}

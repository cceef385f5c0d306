/** Names by which phones know a root. */
import { createHash, type X509Certificate } from 'node:crypto';
import { children, decode, encode, type Node } from './der.ts';

/**
 * `<hash>.0`: what Android's system store (/system/etc/security/cacerts) calls a certificate, OpenSSL's old subject
 * hash: the first four bytes of MD5 over the subject, little-endian, hex. `.0` because no other root has the name.
 */
export function androidFileName(certificate: X509Certificate): string {
  const tbs = children(children(decode(certificate.raw))[0]);
  const digest = createHash('md5')
    .update(encode(tbs[5] as Node))
    .digest();
  return `${digest.readUInt32LE(0).toString(16).padStart(8, '0')}.0`;
}

/**
 * The root in a PKCS#12 file (RFC 7292) for systems that take no other form: the certificate only, never a key.
 * Contents are not encrypted (a root certificate is public); the MAC is there because importers insist on one.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { algorithm, bmpText, encode, type Node, octets, oid, sequence, set, smallInteger, tagged } from './der.ts';

const DATA = '1.2.840.113549.1.7.1';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
/** Java's marker for "this certificate is a trust anchor": without it a Java key store shows an empty file. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1';
const ANY_PURPOSE = '2.5.29.37.0';
const ITERATIONS = 2048;

export function writePkcs12(certificateDer: Buffer, friendlyName: string, password: string): Buffer {
  const attribute = (type: string, value: Node): Node => sequence(oid(type), set(value));
  const data = (bytes: Buffer): Node => sequence(oid(DATA), tagged(0, octets(bytes)));
  const bag = sequence(
    oid(CERTIFICATE_BAG),
    tagged(0, sequence(oid(X509_CERTIFICATE), tagged(0, octets(certificateDer)))),
    set(attribute(FRIENDLY_NAME, bmpText(friendlyName)), attribute(TRUSTED_KEY_USAGE, oid(ANY_PURPOSE))),
  );
  const safe = encode(sequence(data(encode(sequence(bag)))));
  const salt = randomBytes(8);
  const mac = createHmac('sha1', macKey(password, salt)).update(safe).digest();
  const macData = sequence(sequence(algorithm.sha1(), octets(mac)), octets(salt), smallInteger(ITERATIONS));
  return encode(sequence(smallInteger(3), data(safe), macData));
}

/** RFC 7292 appendix B.2 for SHA-1 and 20 bytes: one round, so the steps that chain blocks fall away. */
function macKey(password: string, salt: Buffer): Buffer {
  const block = 64;
  const diversifier = Buffer.alloc(block, 3);
  const encoded = Buffer.from(`${password}\0`, 'utf16le').swap16();
  const fill = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  let digest = Buffer.concat([diversifier, fill(salt), fill(encoded)]);
  for (let i = 0; i < ITERATIONS; i++) digest = createHash('sha1').update(digest).digest();
  return digest;
}

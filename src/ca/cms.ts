/**
 * Signs bytes as CMS SignedData (RFC 5652) with the content inside, as iOS wants configuration profiles.
 * Promise: `openssl cms -verify` accepts it with the root as CA; the signer's certificate and the root travel along.
 */
import { createHash, type KeyObject, sign, type X509Certificate } from 'node:crypto';
import type { KeyType } from './certificate.ts';
import {
  algorithm,
  children,
  decode,
  encode,
  type Node,
  octets,
  oid,
  sequence,
  set,
  smallInteger,
  tagged,
  time,
} from './der.ts';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_TIME = '1.2.840.113549.1.9.5';

export interface Signer {
  certificate: X509Certificate;
  privateKey: KeyObject;
  keyType: KeyType;
}

export function signMessage(content: Buffer, signer: Signer, chain: X509Certificate[], nowMs: number): Buffer {
  const attribute = (type: string, value: Node): Node => sequence(oid(type), set(value));
  // DER orders a SET OF by its members' bytes (X.690 11.6); a verifier re-encodes it that way before checking.
  const attributes = [
    attribute(CONTENT_TYPE, oid(DATA)),
    attribute(SIGNING_TIME, time(nowMs)),
    attribute(MESSAGE_DIGEST, octets(createHash('sha256').update(content).digest())),
  ].sort((a, b) => Buffer.compare(encode(a), encode(b)));
  // The signature is over the plain SET, what is sent carries an implicit [0] instead (RFC 5652 5.4).
  const signature = sign('sha256', encode(set(...attributes)), signer.privateKey);
  const tbs = children(children(decode(signer.certificate.raw))[0]);
  const signerInfo = sequence(
    smallInteger(1),
    sequence(tbs[3] as Node, tbs[1] as Node),
    algorithm.sha256(),
    tagged(0, ...attributes),
    algorithm.signature(signer.keyType),
    octets(signature),
  );
  const certificates = [signer.certificate, ...chain].map(({ raw }) => decode(raw));
  const signedData = sequence(
    smallInteger(1),
    set(algorithm.sha256()),
    sequence(oid(DATA), tagged(0, octets(content))),
    tagged(0, ...certificates),
    set(signerInfo),
  );
  return encode(sequence(oid(SIGNED_DATA), tagged(0, signedData)));
}

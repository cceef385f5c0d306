/**
 * The words of DER (X.690) that certificates, CMS and PKCS#12 are written in, over node-forge's ASN.1 tree.
 * Only the tree and its encoder come from node-forge: keys, digests and signatures are node:crypto's.
 */
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';

export type Node = forge.asn1.Asn1;

const { Class, Type } = asn1;

const universal = (type: forge.asn1.Type, constructed: boolean, value: string | Node[]): Node =>
  asn1.create(Class.UNIVERSAL, type, constructed, value);

/** node-forge keeps bytes in strings of one character each. */
export const byteString = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export const sequence = (...parts: Node[]): Node => universal(Type.SEQUENCE, true, parts);
export const set = (...parts: Node[]): Node => universal(Type.SET, true, parts);
export const oid = (dotted: string): Node => universal(Type.OID, false, asn1.oidToDer(dotted).getBytes());
export const integer = (bytes: Uint8Array): Node => universal(Type.INTEGER, false, byteString(bytes));
/** Of 0 to 65,535. */
export const smallInteger = (value: number): Node =>
  universal(Type.INTEGER, false, asn1.integerToDer(value).getBytes());
export const boolean = (value: boolean): Node => universal(Type.BOOLEAN, false, value ? '\xff' : '\x00');
export const nothing = (): Node => universal(Type.NULL, false, '');
export const octets = (bytes: Uint8Array): Node => universal(Type.OCTETSTRING, false, byteString(bytes));
/** A bit string of whole bytes. */
export const bits = (bytes: Uint8Array, unusedBits = 0): Node =>
  universal(Type.BITSTRING, false, String.fromCharCode(unusedBits) + byteString(bytes));
export const text = (value: string): Node => universal(Type.UTF8, false, byteString(Buffer.from(value)));
/** UTF-16 as PKCS#12 writes names. */
export const bmpText = (value: string): Node => universal(Type.BMPSTRING, false, value);

/** `[tag]` around whole values. */
export const tagged = (tag: number, ...parts: Node[]): Node => asn1.create(Class.CONTEXT_SPECIFIC, tag, true, parts);
/** `[tag] IMPLICIT` in place of a primitive type's own tag. */
export const taggedBytes = (tag: number, bytes: Uint8Array): Node =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag, false, byteString(bytes));

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280 4.1.2.5); whole seconds. */
export function time(ms: number): Node {
  const date = new Date(ms);
  return date.getUTCFullYear() < 2050
    ? universal(Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : universal(Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

export const encode = (node: Node): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1');

/** @throws when the bytes are not DER. */
export const decode = (der: Uint8Array): Node => asn1.fromDer(byteString(der));

/** Children of a constructed value. */
export function children(node: Node | undefined): Node[] {
  if (node === undefined || typeof node.value === 'string') throw new Error('DER value has no parts');
  return node.value;
}

/** `AlgorithmIdentifier`s used here; ECDSA has no parameters (RFC 5758 3.2), RSA has NULL (RFC 4055 5). */
export const algorithm = {
  sha256: (): Node => sequence(oid('2.16.840.1.101.3.4.2.1')),
  sha1: (): Node => sequence(oid('1.3.14.3.2.26'), nothing()),
  signature: (keyType: 'ec' | 'rsa'): Node =>
    keyType === 'ec' ? sequence(oid('1.2.840.10045.4.3.2')) : sequence(oid('1.2.840.113549.1.1.11'), nothing()),
};

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der.buffer, der.byteOffset, der.length)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

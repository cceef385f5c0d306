/**
 * An RSA private key as an operator's decoder: opens what a phone encrypted to its vendor, when the lab holds that key.
 * Promise: a payload that is not of the expected form gives null, never noise; the key stays in memory. PKCS#1 v1.5 and
 * OAEP (SHA-1, SHA-256) are told apart by their own marks. A step is one block.
 */
import { constants, createHash, type KeyObject, privateDecrypt } from 'node:crypto';
import { atOnce } from '../work.ts';
import type { OperatorDecoder } from './decoder.ts';

/** Long messages are sent as several blocks in a row; 256 of RSA-2048 are 64 KB and take 0.2 s. */
const MAX_BLOCKS = 256;
/** Units of work for a block of 2048 bits; twice the bits, eight times the work. */
const PER_BLOCK = 80_000;
const OAEP_HASHES = ['sha1', 'sha256'];
const NO_LABEL = new Map(OAEP_HASHES.map((name) => [name, createHash(name).digest()]));

type RemovePadding = (block: Buffer) => Buffer | null;
const SCHEMES: RemovePadding[] = [
  ...OAEP_HASHES.map((name) => (block: Buffer) => removeOaep(block, name)),
  removePkcs1,
];

/** @throws an Error of one line when the key is no RSA private key */
export function rsaDecoder(key: KeyObject, name = 'rsa'): OperatorDecoder {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.type !== 'private' || key.asymmetricKeyType !== 'rsa' || !bits) throw new Error('no RSA private key');
  const size = Math.ceil(bits / 8);
  const units = PER_BLOCK * (bits / 2048) ** 3;
  return { name, open: (bytes) => atOnce(openInSteps(bytes)), openInSteps };

  function* openInSteps(bytes: Buffer): Generator<number, Buffer | null> {
    if (bytes.length === 0 || bytes.length % size !== 0 || bytes.length > MAX_BLOCKS * size) return null;
    const first = decrypt(bytes.subarray(0, size));
    yield units;
    if (!first) return null;
    for (const unpad of SCHEMES) {
      const opened = yield* openAll(bytes, first, unpad);
      if (opened) return opened;
    }
    return null;
  }

  function* openAll(bytes: Buffer, first: Buffer, unpad: RemovePadding): Generator<number, Buffer | null> {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      const block = at === 0 ? first : decrypt(bytes.subarray(at, at + size));
      const part = block && unpad(block);
      if (!part) return null;
      parts.push(part);
      if (at > 0) yield units;
    }
    return Buffer.concat(parts);
  }

  /** Padding is removed here, because Node refuses v1.5 by itself: an answer would help an attacker (Bleichenbacher 1998). The lab answers nobody. */
  function decrypt(block: Buffer): Buffer | null {
    try {
      return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
    } catch {
      // The number is larger than the modulus: not for this key.
      return null;
    }
  }
}

/** RFC 8017 7.2.2: `00 02`, at least eight bytes that are not zero, `00`, message. */
export function removePkcs1(block: Buffer): Buffer | null {
  if (block[0] !== 0 || block[1] !== 2) return null;
  const end = block.indexOf(0, 2);
  return end < 10 || end + 1 === block.length ? null : block.subarray(end + 1);
}

/** RFC 8017 7.1.2, without label; both masks made with the same hash. */
function removeOaep(block: Buffer, hash: string): Buffer | null {
  const empty = NO_LABEL.get(hash)!;
  const { length } = empty;
  if (block[0] !== 0 || block.length < 2 * length + 2) return null;
  const maskedDb = block.subarray(1 + length);
  const seed = xor(block.subarray(1, 1 + length), mask(maskedDb, length, hash));
  const db = xor(maskedDb, mask(seed, maskedDb.length, hash));
  if (!db.subarray(0, length).equals(empty)) return null;
  const one = db.findIndex((byte, index) => index >= length && byte !== 0);
  return one >= 0 && db[one] === 1 ? db.subarray(one + 1) : null;
}

/** MGF1, RFC 8017 B.2.1. */
function mask(seed: Buffer, length: number, hash: string): Buffer {
  const parts: Buffer[] = [];
  for (let counter = 0, have = 0; have < length; counter++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    const part = createHash(hash).update(seed).update(number).digest();
    parts.push(part);
    have += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

function xor(bytes: Buffer, other: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ other[index]!));
}

/**
 * Tells encrypted from readable, compressed and media by the distribution of its bytes.
 * Promise: claims nothing about what is inside; small samples get a fair test: Pearson's chi-square against equal
 * frequencies, and the Miller-Madow estimate of the entropy (plain counting cannot exceed log2 of the sample size).
 */
import { type Text, text } from '../model/text.ts';
import type { Found } from './found.ts';
import { opaqueFormatOf } from './opaque-formats.ts';
import type { Place } from './place.ts';

export interface Entropy {
  counts: Uint32Array;
  /** Bytes counted. */
  sampled: number;
  length: number;
  head: Buffer;
  /** Of a row of UUIDs as bytes: the version they have in common; NO_UUIDS when they are none. */
  uuids: number;
}

const ANY_UUID = 0;
const NO_UUIDS = -1;
const UUID = 16;

/** More tells nothing new. */
const SAMPLE = 64 << 10;
/** 255 degrees of freedom: mean 255, standard deviation 22.6; random bytes stay below this in all but 1 of 10^8. */
const MOST_CHI_SQUARE = 390;
/** One AES block with its key material may be a token; from here on it is a payload. */
const LEAST_VALUE = 64;
/** In documents many tokens are as long as a small payload. */
const LEAST_IN_DOCUMENT = 96;
/** Unknown binary protocols greet with nonces. */
const LEAST_RAW = 256;
/** Values that are random by nature and no payload. */
const TOKEN_KEY =
  /token|auth|session|sid$|jwt|sign|sig$|nonce|cert|csrf|xsrf|captcha|challenge|verifier|integrity|credential|passw|secret|key$|^code$|^state$|clid$|etag|cookie|ticket|attest|receipt|cursor|page|embed|hash|digest|salt|^iv$|^x5c$|^gcm|^fcm/i;

export function newEntropy(): Entropy {
  return { counts: new Uint32Array(256), sampled: 0, length: 0, head: Buffer.alloc(0), uuids: ANY_UUID };
}

export function measure(entropy: Entropy, bytes: Buffer): void {
  lookForUuids(entropy, bytes);
  entropy.length += bytes.length;
  if (entropy.head.length < 16)
    entropy.head = Buffer.concat([entropy.head, bytes.subarray(0, 16 - entropy.head.length)]);
  const count = Math.min(bytes.length, SAMPLE - entropy.sampled);
  for (let i = 0; i < count; i++) entropy.counts[bytes[i]!]!++;
  entropy.sampled += count;
}

/** RFC 9562 4.1, 4.2: version and variant stand at fixed places of each. Noise gives up at the first or second. */
function lookForUuids(entropy: Entropy, bytes: Buffer): void {
  const from = entropy.length % UUID;
  for (let at = 6 - from; at < bytes.length && entropy.uuids !== NO_UUIDS; at += UUID) {
    if (at < 0) continue;
    const version = bytes[at]! >> 4;
    if (entropy.uuids === ANY_UUID) entropy.uuids = version;
    if (version === 0 || version > 8 || version !== entropy.uuids) entropy.uuids = NO_UUIDS;
  }
  for (let at = 8 - from; at < bytes.length && entropy.uuids !== NO_UUIDS; at += UUID)
    if (at >= 0 && bytes[at]! >> 6 !== 2) entropy.uuids = NO_UUIDS;
}

/** Shannon entropy, Miller-Madow corrected, bits per byte. */
export function bitsPerByte({ counts, sampled }: Entropy): number {
  let bits = 0;
  let symbols = 0;
  for (const count of counts) {
    if (count === 0) continue;
    symbols++;
    bits -= (count / sampled) * Math.log2(count / sampled);
  }
  return Math.min(8, bits + (symbols - 1) / (2 * sampled * Math.LN2));
}

export function chiSquare({ counts, sampled }: Entropy): number {
  const expected = sampled / 256;
  let sum = 0;
  for (const count of counts) sum += (count - expected) ** 2 / expected;
  return sum;
}

/** As encrypted bytes are; compressed and media formats mostly fail this, by their headers and tables. */
export function isEvenlySpread(entropy: Entropy): boolean {
  return chiSquare(entropy) <= MOST_CHI_SQUARE;
}

/** Null when the bytes are readable, too few, or random by nature. */
export function opaqueVerdict(entropy: Entropy, place: Place, host: string): Omit<Found, 'path' | 'chain'> | null {
  const { where, key, container } = place;
  if (place.isCoded) return null;
  if (where !== 'body' && where !== 'query' && where !== 'message' && where !== 'raw') return null;
  const isValue = place.prefix !== null || place.chain.length > 0 || container !== null;
  const inStructure = container !== null && STRUCTURES.has(container);
  const inDocument =
    inStructure ||
    container === 'json' ||
    place.chain.some((entry) => entry.startsWith('json') || entry.startsWith('multipart'));
  const least = where === 'raw' ? LEAST_RAW : inDocument ? LEAST_IN_DOCUMENT : LEAST_VALUE;
  if (entropy.length < least || (isValue && key !== null && TOKEN_KEY.test(key))) return null;
  if (isTls(entropy.head) || isDer(entropy) || isUuids(entropy) || !isEvenlySpread(entropy)) return null;
  if (inStructure && SIGNATURES.has(entropy.length)) return null;
  const maySign = inStructure && RSA_LENGTHS.has(entropy.length);
  const bits = bitsPerByte(entropy);
  const isBlocks = entropy.length % 16 === 0;
  const spread = { size: entropy.length, bits: bits.toFixed(1) };
  const description = `${spread.size} bytes, ${spread.bits} bits/byte`;
  return {
    kind: 'opaque',
    value: description,
    masked: description,
    known: false,
    confidence: !maySign && (!isValue || isBlocks) ? 'likely' : 'possible',
    reasoning: named(
      text(maySign ? 'reason.opaque.rsa' : isBlocks ? 'reason.opaque.blocks' : 'reason.opaque', spread),
      opaqueFormatOf({ host, head: entropy.head, length: entropy.length, key }),
    ),
    hash: null,
    offset: 0,
    seen: '',
    window: Buffer.alloc(0),
  };
}

function named(reason: Text, format: ReturnType<typeof opaqueFormatOf>): Text {
  return format === null ? reason : text('reason.opaque.named', { reason, name: format.name, ...format.source });
}

/**
 * Media, archives and formats of public keys are coded or random by nature: a body that says it is one of them is no secret
 * payload for its spread alone.
 */
export const CODED_TYPE =
  /^(?:(?:video|audio|image|font)\/|application\/(?:zip|gzip|x-gzip|zstd|pdf|wasm|ocsp-(?:request|response)|timestamp-query|pkix-|pkcs|x-x509|x-pkcs|dns-message|vnd\.apple\.mpegurl|java-archive|vnd\.android\.package-archive))/i;

/** Their fields have no names, or short ones, that would say what is a signature. */
const STRUCTURES = new Set(['protobuf', 'msgpack', 'cbor', 'bplist']);
/** P-384 and BLS, P-521: lengths that nothing else has. Ed25519, P-256 and digests are too short to be payloads. */
const SIGNATURES = new Set([96, 132]);
/** Of 2048, 3072 and 4096 bits: a wrapped key or a short message encrypted with RSA has that length, too. */
const RSA_LENGTHS = new Set([256, 384, 512]);

/** A row of random UUIDs as bytes. */
function isUuids({ uuids, length }: Entropy): boolean {
  return uuids > 0 && length % UUID === 0;
}

/** One ASN.1 sequence from the first byte to the last, in DER (ITU-T X.690 8.1.3, 10.1): certificates, their status, signatures. */
function isDer({ head, length }: Entropy): boolean {
  if (head[0] !== 0x30 || head.length < 6) return false;
  const first = head[1]!;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 4) return false;
  const content = size === 0 ? first : head.readUIntBE(2, size);
  return content + 2 + size === length && INSIDE.has(head[2 + size]!);
}

/** What a sequence begins with: integer, bit and octet string, object id, sequence, set, version of a certificate. */
const INSIDE = new Set([0x02, 0x03, 0x04, 0x06, 0x0a, 0x30, 0x31, 0xa0, 0xa1]);

/** TLS record header (RFC 8446 5.1): a tunnel, not a payload. */
function isTls(head: Buffer): boolean {
  return head.length > 2 && head[0]! >= 0x14 && head[0]! <= 0x17 && head[1] === 3 && head[2]! <= 4;
}

/**
 * MurmurHash3 (Austin Appleby, public domain), x86 32-bit and x64 128-bit, seed 0.
 * Analytics SDKs use it to "anonymise" identifiers; node:crypto does not have it.
 * Promise: the same digests as the reference `MurmurHash3.cpp`, big-endian as its users print them.
 */

/** 4 bytes, most significant first. */
export function murmur3x86(input: Uint8Array): Buffer {
  const c1 = 0xcc9e2d51;
  const c2 = 0x1b873593;
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const blocks = input.length >>> 2;
  let h = 0;
  for (let i = 0; i < blocks; i++) {
    const k = Math.imul(rotl32(Math.imul(view.getUint32(i * 4, true), c1), 15), c2);
    h = (Math.imul(rotl32(h ^ k, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = input.length - 1; i >= blocks * 4; i--) tail = (tail << 8) | input[i]!;
  if (input.length & 3) h ^= Math.imul(rotl32(Math.imul(tail, c1), 15), c2);
  h ^= input.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  const out = Buffer.alloc(4);
  out.writeUInt32BE(h >>> 0);
  return out;
}

function rotl32(x: number, r: number): number {
  return (x << r) | (x >>> (32 - r));
}

const MASK = 0xffffffffffffffffn;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** 16 bytes: both 64-bit halves, each most significant byte first. */
export function murmur3x64(input: Uint8Array): Buffer {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const blocks = input.length >>> 4;
  let h1 = 0n;
  let h2 = 0n;
  for (let i = 0; i < blocks; i++) {
    h1 = mixLow(h1, view.getBigUint64(i * 16, true));
    h1 = ((rotl64(h1, 27n) + h2) * 5n + 0x52dce729n) & MASK;
    h2 = mixHigh(h2, view.getBigUint64(i * 16 + 8, true));
    h2 = ((rotl64(h2, 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  }
  const rest = Buffer.alloc(16);
  rest.set(input.subarray(blocks * 16));
  const left = input.length & 15;
  if (left > 8) h2 = mixHigh(h2, rest.readBigUInt64LE(8));
  if (left > 0) h1 = mixLow(h1, rest.readBigUInt64LE(0));
  h1 ^= BigInt(input.length);
  h2 ^= BigInt(input.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  const out = Buffer.alloc(16);
  out.writeBigUInt64BE(h1, 0);
  out.writeBigUInt64BE(h2, 8);
  return out;
}

function mixLow(h: bigint, k: bigint): bigint {
  return h ^ ((rotl64((k * C1) & MASK, 31n) * C2) & MASK);
}

function mixHigh(h: bigint, k: bigint): bigint {
  return h ^ ((rotl64((k * C2) & MASK, 33n) * C1) & MASK);
}

function rotl64(x: bigint, r: bigint): bigint {
  return ((x << r) | (x >> (64n - r))) & MASK;
}

function finish(k: bigint): bigint {
  k = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & MASK;
  k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK;
  return k ^ (k >> 33n);
}

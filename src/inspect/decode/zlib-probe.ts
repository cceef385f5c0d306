/**
 * Whether bytes that begin like a deflate stream are one: a zlib header is two bytes, which noise has every 20 KB, and raw
 * deflate has none at all.
 * Promise: at most MAX_OUT bytes are made; never throws.
 */
import { brotliDecompressSync, constants, inflateRawSync, inflateSync } from 'node:zlib';
import { isReadable } from '../readable.ts';
import { isNoZlib } from './native.ts';

const MAX_OUT = 1 << 20;
/** So many bytes that decode without a fault are no noise: a random block ends, or points back too far, much sooner. */
export const PROBE = 512;

const WINDOW_22 = 0xb;
const WINDOW_24 = 0xf;

/** A whole stream with the right checksum, or the beginning of one. */
export function isZlibStream(bytes: Buffer): boolean {
  if (isNoZlib(bytes.subarray(0, PROBE))) return false;
  try {
    inflateSync(bytes, { maxOutputLength: MAX_OUT });
    return true;
  } catch {
    // Longer than what is there.
  }
  try {
    const finishFlush = constants.Z_SYNC_FLUSH;
    const begin = inflateSync(bytes.subarray(0, PROBE), { finishFlush, maxOutputLength: MAX_OUT });
    return bytes.length >= PROBE ? begin.length >= PROBE / 4 : isReadable(begin.subarray(0, 64));
  } catch {
    return false;
  }
}

/**
 * Whether short bytes may be a raw deflate stream of one block with fixed codes, as all compressors write a short text: one in
 * a thousand of noise. The block says so in its first three bits and ends with seven zeros and the padding (RFC 1951 3.2.6).
 */
export function mayBeShortDeflate(bytes: Buffer): boolean {
  return bytes.length >= 3 && (bytes[0]! & 7) === 3 && bytes.at(-1)! <= 1;
}

/** What a raw deflate stream that fills all of the bytes holds; null when they are none. */
export function inflateWhole(bytes: Buffer): Buffer | null {
  // Block type 3 does not exist, and a stored block would have been read as it stands.
  const type = (bytes[0] ?? 6) & 6;
  if (type === 6 || type === 0) return null;
  try {
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: MAX_OUT, info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === bytes.length ? buffer : null;
  } catch {
    return null;
  }
}

/**
 * What a brotli stream that fills all of the bytes holds; null when they are none. It has no header: noise is one hardly ever,
 * and a short one holds nothing that can be read.
 */
export function unbrotliWhole(bytes: Buffer): Buffer | null {
  // A window of 4 or 16 MB (RFC 7932 9.1), as encoders have it unless told otherwise: an eighth of noise, and what fails is dear.
  const window = (bytes[0] ?? 0) & 15;
  if (window !== WINDOW_22 && window !== WINDOW_24) return null;
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: MAX_OUT });
  } catch {
    return null;
  }
}

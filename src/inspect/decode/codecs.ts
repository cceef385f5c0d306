/**
 * Streaming decompressors behind one small face; all of them synchronous, because events are.
 * Promise: `push` hands out what the bytes so far decode to, in blocks; bad data throws.
 */
import { type Codec, type Emit, NOTHING } from './codec.ts';
import { lz4 } from './lz4.ts';
import { native } from './native.ts';
import { utf16, utf32 } from './utf16.ts';

export type CodecName = 'gzip' | 'zlib' | 'deflate' | 'br' | 'zstd' | 'lz4' | Wide;
/** Text of more than a byte a character. */
export type Wide = 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be';

export function createCodec(name: CodecName, emit: Emit): Codec {
  switch (name) {
    case 'gzip':
      return gzip(emit);
    case 'zlib':
    case 'deflate':
    case 'br':
    case 'zstd':
      return native(name, emit);
    case 'lz4':
      return lz4(emit);
    case 'utf-16le':
    case 'utf-16be':
      return utf16(emit, name === 'utf-16be');
    case 'utf-32le':
    case 'utf-32be':
      return utf32(emit, name === 'utf-32be');
  }
}

/** More than any real header with a file name. */
const MAX_GZIP_HEADER = 4096;

/**
 * The header is read here and the rest as raw deflate, because zlib's own gzip reader throws away what it decoded when
 * other bytes follow the stream, as they do in the middle of a protocol. Further members are found by their own magic.
 */
function gzip(emit: Emit): Codec {
  const body = native('deflate', emit);
  let head: Buffer | null = NOTHING;
  return {
    push: (bytes) => {
      if (!head) return body.push(bytes);
      head = Buffer.concat([head, bytes]);
      const length = gzipHeaderLength(head);
      if (length === null) {
        if (head.length > MAX_GZIP_HEADER) throw new Error('gzip header too long');
        return null;
      }
      const rest = head.subarray(length);
      head = null;
      return rest.length > 0 ? body.push(rest) : null;
    },
    end: () => body.end(),
  };
}
/** RFC 1952 2.3; null when there is more to come. Throws when it is no gzip header. */
function gzipHeaderLength(bytes: Buffer): number | null {
  if (bytes.length < 10) return null;
  if (bytes.readUIntBE(0, 3) !== 0x1f8b08 || bytes[3]! > 31) throw new Error('not gzip');
  const flags = bytes[3]!;
  let at = 10;
  if (flags & 4) {
    if (bytes.length < 12) return null;
    at += 2 + bytes.readUInt16LE(10);
  }
  // File name and comment, each up to a zero.
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if (flags & 2) at += 2;
  return at <= bytes.length ? at : null;
}

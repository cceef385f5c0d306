/**
 * Streaming decompressors behind one small face; all of them synchronous, because events are.
 * Promise: `push` hands out what the bytes so far decode to; bad data throws. A library is loaded when its first body
 * comes: together they would take 20 MB of a lab that may never need them.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Codec } from './codec.ts';
import { lz4 } from './lz4.ts';
import { utf16 } from './utf16.ts';

export type CodecName = 'gzip' | 'zlib' | 'deflate' | 'br' | 'zstd' | 'lz4' | 'utf-16le' | 'utf-16be';
type Emit = (bytes: Buffer) => void;

const load = createRequire(import.meta.url);
/** Node's own zlib, driven synchronously and in pieces: seven times as fast as one in JavaScript. */
const minizlib = (): typeof import('minizlib') => load('minizlib');

export function createCodec(name: CodecName, emit: Emit): Codec {
  switch (name) {
    case 'gzip':
      return gzip(emit);
    case 'zlib':
      return native(new (minizlib().Inflate)({}) as unknown as NativeStream, emit);
    case 'deflate':
      return inflateRaw(emit);
    case 'zstd': {
      const { Decompress } = load('fzstd') as typeof import('fzstd');
      const stream = new Decompress((chunk) => emit(asBuffer(chunk)));
      return {
        push: (bytes) => {
          stream.push(bytes);
          return false;
        },
        // Frames under 18 bytes are not begun before the end.
        end: () => stream.push(new Uint8Array(0), true),
      };
    }
    case 'br':
      return brotli(emit);
    case 'lz4':
      return lz4(emit);
    case 'utf-16le':
    case 'utf-16be':
      return utf16(emit, name === 'utf-16be');
  }
}

interface NativeStream {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(bytes: Buffer): unknown;
  close(): void;
}

/** A deflate stream that gives nothing for so many bytes is over. */
const SILENCE = 16 << 10;

function native(stream: NativeStream, emit: Emit): Codec {
  let failure: Error | null = null;
  let silent = 0;
  stream.on('error', (error) => {
    failure = error;
  });
  stream.on('data', (chunk) => {
    silent = 0;
    emit(chunk);
  });
  return {
    push: (bytes) => {
      silent += bytes.length;
      stream.write(bytes);
      if (failure) throw failure;
      return silent > SILENCE;
    },
    end: () => stream.close(),
  };
}

function inflateRaw(emit: Emit): Codec {
  return native(new (minizlib().InflateRaw)({}) as unknown as NativeStream, emit);
}

/** More than any real header with a file name. */
const MAX_GZIP_HEADER = 4096;

/**
 * The header is read here and the rest as raw deflate, because zlib's own gzip reader throws away what it decoded when
 * other bytes follow the stream, as they do in the middle of a protocol. Further members are found by their own magic.
 */
function gzip(emit: Emit): Codec {
  const body = inflateRaw(emit);
  let head: Buffer | null = Buffer.alloc(0);
  return {
    push: (bytes) => {
      if (!head) return body.push(bytes);
      head = Buffer.concat([head, bytes]);
      const length = gzipHeaderLength(head);
      if (length === null) return false;
      const rest = head.subarray(length);
      head = null;
      return rest.length > 0 && body.push(rest);
    },
    end: () => body.end(),
  };
}

/** RFC 1952 2.3; null when there is more to come. Throws when it is no gzip header. */
function gzipHeaderLength(bytes: Buffer): number | null {
  if (bytes.length > MAX_GZIP_HEADER) throw new Error('gzip header too long');
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

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decoded bytes per call into the WebAssembly. */
const BROTLI_STEP = 64 << 10;
/** ResultCode of the library: the stream is over / the output is full. */
const SUCCESS = 1;
const NEEDS_OUTPUT = 3;
let brotliReady = false;

function brotli(emit: Emit): Codec {
  const { BrotliDecStream, initSync } = load('brotli-dec-wasm/web') as typeof import('brotli-dec-wasm/web');
  if (!brotliReady) initSync({ module: readFileSync(load.resolve('brotli-dec-wasm/web/bg.wasm')) });
  brotliReady = true;
  const stream = new BrotliDecStream();
  return {
    push: (bytes) => {
      let rest: Uint8Array = bytes;
      while (true) {
        const result = stream.dec(rest, BROTLI_STEP);
        const { code, buf, input_offset: used } = result;
        result.free();
        if (buf.length > 0) emit(asBuffer(buf));
        rest = rest.subarray(used);
        if (code !== NEEDS_OUTPUT) return code === SUCCESS;
      }
    },
    end: () => stream.free(),
  };
}

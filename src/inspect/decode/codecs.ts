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
const fflate = (): typeof import('fflate') => load('fflate');

export function createCodec(name: CodecName, emit: Emit): Codec {
  switch (name) {
    case 'gzip':
      return fromFflate(new (fflate().Gunzip)((chunk) => emit(asBuffer(chunk))));
    case 'zlib':
      return fromFflate(new (fflate().Unzlib)((chunk) => emit(asBuffer(chunk))));
    case 'deflate':
      return fromFflate(new (fflate().Inflate)((chunk) => emit(asBuffer(chunk))));
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

interface FflateStream {
  push(bytes: Uint8Array, final?: boolean): void;
}

/**
 * The library does not say that a zlib stream is over, and would gather all that follows. Its state does: `f` is the
 * final block seen, `l` the tables of a block still being read.
 */
function isOver(stream: FflateStream): boolean {
  const state = (stream as { s?: { f?: number; l?: unknown } }).s;
  return state?.f === 1 && !state.l;
}

function fromFflate(stream: FflateStream): Codec {
  return {
    push: (bytes) => {
      // The library may keep what it is given.
      stream.push(Uint8Array.prototype.slice.call(bytes));
      return isOver(stream);
    },
    end: () => {},
  };
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

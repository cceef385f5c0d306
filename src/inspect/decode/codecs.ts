/**
 * Streaming decompressors behind one small face; all of them synchronous, because events are.
 * Promise: `push` hands out what the bytes so far decode to; bad data throws. A library is loaded when its first body
 * comes: together they would take 20 MB of a lab that may never need them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Codec {
  push(bytes: Buffer): void;
  /** Frees what is not garbage-collected. */
  end(): void;
}

export type CodecName = 'gzip' | 'zlib' | 'deflate' | 'br' | 'zstd';
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
      return { push: (bytes) => stream.push(bytes), end: () => {} };
    }
    case 'br':
      return brotli(emit);
  }
}

function fromFflate(stream: { push(bytes: Uint8Array, final?: boolean): void }): Codec {
  return {
    // The library may keep what it is given.
    push: (bytes) => stream.push(Uint8Array.prototype.slice.call(bytes)),
    end: () => {},
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decoded bytes per call into the WebAssembly. */
const BROTLI_STEP = 64 << 10;
/** ResultCode of the library: input used up / output full. */
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
        if (code !== NEEDS_OUTPUT) return;
      }
    },
    end: () => stream.free(),
  };
}

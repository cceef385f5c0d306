/**
 * Node's own decompressors, synchronously and block by block. Its streams are asynchronous, and its functions want the whole
 * and give the whole, be it 800 MB from 607 bytes; the handle under both (`_handle`, unchanged from Node 11 to 26) does what
 * is asked for: so much input, so much output.
 * Promise: at most BLOCK bytes between two questions whether more is wanted; bad data throws; the bytes after the end of a
 * stream are given back.
 */
import { constants, createBrotliDecompress, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { BLOCK, type Codec, type Emit } from './codec.ts';

export type NativeName = 'zlib' | 'deflate' | 'br' | 'zstd';

interface Handle {
  writeSync(
    flush: number,
    input: Buffer,
    from: number,
    length: number,
    output: Buffer,
    outputFrom: number,
    outputLength: number,
  ): void;
  onerror: (message: string) => void;
}

/** What every stream of node:zlib has in common, the parts that are not in its documentation included. */
interface Stream {
  _handle: Handle;
  /** Room that was left in the output, bytes that were left of the input, after a write. */
  _writeState: Uint32Array;
  reset(): void;
  close(): void;
}

/** The smallest that is allowed: the stream's own output buffer is not used. */
const OPTIONS = { chunkSize: 64 };
/** Any window a stream asks for. Node's default is that of the first stream, for all that are read after a `reset` as well. */
const ZLIB = { ...OPTIONS, windowBits: constants.Z_MAX_WINDOWBITS };
/** RFC 9659 3: what a sender may ask for over HTTP, 8 MB. Zstandard itself allows 128 MB. */
const ZSTD = { ...OPTIONS, params: { [constants.ZSTD_d_windowLogMax]: 23 } };

const make: Record<NativeName, () => Stream> = {
  zlib: () => createInflate(ZLIB) as unknown as Stream,
  deflate: () => createInflateRaw(OPTIONS) as unknown as Stream,
  br: () => createBrotliDecompress(OPTIONS) as unknown as Stream,
  zstd: () => createZstdDecompress(ZSTD) as unknown as Stream,
};

/** As good as new: making one takes longer than most bodies. */
const spare: Record<NativeName, Stream[]> = { zlib: [], deflate: [], br: [], zstd: [] };
const MAX_SPARE = 4;
/** Output of decoders that are at work inside one another. */
const blocks: Buffer[] = [];

export function native(name: NativeName, emit: Emit): Codec {
  let stream: Stream | null = spare[name].pop() ?? make[name]();
  let failure: string | null = null;
  stream._handle.onerror = (message) => {
    failure = message;
  };

  /** Null when all of `bytes` was taken and more may come. */
  function decode({ _handle, _writeState }: Stream, bytes: Buffer, output: Buffer): Buffer | null {
    for (let from = 0; ; ) {
      _handle.writeSync(constants.Z_NO_FLUSH, bytes, from, bytes.length - from, output, 0, BLOCK);
      if (failure !== null) throw new Error(`${name}: ${failure}`);
      const [room = 0, unread = 0] = _writeState;
      from = bytes.length - unread;
      if (room < BLOCK && !emit(output.subarray(0, BLOCK - room))) return bytes.subarray(from);
      // A full block may have more behind it; else what is not read now never will be.
      if (room > 0) return unread > 0 ? bytes.subarray(from) : null;
    }
  }

  return {
    push(bytes) {
      if (stream === null) return bytes;
      const output = blocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
      try {
        return decode(stream, bytes, output);
      } finally {
        blocks.push(output);
      }
    },
    end() {
      const done = stream;
      stream = null;
      if (done === null) return;
      if (failure !== null || spare[name].length >= MAX_SPARE) done.close();
      else {
        done.reset();
        spare[name].push(done);
      }
    },
  };
}

let probing: { stream: Stream; output: Buffer } | null = null;

/** Whether these first bytes of a zlib stream are certainly none: a hundred times cheaper than an error with its stack. */
export function isNoZlib(bytes: Buffer): boolean {
  probing ??= { stream: make.zlib(), output: Buffer.allocUnsafeSlow(BLOCK) };
  const { stream, output } = probing;
  let hasFailed = false;
  stream._handle.onerror = () => {
    hasFailed = true;
  };
  for (let from = 0, room = 0; room === 0 && !hasFailed; ) {
    stream._handle.writeSync(constants.Z_SYNC_FLUSH, bytes, from, bytes.length - from, output, 0, BLOCK);
    room = stream._writeState[0]!;
    from = bytes.length - stream._writeState[1]!;
  }
  stream.reset();
  return hasFailed;
}

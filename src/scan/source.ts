/**
 * Where a recording comes from: a file, a pipe, standard input; packed (gzip, zlib, zstd) or not, in UTF-8 or UTF-16.
 * Promise: a pipe is opened once and read once; readers get unpacked bytes, text as UTF-8; memory does not depend on the
 * size; what had to be put on the disk for tshark is private and gone when the source is closed.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate, createZstdDecompress, constants as zlib } from 'node:zlib';

export interface Source {
  /** As the user named it. */
  path: string;
  /** Beginning of the unpacked bytes, for telling what it is. */
  head: Buffer;
  /** Unpacked, from the beginning. To be called once. */
  chunks(): AsyncIterable<Buffer>;
  /** A plain file with the same bytes that can be read as often as needed. */
  plainFile(): Promise<string>;
  close(): void;
}

/** Enough for a first line, and for the words that begin a HAR. */
const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** Standard input by its names: opened anew, a pipe's beginning would be gone and a socket could not be opened at all. */
export const isStandardInput = (path: string): boolean =>
  ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'].includes(path);

export interface SourceOptions {
  /** Reads forward only: a pipe. */
  isStream: boolean;
  onBytes: (bytes: number) => void;
  /** Ends reading with an error, also where a pipe gives nothing. */
  stop: AbortSignal | null;
}

export async function openSource(path: string, { isStream, onBytes, stop }: SourceOptions): Promise<Source> {
  const raw: Readable = isStandardInput(path) ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (stop) addAbortSignal(stop, raw);
  let isPlain = !isStream;
  let bytes: AsyncIterator<Buffer> = counted(raw, onBytes);
  let head = await peek(bytes);
  for (;;) {
    const unpack = unpackerOf(head.bytes);
    if (!unpack) break;
    const packed = head;
    isPlain = false;
    bytes = unpack(chain(packed, bytes));
    head = await peek(bytes);
  }
  let directory: string | null = null;
  return {
    path,
    head: head.bytes,
    chunks: () => untilStopped(chain(head, bytes), stop),
    async plainFile() {
      if (isPlain) return path;
      directory = mkdtempSync(join(tmpdir(), 'phonehome-scan-'));
      const file = join(directory, 'recording');
      await pipeline(untilStopped(chain(head, bytes), stop), createWriteStream(file, { mode: 0o600 }));
      return file;
    },
    close() {
      raw.destroy();
      if (directory !== null) rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Head {
  bytes: Buffer;
  isAll: boolean;
}

/** What is there at once: of a slow pipe not more than the first line. */
async function peek(chunks: AsyncIterator<Buffer>): Promise<Head> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done) return { bytes: Buffer.concat(parts), isAll: true };
    parts.push(next.value);
    length += next.value.length;
    if (length >= LEAST_BYTES && next.value.includes(10)) break;
  }
  return { bytes: Buffer.concat(parts), isAll: false };
}

/** Fewer may not even show that it is a capture. */
const LEAST_BYTES = 64;

async function* counted(raw: Readable, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function* chain(head: Head, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.bytes.length > 0) yield head.bytes;
  if (head.isAll) return;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** A packed file would go on for all that is unpacked of what was read of it, which may be a thousand times as much. */
async function* untilStopped(chunks: AsyncIterable<Buffer>, stop: AbortSignal | null): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    stop?.throwIfAborted();
    yield chunk;
  }
}

type Unpack = (packed: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

/** Null: it is not packed. */
function unpackerOf(head: Buffer): Unpack | null {
  const [first = 0, second = 0] = head;
  // A cut file gives what is in it: the format inside tells that it ends too early.
  if (first === 0x1f && second === 0x8b) return through(() => createGunzip({ finishFlush: zlib.Z_SYNC_FLUSH }));
  if (first === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(second))
    return through(() => createInflate({ finishFlush: zlib.Z_SYNC_FLUSH }));
  if (head.length >= 4 && head.readUInt32BE(0) === 0x28b52ffd) return through(createZstdDecompress);
  if (first === 0xff && second === 0xfe) return decoded('utf-16le');
  if (first === 0xfe && second === 0xff) return decoded('utf-16be');
  // Without a mark: JSON begins with a character of ASCII.
  const isBlankOrBracket = (byte: number): boolean => [0x7b, 0x5b, 0x20, 0x0a, 0x0d].includes(byte);
  if (isBlankOrBracket(first) && second === 0) return decoded('utf-16le');
  if (first === 0 && isBlankOrBracket(second)) return decoded('utf-16be');
  return null;
}

function through(create: () => NodeJS.ReadWriteStream): Unpack {
  return async function* unpack(packed) {
    const inside = Readable.from(packed);
    const out = create();
    inside.on('error', (error) => out.emit('error', error));
    inside.pipe(out);
    for await (const chunk of out) yield chunk as Buffer;
  };
}

function decoded(encoding: 'utf-16le' | 'utf-16be'): Unpack {
  return async function* decode(packed) {
    const decoder = new TextDecoder(encoding);
    for await (const chunk of packed) yield Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8');
    yield Buffer.from(decoder.decode(), 'utf8');
  };
}

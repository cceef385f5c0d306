/**
 * A package as one zip, written as it is made: nothing is held but the block that is being compressed, and none is made before the
 * one before it was taken. Larger than 4 GB it is a Zip64, which `unzip`, Python and every archiver of today open. The zip's comment,
 * its last bytes, holds the hash of everything before it and a signature over that, so that no byte of the file, whatever it is for,
 * can change unnoticed.
 * Promise: the file appears whole under its name, or not at all.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { labError } from '../formats/refusal.ts';
import { text } from '../model/text.ts';

/** Lines are put together to blocks of this size. */
const BLOCK_BYTES = 256 << 10;
/** Fast, and half a percent larger than the next one. */
const COMPRESSION_LEVEL = 2;

/** What stands in one file: at once, or piece by piece, each asked for when there is room for it. */
export type FileContent = string | Uint8Array | Iterable<string | Uint8Array>;

export interface PackageWriter {
  /** One at a time. Settles when all of it was read. */
  add(name: string, content: FileContent): Promise<void>;
  /** Of the files so far, as `sha256sum` writes them. */
  sums(): string;
  /** Signs, and gives the file its name. @returns its size */
  finish(key: KeyObject): Promise<number>;
  /** Leaves nothing behind. */
  discard(): void;
}

/** What is signed of a whole package. */
export const sealedText = (sha256: string): Buffer => Buffer.from(`phonehome package\n${sha256}\n`);

/** Strict: another spelling of the same is a change. */
export const COMMENT = /^phonehome package 1 ([0-9a-f]{64}) ([0-9a-f]{128})\n$/;
export const COMMENT_BYTES = 'phonehome package 1 '.length + 64 + 1 + 128 + 1;
/** `end of central directory`, without its comment. */
export const END_BYTES = 22;

/** @param time of every file in it, ms since the epoch */
export function createPackage(file: string, time: number): PackageWriter {
  const beside = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const whole = createHash('sha256');
  const sums: string[] = [];
  let descriptor: number | null = opened(beside, file);
  let size = 0;
  /** The last bytes so far: of a whole zip its comment, which the library writes as the blanks it was given. */
  let held = Buffer.alloc(0);

  function put(bytes: Uint8Array): void {
    size += bytes.length;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor as number, bytes, at);
  }
  const disk = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const known = all.subarray(0, Math.max(0, all.length - COMMENT_BYTES));
        held = Buffer.from(all.subarray(known.length));
        whole.update(known);
        put(known);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const written = pipeline(output, disk);
  // Whoever adds or finishes is told.
  written.catch(() => {});
  const options = { mtime: new Date(time), mode: 0o100600, compressionLevel: COMPRESSION_LEVEL };

  return {
    async add(name, content) {
      const hash = createHash('sha256');
      const blocks = Readable.from(blocksOf(content, (block) => hash.update(block)));
      const isRead = finished(blocks);
      isRead.catch(() => {});
      zip.addReadStream(blocks, name, options);
      try {
        // A disk that is full ends it before everything is read.
        await Promise.race([isRead, written]);
      } finally {
        blocks.destroy();
      }
      sums.push(`${hash.digest('hex')}  ${name}\n`);
    },
    sums: () => sums.join(''),
    async finish(key) {
      zip.end({ comment: ' '.repeat(COMMENT_BYTES), forceZip64Format: false });
      await written;
      const sha256 = whole.digest('hex');
      put(
        Buffer.from(`phonehome package 1 ${sha256} ${sign(null, sealedText(sha256), key).toString('hex')}\n`, 'latin1'),
      );
      fsyncSync(descriptor as number);
      closeSync(descriptor as number);
      descriptor = null;
      renameSync(beside, file);
      return size;
    },
    discard() {
      output.destroy();
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
      rmSync(beside, { force: true });
    },
  };
}

function* blocksOf(content: FileContent, onBlock: (block: Uint8Array) => void): Generator<Uint8Array> {
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
  let waiting: Uint8Array[] = [];
  let length = 0;
  const block = (): Uint8Array => {
    const made = Buffer.concat(waiting);
    waiting = [];
    length = 0;
    onBlock(made);
    return made;
  };
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    waiting.push(bytes);
    length += bytes.length;
    if (length >= BLOCK_BYTES) yield block();
  }
  if (length > 0) yield block();
}

function opened(beside: string, file: string): number {
  try {
    return openSync(beside, 'wx', 0o600);
  } catch (error) {
    throw told(error, file);
  }
}

/** A failure of the disk is one line. */
export function told(error: unknown, file: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return labError(text('fault.full-out', { file }));
  return syscall === undefined ? error : labError(text('fault.unwritten-out', { file, code: code ?? '' }));
}

/**
 * A package as one zip, written as it is made: nothing is held but what is being compressed. Each entry's SHA-256 is known when it
 * ends; the zip's comment, its last bytes, holds the hash of everything before it and a signature over that, so that no byte of
 * the file, whatever it is for, can change unnoticed.
 * Promise: the file appears whole under its name, or not at all.
 */
import { createHash, type Hash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Zip, ZipDeflate } from 'fflate';
import { LabError } from '../model/lab.ts';

/** Zip without its 64-bit form, which fflate does not write. */
const MAX_BYTES = 2 ** 32 - 2 ** 20;
/** `end of central directory`, without its comment. */
export const END_BYTES = 22;

export interface PackageEntry {
  write(bytes: string | Uint8Array): void;
  end(): void;
}

export interface PackageWriter {
  /** One at a time. */
  entry(name: string): PackageEntry;
  /** A small one, at once. */
  add(name: string, bytes: string | Uint8Array): void;
  /** Of the entries so far, as `sha256sum` writes them. */
  sums(): string;
  /** Signs, and gives the file its name. @returns its size */
  finish(key: KeyObject): number;
  /** Leaves nothing behind. */
  discard(): void;
}

/** What is signed of a whole package. */
export const sealedText = (sha256: string): Buffer => Buffer.from(`phonehome package\n${sha256}\n`);

/** @param time of every entry, ms since the epoch */
export function createPackage(file: string, time: number): PackageWriter {
  const beside = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const whole = createHash('sha256');
  const sums: string[] = [];
  let descriptor: number | null = opened(beside, file);
  let size = 0;
  /** The last bytes, which get a comment. */
  let tail = Buffer.alloc(0);

  function put(bytes: Uint8Array): void {
    whole.update(bytes);
    size += bytes.length;
    if (size > MAX_BYTES)
      throw new LabError(
        'the package would be larger than 4 GB: export a shorter test run, or keep less of its content',
      );
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor as number, bytes, at);
  }
  const zip = new Zip((error, chunk, isLast) => {
    if (error) throw error;
    if (isLast) tail = Buffer.from(chunk);
    else put(chunk);
  });

  function entry(name: string): PackageEntry {
    const one = new ZipDeflate(name, { level: 2 });
    one.mtime = time;
    one.attrs = 0o600 << 16;
    one.os = 3;
    zip.add(one);
    const hash: Hash = createHash('sha256');
    return {
      write(bytes) {
        const given = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
        hash.update(given);
        if (given.length > 0) one.push(given, false);
      },
      end() {
        one.push(new Uint8Array(0), true);
        sums.push(`${hash.digest('hex')}  ${name}\n`);
      },
    };
  }

  return {
    entry,
    add(name, bytes) {
      const one = entry(name);
      one.write(bytes);
      one.end();
    },
    sums: () => sums.join(''),
    finish(key) {
      zip.end();
      const end = tail.length - END_BYTES;
      const comment = seal(whole.copy(), tail, key);
      tail.writeUInt16LE(comment.length, end + 20);
      put(tail);
      put(comment);
      fsyncSync(descriptor as number);
      closeSync(descriptor as number);
      descriptor = null;
      renameSync(beside, file);
      return size;
    },
    discard() {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
      rmSync(beside, { force: true });
    },
  };
}

/** @param before hash of what is written already */
function seal(before: Hash, tail: Buffer, key: KeyObject): Buffer {
  const commented = Buffer.from(tail);
  commented.writeUInt16LE(COMMENT_BYTES, tail.length - END_BYTES + 20);
  const sha256 = before.update(commented).digest('hex');
  const comment = `phonehome package 1 ${sha256} ${sign(null, sealedText(sha256), key).toString('hex')}\n`;
  return Buffer.from(comment);
}

/** Strict: another spelling of the same is a change. */
export const COMMENT = /^phonehome package 1 ([0-9a-f]{64}) ([0-9a-f]{128})\n$/;
export const COMMENT_BYTES = 'phonehome package 1 '.length + 64 + 1 + 128 + 1;

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
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new LabError(
      `no space left for ${file}: free some, or name another place with --out; nothing of it is left`,
    );
  return syscall === undefined
    ? error
    : new LabError(`${file} cannot be written (${code}): name another place with --out`);
}

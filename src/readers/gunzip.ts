/**
 * Opens one gzip (RFC 1952) or zlib (RFC 1950) stream on top of `Inflate`, synchronously and piece by piece.
 * Checksums are not verified: a listener reads what is there. It never throws; what is broken makes it `failed`.
 */
import { Carry } from './carry.ts';
import { type Expansion, Inflate } from './inflate.ts';

/** Names and comments in a gzip header have no length of their own; longer ones are not meant to be read. */
const MAX_HEADER_BYTES = 4096;
const NEEDS_MORE = -1;
const NO_HEADER = -2;

export class Gunzip {
  readonly #format: 'gzip' | 'zlib';
  readonly #header = new Carry();
  readonly #inflate: Inflate;
  #begun = false;
  #badHeader = false;

  constructor(format: 'gzip' | 'zlib', expansion?: Expansion) {
    this.#format = format;
    this.#inflate = new Inflate(expansion);
  }

  get failed(): boolean {
    return this.#badHeader || this.#inflate.failed;
  }

  /** What could not be opened, once it failed. */
  rest(): Buffer {
    return this.#begun ? this.#inflate.rest() : this.#header.take();
  }

  push(chunk: Buffer, emit: (bytes: Buffer) => void): void {
    if (this.failed) return;
    if (this.#begun) {
      this.#inflate.push(chunk, emit);
      return;
    }
    this.#header.add(chunk);
    const bytes = this.#header.view();
    const end = this.#format === 'gzip' ? gzipHeaderEnd(bytes) : zlibHeaderEnd(bytes);
    if (end === NO_HEADER || (end === NEEDS_MORE && bytes.length > MAX_HEADER_BYTES)) this.#badHeader = true;
    if (end < 0) return;
    this.#begun = true;
    this.#inflate.push(this.#header.take().subarray(end), emit);
  }
}

function gzipHeaderEnd(bytes: Buffer): number {
  if (bytes.length < 10) return NEEDS_MORE;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return NO_HEADER;
  const flags = bytes[3]!;
  let at = 10;
  if (flags & 4) {
    if (bytes.length < at + 2) return NEEDS_MORE;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return NEEDS_MORE;
    at = zero + 1;
  }
  if (flags & 2) at += 2;
  return at <= bytes.length ? at : NEEDS_MORE;
}

function zlibHeaderEnd(bytes: Buffer): number {
  if (bytes.length < 2) return NEEDS_MORE;
  // A preset dictionary (bit 5) is nothing two strangers can share.
  const fits = (bytes[0]! & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0 && !(bytes[1]! & 32);
  return fits ? 2 : NO_HEADER;
}

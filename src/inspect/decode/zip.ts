/**
 * Zip archives in a stream (APPNOTE.TXT 6.3): every file is a layer of its own.
 * Promise: at most BASE + ratio × archive bytes come out, as with every decompressor; stored and deflated files are read,
 * encrypted and otherwise packed ones are said to be unread. The budget is asked at each file and each decoded block.
 */
import { type Text, text } from '../../model/text.ts';
import type { Budget } from '../budget.ts';
import type { ByteSink } from '../byte-sink.ts';
import { type Codec, NOTHING } from './codec.ts';
import { createCodec } from './codecs.ts';

const BASE = 1 << 20;
const SLICE = 4096;
/** More files than any report of a phone has. */
const MAX_FILES = 1000;
const HEADER = 30;
const ENCRYPTED = 1;
/** The sizes come behind the data. */
const STREAMED = 8;
const STORED = 0;
const DEFLATED = 8;
/** The size stands in a field of its own (zip64). */
const ELSEWHERE = 0xffffffff;

/** Units of work: a file, and the decoded bytes that cost as much as one of text. */
const PER_FILE = 600;
const BYTES_PER_UNIT = 4;

export interface ZipOptions {
  /** A file begins. */
  file(): ByteSink;
  /** Hears all that is no content of a file: names, extra fields, comments, the directory, what stands behind it. */
  margin: ByteSink;
  ratio: number;
  partial(why: Text): void;
  budget: Budget;
}

export class ZipSink implements ByteSink {
  #consumed = 0;
  #produced = 0;
  #files = 0;
  #isOver = false;
  /** What was not yet understood: at most a header with its name. */
  #rest: Buffer = NOTHING;
  #open: ByteSink | null = null;
  #codec: Codec | null = null;
  /** Bytes left of the file under way; infinite when its data tells; null between files. */
  #left: number | null = null;
  readonly #options: ZipOptions;

  constructor(options: ZipOptions) {
    this.#options = options;
  }

  write(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0 && !this.#isOver; ) {
      const slice = rest.subarray(0, SLICE - (this.#consumed % SLICE));
      rest = rest.subarray(slice.length);
      this.#consumed += slice.length;
      this.#rest = this.#rest.length === 0 ? slice : Buffer.concat([this.#rest, slice]);
      while (!this.#isOver && this.#step());
      this.#rest = this.#isOver ? NOTHING : Buffer.from(this.#rest);
    }
  }

  end(complete: boolean): void {
    if (this.#left === null && !this.#isOver) this.#options.margin.write(this.#rest);
    this.#options.margin.end(complete);
    this.#endFile(complete);
    this.#isOver = true;
  }

  /** False when more bytes are needed. */
  #step(): boolean {
    if (this.#left === null) return this.#readHeader();
    if (this.#rest.length === 0) return false;
    if (this.#codec) return this.#inflate(this.#codec);
    const part = this.#rest.subarray(0, this.#left);
    this.#rest = this.#rest.subarray(part.length);
    this.#left -= part.length;
    if (this.#open) this.#take(part);
    if (this.#left === 0) this.#endFile(true);
    return true;
  }

  #readHeader(): boolean {
    const bytes = this.#rest;
    // Between two files there may be sizes, which are of no interest: the next header is found by its mark.
    const at = bytes.indexOf('PK\x03\x04', 0, 'latin1');
    if (at < 0 || bytes.length < at + HEADER) {
      const read = at < 0 ? Math.max(0, bytes.length - 3) : at;
      this.#options.margin.write(bytes.subarray(0, read));
      this.#rest = bytes.subarray(read);
      return false;
    }
    const header = bytes.subarray(at);
    const data = HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (at > 0) this.#options.margin.write(bytes.subarray(0, at));
    if (header.length < data) {
      this.#rest = header;
      return false;
    }
    this.#options.margin.write(header.subarray(0, data));
    this.#rest = header.subarray(data);
    this.#begin(header);
    return true;
  }

  #begin(header: Buffer): void {
    const { partial, budget, file } = this.#options;
    const flags = header.readUInt16LE(6);
    const method = header.readUInt16LE(8);
    const size = header.readUInt32LE(18);
    const isUnknown = (flags & STREAMED) !== 0 || size === ELSEWHERE;
    if (++this.#files > MAX_FILES) {
      this.#stop(text('unseen.zip-files', { most: MAX_FILES }));
      return;
    }
    if (!budget.spend(PER_FILE, 'zip')) {
      this.#stop(null);
      return;
    }
    const isRead = method === DEFLATED || (method === STORED && !isUnknown);
    if (!isRead || flags & ENCRYPTED) {
      if (flags & ENCRYPTED) partial(text(isUnknown ? 'unseen.zip-encrypted-endless' : 'unseen.zip-encrypted'));
      else partial(text(isUnknown ? 'unseen.zip-method-endless' : 'unseen.zip-method', { method }));
      this.#left = isUnknown ? null : size;
      if (this.#left === 0) this.#left = null;
      return;
    }
    this.#open = file();
    this.#left = isUnknown ? Number.POSITIVE_INFINITY : size;
    if (method === DEFLATED) this.#codec = createCodec('deflate', (bytes) => this.#take(bytes));
    else if (size === 0) this.#endFile(true);
  }

  #inflate(codec: Codec): boolean {
    const part = this.#rest;
    this.#rest = NOTHING;
    try {
      const left = codec.push(part);
      if (this.#isOver || left === null) return false;
      this.#rest = left;
      this.#endFile(true);
    } catch {
      this.#stop(text('unseen.damaged', { format: 'zip' }));
    }
    return true;
  }

  /** False when no more is wanted. */
  #take(bytes: Buffer): boolean {
    if (this.#isOver) return false;
    const { ratio, budget } = this.#options;
    const limit = BASE + ratio * Math.ceil(this.#consumed / SLICE) * SLICE;
    const part = bytes.subarray(0, limit - this.#produced);
    this.#produced += part.length;
    if (part.length > 0) this.#open?.write(part);
    const goesOn = budget.spend(part.length / BYTES_PER_UNIT, 'zip');
    if (part.length < bytes.length) this.#stop(text('unseen.expands', { format: 'zip', ratio }));
    else if (!goesOn) this.#stop(null);
    return !this.#isOver;
  }

  #endFile(complete: boolean): void {
    this.#open?.end(complete);
    this.#open = null;
    this.#codec?.end();
    this.#codec = null;
    this.#left = null;
  }

  /** `why`: null when it was said already. */
  #stop(why: Text | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (why !== null) this.#options.partial(why);
    this.#endFile(false);
  }
}

/**
 * Zip archives in a stream: every file is a layer of its own.
 * Promise: at most BASE + ratio × archive bytes come out, as with every decompressor; stored and deflated files are read,
 * encrypted and otherwise packed ones are said to be unread.
 */
import { createRequire } from 'node:module';
import type { ByteSink } from '../byte-sink.ts';

const BASE = 1 << 20;
const SLICE = 4096;
/** More files than any report of a phone has. */
const MAX_FILES = 1000;

export interface ZipOptions {
  /** A file begins. */
  file(): ByteSink;
  ratio: number;
  partial(reason: string): void;
}

const load = createRequire(import.meta.url);

export class ZipSink implements ByteSink {
  #consumed = 0;
  #produced = 0;
  #files = 0;
  #isOver = false;
  #open: ByteSink | null = null;
  readonly #unzip: import('fflate').Unzip;
  readonly #options: ZipOptions;

  constructor(options: ZipOptions) {
    this.#options = options;
    const { Unzip, UnzipInflate } = load('fflate') as typeof import('fflate');
    this.#unzip = new Unzip((file) => this.#begin(file));
    this.#unzip.register(UnzipInflate);
  }

  write(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0 && !this.#isOver; ) {
      const slice = rest.subarray(0, SLICE - (this.#consumed % SLICE));
      rest = rest.subarray(slice.length);
      this.#consumed += slice.length;
      try {
        this.#unzip.push(Uint8Array.prototype.slice.call(slice));
      } catch {
        this.#stop('zip: damaged data; the rest was not looked into');
      }
    }
  }

  end(complete: boolean): void {
    this.#open?.end(complete);
    this.#open = null;
    this.#isOver = true;
  }

  #begin(file: import('fflate').UnzipFile): void {
    this.#open?.end(true);
    this.#open = null;
    if (this.#isOver) return;
    if (++this.#files > MAX_FILES) {
      this.#stop(`zip: more than ${MAX_FILES} files; the rest was not looked into`);
      return;
    }
    if (file.compression !== 0 && file.compression !== 8) {
      this.#options.partial(`zip: a file packed with method ${file.compression} was not looked into`);
      return;
    }
    const sink = this.#options.file();
    this.#open = sink;
    file.ondata = (error, chunk, final) => {
      if (error || this.#isOver || this.#open !== sink) return;
      this.#take(sink, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (!final || this.#isOver) return;
      sink.end(true);
      this.#open = null;
    };
    file.start();
  }

  #take(sink: ByteSink, bytes: Buffer): void {
    const limit = BASE + this.#options.ratio * Math.ceil(this.#consumed / SLICE) * SLICE;
    const part = bytes.subarray(0, limit - this.#produced);
    this.#produced += part.length;
    if (part.length > 0) sink.write(part);
    if (part.length < bytes.length) {
      this.#stop(`zip: expands more than ${this.#options.ratio} times; the rest was not looked into`);
    }
  }

  #stop(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.partial(reason);
    this.#open?.end(false);
    this.#open = null;
  }
}

/**
 * A compressed layer: decodes into the layer inside it.
 * Promise: at most BASE + ratio × encoded bytes come out (a bomb stops there and is said to be `partially-scanned`); the
 * limit depends on offsets alone, so it falls on the same byte for every cutting. Data that is not what its header said
 * goes to `fallback` whole.
 */
import type { ByteSink } from '../byte-sink.ts';
import type { Codec } from './codec.ts';
import { type CodecName, createCodec } from './codecs.ts';

/** Decoded per step at most SLICE × 1032 (deflate's best ratio), 4 MB. */
const SLICE = 4096;
/** At first less, so that what is no stream at all costs little. */
const FIRST_SLICE = 512;
/** Small inputs may expand more: a 1 KB body of one repeated word is no bomb. */
const BASE = 1 << 20;

export interface SqueezedOptions {
  name: CodecName;
  inside: ByteSink;
  ratio: number;
  partial(reason: string): void;
  /** Where the bytes go when the first slice of them cannot be decoded; null where others read them as well. */
  fallback: (() => ByteSink) | null;
}

export class Squeezed implements ByteSink {
  #codec: Codec | null;
  #consumed = 0;
  #produced = 0;
  #limit = 0;
  /** What went in and what came out of the first slice: it shows whether this is what it was said to be. */
  #held: Buffer[] = [];
  #early: Buffer[] = [];
  #isBelieved = false;
  #plain: ByteSink | null = null;
  #isOver = false;
  #isPushing = false;
  readonly #options: SqueezedOptions;

  constructor(options: SqueezedOptions) {
    this.#options = options;
    this.#codec = createCodec(options.name, (bytes) => this.#emit(bytes));
  }

  write(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#isOver) {
      const step = this.#consumed < SLICE ? FIRST_SLICE : SLICE;
      const slice = rest.subarray(0, step - (this.#consumed % step));
      rest = rest.subarray(slice.length);
      this.#decode(slice);
    }
    if (this.#plain && rest.length > 0) this.#plain.write(rest);
  }

  /** Nothing more will come out. */
  get isOver(): boolean {
    return this.#isOver && !this.#plain;
  }

  end(complete: boolean): void {
    if (this.#plain) this.#plain.end(complete);
    else if (!this.#isOver) this.#finish(complete);
  }

  #finish(complete: boolean): void {
    this.#close();
    if (!this.#isOver) this.#stop(complete);
  }

  #decode(slice: Buffer): void {
    const isFirst = this.#consumed < FIRST_SLICE;
    if (isFirst && this.#options.fallback) this.#held.push(Buffer.from(slice));
    this.#consumed += slice.length;
    this.#limit = BASE + this.#options.ratio * (Math.ceil(this.#consumed / SLICE) * SLICE);
    this.#isPushing = true;
    try {
      if (this.#codec!.push(slice) && !this.#isOver) this.#stop(true);
    } catch {
      this.#fail(isFirst);
    }
    this.#isPushing = false;
    if (this.#isOver) this.#close();
    if (this.#consumed >= FIRST_SLICE && !this.#isBelieved && !this.#isOver) this.#release();
  }

  /** The first slice was what it should be. */
  #release(): void {
    const early = this.#early;
    this.#isBelieved = true;
    this.#held = [];
    this.#early = [];
    for (const bytes of early) this.#options.inside.write(bytes);
  }

  #emit(bytes: Buffer): void {
    if (this.#isOver) return;
    const room = this.#limit - this.#produced;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#produced += part.length;
    if (!this.#isBelieved) this.#early.push(Buffer.from(part));
    else if (part.length > 0) this.#options.inside.write(part);
    if (part.length === bytes.length) return;
    this.#options.partial(
      `${this.#options.name}: expands more than ${this.#options.ratio} times; the rest was not looked into`,
    );
    this.#stop(false);
  }

  #fail(isFirst: boolean): void {
    if (this.#isOver) return;
    const { fallback, name } = this.#options;
    if (isFirst && fallback) {
      const held = this.#held;
      this.#early = [];
      this.#stop(false);
      this.#plain = fallback();
      for (const bytes of held) this.#plain.write(bytes);
      this.#held = [];
      return;
    }
    // In the middle of other bytes a damaged stream is rather none, or has ended.
    if (fallback) this.#options.partial(`${name}: damaged data; the rest was not looked into`);
    this.#stop(false);
  }

  #stop(complete: boolean): void {
    this.#isOver = true;
    this.#release();
    this.#options.inside.end(complete);
    // In the middle of a push the decoder is still at work.
    if (!this.#isPushing) this.#close();
  }

  #close(): void {
    const codec = this.#codec;
    this.#codec = null;
    try {
      codec?.end();
    } catch {
      // A stream that broke off, or from which nothing is wanted any more.
    }
  }
}

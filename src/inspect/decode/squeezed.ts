/**
 * A compressed layer: decodes into the layer inside it.
 * Promise: at most BASE + ratio × encoded bytes come out (a bomb stops there and is said to be `partially-scanned`); the
 * limit depends on offsets alone, so it falls on the same byte for every cutting. Data that is not what its header said
 * goes to `fallback` whole, what follows a stream to `after`. The budget is asked at each decoded block.
 */
import { type Text, text } from '../../model/text.ts';
import type { Budget } from '../budget.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { Codec } from './codec.ts';
import { type CodecName, createCodec } from './codecs.ts';

/** The limit grows in such steps. */
const SLICE = 4096;
/** At first less, so that what is no stream at all costs little. */
const FIRST_SLICE = 512;
/** Past the budget: what is decoded only to be searched for registered values. */
const PLAIN_RATIO = 16;
/** So much comes out of nothing that is no stream. */
const CONVINCING = 64 << 10;
/** Small inputs may expand more: a 1 KB body of one repeated word is no bomb. */
const BASE = 1 << 20;
/** RFC 1952 2.3.1: CRC and length stand behind the data. */
const GZIP_TRAILER = 8;

/** Units of work: a decoder, a slice, and the decoded bytes that cost as much as one of text. */
const OPEN = 1500;
const PER_SLICE = 100;
const BYTES_PER_UNIT = 4;

export interface SqueezedOptions {
  name: CodecName;
  inside: ByteSink;
  ratio: number;
  partial(why: Text): void;
  budget: Budget;
  /** Past the budget it is still decoded, because what is inside is searched for registered values. */
  isOuter: boolean;
  /** Where the bytes go when the first slice of them cannot be decoded; null where others read them as well. */
  fallback: (() => ByteSink) | null;
  /** Where bytes go that follow the stream; null where others read them as well. */
  after: (() => ByteSink) | null;
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
  /** Reads on where this ends: the fallback, or what follows the stream. */
  #rest: ByteSink | null = null;
  /** Bytes that end the stream and say nothing. */
  #trailer = 0;
  #isOver = false;
  /** What had gone in and come out when the budget ended. */
  #over: { consumed: number; produced: number } | null = null;
  #isPushing = false;
  readonly #options: SqueezedOptions;

  constructor(options: SqueezedOptions) {
    this.#options = options;
    options.budget.spend(OPEN, options.name);
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
    if (this.#isOver && rest.length > 0) this.#goOn(rest);
  }

  /** Nothing more will come out. */
  get isOver(): boolean {
    return this.#isOver && !this.#rest;
  }

  end(complete: boolean): void {
    if (!this.#isOver) {
      this.#close();
      if (!this.#isOver) this.#stop(complete);
    }
    this.#rest?.end(complete);
    this.#rest = null;
  }

  #decode(slice: Buffer): void {
    const isFirst = this.#consumed < FIRST_SLICE;
    if (isFirst && this.#options.fallback) this.#held.push(Buffer.from(slice));
    this.#consumed += slice.length;
    this.#limit = BASE + this.#options.ratio * (Math.ceil(this.#consumed / SLICE) * SLICE);
    this.#options.budget.spend(PER_SLICE, this.#options.name);
    this.#isPushing = true;
    let left: Buffer | null = null;
    try {
      left = this.#codec!.push(slice);
      if (left !== null && !this.#isOver) {
        if (this.#options.name === 'gzip') this.#trailer = GZIP_TRAILER;
        this.#stop(true);
      } else left = null;
    } catch {
      this.#fail(isFirst);
    }
    this.#isPushing = false;
    if (this.#isOver) this.#close();
    if (left !== null && left.length > 0) this.#goOn(left);
    if (this.#consumed >= FIRST_SLICE && !this.#isBelieved && !this.#isOver) this.#release();
  }

  /** What stands behind the stream. */
  #goOn(bytes: Buffer): void {
    const { after } = this.#options;
    const part = bytes.subarray(this.#trailer);
    this.#trailer -= bytes.length - part.length;
    if (part.length === 0 || (this.#rest === null && after === null)) return;
    this.#rest ??= after!();
    this.#rest.write(part);
  }

  /** The first slice was what it should be. */
  #release(): void {
    const early = this.#early;
    this.#isBelieved = true;
    this.#held = [];
    this.#early = [];
    for (const bytes of early) this.#options.inside.write(bytes);
  }

  /** False when no more is wanted. */
  #emit(bytes: Buffer): boolean {
    if (this.#isOver) return false;
    const { name, budget, isOuter, partial } = this.#options;
    const { ratio, room } = this.#allowed();
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#produced += part.length;
    budget.spend(part.length / BYTES_PER_UNIT, name);
    if (!this.#isBelieved && this.#produced < CONVINCING) this.#early.push(Buffer.from(part));
    else if (part.length > 0) {
      if (!this.#isBelieved) this.#release();
      this.#options.inside.write(part);
    }
    if (part.length < bytes.length) partial(text('unseen.expands', { format: name, ratio }));
    else if (isOuter || !budget.isOver) return true;
    this.#stop(false);
    return false;
  }

  #allowed(): { ratio: number; room: number } {
    const { budget, ratio } = this.#options;
    if (!budget.isOver) return { ratio, room: this.#limit - this.#produced };
    // From the slice on in which the budget ended.
    this.#over ??= { consumed: this.#consumed - SLICE, produced: this.#produced };
    const limit = this.#over.produced + PLAIN_RATIO * (this.#consumed - this.#over.consumed);
    return { ratio: PLAIN_RATIO, room: Math.min(limit, this.#limit) - this.#produced };
  }

  #fail(isFirst: boolean): void {
    if (this.#isOver) return;
    const { fallback, name } = this.#options;
    if (isFirst && fallback) {
      const held = this.#held;
      this.#early = [];
      this.#stop(false);
      this.#rest = fallback();
      for (const bytes of held) this.#rest.write(bytes);
      this.#held = [];
      return;
    }
    // In the middle of other bytes a damaged stream is rather none, or has ended.
    if (fallback) this.#options.partial(text('unseen.damaged', { format: name }));
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
    codec?.end();
  }
}

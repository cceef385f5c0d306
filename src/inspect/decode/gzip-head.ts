/**
 * The head of a gzip stream (RFC 1952 2.3): its extra field, file name and comment, as they come.
 * Promise: for any cutting; nothing is kept but where it stands; what is no gzip ends at the first byte that shows it.
 */
import type { ByteSink } from '../byte-sink.ts';

/** Bytes before the optional fields; the flags are the fourth. */
const FIXED = 10;
const FLAGS_AT = 3;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;

export class GzipHead implements ByteSink {
  #at = 0;
  #flags = 0;
  #extraLength = 0;
  /** Bytes left of what is counted: the fixed part, the length of the extra field, that field. */
  #left = FIXED;
  #part: 'fixed' | 'length' | 'extra' | 'name' | 'comment' | 'over' = 'fixed';
  readonly #fields: ByteSink;

  /** `fields`: hears the optional fields, one after the other. */
  constructor(fields: ByteSink) {
    this.#fields = fields;
  }

  write(bytes: Buffer): void {
    for (let from = 0; from < bytes.length && this.#part !== 'over'; ) from = this.#take(bytes, from);
  }

  end(): void {
    this.#part = 'over';
    this.#fields.end(true);
  }

  /** Offset up to which it is understood. */
  #take(bytes: Buffer, from: number): number {
    if (this.#part === 'name' || this.#part === 'comment') {
      const zero = bytes.indexOf(0, from);
      const to = zero < 0 ? bytes.length : zero + 1;
      this.#fields.write(bytes.subarray(from, to));
      if (zero >= 0) this.#next();
      return to;
    }
    const to = Math.min(bytes.length, from + this.#left);
    if (this.#part === 'extra') this.#fields.write(bytes.subarray(from, to));
    else for (let at = from; at < to; at++) this.#note(bytes[at]!);
    this.#left -= to - from;
    if (this.#left === 0) this.#next();
    return to;
  }

  #note(byte: number): void {
    if (this.#part === 'length') this.#extraLength = (this.#extraLength >>> 8) | (byte << 8);
    else if (this.#at++ === FLAGS_AT) this.#flags = byte;
  }

  /** A field that the flags do not name is passed over. */
  #next(): void {
    const has = (flag: number): boolean => (this.#flags & flag) !== 0;
    if (this.#part === 'fixed' && has(FEXTRA)) {
      this.#part = 'length';
      this.#left = 2;
    } else if (this.#part === 'length' && this.#extraLength > 0) {
      this.#part = 'extra';
      this.#left = this.#extraLength;
    } else if (this.#part !== 'name' && this.#part !== 'comment' && has(FNAME)) this.#part = 'name';
    else if (this.#part !== 'comment' && has(FCOMMENT)) this.#part = 'comment';
    else this.#part = 'over';
  }
}

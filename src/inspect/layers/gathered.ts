/**
 * Gathers small pieces before they are looked at, because every look costs the same start-up whatever its size.
 * Promise: nothing is held once HOLD bytes are together, and nothing at the end; the bytes are the same.
 */
import type { ByteSink } from '../byte-sink.ts';

/** Most requests fit, and are then looked at once, whole. */
export const HOLD = 8192;

export interface Scanning {
  push(bytes: Buffer, final: boolean): void;
}

export class Gathered implements ByteSink {
  #held: Buffer[] = [];
  #length = 0;
  readonly #to: Scanning;

  constructor(to: Scanning) {
    this.#to = to;
  }

  write(bytes: Buffer): void {
    if (this.#length + bytes.length < HOLD) {
      // The caller's buffer is reused.
      this.#held.push(Buffer.from(bytes));
      this.#length += bytes.length;
      return;
    }
    if (this.#length > 0) this.#to.push(this.#take(), false);
    this.#to.push(bytes, false);
  }

  end(): void {
    this.#to.push(this.#take(), true);
  }

  #take(): Buffer {
    const [only] = this.#held;
    const all = this.#held.length === 1 && only ? only : Buffer.concat(this.#held);
    this.#held = [];
    this.#length = 0;
    return all;
  }
}

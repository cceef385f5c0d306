/**
 * A small growing buffer for what is cut across chunks: half a head, half a frame header.
 * It copies what it is given, because a pushed chunk belongs to its sender once `push` returns.
 * The bound is its user's business: ask `length` before `add`.
 */
const EMPTY = Buffer.alloc(0);

export class Carry {
  #bytes: Buffer = EMPTY;
  length = 0;

  /** Appends a copy of `chunk[from, to)`. */
  add(chunk: Buffer, from = 0, to = chunk.length): void {
    const needed = this.length + to - from;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(64, needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.length, from, to);
    this.length = needed;
  }

  /** A view of what is held: gone with the next `add`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** Starts empty again in the same memory. */
  clear(): void {
    this.length = 0;
  }

  /** Hands over what is held and starts empty again; the caller owns the result. */
  take(): Buffer {
    const taken = this.view();
    this.#bytes = EMPTY;
    this.length = 0;
    return taken;
  }
}

/**
 * The reader for everything no other reader knows: both directions are handed on as `raw-bytes`, so that they are
 * searched all the same. It recognises one thing: a TLS ClientHello in the phone's bytes (RFC 8446 4.1.2, 5.1). At
 * the start it means a tunnelled TLS, later on a STARTTLS (RFC 3207, RFC 9051 6.2.1, RFC 6120 5): from there on the
 * bytes are ciphertext, and that is said once in each direction.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { Carry } from './carry.ts';
import type { Layer, ReaderContext } from './layer.ts';

export const NO_READER = 'unheard.no-reader';
export const TLS_INSIDE = 'unheard.tls-inside';
export const STARTTLS = 'unheard.starttls';

/** Record header (5), handshake type and length (4), client version (2). */
const HELLO_BYTES = 11;

export class RawLayer implements Layer {
  readonly #context: ReaderContext;
  #seen = 0;
  readonly #tail = new Carry();
  #encrypted = false;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    if (chunk.length === 0) return;
    this.#context.unreadable(direction, NO_READER, time, out);
    if (direction === 'request' && !this.#encrypted) this.#watchForTls(chunk, time, out);
    this.#context.raw(direction, chunk, time, out);
  }

  end(): void {}

  close(): void {}

  #watchForTls(chunk: Buffer, time: number, out: FlowEvent[]): void {
    let found = -1;
    if (this.#tail.length > 0) {
      const tailStart = this.#seen - this.#tail.length;
      this.#tail.add(chunk, 0, Math.min(chunk.length, HELLO_BYTES - 1));
      found = findClientHello(this.#tail.view());
      if (found >= 0) found += tailStart;
    }
    if (found < 0) {
      found = findClientHello(chunk);
      if (found >= 0) found += this.#seen;
    }
    if (found >= 0) {
      this.#encrypted = true;
      const reason = found === 0 ? TLS_INSIDE : STARTTLS;
      this.#context.unreadable('request', reason, time, out);
      this.#context.unreadable('response', reason, time, out);
    }
    this.#seen += chunk.length;
    this.#keepTail(chunk);
  }

  /** Keeps the last bytes that may begin a hello. The carry holds at most 10 old and 10 new bytes here. */
  #keepTail(chunk: Buffer): void {
    if (chunk.length >= HELLO_BYTES - 1) {
      this.#tail.take();
      this.#tail.add(chunk, chunk.length - (HELLO_BYTES - 1));
      return;
    }
    if (this.#tail.length === 0) this.#tail.add(chunk);
    const kept = this.#tail.take();
    this.#tail.add(kept, Math.max(0, kept.length - (HELLO_BYTES - 1)));
  }
}

/** Offset of the first ClientHello record, -1 when there is none. Eight bytes must fit: chance hits are one in 2^40. */
export function findClientHello(bytes: Buffer): number {
  for (let at = bytes.indexOf(0x16); at >= 0; at = bytes.indexOf(0x16, at + 1)) {
    if (at + HELLO_BYTES > bytes.length) return -1;
    const recordLength = bytes.readUInt16BE(at + 3);
    if (
      bytes[at + 1] === 3 &&
      bytes[at + 2]! <= 4 &&
      recordLength >= 4 &&
      recordLength <= 16384 &&
      bytes[at + 5] === 1 &&
      bytes[at + 6] === 0 &&
      bytes.readUInt16BE(at + 7) + 4 >= recordLength &&
      bytes[at + 9] === 3 &&
      bytes[at + 10]! <= 4
    )
      return at;
  }
  return -1;
}

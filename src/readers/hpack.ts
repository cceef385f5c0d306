/**
 * Decodes HPACK header blocks (RFC 7541) of one direction of a connection.
 * Promise: for valid blocks exactly the fields the sender meant, in order. A block that is not valid makes the decoder
 * `lost` for good, because the dynamic table can no longer be trusted. Memory: the dynamic table, at most `maxTableBytes`
 * by the RFC's own count. A decoder that only listens follows the sender's size updates; it need not know the settings.
 */
import { decodeHuffman } from './hpack-huffman.ts';
import { STATIC_TABLE } from './hpack-static.ts';

/** Gets one field; `literal` is false when it was only an index into the tables, that is, its text had come before. */
export type FieldSink = (name: string, value: string, literal: boolean) => void;

/** RFC 7541 4.1: what an entry counts beyond its text. */
const ENTRY_OVERHEAD = 32;
/** RFC 9113 6.5.2: SETTINGS_HEADER_TABLE_SIZE before anyone says otherwise. */
const DEFAULT_TABLE_BYTES = 4096;
const MAX_INTEGER = 2 ** 28;

export class HpackDecoder {
  readonly #maxTableBytes: number;
  /** Newest last; the entries before `#oldest` are evicted. */
  #entries: (readonly [string, string])[] = [];
  #oldest = 0;
  #size = 0;
  #capacity = DEFAULT_TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #scratch: Buffer = Buffer.alloc(0);
  lost = false;

  constructor(maxTableBytes: number) {
    this.#maxTableBytes = maxTableBytes;
  }

  /** True when the whole block was understood; else the decoder is lost. */
  decode(block: Buffer, sink: FieldSink): boolean {
    this.#block = block;
    this.#at = 0;
    while (!this.lost && this.#at < block.length) this.#field(block[this.#at]!, sink);
    return !this.lost;
  }

  #field(first: number, sink: FieldSink): void {
    if (first & 0x80) {
      const entry = this.#entry(this.#integer(7));
      if (entry) sink(entry[0], entry[1], false);
      return;
    }
    if ((first & 0xe0) === 0x20) {
      const capacity = this.#integer(5);
      if (capacity > this.#maxTableBytes) this.lost = true;
      this.#capacity = capacity;
      this.#evict();
      return;
    }
    const indexing = (first & 0x40) !== 0;
    const index = this.#integer(indexing ? 6 : 4);
    const name = index === 0 ? this.#string() : (this.#entry(index)?.[0] ?? '');
    const value = this.lost ? '' : this.#string();
    if (this.lost) return;
    sink(name, value, true);
    if (indexing) {
      this.#entries.push([name, value]);
      this.#size += name.length + value.length + ENTRY_OVERHEAD;
      this.#evict();
    }
  }

  #entry(index: number): readonly [string, string] | undefined {
    const entry =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : index - STATIC_TABLE.length <= this.#entries.length - this.#oldest
          ? this.#entries[this.#entries.length - (index - STATIC_TABLE.length)]
          : undefined;
    if (!entry) this.lost = true;
    return entry;
  }

  #evict(): void {
    while (this.#size > this.#capacity) {
      const entry = this.#entries[this.#oldest]!;
      this.#size -= entry[0].length + entry[1].length + ENTRY_OVERHEAD;
      this.#oldest += 1;
    }
    if (this.#oldest > 64 && this.#oldest * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** RFC 7541 5.1. Lost when it is cut off or beyond any size that makes sense. */
  #integer(prefixBits: number): number {
    const max = 2 ** prefixBits - 1;
    let value = this.#block[this.#at]! & max;
    this.#at += 1;
    if (value < max) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#block[this.#at];
      this.#at += 1;
      if (byte === undefined || value > MAX_INTEGER || scale > MAX_INTEGER) {
        this.lost = true;
        return 0;
      }
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  #string(): string {
    const first = this.#block[this.#at];
    if (first === undefined) {
      this.lost = true;
      return '';
    }
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (this.lost || to > this.#block.length) {
      this.lost = true;
      return '';
    }
    this.#at = to;
    if (first < 128) return this.#block.toString('latin1', from, to);
    const room = Math.ceil((length * 8) / 5);
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(Math.max(256, room));
    const decoded = decodeHuffman(this.#block, from, to, this.#scratch);
    if (decoded < 0) {
      this.lost = true;
      return '';
    }
    return this.#scratch.toString('latin1', 0, decoded);
  }
}

/**
 * Apple's binary property lists (`bplist00`, CFBinaryPList.c): an offset table at the end, objects by reference.
 * Promise: each object is visited through at most MAX_VALUES references, so cyclic lists end; never throws.
 */
import { always, type BinaryValue, MAX_NESTING, MAX_VALUES, member } from './binary-values.ts';

const TRAILER = 32;

export function readBplist(bytes: Buffer, mayGoOn = always): BinaryValue[] | null {
  if (bytes.length < 8 + TRAILER + 1 || bytes.toString('latin1', 0, 6) !== 'bplist') return null;
  const trailer = bytes.length - TRAILER;
  const offsetSize = bytes[trailer + 6]!;
  const refSize = bytes[trailer + 7]!;
  const count = Number(bytes.readBigUInt64BE(trailer + 8));
  const top = Number(bytes.readBigUInt64BE(trailer + 16));
  const table = Number(bytes.readBigUInt64BE(trailer + 24));
  if (offsetSize < 1 || offsetSize > 6 || refSize < 1 || refSize > 6 || top >= count) return null;
  if (table + count * offsetSize > trailer) return null;
  const values: BinaryValue[] = [];
  const read = new BplistReader(bytes, { offsetSize, refSize, table, count }, values, mayGoOn);
  try {
    read.object(top, '$', null, 0);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return values;
}

class BplistReader {
  #visits = 0;
  readonly #bytes: Buffer;
  readonly #layout: { offsetSize: number; refSize: number; table: number; count: number };
  readonly #values: BinaryValue[];
  readonly #mayGoOn: () => boolean;

  constructor(
    bytes: Buffer,
    layout: { offsetSize: number; refSize: number; table: number; count: number },
    values: BinaryValue[],
    mayGoOn: () => boolean,
  ) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#values = values;
    this.#mayGoOn = mayGoOn;
  }

  /** Visits one object; gives its text when it is one. */
  object(index: number, path: string, key: string | null, depth: number): string | null {
    if (++this.#visits > MAX_VALUES || !this.#mayGoOn() || depth > MAX_NESTING || index >= this.#layout.count)
      throw new RangeError();
    const bytes = this.#bytes;
    const { table, offsetSize } = this.#layout;
    let at = bytes.readUIntBE(table + index * offsetSize, offsetSize);
    const head = bytes.readUInt8(at++);
    const type = head >> 4;
    let length = head & 15;
    if (length === 15 && type >= 4 && type !== 8) {
      const size = 1 << (bytes.readUInt8(at) & 15);
      length = bytes.readUIntBE(at + 1, Math.min(6, size));
      at += 1 + size;
    }
    switch (type) {
      case 1: {
        const size = 1 << (head & 15);
        const text = size === 8 ? String(bytes.readBigInt64BE(at)) : String(bytes.readUIntBE(at, Math.min(6, size)));
        return this.#leaf(path, key, Buffer.from(text));
      }
      case 2:
        return this.#leaf(path, key, Buffer.from(String(head & 1 ? bytes.readDoubleBE(at) : bytes.readFloatBE(at))));
      case 4:
      case 5:
        return this.#leaf(path, key, this.#slice(at, length));
      case 6:
        return this.#leaf(
          path,
          key,
          Buffer.from(
            Buffer.from(this.#slice(at, length * 2))
              .swap16()
              .toString('utf16le'),
          ),
        );
      case 10:
      case 12:
        for (let i = 0; i < length; i++) this.object(this.#ref(at, i), `${path}[${i}]`, key, depth + 1);
        return null;
      case 13:
        this.#dictionary(at, length, path, depth);
        return null;
      default:
        return null;
    }
  }

  #dictionary(at: number, length: number, path: string, depth: number): void {
    for (let i = 0; i < length; i++) {
      const known = this.#values.length;
      const name = this.object(this.#ref(at, i), path, null, depth + 1) ?? '';
      this.#values.length = known;
      this.object(this.#ref(at, length + i), member(path, name), name === '' ? null : name, depth + 1);
    }
  }

  #ref(at: number, index: number): number {
    const { refSize } = this.#layout;
    return this.#bytes.readUIntBE(at + index * refSize, refSize);
  }

  #slice(at: number, length: number): Buffer {
    if (at + length > this.#bytes.length) throw new RangeError();
    return this.#bytes.subarray(at, at + length);
  }

  #leaf(path: string, key: string | null, bytes: Buffer): string {
    if (bytes.length > 0) this.#values.push({ path, key, bytes });
    return bytes.length <= 120 ? bytes.toString('utf8') : '';
  }
}

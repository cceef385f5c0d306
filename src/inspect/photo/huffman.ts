/**
 * Huffman codes of JPEG (ITU-T T.81 annex C and F.2.2): tables and the bits of a scan.
 * Promise: past the end of the data `ended` is true and zeros are read, so that no loop needs another check.
 */

/** Indexed by the next 16 bits: length of the code in the high byte, symbol in the low; 0 where no code begins so. */
export type HuffmanTable = Uint16Array;

/** `counts`: how many codes of 1-16 bits; null when there are more than fit. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | null {
  const table = new Uint16Array(1 << 16);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (counts[length - 1] ?? 0); i++) {
      const from = code << (16 - length);
      const to = (code + 1) << (16 - length);
      if (to > 1 << 16 || index >= symbols.length) return null;
      table.fill((length << 8) | (symbols[index] ?? 0), from, to);
      code++;
      index++;
    }
    code <<= 1;
  }
  return table;
}

export class BitReader {
  /** The data is used up, or a marker or an impossible code stands where data should. */
  ended = false;
  readonly #bytes: Buffer;
  #at: number;
  #buffer = 0;
  #count = 0;
  /** Zero bits made up after the end. */
  #invented = 0;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[(this.#buffer >>> (this.#count - 16)) & 0xffff] ?? 0;
    if (entry === 0) {
      this.ended = true;
      return 0;
    }
    this.#drop(entry >> 8);
    return entry & 0xff;
  }

  /** A number of `length` bits, negative when its first bit is 0 (T.81 F.2.2.1, EXTEND). */
  signed(length: number): number {
    if (length === 0) return 0;
    if (this.#count < length) this.#fill();
    const value = (this.#buffer >>> (this.#count - length)) & ((1 << length) - 1);
    this.#drop(length);
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
  }

  skip(length: number): void {
    if (this.#count < length) this.#fill();
    this.#drop(length);
  }

  /** Goes on after the next restart marker; false when there is none. */
  restart(): boolean {
    this.#buffer = 0;
    this.#count = 0;
    this.#invented = 0;
    const bytes = this.#bytes;
    while (this.#at + 1 < bytes.length) {
      const next = bytes[this.#at + 1] ?? 0;
      if (bytes[this.#at] === 0xff && next >= 0xd0 && next <= 0xd7) {
        this.#at += 2;
        this.ended = false;
        return true;
      }
      if (bytes[this.#at] === 0xff && next !== 0 && next !== 0xff) break;
      this.#at++;
    }
    this.ended = true;
    return false;
  }

  #drop(bits: number): void {
    this.#count -= bits;
    if (this.#count < this.#invented) this.ended = true;
  }

  /** At least 16 bits; never more than 24, so that 32-bit arithmetic holds. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 16) {
      let byte = this.#at < bytes.length ? (bytes[this.#at] ?? 0) : -1;
      if (byte === 0xff) {
        if (bytes[this.#at + 1] === 0) this.#at += 2;
        else byte = -1;
      } else if (byte >= 0) this.#at++;
      if (byte < 0) {
        this.#invented += 8;
        byte = 0;
      }
      this.#buffer = (this.#buffer << 8) | byte;
      this.#count += 8;
    }
  }
}

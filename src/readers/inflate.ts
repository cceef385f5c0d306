/**
 * DEFLATE (RFC 1951) read from a stream, synchronously, with the window kept between calls.
 * Why our own: a WebSocket's messages share one window (RFC 7692), node:zlib streams only asynchronously, and fflate
 * allocates 160 KB per call (140 µs for a message of 90 bytes, measured; this takes under 5).
 * Promise: `push` hands on everything the bytes so far decide, in pieces of at most 32 KB, and the same bytes give the
 * same output however they are cut. Memory: a window that grows to 64 KB, and at most one unread block header.
 * Broken input, or megabytes of output at over `MAX_RATIO` times the input, makes it `failed`; it never throws. Streams of one
 * connection share the megabytes: else each message of a phone would have its own.
 */

const WINDOW = 32 * 1024;
const BUFFER = 2 * WINDOW;
/** DEFLATE reaches 1,032; texts stay under 50. What goes beyond is allowed up to `FREE_BYTES` of output. */
const MAX_RATIO = 250;
const FREE_BYTES = 1024 * 1024;
const FAST_BITS = 10;
const MAX_BITS = 15;

/** Not enough input yet. */
const MORE = -1;
const BROKEN = -2;

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical code: short codes by table, longer ones by counting (RFC 1951 3.2.2). */
interface Code {
  /** [next FAST_BITS bits] → symbol << 4 | length; 0 when the code is longer. */
  fast: Uint16Array;
  counts: Uint16Array;
  symbols: Uint16Array;
}

type Block = { kind: 'header' } | { kind: 'stored'; left: number } | { kind: 'coded'; lengths: Code; distances: Code };

const HEADER: Block = { kind: 'header' };

/** What the streams of a connection have read and written, as far as they filled a window. */
export class Expansion {
  bytesIn = 0;
  bytesOut = 0;
}

export class Inflate {
  readonly #expansion: Expansion;
  #window: Buffer = Buffer.allocUnsafeSlow(1024);
  /** Written up to here; handed on up to `#emitted`. */
  #at = 0;
  #emitted = 0;
  #input: Buffer = Buffer.alloc(0);
  #pos = 0;
  #bits = 0;
  #bitCount = 0;
  #block: Block = HEADER;
  #lastBlock = false;
  #bytesIn = 0;
  /** Of that, what `#expansion` was told. */
  #toldIn = 0;
  failed = false;
  /** The block marked as the last one was read; what follows belongs to someone else (see `rest`). */
  done = false;

  constructor(expansion = new Expansion()) {
    this.#expansion = expansion;
  }

  /** Hands the decompressed bytes on in order; they are the receiver's to keep. */
  push(chunk: Buffer, emit: (bytes: Buffer) => void): void {
    if (this.failed || this.done) return;
    const kept = this.#input.length - this.#pos;
    this.#input = kept === 0 ? chunk : Buffer.concat([this.#input.subarray(this.#pos), chunk]);
    this.#pos = 0;
    this.#bytesIn += chunk.length;
    while (!this.failed && !this.done) {
      const result = this.#step(emit);
      if (result === BROKEN) this.failed = true;
      if (result === MORE) break;
    }
    this.#emit(emit);
    if (this.failed) this.#window = Buffer.alloc(0);
    // The chunk is only lent: what is not read yet is copied.
    this.#input = Buffer.from(this.#input.subarray(this.#pos));
    this.#pos = 0;
  }

  /** A new stream begins, but back references may still reach into what was written (RFC 7692 7.2.3.4: BFINAL set). */
  restart(): void {
    this.done = false;
    this.#block = HEADER;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#input = Buffer.alloc(0);
    this.#pos = 0;
  }

  /** What was not read when it failed or was done, from the first whole byte on: the same however the input was cut. */
  rest(): Buffer {
    const bits = this.#bits >>> (this.#bitCount & 7);
    const early = Buffer.from([bits, bits >>> 8, bits >>> 16]).subarray(0, this.#bitCount >> 3);
    return Buffer.concat([early, this.#input.subarray(this.#pos)]);
  }

  /** One block header, or one stretch of a block. */
  #step(emit: (bytes: Buffer) => void): number {
    const block = this.#block;
    if (block.kind === 'header') {
      const { pos, bits, bitCount } = { pos: this.#pos, bits: this.#bits, bitCount: this.#bitCount };
      const result = this.#readBlockHeader();
      if (result < 0) {
        this.#pos = pos;
        this.#bits = bits;
        this.#bitCount = bitCount;
      }
      return result;
    }
    const result =
      block.kind === 'stored' ? this.#copyStored(block, emit) : this.#decode(block.lengths, block.distances, emit);
    if (result === 0) {
      this.#block = HEADER;
      this.done = this.#lastBlock;
    }
    return result;
  }

  #readBlockHeader(): number {
    const last = this.#take(1);
    const type = last < 0 ? MORE : this.#take(2);
    if (type < 0) return MORE;
    if (type === 3) return BROKEN;
    if (type === 0) {
      this.#bits >>>= this.#bitCount & 7;
      this.#bitCount &= ~7;
      const length = this.#take(16);
      const complement = length < 0 ? MORE : this.#take(16);
      if (complement < 0) return MORE;
      if ((length ^ complement) !== 0xffff) return BROKEN;
      this.#block = { kind: 'stored', left: length };
    } else if (type === 1) {
      fixed ??= fixedCodes();
      this.#block = { kind: 'coded', ...fixed };
    } else {
      const codes = this.#readCodes();
      if (typeof codes === 'number') return codes;
      this.#block = { kind: 'coded', ...codes };
    }
    this.#lastBlock = last === 1;
    return 0;
  }

  /** RFC 1951 3.2.7. */
  #readCodes(): { lengths: Code; distances: Code } | number {
    const counts = this.#take(14);
    if (counts < 0) return MORE;
    const literals = (counts & 31) + 257;
    const distances = ((counts >> 5) & 31) + 1;
    const codeLengths = (counts >> 10) + 4;
    const lengths = new Uint8Array(320);
    for (let at = 0; at < codeLengths; at += 1) {
      const length = this.#take(3);
      if (length < 0) return MORE;
      lengths[CODE_LENGTH_ORDER[at]!] = length;
    }
    const meta = makeCode(lengths.subarray(0, 19));
    if (meta === null) return BROKEN;
    lengths.fill(0);
    const total = literals + distances;
    for (let at = 0; at < total; ) {
      const symbol = this.#symbol(meta);
      if (symbol < 0) return symbol;
      if (symbol < 16) {
        lengths[at] = symbol;
        at += 1;
        continue;
      }
      const extra = this.#take(symbol === 16 ? 2 : symbol === 17 ? 3 : 7);
      if (extra < 0) return MORE;
      const count = extra + (symbol === 18 ? 11 : 3);
      if (at + count > total || (symbol === 16 && at === 0)) return BROKEN;
      lengths.fill(symbol === 16 ? lengths[at - 1]! : 0, at, at + count);
      at += count;
    }
    const literalCode = makeCode(lengths.subarray(0, literals));
    const distanceCode = makeCode(lengths.subarray(literals, total));
    if (literalCode === null || distanceCode === null) return BROKEN;
    return { lengths: literalCode, distances: distanceCode };
  }

  #copyStored(block: { left: number }, emit: (bytes: Buffer) => void): number {
    while (block.left > 0) {
      if (!this.#reserve(1, emit)) return BROKEN;
      if (this.#bitCount > 0) {
        this.#write(this.#take(8));
        block.left -= 1;
        continue;
      }
      const count = Math.min(block.left, this.#input.length - this.#pos, this.#window.length - this.#at);
      if (count === 0) return MORE;
      this.#input.copy(this.#window, this.#at, this.#pos, this.#pos + count);
      this.#pos += count;
      this.#at += count;
      block.left -= count;
    }
    return 0;
  }

  #decode(lengths: Code, distances: Code, emit: (bytes: Buffer) => void): number {
    for (;;) {
      if (!this.#reserve(258, emit)) return BROKEN;
      const pos = this.#pos;
      const bits = this.#bits;
      const bitCount = this.#bitCount;
      const symbol = this.#symbol(lengths);
      if (symbol >= 0 && symbol < 256) {
        this.#write(symbol);
        continue;
      }
      if (symbol === 256) return 0;
      const result = symbol < 0 ? symbol : this.#copyMatch(symbol - 257, distances);
      if (result === 0) continue;
      this.#pos = pos;
      this.#bits = bits;
      this.#bitCount = bitCount;
      return result;
    }
  }

  #copyMatch(lengthSymbol: number, distances: Code): number {
    const base = LENGTH_BASE[lengthSymbol];
    if (base === undefined) return BROKEN;
    const lengthExtra = this.#take(LENGTH_EXTRA[lengthSymbol]!);
    if (lengthExtra < 0) return MORE;
    const symbol = this.#symbol(distances);
    if (symbol < 0) return symbol;
    if (symbol > 29) return BROKEN;
    const extraBits = symbol < 4 ? 0 : (symbol >> 1) - 1;
    const distanceExtra = this.#take(extraBits);
    if (distanceExtra < 0) return MORE;
    const distance = (symbol < 4 ? symbol : (2 + (symbol & 1)) << extraBits) + 1 + distanceExtra;
    if (distance > this.#at) return BROKEN;
    const window = this.#window;
    const end = this.#at + base + lengthExtra;
    for (let at = this.#at; at < end; at += 1) window[at] = window[at - distance]!;
    this.#at = end;
    return 0;
  }

  #write(byte: number): void {
    this.#window[this.#at] = byte;
    this.#at += 1;
  }

  /** Makes room for `count` more bytes; false when the output is out of all proportion. */
  #reserve(count: number, emit: (bytes: Buffer) => void): boolean {
    if (this.#at + count <= this.#window.length) return true;
    if (this.#window.length < BUFFER) {
      const grown = Buffer.allocUnsafeSlow(Math.min(BUFFER, Math.max(this.#window.length * 4, this.#at + count)));
      this.#window.copy(grown, 0, 0, this.#at);
      this.#window = grown;
      if (this.#at + count <= grown.length) return true;
    }
    this.#emit(emit);
    this.#expansion.bytesOut += this.#at - WINDOW;
    this.#window.copy(this.#window, 0, this.#at - WINDOW, this.#at);
    this.#at = WINDOW;
    this.#emitted = WINDOW;
    const bytesRead = this.#bytesIn - (this.#input.length - this.#pos) - (this.#bitCount >> 3);
    this.#expansion.bytesIn += bytesRead - this.#toldIn;
    this.#toldIn = bytesRead;
    return this.#expansion.bytesOut <= FREE_BYTES + MAX_RATIO * this.#expansion.bytesIn;
  }

  #emit(emit: (bytes: Buffer) => void): void {
    if (this.#at === this.#emitted) return;
    emit(Buffer.from(this.#window.subarray(this.#emitted, this.#at)));
    this.#emitted = this.#at;
  }

  /** The next `count` (at most 16) bits, or MORE with nothing taken. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      const byte = this.#input[this.#pos];
      if (byte === undefined) return MORE;
      this.#pos += 1;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #symbol(code: Code): number {
    while (this.#bitCount < MAX_BITS) {
      const byte = this.#input[this.#pos];
      if (byte === undefined) break;
      this.#pos += 1;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
    }
    const entry = code.fast[this.#bits & ((1 << FAST_BITS) - 1)]!;
    const length = entry & 15;
    if (length > 0) {
      if (length > this.#bitCount) return MORE;
      this.#bits >>>= length;
      this.#bitCount -= length;
      return entry >> 4;
    }
    return this.#longSymbol(code);
  }

  /** Bit by bit through the lengths: for codes over FAST_BITS, and to tell a broken code from a short input. */
  #longSymbol(code: Code): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length += 1) {
      if (length > this.#bitCount) return MORE;
      value |= (this.#bits >>> (length - 1)) & 1;
      const count = code.counts[length]!;
      if (value - count < first) {
        this.#bits >>>= length;
        this.#bitCount -= length;
        return code.symbols[index + value - first]!;
      }
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    return BROKEN;
  }
}

let fixed: { lengths: Code; distances: Code } | null = null;

function fixedCodes(): { lengths: Code; distances: Code } {
  const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
  return { lengths: makeCode(lengths)!, distances: makeCode(new Uint8Array(30).fill(5))! };
}

/** Null when more codes are claimed than there are. Fewer are allowed: a single distance code is usual. */
function makeCode(lengths: Uint8Array): Code | null {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]! += 1;
  counts[0] = 0;
  const offsets = new Uint16Array(MAX_BITS + 2);
  const nextCode = new Uint16Array(MAX_BITS + 2);
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length += 1) {
    left = left * 2 - counts[length]!;
    if (left < 0) return null;
    offsets[length + 1] = offsets[length]! + counts[length]!;
    nextCode[length + 1] = (nextCode[length]! + counts[length]!) << 1;
  }
  const symbols = new Uint16Array(lengths.length);
  const fast = new Uint16Array(1 << FAST_BITS);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    symbols[offsets[length]!] = symbol;
    offsets[length]! += 1;
    const code = nextCode[length]!;
    nextCode[length]! += 1;
    if (length > FAST_BITS) continue;
    let reversed = 0;
    for (let bit = 0; bit < length; bit += 1) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < fast.length; at += 1 << length) fast[at] = (symbol << 4) | length;
  }
  return { fast, counts, symbols };
}

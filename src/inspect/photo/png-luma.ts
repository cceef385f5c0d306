/**
 * Brightness of a PNG (W3C PNG, third edition) on a smaller scale: means of squares of pixels, row by row, in steps.
 * Promise: every colour type and depth without interlacing; null for others and for files of which the image data is cut off or
 * broken; two rows in memory besides the result; never throws.
 */
import { native } from '../decode/native.ts';
import type { Luma } from './jpeg-luma.ts';
import { readChunks } from './picture.ts';

/** Of the larger side of the result; more than comparing needs. */
const SIDE = 640;
/** Of coded image, given to the decompressor at once: it may become a thousand times as long. */
const STEP = 2 << 10;
/** Units of work (budget.ts) per byte of decoded image. */
const PER_BYTE = 1;
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface Header {
  width: number;
  height: number;
  depth: number;
  colour: number;
  /** Bytes of a row, its filter's number apart. */
  rowBytes: number;
  /** Bytes between a pixel and the same of its neighbour, 1 at least. */
  step: number;
}

/** Yields units of work between two steps. */
export function* readPngLuma(bytes: Buffer): Generator<number, Luma | null> {
  let rows: Rows | null = null;
  let palette: Buffer = Buffer.alloc(0);
  const codec = native('zlib', (block) => rows?.take(block) ?? false);
  try {
    for (const { type, body } of readChunks(bytes)) {
      if (type === 'PLTE') palette = body;
      if (type !== 'IDAT') continue;
      const header = rows === null ? headerOf(bytes) : null;
      if (rows === null && header === null) return null;
      rows ??= new Rows(header as Header, palette);
      for (let at = 0; at < body.length && !rows.isFull; at += STEP) {
        const before = rows.taken;
        if (codec.push(body.subarray(at, at + STEP)) !== null && !rows.isFull) return null;
        yield PER_BYTE * (rows.taken - before);
      }
    }
    return rows?.isFull ? rows.luma() : null;
  } catch {
    // Broken data: compared by content only.
    return null;
  } finally {
    codec.end();
  }
}

function headerOf(bytes: Buffer): Header | null {
  const [first] = readChunks(bytes);
  if (first?.type !== 'IHDR' || first.body.length < 13) return null;
  const { body } = first;
  const [depth = 0, colour = 0, , , interlacing = 1] = body.subarray(8);
  const channels = CHANNELS[colour];
  if (channels === undefined || interlacing !== 0 || ![1, 2, 4, 8, 16].includes(depth)) return null;
  const [width, height, bits] = [body.readUInt32BE(0), body.readUInt32BE(4), channels * depth];
  return { width, height, depth, colour, rowBytes: Math.ceil((width * bits) / 8), step: Math.max(1, bits >> 3) };
}

/** Decompressed rows, as they come. */
class Rows {
  taken = 0;
  readonly #header: Header;
  readonly #palette: Buffer;
  readonly #scale: number;
  readonly #across: number;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;
  #row: Buffer;
  #above: Buffer;
  /** Bytes of the row under way, its filter's number included. */
  #have = 0;
  #filter = 0;
  #y = 0;

  constructor(header: Header, palette: Buffer) {
    this.#header = header;
    this.#palette = palette;
    this.#scale = Math.ceil(Math.max(header.width, header.height) / SIDE);
    this.#across = Math.ceil(header.width / this.#scale);
    const cells = this.#across * Math.ceil(header.height / this.#scale);
    this.#sums = new Float64Array(cells);
    this.#counts = new Uint32Array(cells);
    this.#row = Buffer.alloc(header.rowBytes);
    this.#above = Buffer.alloc(header.rowBytes);
  }

  get isFull(): boolean {
    return this.#y === this.#header.height;
  }

  /** False when there are as many rows as the picture has. */
  take(block: Buffer): boolean {
    const { rowBytes } = this.#header;
    this.taken += block.length;
    for (let at = 0; at < block.length && !this.isFull; ) {
      if (this.#have === 0) {
        this.#filter = block[at++]!;
        this.#have = 1;
        continue;
      }
      const end = Math.min(block.length, at + rowBytes + 1 - this.#have);
      block.copy(this.#row, this.#have - 1, at, end);
      this.#have += end - at;
      at = end;
      if (this.#have === rowBytes + 1) this.#endRow();
    }
    return !this.isFull;
  }

  luma(): Luma {
    const pixels = Float32Array.from(this.#sums, (sum, index) => sum / Math.max(1, this.#counts[index]!));
    return { width: this.#across, height: pixels.length / this.#across, pixels };
  }

  #endRow(): void {
    unfilter(this.#filter, this.#row, this.#above, this.#header.step);
    const { width } = this.#header;
    const base = Math.floor(this.#y / this.#scale) * this.#across;
    for (let x = 0; x < width; x++) {
      const cell = base + Math.floor(x / this.#scale);
      this.#sums[cell]! += this.#brightness(x);
      this.#counts[cell]!++;
    }
    [this.#row, this.#above] = [this.#above, this.#row];
    this.#have = 0;
    this.#y++;
  }

  #brightness(x: number): number {
    const { colour, depth, step } = this.#header;
    if (colour === 3) return mix(this.#palette, 3 * this.#sample(x), 1);
    if (depth < 8) return (this.#sample(x) * 255) / ((1 << depth) - 1);
    // Of 16 bits the upper ones.
    if (colour === 2 || colour === 6) return mix(this.#row, x * step, depth >> 3);
    return this.#row[x * step]!;
  }

  /** Of up to 8 bits, the only one of its pixel. */
  #sample(x: number): number {
    const { depth } = this.#header;
    const bit = x * depth;
    return (this.#row[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  }
}

/** BT.601 brightness of red, green and blue. */
function mix(bytes: Buffer, at: number, apart: number): number {
  return 0.299 * (bytes[at] ?? 0) + 0.587 * (bytes[at + apart] ?? 0) + 0.114 * (bytes[at + 2 * apart] ?? 0);
}

/** PNG 9.2. */
function unfilter(filter: number, row: Buffer, above: Buffer, step: number): void {
  if (filter === 1) for (let i = step; i < row.length; i++) row[i]! += row[i - step]!;
  else if (filter === 2) for (let i = 0; i < row.length; i++) row[i]! += above[i]!;
  else if (filter === 3)
    for (let i = 0; i < row.length; i++) row[i]! += ((i < step ? 0 : row[i - step]!) + above[i]!) >> 1;
  else if (filter === 4)
    for (let i = 0; i < row.length; i++) {
      const isFirst = i < step;
      row[i]! += paeth(isFirst ? 0 : row[i - step]!, above[i]!, isFirst ? 0 : above[i - step]!);
    }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

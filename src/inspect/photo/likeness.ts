/**
 * Whether a picture is a planted one after re-encoding, scaling, turning or mild cropping.
 * How: both are reduced to 32×32 brightness; a 256-bit perceptual hash (signs of low DCT frequencies against their
 * median) rules out most others; for the rest the crop is searched that correlates best, and what is left must agree in
 * hash and in correlation.
 * Measured on generated landscapes (test/inspect/photo/): 320 of 320 random crops down to 70 % a side found, with at
 * most 22 bits differing and correlation 0.997 or more; of 7,500 comparisons with other pictures none matched, the
 * nearest at 76 bits and 0.90. So with 95 % confidence fewer than 1 in 2,500 other pictures match.
 */
import type { Luma } from './jpeg-luma.ts';

const SIDE = 32;
const FREQUENCIES = 16;
/** Of 256 bits, two unrelated pictures differ in 128 ± 8. */
const WORTH_A_LOOK = 104;
/** Crops half a step away from the nearest one tried correlate better than this; most other pictures do not. */
const PROMISING = 0.5;
/** After the coarsest steps a true crop is past this. */
const CONVERGING = 0.85;
const SAME_BITS = 48;
const SAME_CORRELATION = 0.95;
/** Crops tried first: how much of each side is kept, and where it lies. */
const KEPT = [1, 0.92, 0.84, 0.76];
const PLACES = [0, 0.5, 1];

/** A part of a picture, in fractions of its width and height. */
export interface Part {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface Sample {
  /** 32×32, mean 0, length 1; null for a picture of one colour. */
  cells: Float64Array;
  bits: Uint8Array;
}

export interface Likeness {
  /** Correlation, -1 to 1. */
  correlation: number;
  /** Of 256 hash bits. */
  differing: number;
  same: boolean;
}

export interface Prepared {
  sums: Sums;
  samples: { part: Part; sample: Sample }[];
}

/** Units of work (budget.ts). */
const PER_SAMPLE = 100;
const PER_CROP = 10_000;
const PER_PIXEL = 1;

/** What a planted picture is compared by; done once. Null for a picture without contrast. */
export function prepare(luma: Luma): Prepared | null {
  const sums = new Sums(luma);
  const samples: Prepared['samples'] = [];
  for (const part of parts()) {
    const sample = sampleOf(sums, part);
    if (sample) samples.push({ part, sample });
  }
  return samples.length > 0 ? { sums, samples } : null;
}

/** A picture as it is compared: in its four quarter turns, those without contrast left out. */
export function* turnsOf(luma: Luma): Generator<number, Sample[]> {
  const sums = new Sums(luma);
  yield PER_PIXEL * luma.pixels.length;
  let cells = reduce(sums, { x0: 0, y0: 0, x1: 1, y1: 1 });
  const turns: Sample[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const sample = describe(cells);
    if (sample) turns.push(sample);
    cells = turned(cells);
  }
  yield 4 * PER_CROP;
  return turns;
}

/** Best agreement of a picture with a prepared one, over crops and quarter turns. Yields units of work between two steps. */
export function* compare(turns: readonly Sample[], prepared: Prepared): Generator<number, Likeness> {
  let best: Likeness = { correlation: -1, differing: 256, same: false };
  for (const sample of turns) {
    const found = yield* closest(sample, prepared);
    if (found.differing < best.differing) best = found;
    if (best.same) return best;
  }
  return best;
}

function* closest(sample: Sample, prepared: Prepared): Generator<number, Likeness> {
  let start: { part: Part; correlation: number } | null = null;
  let differing = 256;
  for (const one of prepared.samples) {
    const bits = distance(sample.bits, one.sample.bits);
    differing = Math.min(differing, bits);
    if (bits > WORTH_A_LOOK) continue;
    const correlation = correlate(sample.cells, one.sample.cells);
    if (correlation > (start?.correlation ?? PROMISING)) start = { part: one.part, correlation };
  }
  yield PER_SAMPLE * prepared.samples.length;
  if (!start) return { correlation: -1, differing, same: false };
  const part = yield* refine(sample, prepared.sums, start);
  const refined = sampleOf(prepared.sums, part);
  if (!refined) return { correlation: start.correlation, differing, same: false };
  const correlation = correlate(sample.cells, refined.cells);
  const bits = distance(sample.bits, refined.bits);
  return { correlation, differing: bits, same: bits <= SAME_BITS && correlation >= SAME_CORRELATION };
}

/** Moves the edges of the crop while that raises the correlation. */
function* refine(sample: Sample, sums: Sums, start: { part: Part; correlation: number }): Generator<number, Part> {
  let { part, correlation } = start;
  for (const step of [0.04, 0.02, 0.01, 0.005]) {
    if (step < 0.04 && correlation < CONVERGING) break;
    for (let moved = true, rounds = 0; moved && rounds < 6; rounds++) {
      moved = false;
      yield 8 * PER_CROP;
      for (const edge of ['x0', 'y0', 'x1', 'y1'] as const) {
        for (const by of [-step, step]) {
          const tried = { ...part, [edge]: Math.min(1, Math.max(0, part[edge] + by)) };
          if (tried.x1 - tried.x0 < 0.5 || tried.y1 - tried.y0 < 0.5) continue;
          const cells = normalised(reduce(sums, tried));
          const better = cells ? correlate(sample.cells, cells) : -1;
          if (better > correlation + 1e-6) {
            part = tried;
            correlation = better;
            moved = true;
          }
        }
      }
    }
  }
  return part;
}

function* parts(): Generator<Part> {
  for (const w of KEPT) {
    for (const h of KEPT) {
      for (const x of w === 1 ? [0] : PLACES) {
        for (const y of h === 1 ? [0] : PLACES) {
          const [x0, y0] = [(1 - w) * x, (1 - h) * y];
          yield { x0, y0, x1: x0 + w, y1: y0 + h };
        }
      }
    }
  }
}

function sampleOf(sums: Sums, part: Part): Sample | null {
  return describe(reduce(sums, part));
}

function describe(raw: Float64Array): Sample | null {
  const cells = normalised(raw);
  return cells ? { cells, bits: hashBits(cells) } : null;
}

/** Mean brightness of 32×32 cells of a part. */
function reduce(sums: Sums, { x0, y0, x1, y1 }: Part): Float64Array {
  const out = new Float64Array(SIDE * SIDE);
  const across = (x1 - x0) / SIDE;
  const down = (y1 - y0) / SIDE;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      out[y * SIDE + x] = sums.mean(x0 + x * across, y0 + y * down, x0 + (x + 1) * across, y0 + (y + 1) * down);
    }
  }
  return out;
}

function normalised(cells: Float64Array): Float64Array | null {
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  const length = Math.sqrt(cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0));
  return length < 1e-3 * cells.length ? null : cells.map((cell) => (cell - mean) / length);
}

function correlate(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** A quarter turn to the right. */
function turned(cells: Float64Array): Float64Array {
  const out = new Float64Array(cells.length);
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) out[x * SIDE + SIDE - 1 - y] = cells[y * SIDE + x] ?? 0;
  return out;
}

const COSINES = Float64Array.from({ length: FREQUENCIES * SIDE }, (_, i) =>
  Math.cos((Math.PI * (Math.floor(i / SIDE) + 1) * (2 * (i % SIDE) + 1)) / (2 * SIDE)),
);

/** Signs of the DCT coefficients 1-16 in both directions against their median. */
function hashBits(cells: Float64Array): Uint8Array {
  const rows = new Float64Array(SIDE * FREQUENCIES);
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (cells[y * SIDE + x] ?? 0) * (COSINES[u * SIDE + x] ?? 0);
      rows[y * FREQUENCIES + u] = sum;
    }
  }
  const values = new Float64Array(FREQUENCIES * FREQUENCIES);
  for (let v = 0; v < FREQUENCIES; v++) {
    for (let u = 0; u < FREQUENCIES; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += (rows[y * FREQUENCIES + u] ?? 0) * (COSINES[v * SIDE + y] ?? 0);
      values[v * FREQUENCIES + u] = sum;
    }
  }
  const median = values.toSorted()[values.length / 2] ?? 0;
  return Uint8Array.from(values, (value) => (value > median ? 1 : 0));
}

function distance(a: Uint8Array, b: Uint8Array): number {
  let differing = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) differing++;
  return differing;
}

/** Summed areas: the mean of any part in constant time. */
class Sums {
  readonly #width: number;
  readonly #height: number;
  readonly #table: Float64Array;

  constructor({ width, height, pixels }: Luma) {
    this.#width = width;
    this.#height = height;
    const stride = width + 1;
    this.#table = new Float64Array(stride * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += pixels[y * width + x] ?? 0;
        this.#table[(y + 1) * stride + x + 1] = (this.#table[y * stride + x + 1] ?? 0) + row;
      }
    }
  }

  /** Edges in fractions of the picture. */
  mean(x0: number, y0: number, x1: number, y1: number): number {
    const [w, h] = [this.#width, this.#height];
    const [left, top, right, bottom] = [x0 * w, y0 * h, x1 * w, y1 * h];
    const sum = this.#upTo(right, bottom) - this.#upTo(left, bottom) - this.#upTo(right, top) + this.#upTo(left, top);
    return sum / ((right - left) * (bottom - top));
  }

  /** Sum of everything left of x and above y; between table entries linear, which is exact for means of pixels. */
  #upTo(x: number, y: number): number {
    const stride = this.#width + 1;
    const [column, row] = [Math.min(Math.floor(x), this.#width - 1), Math.min(Math.floor(y), this.#height - 1)];
    const [dx, dy] = [x - column, y - row];
    const at = row * stride + column;
    const t = this.#table;
    const top = (t[at] ?? 0) * (1 - dx) + (t[at + 1] ?? 0) * dx;
    const bottom = (t[at + stride] ?? 0) * (1 - dx) + (t[at + stride + 1] ?? 0) * dx;
    return top * (1 - dy) + bottom * dy;
  }
}

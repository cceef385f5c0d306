/**
 * The inner loops that every byte of a large body passes, in WebAssembly, sixteen bytes at a time (wasm/sift.ts). Each
 * stands here in plain TypeScript as well, for texts so short that handing them over costs more.
 * Promise: both give the same; nothing is remembered from one call to the next but the list it returned.
 */
import { MODULE } from './sift-module.ts';

interface Loops {
  runs(text: number, at: number, end: number, classes: number, out: number): number;
  structure(text: number, at: number, end: number, state: number, out: number): number;
  differences(text: number, at: number, end: number, out: number): void;
  members(text: number, at: number, end: number, classes: number, out: number): number;
}

/** What is used of the standard interface, which Node's types leave to those of browsers. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
};

/** Longest text handed over: a scanner's whole working buffer. */
const MOST = 68 << 10;
/** Readable, and zero where it matters, after the text. */
const SLACK = 64;
const CLASSES = MOST + SLACK;
/** A run with what ends it takes 17 bytes of text, and 8 of the list. */
const RUNS = CLASSES + 3 * 32;
const MARKS = RUNS + MOST;
/** Bytes of text whose marks are listed at a time. */
const MOST_MARKED = 4096;
const STEPS = MARKS + 4 * MOST_MARKED;
const SIZE = STEPS + MOST + SLACK;
const PAGE = 64 << 10;

const memory = new WebAssembly.Memory({ initial: Math.ceil(SIZE / PAGE) });
const bytesOf = new Uint8Array(memory.buffer);
const numbers = new Int32Array(memory.buffer);
const loops = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(MODULE, 'base64')), { env: { memory } })
  .exports as Loops;

/** Shorter texts are looked at here. */
const SHORT = 192;

function handOver(bytes: Buffer, from: number, to: number): void {
  bytesOf.set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from));
}

export const MIN_RUN = 16;

/** A set of characters of which runs are made. */
export class Members {
  /** By byte: 1 for a member. */
  readonly table = new Uint8Array(256);
  readonly #at: number;

  /** The module holds the tables of three. */
  constructor(chars: string, place: 0 | 1 | 2) {
    this.#at = CLASSES + 32 * place;
    for (const char of chars) this.table[char.charCodeAt(0)] = 1;
    // By the high half of a byte: which low halves are members. Each different set of those has a bit of its own.
    const sets: string[] = [];
    for (let high = 0; high < 16; high++) {
      const row = this.table.subarray(16 * high, 16 * high + 16);
      if (!row.includes(1)) continue;
      if (!sets.includes(row.join())) {
        sets.push(row.join());
        for (let low = 0; low < 16; low++) if (row[low] === 1) bytesOf[this.#at + low]! |= 1 << (sets.length - 1);
      }
      bytesOf[this.#at + 16 + high] = 1 << sets.indexOf(row.join());
    }
  }

  /** All maximal runs of MIN_RUN members and more from `from` on, as pairs of first offset and the one after the last. */
  runs(bytes: Buffer, from: number): number[] {
    const length = bytes.length - from;
    if (length < SHORT || length > MOST) return this.runsPlain(bytes, from);
    handOver(bytes, from, bytes.length);
    bytesOf.fill(0, length, length + 16);
    const count = loops.runs(0, 0, length, this.#at, RUNS);
    const out: number[] = [];
    for (let at = RUNS >> 2; at < (RUNS >> 2) + 2 * count; at++) out.push(numbers[at]! + from);
    return out;
  }

  /** Calls `found` with the offset of each member in `[from, to)`, until it answers false. */
  each(bytes: Buffer, from: number, to: number, found: (at: number) => boolean): void {
    for (let at = from; at < to; at += MOST_MARKED) {
      const end = Math.min(to, at + MOST_MARKED);
      if (end - at < SHORT) {
        for (let i = at; i < end; i++) if (this.table[bytes[i]!] === 1 && !found(i)) return;
        continue;
      }
      handOver(bytes, at, end);
      const count = loops.members(0, 0, end - at, this.#at, MARKS);
      // The list is the next one's to whom `found` may lead.
      const list = count === 0 ? NONE : marked.slice(0, count);
      for (let i = 0; i < count; i++) if (!found(at + list[i]!)) return;
    }
  }

  /** Ordinary text costs one look per MIN_RUN bytes and a step back to the last character that is none. */
  runsPlain(bytes: Buffer, from: number): number[] {
    const { table } = this;
    const { length } = bytes;
    const out: number[] = [];
    let least = from;
    for (let probe = from + MIN_RUN - 1; probe < length; probe = least + MIN_RUN - 1) {
      let start = probe + 1;
      while (start > least && table[bytes[start - 1]!] === 1) start--;
      let end = probe;
      if (start <= probe) while (end < length && table[bytes[end]!] === 1) end++;
      if (end - start >= MIN_RUN) out.push(start, end);
      least = end + 1;
    }
    return out;
  }
}

const QUOTE = 0x22;
/** How a text begins: neither (0), or one of these. */
export const IN_STRING = 1;
export const IN_WORD = 2;

/**
 * Where in JSON text anything begins or ends: quotes and, outside of strings, `,:[]{}`, the first byte of each number or
 * word and the byte after its last. The list of the latest call.
 */
class Structure {
  /** Whose text it was: others may have asked since. */
  owner: object | null = null;
  count = 0;

  /** Counted from where the text began. */
  offset(index: number): number {
    return marked[index]!;
  }

  /** Of `bytes[from, to)`, which begins `state`, or as much of it as one list holds: returns the end. */
  find(bytes: Buffer, from: number, to: number, state: number): number {
    const end = Math.min(to, from + MOST_MARKED);
    if (end - from < SHORT) return this.findPlain(bytes, from, to, state);
    handOver(bytes, from, end);
    this.count = loops.structure(0, 0, end - from, state, MARKS);
    return end;
  }

  /** The same. Quotes at the `literals` from the `first` on, rising offsets less `shift`, do not end a string. */
  findPlain(
    bytes: Buffer,
    from: number,
    to: number,
    state: number,
    literals: readonly number[] = NONE,
    first = 0,
    shift = 0,
  ): number {
    const end = Math.min(to, from + MOST_MARKED);
    let inString = (state & IN_STRING) !== 0;
    let inWord = (state & IN_WORD) !== 0;
    let literal = first;
    let count = 0;
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        while (literal < literals.length && literals[literal]! - shift < at) literal++;
        if (inString && literal < literals.length && literals[literal]! - shift === at) continue;
        marked[count++] = at - from;
        inString = !inString;
        inWord = false;
      } else if (!inString) {
        const kind = KIND[byte]!;
        if (kind === MARK || inWord !== (kind === WORD)) marked[count++] = at - from;
        inWord = kind === WORD;
      }
    }
    this.count = count;
    return end;
  }
}

const NONE: readonly number[] = [];
const marked = numbers.subarray(MARKS >> 2, STEPS >> 2);
const WORD = 0;
const MARK = 2;
const KIND = new Uint8Array(256).fill(1, 0, 0x21);
for (const char of ',:[]{}') KIND[char.charCodeAt(0)] = MARK;

export type { Structure };
export const structure = new Structure();

/** Bytes that are `from[i] XOR from[i + 1]`, valid until the next call. */
export interface Steps {
  bytes: Buffer;
  view: DataView;
  length: number;
}

const steps: Steps = {
  bytes: Buffer.from(memory.buffer, STEPS, MOST),
  view: new DataView(memory.buffer, STEPS, MOST),
  length: 0,
};

/** Each byte from `from` on XOR the next: XOR with one byte leaves it as it is. */
export function differences(bytes: Uint8Array, from: number): Steps {
  const length = Math.max(0, bytes.length - from - 1);
  if (length < SHORT || length >= MOST) return differencesPlain(bytes, from);
  bytesOf.set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, length + 1));
  loops.differences(0, 0, length, STEPS);
  steps.length = length;
  return steps;
}

let plain: Steps | null = null;

/** The same. */
export function differencesPlain(bytes: Uint8Array, from: number): Steps {
  const length = Math.max(0, bytes.length - from - 1);
  if (plain === null || length > plain.bytes.length) {
    const larger = Buffer.alloc(Math.max(4096, length + (length >> 1)));
    plain = { bytes: larger, view: new DataView(larger.buffer, larger.byteOffset, larger.length), length };
  }
  for (let i = 0; i < length; i++) plain.bytes[i] = bytes[from + i]! ^ bytes[from + i + 1]!;
  plain.length = length;
  return plain;
}

/**
 * Finds stretches of base64 or hex digits in a stream: the places where something may be wrapped up.
 * Promise: every maximal run of at least MIN_RUN characters is reported exactly once, for every cutting of the stream;
 * base64 continues over line breaks between full lines (RFC 2045: at most 76 characters, a multiple of four).
 */

import { Members } from './sift.ts';

/** Shorter lines are rather words of a list than lines of one base64 text. */
const MIN_LINE = 40;
const PADDING = 0x3d;
const OVER = -1;
const WAIT = -2;

export interface RunSink {
  /** A run of one line, all of it in the scanned buffer: offsets there. */
  whole(bytes: Buffer, from: number, to: number, start: number, padded: boolean): void;
  /** Any other run. First character at this absolute offset; called once at least MIN_RUN characters are sure. */
  open(start: number): void;
  /** Characters of the run, without line breaks and padding, all that one scan sees of it; valid until the call returns. */
  take(chars: Buffer): void;
  /** `padded`: `=` followed. */
  close(padded: boolean): void;
}

export type Alphabet = 'base64' | 'hex';

const BASE64 = new Members('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_', 0);
const HEX = new Members('0123456789abcdefABCDEF', 1);

/** Is there any run at all in these bytes? Hex digits are base64 characters, too. */
export function holdsRun(bytes: Buffer): boolean {
  return BASE64.runs(bytes, 0).length > 0;
}

/** Runs of a text that is all there, as if no line went on in the next. */
export function eachRun(bytes: Buffer, found: (alphabet: Alphabet, from: number, to: number) => void): void {
  const runs = BASE64.runs(bytes, 0);
  if (runs.length === 0) return;
  for (let i = 0; i < runs.length; i += 2) found('base64', runs[i]!, runs[i + 1]!);
  const digits = HEX.runs(bytes, 0);
  for (let i = 0; i < digits.length; i += 2) found('hex', digits[i]!, digits[i + 1]!);
}

export class RunFinder {
  /** Absolute offset of the first byte not yet looked at, or of the undecided run's first. */
  #at = 0;
  #open = false;
  /** Where the lines of recognised runs begin and end, in pairs, newest last. */
  #lines: number[] = [];
  readonly #members: Members;
  readonly #wraps: boolean;
  readonly #sink: RunSink;

  constructor(alphabet: Alphabet, sink: RunSink) {
    this.#members = alphabet === 'base64' ? BASE64 : HEX;
    this.#wraps = alphabet === 'base64';
    this.#sink = sink;
  }

  /** `bytes` starts at absolute offset `base` and holds everything from the last undecided byte on. */
  scan(bytes: Buffer, base: number, final: boolean): void {
    this.#forget(base);
    if (this.#open && !this.#continue(bytes, base, final)) return;
    const runs = this.#members.runs(bytes, this.#at - base);
    for (let i = 0; i < runs.length; i += 2) {
      const start = runs[i]!;
      // The line of a run before.
      if (base + start < this.#at) continue;
      const end = runs[i + 1]!;
      if (this.#isWhole(bytes, end, final)) {
        this.#lines.push(base + start, base + end);
        this.#sink.whole(bytes, start, end, base + start, bytes[end] === PADDING);
        this.#at = base + end;
      } else {
        this.#begin(base + start);
        if (!this.#continue(bytes, base, final)) return;
      }
    }
    this.#comeBack(bytes, base, final);
  }

  /** Position within its quantum of a character inside a recognised run; null outside of one. */
  columnOf(offset: number): number | null {
    const lines = this.#lines;
    // The last line that does not begin after `offset`.
    let low = 0;
    let high = lines.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lines[2 * middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const start = lines[2 * low - 2];
    return start !== undefined && offset < lines[2 * low - 1]! ? offset - start : null;
  }

  /** Could the run at `offset` still become one? */
  isUndecided(offset: number): boolean {
    return !this.#open && offset >= this.#at;
  }

  /** What is too short to decide begins where its stretch begins. */
  #comeBack(bytes: Buffer, base: number, final: boolean): void {
    const { table } = this.#members;
    const least = this.#at - base;
    let start = bytes.length;
    if (!final) while (start > least && table[bytes[start - 1]!] === 1) start--;
    this.#at = base + start;
  }

  /** Nothing that comes later can belong to the run. */
  #isWhole(bytes: Buffer, end: number, final: boolean): boolean {
    if (end === bytes.length) return final;
    return !this.#wraps || (bytes[end] !== 0x0a && bytes[end] !== 0x0d);
  }

  #begin(start: number): void {
    this.#open = true;
    this.#at = start;
    this.#lines.push(start, start);
    this.#sink.open(start);
  }

  /** Feeds the open run; false when the bytes are used up. */
  #continue(bytes: Buffer, base: number, final: boolean): boolean {
    const members = this.#members.table;
    const lines = this.#lines;
    let at = this.#at - base;
    let kept = 0;
    for (;;) {
      const from = at;
      while (at < bytes.length && members[bytes[at]!] !== 0) at++;
      lines[lines.length - 1] = base + at;
      this.#at = base + at;
      const next = this.#nextLine(bytes, base, at, final);
      if (kept === 0 && next < 0) {
        if (at > from) this.#sink.take(bytes.subarray(from, at));
      } else {
        kept = keep(bytes, from, at, kept);
        if (next < 0) this.#sink.take(joined.subarray(0, kept));
      }
      if (next === WAIT) return false;
      if (next === OVER) return this.#close(bytes[at] === PADDING);
      at = next;
      lines.push(base + next, base + next);
    }
  }

  /** Where the run goes on after the line that ends at `at`, or one of OVER and WAIT. */
  #nextLine(bytes: Buffer, base: number, at: number, final: boolean): number {
    const unknown = final ? OVER : WAIT;
    if (at === bytes.length) return unknown;
    const byte = bytes[at]!;
    if (!this.#wraps || (byte !== 0x0a && byte !== 0x0d)) return OVER;
    const next = at + (byte === 0x0d ? 2 : 1);
    if (next >= bytes.length) return unknown;
    const width = base + at - this.#lines[this.#lines.length - 2]!;
    const isFull = width >= MIN_LINE && width % 4 === 0 && this.#members.table[bytes[next]!] !== 0;
    return isFull && (byte === 0x0a || bytes[at + 1] === 0x0a) ? next : OVER;
  }

  /** Only lines still in the buffer are asked for; the last one may go on. */
  #forget(base: number): void {
    const lines = this.#lines;
    let from = 0;
    while (from < lines.length - 2 && lines[from + 1]! < base) from += 2;
    if (from > 0) lines.splice(0, from);
  }

  #close(padded: boolean): true {
    this.#open = false;
    this.#sink.close(padded);
    return true;
  }
}

/** Lines of the run at hand, one after the other: what reads them costs the same start-up for a line as for a thousand. */
let joined = Buffer.alloc(4096);

/** Adds a line to the `kept` bytes that are there; returns how many there are then. */
function keep(bytes: Buffer, from: number, to: number, kept: number): number {
  const length = kept + to - from;
  if (length > joined.length) {
    const larger = Buffer.allocUnsafeSlow(2 * Math.max(length, bytes.length >> 1));
    joined.copy(larger, 0, 0, kept);
    joined = larger;
  }
  bytes.copy(joined, kept, from, to);
  return length;
}

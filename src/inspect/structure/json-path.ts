/**
 * Where in a JSON document a byte stands: `$.data[0].id`.
 * Promise: reads forward only, byte by byte of the view (json-view.ts), tolerates anything, keeps at most MAX_DEPTH
 * levels (deeper ones are counted, not named). Several documents in a row (NDJSON) each start at `$`.
 */

import type { Name, Names } from './names.ts';

export interface JsonEvents {
  /** A string value that looks like a document of its own starts at this offset; true claims it. */
  nested(start: number): boolean;
  /** View bytes of a claimed string. */
  nestedBytes(bytes: Buffer): void;
  nestedEnd(): void;
  /** A string, number or word ended, keys excluded. Absolute offsets of the text without its quotes; its nearest key. */
  value(start: number, end: number, key: Name | null): void;
}

/** Real documents stay under 30; a hostile one has 100,000. */
const MAX_DEPTH = 64;
/** Longer keys are cut: they are payload. */
const MAX_KEY = 120;

const QUOTE = 0x22;

export class JsonPath {
  /** Absolute offset of the next byte to read. */
  at = 0;
  /** Inside a string that `nested` claimed. */
  claimed = false;
  #inString = false;
  #isKey = false;
  #expectKey = false;
  #stringStart = 0;
  /** Start of a number or word, or -1. */
  #bare = -1;
  #depth = 0;
  readonly #isArray: boolean[] = [];
  readonly #index: number[] = [];
  readonly #keys: (Name | null)[] = [];
  /** The beginning of a key that did not end in the bytes where it began. */
  #keyHead: Buffer | null = null;
  #pendingKey: Name | null = null;
  /** Locator of each open object or array, once it was asked for: most values share theirs with their neighbours. */
  readonly #paths: (string | null)[] = [];

  /** Index of the first literal quote not yet passed. */
  #literal = 0;
  readonly #literals: () => number[];
  readonly #names: Names;
  readonly #events: JsonEvents;

  constructor(literals: () => number[], names: Names, events: JsonEvents) {
    this.#literals = literals;
    this.#names = names;
    this.#events = events;
  }

  /** Nearest key name. */
  get key(): Name | null {
    for (let level = Math.min(this.#depth, MAX_DEPTH) - 1; level >= 0; level--) {
      if (!this.#isArray[level]) return level === this.#depth - 1 ? this.#pendingKey : (this.#keys[level] ?? null);
    }
    return null;
  }

  /** Start of the string the reader stands in; null outside of strings. */
  get stringStart(): number | null {
    return this.#inString && !this.#isKey ? this.#stringStart : null;
  }

  get path(): string {
    const levels = Math.min(this.#depth, MAX_DEPTH);
    const path = this.#pathAt(levels);
    return this.#depth > MAX_DEPTH ? `${path}…` : path;
  }

  /** What stands at `level` (0: the document itself), by the way to it. */
  #pathAt(level: number): string {
    if (level === 0) return '$';
    const at = level - 1;
    const around = this.#paths[at] ?? this.#pathAt(at);
    this.#paths[at] = around;
    if (this.#isArray[at]) return `${around}[${this.#index[at]}]`;
    const key = at === this.#depth - 1 ? this.#pendingKey : this.#keys[at];
    return key ? around + key.step : around;
  }

  /** Reads up to absolute offset `to`; `bytes[0]` stands at `base`. */
  advance(bytes: Buffer, base: number, to: number): void {
    while (this.at < to) {
      if (this.#inString) this.#readString(bytes, base, to);
      else this.#readOutside(bytes, base, to);
    }
  }

  /** The stream is over. */
  end(): void {
    if (this.claimed) this.#events.nestedEnd();
    this.claimed = false;
    this.#endBare();
  }

  #readString(bytes: Buffer, base: number, to: number): void {
    const from = this.at - base;
    const quote = this.#findQuote(bytes, base, from, to - base);
    const end = quote < 0 ? to - base : quote;
    if (this.claimed) this.#events.nestedBytes(bytes.subarray(from, end));
    else if (this.#isKey) this.#readKey(bytes, from, end, quote >= 0);
    this.at = base + end;
    if (quote < 0) return;
    this.at++;
    this.#inString = false;
    if (this.claimed) {
      this.claimed = false;
      this.#events.nestedEnd();
    } else if (!this.#isKey) this.#value(this.#stringStart, base + quote);
  }

  /** The quote that ends the string, or -1 when it does not come before `end`. */
  #findQuote(bytes: Buffer, base: number, from: number, end: number): number {
    const literals = this.#literals();
    // Most strings are short: a loop of our own is faster than a call.
    const near = Math.min(end, from + 40);
    let quote = from;
    while (true) {
      while (quote < near && bytes[quote] !== QUOTE) quote++;
      if (quote >= near) {
        if (quote >= end) return -1;
        quote = bytes.indexOf(QUOTE, quote);
        if (quote < 0 || quote >= end) return -1;
      }
      if (literals.length === 0 || !this.#isLiteral(literals, base + quote)) return quote;
      quote++;
    }
  }

  #readKey(bytes: Buffer, from: number, end: number, isWhole: boolean): void {
    if (isWhole && this.#keyHead === null) {
      this.#pendingKey = this.#names.intern(bytes, from, Math.min(end, from + MAX_KEY));
      return;
    }
    const head: Buffer = this.#keyHead ?? Buffer.alloc(0);
    const key = Buffer.concat([head, bytes.subarray(from, Math.min(end, from + MAX_KEY - head.length))]);
    this.#keyHead = isWhole ? null : key;
    if (isWhole) this.#pendingKey = this.#names.intern(key, 0, key.length);
  }

  #value(start: number, end: number): void {
    this.#events.value(start, end, this.key);
  }

  #isLiteral(literals: number[], offset: number): boolean {
    while (this.#literal < literals.length && literals[this.#literal]! < offset) this.#literal++;
    const found = literals[this.#literal] === offset;
    if (this.#literal > 4096) {
      literals.splice(0, this.#literal);
      this.#literal = 0;
    }
    return found;
  }

  #readOutside(bytes: Buffer, base: number, to: number): void {
    const end = to - base;
    for (let i = this.at - base; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE) {
        this.#endBare(base + i);
        this.#startString(bytes, base, i);
        return;
      }
      if (
        byte <= 0x20 ||
        byte === 0x2c ||
        byte === 0x3a ||
        byte === 0x5b ||
        byte === 0x5d ||
        byte === 0x7b ||
        byte === 0x7d
      ) {
        this.#endBare(base + i);
        if (byte > 0x20) this.#structure(byte);
      } else if (this.#bare < 0) this.#bare = base + i;
    }
    this.at = to;
  }

  #startString(bytes: Buffer, base: number, quote: number): void {
    this.#inString = true;
    this.#isKey = this.#expectKey && this.#depth > 0;
    this.#stringStart = base + quote + 1;
    this.at = base + quote + 1;
    if (!this.#isKey && looksNested(bytes, quote + 1)) this.claimed = this.#events.nested(this.at);
  }

  #structure(byte: number): void {
    switch (byte) {
      case 0x7b:
      case 0x5b:
        if (this.#depth > 0 && this.#depth <= MAX_DEPTH) this.#keys[this.#depth - 1] = this.#pendingKey;
        if (this.#depth < MAX_DEPTH) {
          this.#isArray[this.#depth] = byte === 0x5b;
          this.#index[this.#depth] = 0;
          this.#keys[this.#depth] = null;
          this.#paths[this.#depth] = null;
        }
        this.#depth++;
        this.#pendingKey = null;
        this.#expectKey = byte === 0x7b;
        return;
      case 0x7d:
      case 0x5d:
        if (this.#depth > 0) this.#depth--;
        this.#pendingKey = this.#depth > 0 && this.#depth <= MAX_DEPTH ? (this.#keys[this.#depth - 1] ?? null) : null;
        this.#expectKey = false;
        return;
      case 0x2c: {
        const level = this.#depth - 1;
        if (level < 0 || level >= MAX_DEPTH) return;
        if (this.#isArray[level]) this.#index[level]!++;
        else this.#expectKey = true;
        return;
      }
      default:
        this.#expectKey = false;
    }
  }

  #endBare(end = this.at): void {
    if (this.#bare < 0) return;
    this.#value(this.#bare, end);
    this.#bare = -1;
  }
}

/** `{"`, `[{`, `{ "`, `["`: a document in a string; prose hardly starts so. */
function looksNested(bytes: Buffer, at: number): boolean {
  const first = bytes[at];
  if (first !== 0x7b && first !== 0x5b) return false;
  const next = bytes[at + 1];
  if (next === undefined) return false;
  return (
    next <= 0x20 || next === QUOTE || next === 0x7b || next === 0x5b || (next >= 0x30 && next <= 0x39) || next === 0x2d
  );
}

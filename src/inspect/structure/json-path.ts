/**
 * Where in a JSON document a byte stands: `$.data[0].id`.
 * Promise: reads forward only, byte by byte of the view (json-view.ts), tolerates anything, keeps at most MAX_DEPTH
 * levels (deeper ones are counted, not named). Several documents in a row (NDJSON) each start at `$`.
 */

import { IN_STRING, IN_WORD, structure } from '../anchors/sift.ts';
import { around, type Name, type Names, NOWHERE } from './names.ts';

export interface JsonEvents {
  /** A string value that looks like a document of its own starts at this offset; true claims it. */
  nested(start: number): boolean;
  /** View bytes of a claimed string. */
  nestedBytes(bytes: Buffer): void;
  nestedEnd(): void;
  /** A string, number or word ended, keys excluded. Absolute offsets of the text without its quotes; its nearest key. */
  value(start: number, end: number, key: Name | null): void;
  /** True as soon as no more values are wanted. */
  readonly ignoresValues?: boolean;
}

/** Real documents stay under 30; a hostile one has 100,000. */
const MAX_DEPTH = 64;
/** Longer keys are cut: they are payload. */
const MAX_KEY = 120;

/** Names further out say little. */
const MAX_WITHIN = 4;

const QUOTE = 0x22;
const COLON = 0x3a;
const NOTHING: Buffer = Buffer.alloc(0);

/** What is kept of each open object and array, the outermost first. */
class Levels {
  readonly isArray: boolean[] = [];
  readonly index: number[] = [];
  /** Which of all objects and arrays it is. */
  readonly serials: number[] = [];
  readonly keys: (Name | null)[] = [];
  /** Locators, once they were asked for: most values share theirs with their neighbours. */
  readonly paths: (string | null)[] = [];
  /** The names around, as well. */
  readonly withins: (readonly string[] | null)[] = [];
}

/** Of documents that were read: making them costs as much as reading a small one. */
const spare: Levels[] = [];
const MAX_SPARE = 8;
const CLOSED = new Levels();

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
  #levels = spare.pop() ?? new Levels();
  #opened = 0;
  /** The beginning of a key that did not end in the bytes where it began. */
  #keyHead: Buffer | null = null;
  /** Absolute offset of what was not yet read of the key. */
  #keyFrom = 0;
  /** The latest key of this level; `#key` asks for it. */
  #pendingKey: Name | null = null;
  /** It stands here in the bytes that are being read, and nobody has asked what it is; -1 when it is known. */
  #keyStart = -1;
  #keyEnd = 0;
  #bytes: Buffer = NOTHING;
  /** Bytes for which the list of what begins and ends holds, and how much of it was read. */
  #listedFrom = 0;
  #listedTo = 0;
  #next = 0;
  /** Index of the first literal quote not yet passed. */
  #literal = 0;
  readonly #view: { readonly literals: number[] };
  readonly #names: Names;
  readonly #events: JsonEvents;

  /** `view`: of the text that is read; which of its quotes are no ends. */
  constructor(view: { readonly literals: number[] }, names: Names, events: JsonEvents) {
    this.#view = view;
    this.#names = names;
    this.#events = events;
  }

  /** Nearest key name. */
  get key(): Name | null {
    for (let level = Math.min(this.#depth, MAX_DEPTH) - 1; level >= 0; level--) {
      if (!this.#levels.isArray[level])
        return level === this.#depth - 1 ? this.#latestKey() : (this.#levels.keys[level] ?? null);
    }
    return null;
  }

  /** Which of the document's arrays the reader stands in; null when in none. */
  get list(): number | null {
    const level = this.#depth - 1;
    return level >= 0 && level < MAX_DEPTH && this.#levels.isArray[level]
      ? (this.#levels.serials[level] ?? null)
      : null;
  }

  /** Name of the nearest object or array around the nearest key that has one. */
  get container(): Name | null {
    let level = Math.min(this.#depth, MAX_DEPTH) - 1;
    while (level >= 0 && this.#levels.isArray[level]) level--;
    for (level--; level >= 0; level--) {
      const key = this.#levels.isArray[level] ? null : this.#levels.keys[level];
      if (key) return key;
    }
    return null;
  }

  /** Which of the document's objects the reader stands in; null in arrays and outside of any. */
  get record(): number | null {
    const level = this.#depth - 1;
    return level < 0 || level >= MAX_DEPTH || this.#levels.isArray[level]
      ? null
      : (this.#levels.serials[level] ?? null);
  }

  /** Which of the document's objects and arrays is directly around the one that the reader stands in; null for none. */
  get outer(): number | null {
    const level = this.#depth - 2;
    return level < 0 || level >= MAX_DEPTH ? null : (this.#levels.serials[level] ?? null);
  }

  /** The reader stands in an object that is an element of an array. */
  get isElement(): boolean {
    const level = this.#depth - 2;
    return level >= 0 && level < MAX_DEPTH && this.#levels.isArray[level] === true;
  }

  /** The nearest object around, over the arrays between; null outside of any. */
  get object(): number | null {
    let level = Math.min(this.#depth, MAX_DEPTH) - 1;
    while (level >= 0 && this.#levels.isArray[level]) level--;
    return level < 0 ? null : (this.#levels.serials[level] ?? null);
  }

  /** Names of the objects and arrays around the nearest key, nearest first. */
  get within(): readonly string[] {
    let level = Math.min(this.#depth, MAX_DEPTH) - 1;
    while (level >= 0 && this.#levels.isArray[level]) level--;
    return level < 0 ? NOWHERE : this.#withinAt(level);
  }

  /** Around what stands at this level. */
  #withinAt(level: number): readonly string[] {
    if (level <= 0) return NOWHERE;
    const known = this.#levels.withins[level];
    if (known) return known;
    const name = this.#levels.isArray[level - 1] ? null : (this.#levels.keys[level - 1] ?? null);
    const within = around(name, this.#withinAt(level - 1), MAX_WITHIN);
    this.#levels.withins[level] = within;
    return within;
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
    const around = this.#levels.paths[at] ?? this.#pathAt(at);
    this.#levels.paths[at] = around;
    if (this.#levels.isArray[at]) return `${around}[${this.#levels.index[at]}]`;
    const key = at === this.#depth - 1 ? this.#latestKey() : this.#levels.keys[at];
    return key ? around + key.step : around;
  }

  /** Reads up to absolute offset `to`; `bytes[0]` stands at `base`. */
  advance(bytes: Buffer, base: number, to: number): void {
    this.#bytes = bytes;
    while (this.at < to) {
      // Whoever hears of a nested document reads it with the same list.
      if (structure.owner !== this || this.at >= this.#listedTo) this.#list(bytes, base);
      const offset = this.#next < structure.count ? this.#listedFrom + structure.offset(this.#next) : this.#listedTo;
      if (offset >= to || offset >= this.#listedTo) {
        const end = Math.min(to, this.#listedTo);
        if (this.claimed) this.#events.nestedBytes(bytes.subarray(this.at - base, end - base));
        else if (end === to && this.#inString && this.#isKey) this.#readKey(bytes, base, end, false);
        this.at = end;
        continue;
      }
      this.#next++;
      if (this.#inString) this.#endString(bytes, base, offset);
      else if (this.#expectKey && this.#bare < 0 && bytes[offset - base] === QUOTE && this.#depth > 0)
        this.#startKey(bytes, base, offset, to);
      else this.#mark(bytes, base, offset);
    }
    // The bytes are the caller's again.
    this.#latestKey();
    this.#bytes = NOTHING;
  }

  /** The stream is over. */
  end(): void {
    if (this.claimed) this.#events.nestedEnd();
    this.claimed = false;
    this.#endBare();
    if (structure.owner === this) structure.owner = null;
  }

  /** Nothing more is asked, either. */
  release(): void {
    if (spare.length < MAX_SPARE) spare.push(this.#levels);
    this.#levels = CLOSED;
    this.#depth = 0;
  }

  /** Finds out where anything begins or ends in the next bytes. */
  #list(bytes: Buffer, base: number): void {
    const from = this.at - base;
    const to = bytes.length;
    const state = this.#inString ? IN_STRING : this.#bare >= 0 ? IN_WORD : 0;
    structure.owner = this;
    this.#listedFrom = this.at;
    this.#next = 0;
    const { literals } = this.#view;
    const end = this.#hasLiterals(literals)
      ? structure.findPlain(bytes, from, to, state, literals, this.#literal, base)
      : structure.find(bytes, from, to, state);
    this.#listedTo = base + end;
  }

  /** Are there any to come? */
  #hasLiterals(literals: number[]): boolean {
    while (this.#literal < literals.length && literals[this.#literal]! < this.at) this.#literal++;
    if (this.#literal > 4096) {
      literals.splice(0, this.#literal);
      this.#literal = 0;
    }
    return this.#literal < literals.length;
  }

  /** The key's name and the colon after it at once, when they are there: they nearly always are. */
  #startKey(bytes: Buffer, base: number, quote: number, to: number): void {
    const next = this.#next;
    const close = next + 1 < structure.count ? this.#listedFrom + structure.offset(next) : to;
    const colon = close < to ? this.#listedFrom + structure.offset(next + 1) : to;
    if (colon >= to || bytes[colon - base] !== COLON) {
      this.#startString(bytes, base, quote - base);
      return;
    }
    const from = quote + 1 - base;
    this.#keyStart = from;
    this.#keyEnd = Math.min(close - base, from + MAX_KEY);
    this.#expectKey = false;
    this.#next = next + 2;
    this.at = colon + 1;
  }

  #endString(bytes: Buffer, base: number, quote: number): void {
    if (this.claimed) this.#events.nestedBytes(bytes.subarray(this.at - base, quote - base));
    else if (this.#isKey) this.#readKey(bytes, base, quote, true);
    this.at = quote + 1;
    this.#inString = false;
    if (this.claimed) {
      this.claimed = false;
      this.#events.nestedEnd();
    } else if (!this.#isKey) this.#value(this.#stringStart, quote);
  }

  /** Up to absolute offset `to`: as much as is there, or all of it. */
  #readKey(bytes: Buffer, base: number, to: number, isWhole: boolean): void {
    const from = this.#keyFrom - base;
    this.#keyFrom = to;
    if (isWhole && this.#keyHead === null) {
      this.#keyStart = from;
      this.#keyEnd = Math.min(to - base, from + MAX_KEY);
      return;
    }
    const head: Buffer = this.#keyHead ?? NOTHING;
    const key = Buffer.concat([head, bytes.subarray(from, Math.min(to - base, from + MAX_KEY - head.length))]);
    this.#keyHead = isWhole ? null : key;
    if (!isWhole) return;
    this.#keyStart = -1;
    this.#pendingKey = this.#names.intern(key, 0, key.length);
  }

  #latestKey(): Name | null {
    if (this.#keyStart >= 0) {
      this.#pendingKey = this.#names.intern(this.#bytes, this.#keyStart, this.#keyEnd);
      this.#keyStart = -1;
    }
    return this.#pendingKey;
  }

  #value(start: number, end: number): void {
    if (!this.#events.ignoresValues) this.#events.value(start, end, this.key);
  }

  /** A quote, a sign, or where a number or word begins or ends, outside of strings. */
  #mark(bytes: Buffer, base: number, offset: number): void {
    const byte = bytes[offset - base]!;
    if (byte === QUOTE) {
      this.#endBare(offset);
      this.#startString(bytes, base, offset - base);
      return;
    }
    this.at = offset + 1;
    if (byte > 0x20 && !isSign(byte)) {
      if (this.#bare < 0) this.#bare = offset;
      return;
    }
    this.#endBare(offset);
    if (byte > 0x20) this.#structure(byte);
  }

  #startString(bytes: Buffer, base: number, quote: number): void {
    this.#inString = true;
    this.#isKey = this.#expectKey && this.#depth > 0;
    this.#stringStart = base + quote + 1;
    this.#keyFrom = this.#stringStart;
    this.at = base + quote + 1;
    if (!this.#isKey && looksNested(bytes, quote + 1)) this.claimed = this.#events.nested(this.at);
  }

  #structure(byte: number): void {
    switch (byte) {
      case 0x7b:
      case 0x5b:
        if (this.#depth > 0 && this.#depth <= MAX_DEPTH) this.#levels.keys[this.#depth - 1] = this.#latestKey();
        if (this.#depth < MAX_DEPTH) {
          this.#levels.isArray[this.#depth] = byte === 0x5b;
          this.#levels.index[this.#depth] = 0;
          this.#levels.serials[this.#depth] = ++this.#opened;
          this.#levels.keys[this.#depth] = null;
          this.#levels.paths[this.#depth] = null;
          this.#levels.withins[this.#depth] = null;
        }
        this.#depth++;
        this.#setKey(null);
        this.#expectKey = byte === 0x7b;
        return;
      case 0x7d:
      case 0x5d:
        if (this.#depth > 0) this.#depth--;
        this.#setKey(this.#depth > 0 && this.#depth <= MAX_DEPTH ? (this.#levels.keys[this.#depth - 1] ?? null) : null);
        this.#expectKey = false;
        return;
      case 0x2c: {
        const level = this.#depth - 1;
        if (level < 0 || level >= MAX_DEPTH) return;
        if (this.#levels.isArray[level]) this.#levels.index[level]!++;
        else this.#expectKey = true;
        return;
      }
      default:
        this.#expectKey = false;
    }
  }

  #setKey(key: Name | null): void {
    this.#pendingKey = key;
    this.#keyStart = -1;
  }

  #endBare(end = this.at): void {
    if (this.#bare < 0) return;
    this.#value(this.#bare, end);
    this.#bare = -1;
  }
}

function isSign(byte: number): boolean {
  return byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x5d || byte === 0x7b || byte === 0x7d;
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

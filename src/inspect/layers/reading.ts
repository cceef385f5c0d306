/**
 * What the parts of one layer's search share: the bytes at hand and where they stand, and what was told of them.
 * Promise: one buffer serves all passes, and at most CARRY bytes are kept from one to the next.
 */
import type { Kind } from '../../model/identifier.ts';
import { decodeEscaped, MOST_ESCAPED } from '../anchors/escapes.ts';
import type { Rewritten } from '../anchors/rewritten.ts';
import type { ByteSink } from '../byte-sink.ts';
import { type Found, rankOf, whatOf } from '../found.ts';
import { chainOf, type Place, placeInside } from '../place.ts';
import type { Scope } from '../scope.ts';
import type { JsonPath } from '../structure/json-path.ts';
import type { FoundInRecord } from './records.ts';
import { Spans } from './spans.ts';

/**
 * Everything found is acted upon in the order of the bytes, because a locator only reads forward. So with a locator all
 * waits until nothing that begins earlier can turn up any more: this many bytes.
 */
export const LAG = 900;
/** Kept to the left: what waits, and the value, or the escaped stretch, that ends in it. */
const CARRY = LAG + MOST_ESCAPED + 300;
/** Larger pieces are taken in turn, so that the working buffer stays small. */
export const SLICE = 64 << 10;
/** What shapes see around a run: a record of a position, a cell or a text message. */
export const LEFT = 320;
export const RIGHT = 320;
/** A layer for something that is read once more, in units of work. */
export const PER_READING = 500;
const NOTHING: Buffer = Buffer.alloc(0);

export interface ScannerOptions {
  /** Text cannot hold raw digests or UTF-16. */
  isText: boolean;
  /** Decode runs and judge shapes; without, registered values only. */
  isDeep: boolean;
  json: JsonPath | null;
  /** Of the document that `json` reads. */
  view?: { readonly literals: number[] };
  /** Other bytes stood before these. */
  isContinued?: boolean;
  open: (place: Place) => ByteSink;
}

export class Reading {
  readonly scope: Scope;
  readonly place: Place;
  readonly options: ScannerOptions;
  /** At hand: what was kept, and what came. */
  bytes: Buffer = NOTHING;
  /** Absolute offset of the first byte at hand. */
  base = 0;
  /** Absolute offset up to which everything was searched. */
  searched = 0;
  /** Where registered values stand: no shape there tells more. */
  readonly spans = new Spans();
  /** What was told of the bytes at hand: a second reading of a part of them begins with it. */
  #told: { at: number; kind: Kind; value: string; rank: number }[] = [];
  /** What the exchange told before this layer. */
  readonly #toldBefore: number;
  /** One buffer for all passes: garbage of the size of the traffic would make the lab's memory grow. */
  #work: Buffer = NOTHING;
  /** The bytes at hand as text, once a shape asks for what is around it: pieces of it cost nothing. */
  #text: string | null = null;

  constructor(scope: Scope, place: Place, options: ScannerOptions) {
    this.scope = scope;
    this.place = place;
    this.options = options;
    this.#toldBefore = scope.mark;
  }

  /** All there is, and nothing of it is kept. */
  takeWhole(bytes: Buffer): void {
    this.bytes = bytes;
    this.#text = null;
  }

  /** What was kept stands at the beginning of the working buffer already. */
  take(view: Buffer): void {
    const kept = this.bytes;
    this.#text = null;
    if (kept.length === 0) {
      this.bytes = view;
      return;
    }
    const length = kept.length + view.length;
    if (this.#work.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(CARRY + SLICE, 2 * length));
      kept.copy(larger);
      this.#work = larger;
    }
    view.copy(this.#work, kept.length);
    this.bytes = this.#work.subarray(0, length);
  }

  /** The bytes at hand were searched; of the last ones the next pass may need the sight. */
  searchedAll(final: boolean): void {
    const { bytes } = this;
    this.searched = this.base + bytes.length;
    const keep = final ? 0 : Math.min(CARRY, bytes.length);
    this.bytes = keep === 0 ? NOTHING : this.#keep(bytes.subarray(bytes.length - keep));
    this.base = this.searched - keep;
    this.#text = null;
    if (this.#told.length > 0) this.#told = this.#told.filter(({ at }) => at >= this.base);
    this.spans.forget(this.base);
  }

  #keep(tail: Buffer): Buffer {
    if (this.#work.length < tail.length) this.#work = Buffer.allocUnsafeSlow(CARRY);
    tail.copy(this.#work, 0);
    return this.#work.subarray(0, tail.length);
  }

  /** A character for a byte. */
  get text(): string {
    this.#text ??= this.bytes.toString('latin1');
    return this.#text;
  }

  report(found: Found, at: number, place = this.place): void {
    this.#told.push({ at, kind: found.kind, value: found.value, rank: rankOf(found) });
    this.scope.report(place, found);
  }

  /** What several values are together. */
  reportRecord({ kind, verdict }: FoundInRecord, path: string | null, at: number, window: Buffer): void {
    const { value, confidence, reasoning, known = false } = verdict;
    const chain = chainOf(this.place);
    const seen = verdict.at.text;
    this.report({ kind, value, confidence, reasoning, known, path, chain, hash: null, offset: at, seen, window }, at);
  }

  /** What was told since this layer began. */
  toldHere(): ReadonlyMap<string, number> {
    return this.scope.toldSince(this.#toldBefore);
  }

  /** What was told of a stretch, as it is written and as it is once its escapes are undone. */
  toldWithin(start: number, end: number, escapes: Parameters<typeof decodeEscaped>[1]): ReadonlyMap<string, number> {
    const told = new Map<string, number>(this.place.told);
    for (const { at, kind, value, rank } of this.#told) {
      if (at < start || at >= end) continue;
      told.set(whatOf({ kind, value }), rank);
      told.set(whatOf({ kind, value: decodeEscaped(Buffer.from(value), escapes).toString() }), rank);
    }
    return told;
  }

  /** Bytes that are a layer of their own. */
  open(place: Place, bytes: Buffer): void {
    const layer = this.options.open(place);
    layer.write(bytes);
    layer.end(true);
  }

  /** What a value written in a roundabout way means. */
  readAgain({ name, bytes }: Rewritten, path: string | null, key: string | null): void {
    const { place, scope } = this;
    const { limits } = scope;
    if (place.level >= limits.levels || place.depth >= limits.depth) return;
    if (!scope.budget.spend(PER_READING + bytes.length, name)) return;
    const inside = placeInside(place, name, path, key, this.options.json?.within ?? []);
    const depth = name === 'number' ? place.depth : place.depth + 1;
    this.open({ ...inside, depth, told: this.toldHere() }, bytes);
  }
}

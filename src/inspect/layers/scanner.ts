/**
 * Searches the readable bytes of one layer: registered values, runs that wrap something, runs that look like identifiers.
 * The road: bytes are taken in, everything in them is found and marked, and what nothing earlier can precede any more is acted
 * upon, in the order of the bytes.
 * Promise: one pass, a bounded number of bytes kept, the same findings for every cutting. Whatever another layer looks into
 * (a run of base64, a document inside a string) is reported by that layer alone.
 * Past the exchange's budget nothing is unwrapped, located or judged any more: the rest, and what was kept, is searched for
 * registered values in one plain pass.
 */
import { mayTell } from '../../kinds/named-beside.ts';
import { holdsRun } from '../anchors/runs.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import type { Name } from '../structure/names.ts';
import { EscapeSearch } from './escape-search.ts';
import { JsonValues } from './json-values.ts';
import { KnownSearch } from './known-search.ts';
import { KNOWN, type Mark, Marks } from './marks.ts';
import { LAG, Reading, type ScannerOptions, SLICE } from './reading.ts';
import { RunSearch } from './run-search.ts';
import { ShapeJudge } from './shape-judge.ts';
import { ShapeSearch } from './shape-search.ts';
import type { Unwrapper } from './unwrapper.ts';
import { judgeWhole } from './whole-text.ts';

/** Longer values hardly come twice. */
export const LONGEST_REMEMBERED = 512;

/** Units of work: a pass whatever its length, of a short text, what is acted upon. */
const PER_PASS = 300;
const PER_TEXT = 150;
const PER_MARK = 20;

export class Scanner {
  readonly #reading: Reading;
  readonly #marks = new Marks();
  readonly #known: KnownSearch;
  readonly #shapes: ShapeSearch;
  readonly #escapes: EscapeSearch;
  #judging: ShapeJudge | null = null;
  /** Made when there is a run, or bytes are to come. */
  #runs: RunSearch | null = null;
  /** Null where there is no document. */
  readonly #values: JsonValues | null;
  /** Absolute offset from which on nothing was unwrapped any more. */
  #overFrom = Number.POSITIVE_INFINITY;
  #isPlain = false;

  constructor(scope: Scope, place: Place, options: ScannerOptions) {
    const reading = new Reading(scope, place, options);
    this.#reading = reading;
    this.#known = new KnownSearch(reading, this.#marks);
    this.#shapes = new ShapeSearch(reading, this.#marks);
    this.#escapes = new EscapeSearch(reading, this.#marks);
    this.#values = options.json ? new JsonValues(reading, this.#judge, options.json) : null;
  }

  /** Most texts have nothing to judge. */
  get #judge(): ShapeJudge {
    this.#judging ??= new ShapeJudge(this.#reading);
    return this.#judging;
  }

  push(view: Buffer, final: boolean): void {
    let from = 0;
    for (; view.length - from > SLICE; from += SLICE) this.#pass(view.subarray(from, from + SLICE), false);
    this.#pass(from === 0 ? view : view.subarray(from), final);
  }

  /**
   * All of a short text. What was found out before to tell nothing is not looked into again, unless neighbours may change
   * what it means.
   */
  pushWhole(bytes: Buffer): void {
    const { budget } = this.#reading.scope;
    this.#reading.takeWhole(bytes);
    budget.spend(PER_TEXT + bytes.length, 'text');
    this.#search(true);
    if (!budget.isOver) this.#judgeWhole();
    if (this.#marks.size > 0) this.#performOnce(bytes);
  }

  /** A value of a document; beside a telling name it is offered whole. Absolute offsets. */
  value(start: number, end: number, key: Name | null): void {
    this.#values?.value(start, end, key);
  }

  /** Nothing more is judged, noted or compared. */
  get ignoresValues(): boolean {
    return this.#values?.areIgnored ?? true;
  }

  /**
   * The phone waits for an answer: what it sent last may be all for long. It is judged with what is there; when more comes it
   * is offered again, with more around it, and told again only if it was something else.
   */
  pause(): void {
    const { bytes, base, scope, options } = this.#reading;
    if (!options.isDeep || options.json || scope.isSpent || scope.budget.isOver) return;
    this.#shapes.searchPaused();
    this.#perform(base + bytes.length);
  }

  #pass(view: Buffer, final: boolean): void {
    const reading = this.#reading;
    reading.take(view);
    if (reading.scope.budget.isOver) this.#searchPlainly(final);
    else this.#searchDeeply(final);
    if (final) this.#endDocument();
    reading.searchedAll(final);
  }

  #searchDeeply(final: boolean): void {
    const { bytes, base, scope, options } = this.#reading;
    const { json, isText } = options;
    const { budget } = scope;
    const isAll = final && base === 0;
    budget.spend(PER_PASS + bytes.length, json ? 'json' : 'text');
    if (isAll) this.#values?.noteDocument();
    this.#search(final);
    if (isAll && !json && isText && !budget.isOver) this.#judgeWhole();
    const end = base + bytes.length;
    const horizon = json && !final ? end - LAG : end;
    this.#perform(horizon);
    if (json && !budget.isOver) json.advance(bytes, base, Math.max(json.at, horizon));
  }

  #searchPlainly(final: boolean): void {
    if (!this.#isPlain) {
      this.#isPlain = true;
      this.#marks.clear();
      this.#runs?.abandon();
    }
    this.#known.searchPlainly(final);
  }

  #judgeWhole(): void {
    const named = judgeWhole(this.#reading, searchText);
    if (named !== null) this.#judge.judgeValue(named, 0, this.#reading.bytes.length);
  }

  /** Finds what is to be acted upon. */
  #search(final: boolean): void {
    const { bytes, base, scope, options } = this.#reading;
    const { isDeep, isText } = options;
    if (isDeep && this.#runs === null && (base > 0 || !final || holdsRun(bytes)))
      this.#runs = new RunSearch(this.#reading, this.#marks);
    this.#runs?.search(final);
    this.#known.search(final, this.#runs);
    if (!isDeep || scope.budget.isOver) return;
    if (!scope.isSpent) this.#shapes.search(final);
    if (isText) this.#escapes.search(final);
  }

  #performOnce(bytes: Buffer): void {
    const { scope } = this.#reading;
    const { key, where } = this.#reading.place;
    if (bytes.length > LONGEST_REMEMBERED || (key !== null && mayTell(key))) {
      this.#perform(bytes.length);
      return;
    }
    const identity = `${where} ${key} ${bytes.toString('latin1')}`;
    if (scope.clean.has(identity)) return;
    const { said } = scope;
    this.#perform(bytes.length);
    if (scope.said === said && !scope.isSpent && !scope.budget.isOver) scope.clean.add(identity);
  }

  /** Acts upon everything that begins by `horizon`, in order. */
  #perform(horizon: number): void {
    const { bytes, base, scope, options } = this.#reading;
    for (const mark of this.#marks.take(horizon)) {
      if (scope.budget.spend(PER_MARK, 'values')) options.json?.advance(bytes, base, mark.at);
      else if (mark.at < this.#overFrom) this.#overFrom = mark.at;
      if (!scope.budget.isOver || mark.rank === KNOWN) this.#act(mark);
    }
  }

  #act({ at, end, hit, isWrapped, run, escaped, anchor, key, spread }: Mark): void {
    if (hit !== null) {
      if (!isWrapped || at >= this.#overFrom) this.#known.tell(hit, at);
    } else if (escaped !== null) this.#escapes.read(escaped);
    else if (run !== null) this.#begin(run);
    else if (spread !== null) this.#judge.tellSpread(at, end, spread);
    else if (key !== null) this.#judge.judgeValue(key, at, end);
    else this.#judge.offer(anchor, at, end);
  }

  #begin(run: Unwrapper): void {
    const { json } = this.#reading.options;
    if (json?.claimed) run.ignore();
    else run.begin(json ? json.path : null, json?.key?.text ?? null, json?.within ?? []);
  }

  #endDocument(): void {
    const { json } = this.#reading.options;
    if (!json) return;
    json.end();
    this.#values?.end();
    json.release();
  }
}

/** All of a text that is one value. */
export function searchText(scope: Scope, place: Place, bytes: Buffer, open: (place: Place) => ByteSink): void {
  new Scanner(scope, place, { isText: true, isDeep: true, json: null, open }).pushWhole(bytes);
}

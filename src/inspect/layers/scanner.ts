/**
 * Searches the readable bytes of one layer: registered values, runs that wrap something, runs that look like identifiers.
 * Promise: one pass, at most CARRY bytes kept, the same findings for every cutting. Whatever another layer looks into
 * (a run of base64, a document inside a string) is reported by that layer alone.
 * Past the exchange's budget nothing is unwrapped, located or judged any more: the rest, and what was kept, is searched for
 * registered values in one plain pass.
 */

import { isKeyName } from '../../kinds/key-names.ts';
import type { Anchor, Member, Run } from '../../kinds/kind.ts';
import { mayBeNamedBeside, mayName, mayTell, nameBeside } from '../../kinds/named-beside.ts';
import { isPageData } from '../../kinds/parts/page-data.ts';
import { reasonOf } from '../../kinds/parts/verdict.ts';
import type { Kind } from '../../model/identifier.ts';
import { text } from '../../model/text.ts';
import { findAnchors, findDegrees, findMail } from '../anchors/anchors.ts';
import { decodeEscaped, type Escaped, findPercent, findQuoted, MOST_ESCAPED } from '../anchors/escapes.ts';
import { ByteList, LEAST_REWRITTEN, LONGEST_LISTED, rewrite } from '../anchors/rewritten.ts';
import { type Alphabet, holdsRun, RunFinder, type RunSink } from '../anchors/runs.ts';
import type { Spread } from '../anchors/spread.ts';
import { findPairs, keyBefore } from '../anchors/text-key.ts';
import { LEAST_TOKEN } from '../anchors/tokens.ts';
import type { ByteSink } from '../byte-sink.ts';
import { turn } from '../decode/turn.ts';
import { type Found, rankOf, whatOf, windowAround } from '../found.ts';
import {
  addField,
  chainOf,
  type Fields,
  isOfHead,
  locatorIn,
  MAX_FIELD_TEXT,
  type Place,
  partOf,
  placeInside,
  withinOf,
} from '../place.ts';
import type { Scope } from '../scope.ts';
import { findKnown, findXored, type Hit, MAX_SPAN, type Stretch } from '../search/known.ts';
import type { JsonPath } from '../structure/json-path.ts';
import { memberBefore, type Name, tellsIn } from '../structure/names.ts';
import { mayBeTable } from '../structure/table.ts';
import { JsonTable, LONGEST_CELL, type NamedCell } from './json-table.ts';
import { judge, registeredDigits, takesUnnamed } from './judgement.ts';
import { describe } from './known-finding.ts';
import { endsTag, holdsNaming, isName, mayBeNamedAround } from './naming.ts';
import { type FoundInRecord, LONGEST_MEMBER, Records } from './records.ts';
import { Spans } from './spans.ts';
import { isWorthOpening, Unwrapper } from './unwrapper.ts';

/**
 * Everything found is acted upon in the order of the bytes, because a locator only reads forward. So with a locator all
 * waits until nothing that begins earlier can turn up any more: this many bytes.
 */
const LAG = 900;
/** Kept to the left: what waits, and the value, or the escaped stretch, that ends in it. */
const CARRY = LAG + MOST_ESCAPED + 300;
const SLICE = 64 << 10;
const NOTHING: Buffer = Buffer.alloc(0);
/** What shapes see around a run: a record of a position, a cell or a text message. */
const LEFT = 320;
const RIGHT = 320;
/** Longest value offered for its key name alone. */
export const MAX_VALUE = 256;
/** Longer values hardly come twice. */
export const LONGEST_REMEMBERED = 512;
/** A layer for something that is read once more, in units of work. */
const PER_READING = 500;
/** Escaped stretches that are read again, in one layer. */
const MAX_ESCAPES = 500;
const ALPHABETS: readonly Alphabet[] = ['base64', 'hex'];

/** Units of work: a pass whatever its length, of a short text, what is acted upon, a judgement by the kinds. */
const PER_PASS = 300;
const PER_TEXT = 150;
const PER_MARK = 20;
const PER_NAME = 5;
const PER_HIT = 100;
const PER_JUDGEMENT = 40;

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

/**
 * Something to act upon once its locator is known: a registered value, a run that wraps something, a candidate for a shape,
 * or a value beside a telling key. Absolute offsets. `rank` orders what begins at the same byte: the value itself is a
 * better explanation than what it may wrap, and a second reading of a stretch comes after all that was found in it.
 */
interface Mark {
  at: number;
  end: number;
  rank: 0 | 1 | 2 | 3;
  hit: Hit | null;
  /** The layer that unwraps the run around the hit tells it, unless there is none any more. */
  isWrapped: boolean;
  run: Unwrapper | null;
  escaped: Escaped | null;
  anchor: Anchor;
  key: string | null;
  /** Digits in groups, which are a registered value of this kind. */
  spread: { kind: Kind; digits: string } | null;
}

/** A registered value is told even past the budget. */
const KNOWN = 0;

const byPlace = (a: Mark, b: Mark): number => a.at - b.at || a.rank - b.rank;

/** As they mostly are. */
function isInOrder(marks: readonly Mark[]): boolean {
  for (let i = 1; i < marks.length; i++) if (byPlace(marks[i - 1]!, marks[i]!) > 0) return false;
  return true;
}

export class Scanner {
  /** One buffer for all passes: garbage of the size of the traffic would make the lab's memory grow. */
  #work: Buffer = NOTHING;
  /** What was kept, at the beginning of the working buffer. */
  #carry: Buffer = NOTHING;
  /** Absolute offset of the carry's first byte. */
  #base = 0;
  /** Absolute offset up to which everything was searched. */
  #searched = 0;
  #anchorsAt = 0;
  #mailAt = 0;
  #degreesAt = 0;
  #pairsAt = 0;
  #escapesAt = 0;
  #quotedAt = 0;
  #escapes = 0;
  /** What was told of these bytes: a second reading of a part of them begins with it. */
  #told: { at: number; kind: Kind; value: string; rank: number }[] = [];
  /** Null for none, as nearly always. */
  #deferred: Set<string> | null = null;
  /** The document came in one piece, and values in it need no noting one by one. */
  #isNoted = false;
  /** End of the latest value of a document that may name its neighbours. */
  #namingAt = Number.NEGATIVE_INFINITY;
  /** The object it stands in. */
  #namingIn: number | null = null;
  /** Where registered values stand: no shape there tells more. */
  readonly #spans = new Spans();
  #marks: Mark[] = [];
  #records: Records | null = null;
  #list: ByteList | null = null;
  #table: JsonTable | null = null;
  /** What the exchange told before this layer. */
  readonly #toldBefore: number;
  #bytes: Buffer = NOTHING;
  /** The same as text, once a shape asks for what is around it: pieces of it cost nothing. */
  #text: string | null = null;
  /** Made when there is a run, or bytes are to come. */
  #finders: { alphabet: Alphabet; finder: RunFinder }[] | null = null;
  /** Runs that go on. */
  readonly #runs: Record<Alphabet, Unwrapper | null> = { base64: null, hex: null };
  /** Absolute offset from which on nothing was unwrapped any more. */
  #overFrom = Number.POSITIVE_INFINITY;
  /** Past the budget: only what is new is told, because what is searched again may have been told. */
  #plain: Place | null = null;
  #isSearchedPlainly = false;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #options: ScannerOptions;

  constructor(scope: Scope, place: Place, options: ScannerOptions) {
    this.#scope = scope;
    this.#place = place;
    this.#options = options;
    this.#toldBefore = scope.mark;
  }

  /** Bytes seen so far. */
  get length(): number {
    return this.#searched;
  }

  push(view: Buffer, final: boolean): void {
    // Larger pieces are taken in turn, so that the working buffer stays small.
    let from = 0;
    for (; view.length - from > SLICE; from += SLICE) this.#pass(view.subarray(from, from + SLICE), false);
    this.#pass(from === 0 ? view : view.subarray(from), final);
  }

  /**
   * All of a short text. What was found out before to tell nothing is not looked into again, unless neighbours may change
   * what it means.
   */
  pushWhole(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#text = null;
    const { budget } = this.#scope;
    budget.spend(PER_TEXT + bytes.length, 'text');
    this.#search(bytes, 0, true);
    if (!budget.isOver) this.#judgeWhole(bytes.length);
    if (this.#marks.length > 0) this.#performOnce(bytes);
  }

  #performOnce(bytes: Buffer): void {
    const scope = this.#scope;
    const { key, where } = this.#place;
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

  /** Finds what is to be acted upon. */
  #search(bytes: Buffer, base: number, final: boolean): void {
    if (this.#options.isDeep) {
      if (this.#finders === null && (base > 0 || !final || holdsRun(bytes))) this.#finders = this.#openFinders();
      if (this.#finders !== null) for (const { finder } of this.#finders) finder.scan(bytes, base, final);
    }
    this.#searchKnown(bytes, base, final);
    const { isSpent, budget } = this.#scope;
    const { isDeep, isText } = this.#options;
    if (!isDeep || budget.isOver) return;
    if (!isSpent) this.#searchShapes(bytes, base, final);
    if (isText) this.#searchEscapes(bytes, base, final);
  }

  /** Escapes that the place does not ask for: what they hide is read as a layer of its own. */
  #searchEscapes(bytes: Buffer, base: number, final: boolean): void {
    if (this.#escapes >= MAX_ESCAPES || this.#place.level >= this.#scope.limits.levels) return;
    const found = (escaped: Escaped): void => {
      if (this.#escapes++ >= MAX_ESCAPES) return;
      const { start, end, name } = escaped;
      const at = base + end - 1;
      this.#marks.push({
        at,
        end: base + end,
        rank: 3,
        hit: null,
        isWrapped: false,
        run: null,
        escaped: { start: base + start, end: base + end, name },
        anchor: 'key',
        key: null,
        spread: null,
      });
    };
    this.#escapesAt = base + findPercent(bytes, this.#escapesAt - base, final, MOST_ESCAPED, found);
    this.#quotedAt = base + findQuoted(bytes, Math.max(0, this.#quotedAt - base), final, found);
  }

  #readEscaped({ start, end, name }: Escaped): void {
    const json = this.#options.json;
    const from = start - this.#base;
    if (json?.claimed || from < 0 || !this.#scope.budget.spend(PER_READING + end - start, name)) return;
    const floor = json ? (json.stringStart ?? start) - this.#base : 0;
    const key = (floor < from ? keyBefore(this.#bytes, from, Math.max(0, floor)) : null) ?? json?.key?.text ?? null;
    const inside = placeInside(this.#place, name, json ? json.path : null, key, json?.within ?? []);
    // The string is judged as a whole, too, before it is read once more.
    if (json && this.#bytes[end - this.#base] === QUOTE) json.advance(this.#bytes, this.#base, end + 1);
    const told = new Map<string, number>(this.#place.told);
    for (const { at, kind, value, rank } of this.#told) {
      if (at < start || at >= end) continue;
      told.set(whatOf({ kind, value }), rank);
      told.set(whatOf({ kind, value: decodeEscaped(Buffer.from(value), name).toString() }), rank);
    }
    const layer = this.#options.open({ ...inside, told });
    layer.write(decodeEscaped(this.#bytes.subarray(from, end - this.#base), name));
    layer.end(true);
  }

  #report(found: Found, at: number, place = this.#place): void {
    this.#told.push({ at, kind: found.kind, value: found.value, rank: rankOf(found) });
    this.#scope.report(place, found);
  }

  #openFinders(): { alphabet: Alphabet; finder: RunFinder }[] {
    return ALPHABETS.map((alphabet) => ({ alphabet, finder: new RunFinder(alphabet, this.#runSink(alphabet)) }));
  }

  #pass(view: Buffer, final: boolean): void {
    const bytes = this.#withCarry(view);
    this.#bytes = bytes;
    this.#text = null;
    const base = this.#base;
    const end = base + bytes.length;
    if (this.#scope.budget.isOver) this.#searchPlainly(bytes, base, final);
    else this.#searchDeeply(bytes, base, final);
    if (final) this.#options.json?.end();
    if (final && this.#options.json) {
      this.#endList();
      this.#endTable();
      this.#options.json.release();
    }
    this.#searched = end;
    const keep = final ? 0 : Math.min(CARRY, bytes.length);
    this.#carry = keep === 0 ? NOTHING : this.#keep(bytes.subarray(bytes.length - keep));
    this.#base = end - keep;
    this.#bytes = this.#carry;
    this.#text = null;
    if (this.#told.length > 0) this.#told = this.#told.filter(({ at }) => at >= this.#base);
    this.#spans.forget(this.#base);
  }

  #searchDeeply(bytes: Buffer, base: number, final: boolean): void {
    const end = base + bytes.length;
    const json = this.#options.json;
    const { budget, beside, names } = this.#scope;
    budget.spend(PER_PASS + bytes.length, json ? 'json' : 'text');
    if (json && final && base === 0)
      this.#isNoted = beside.noteDocument(bytes, this.#options.view?.literals ?? [], names);
    this.#search(bytes, base, final);
    const horizon = json && !final ? end - LAG : end;
    const isWhole = final && base === 0 && !json && this.#options.isText;
    if (isWhole && !budget.isOver) this.#judgeWhole(bytes.length);
    this.#perform(horizon);
    if (json && !budget.isOver) json.advance(bytes, base, Math.max(json.at, horizon));
  }

  /** For registered values alone, from what was kept on: what waited there will not be acted upon any more. */
  #searchPlainly(bytes: Buffer, base: number, final: boolean): void {
    const { known } = this.#scope;
    const from = this.#isSearchedPlainly ? Math.max(0, this.#searched - MAX_SPAN - base) : 0;
    if (!this.#isSearchedPlainly) {
      this.#isSearchedPlainly = true;
      this.#marks = [];
      this.#runs.base64?.abandon();
      this.#runs.hex?.abandon();
    }
    if (!known) return;
    const { isText, isContinued } = this.#options;
    const isStart = base === 0 && !isContinued;
    const hits = findKnown(known, { bytes, from, binary: !isText, final, isStart });
    for (const hit of hits) this.#reportKnown(hit, base + hit.start);
  }

  #withCarry(view: Buffer): Buffer {
    const kept = this.#carry.length;
    if (kept === 0) return view;
    if (this.#work.length < kept + view.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(CARRY + SLICE, 2 * (kept + view.length)));
      this.#carry.copy(larger);
      this.#work = larger;
    }
    // The carry already stands at the beginning.
    view.copy(this.#work, kept);
    return this.#work.subarray(0, kept + view.length);
  }

  #keep(tail: Buffer): Buffer {
    if (this.#work.length < tail.length) this.#work = Buffer.allocUnsafeSlow(CARRY);
    tail.copy(this.#work, 0);
    return this.#work.subarray(0, tail.length);
  }

  /** Nothing more is judged, noted or compared. */
  get ignoresValues(): boolean {
    const scope = this.#scope;
    if (scope.budget.isOver) return true;
    return scope.isSpent && !scope.takesTokens && (this.#isNoted || !scope.beside.hasRoom);
  }

  /** A value of a document; beside a telling name it is offered whole. Absolute offsets. */
  value(start: number, end: number, key: Name | null): void {
    if (!this.#scope.budget.spend(PER_NAME, 'names')) return;
    if (key?.isTelling) {
      if (key.isKnown || (key.mayBeNamed && this.#mayBeTold(key, start, end))) this.#judgeValue(key.text, start, end);
      if (key.mayName && isName(this.#bytes, start - this.#base, end - this.#base)) {
        this.#namingAt = end;
        this.#namingIn = this.#options.json?.object ?? null;
      }
    }
    const from = start - this.#base;
    if (from < 0) return;
    const to = end - this.#base;
    const length = to - from;
    const name = key === null ? null : key.text;
    if (length <= LONGEST_CELL && (key === null || key.mayName || this.#options.json?.record == null))
      this.#addToTable(key, from, to);
    if (length <= LONGEST_MEMBER) this.#addToRecord(key, start, from, to);
    if (length <= LONGEST_LISTED) this.#addToList(from, to);
    const rewritten = length >= LEAST_REWRITTEN && this.#options.isDeep ? rewrite(this.#bytes, from, to) : null;
    if (rewritten) this.#readAgain(rewritten, this.#options.json?.path ?? null, name);
    else if (key?.turned)
      this.#readAgain(
        { name: 'rot13', bytes: Buffer.from(turn(this.#bytes.toString('latin1', from, to)), 'latin1') },
        this.#options.json?.path ?? null,
        key.turned,
      );
    else if (length >= LEAST_TABLE && this.#options.isDeep && mayBeTable(this.#bytes, from, to))
      this.#readPart(name, from, to);
    if (!this.#isNoted) this.#scope.beside.note(name, this.#bytes, from, to);
    if (length >= LEAST_TOKEN) this.#scope.token(this.#place, this.#options.json, name, this.#bytes, from, to);
  }

  /** Of a value in JSON whose key says nothing by itself: the container does, or a name stands before or after it. */
  #mayBeTold(key: Name, start: number, end: number): boolean {
    const container = this.#options.json?.container?.text ?? this.#place.key;
    return (container !== null && tellsIn(key, container)) || this.#isNamedNear(start, end);
  }

  /** A name stands before or after it in its object, or the tag before it holds one. */
  #isNamedNear(start: number, end: number): boolean {
    const json = this.#options.json;
    const isHere =
      this.#namingIn === (json?.object ?? null) || (json?.key?.isType === true && this.#namingIn === json.outer);
    if (this.#namingAt >= start - LEFT && isHere) return true;
    const bytes = this.#bytes;
    const base = this.#base;
    return (
      endsTag(bytes, start - base) ||
      holdsNaming(bytes, end - base, Math.min(bytes.length, end - base + RIGHT), this.#scope.names)
    );
  }

  /** A value that holds a table is a layer of its own. */
  #readPart(name: string | null, from: number, to: number): void {
    const json = this.#options.json;
    if (!json || this.#place.level >= this.#scope.limits.levels) return;
    const layer = this.#options.open({
      ...partOf(this.#place, json.path, name, null, json.within),
      told: this.#scope.toldSince(this.#toldBefore),
    });
    layer.write(this.#bytes.subarray(from, to));
    layer.end(true);
  }

  /** A value of a list, or the name of an object in one: names of columns, or a row of them. */
  #addToTable(key: Name | null, from: number, to: number): void {
    const json = this.#options.json;
    if (!json) return;
    const isColumn = key?.mayName === true && json.isElement && COLUMN_LISTS.has(json.container?.text ?? '');
    const list = isColumn && COLUMN_NAMES.has(key.text) ? json.outer : json.list;
    if (list === null) return;
    this.#table ??= new JsonTable();
    const cells = this.#table.add(list, this.#bytes, from, to, () => json.path);
    if (cells) this.#readCells(cells);
  }

  #readCells(cells: readonly NamedCell[]): void {
    if (this.#place.level >= this.#scope.limits.levels) return;
    const fields: Fields = [];
    for (const { name, text: cell, path } of cells) {
      if (
        cell.length >= LEAST_VALUE &&
        isKeyName(name) &&
        this.#scope.budget.spend(PER_READING + cell.length, 'table')
      ) {
        const layer = this.#options.open({
          ...placeInside(this.#place, 'table', path, name),
          fields,
          told: this.#scope.toldSince(this.#toldBefore),
        });
        layer.write(Buffer.from(cell));
        layer.end(true);
      }
      addField(fields, name, cell);
    }
  }

  #endTable(): void {
    const cells = this.#table?.end() ?? null;
    if (cells) this.#readCells(cells);
  }

  /** What it is together with others of its object. */
  #addToRecord(own: Name | null, start: number, from: number, to: number): void {
    const json = this.#options.json;
    if (!json || this.#scope.isSpent) return;
    // `{"lat":{"$numberDouble":"…"}}`: of the object around, by its name there.
    const isTyped = own?.isType === true && json.outer !== null;
    const record = isTyped ? json.outer : json.record;
    const key = isTyped ? json.container : own;
    if (record === null) return;
    const around = isTyped ? json.within.slice(1) : json.within;
    this.#records ??= new Records(this.#scope.kinds, this.#scope.device);
    const bytes = this.#bytes;
    if (!this.#records.mayCount(key?.isKnown ? key.text : null, bytes, from, to)) return;
    const found = this.#records.add(record, {
      key: key?.text ?? null,
      within: withinOf(this.#place, around),
      text: bytes.toString('utf8', from, to),
      path: json.path,
      start,
    });
    if (!found) return;
    const window = windowAround(bytes, from, to);
    const isOfPage = !found.verdict.known && isPageData(bytes.toString('latin1', Math.max(0, from - LEFT), to + RIGHT));
    if (isOfPage) {
      found.verdict.confidence = 'possible';
      found.verdict.reasoning = text('reason.foreign', { reason: found.verdict.reasoning });
    }
    this.#reportRecord(found, locatorIn(this.#place, found.at.path), found.at.start, window);
  }

  /** Lists of small numbers are bytes: read when they are over. */
  #addToList(from: number, to: number): void {
    const json = this.#options.json;
    const list = json?.list ?? null;
    if (!json || list === null) return;
    this.#list ??= new ByteList();
    if (this.#list.add(list, this.#bytes, from, to, () => json.path)) return;
    this.#endList();
    this.#list.add(list, this.#bytes, from, to, () => json.path);
  }

  #endList(): void {
    const bytes = this.#list?.take() ?? null;
    if (bytes && this.#list) this.#readAgain({ name: 'bytes', bytes }, this.#list.path.replace(/\[\d+\]$/, ''), null);
  }

  /** What a value written in a roundabout way means. */
  #readAgain({ name, bytes }: { name: string; bytes: Buffer }, path: string | null, key: string | null): void {
    const { limits } = this.#scope;
    if (this.#place.level >= limits.levels || this.#place.depth >= limits.depth) return;
    if (!this.#scope.budget.spend(PER_READING + bytes.length, name)) return;
    const inside = placeInside(this.#place, name, path, key, this.#options.json?.within ?? []);
    const depth = name === 'number' ? this.#place.depth : this.#place.depth + 1;
    const told = this.#scope.toldSince(this.#toldBefore);
    const layer = this.#options.open({ ...inside, depth, told });
    layer.write(bytes);
    layer.end(true);
  }

  #reportRecord({ kind, verdict }: FoundInRecord, path: string | null, at: number, window: Buffer): void {
    const { value, confidence, reasoning, known = false } = verdict;
    const chain = chainOf(this.#place);
    const seen = verdict.at.text;
    this.#report({ kind, value, confidence, reasoning, known, path, chain, hash: null, offset: at, seen, window }, at);
  }

  /** The latest field of a form, a query or a cookie, with those before it. */
  #judgeFields(length: number): void {
    const { key, fields, within } = this.#place;
    if (!fields || fields.length === 0 || this.#scope.isSpent) return;
    const records = new Records(this.#scope.kinds, this.#scope.device);
    if (!records.mayCount(key, this.#bytes, 0, length)) return;
    const before = fields.map(([name, text]): Member => ({ key: name, within, text }));
    const found = records.judge([...before, { key, within, text: this.#bytes.toString('utf8', 0, length) }]);
    if (found) this.#reportRecord(found, this.#place.path, 0, windowAround(this.#bytes, 0, length));
  }

  /** The value says what a field before it is: `device_id=…&device_id_type=imei`. */
  #judgeNamedHere(length: number): void {
    const { key, fields, where, told } = this.#place;
    if (!fields || key === null || !mayName(key) || this.#scope.isSpent || !isName(this.#bytes, 0, length)) return;
    const naming: readonly (readonly [string, string])[] = [[key, this.#bytes.toString('latin1', 0, length)]];
    for (const [name, value] of fields.toReversed()) {
      if (!mayBeNamedBeside(name) || value.length >= MAX_FIELD_TEXT) continue;
      const said = nameBeside({
        text: value,
        start: 0,
        end: value.length,
        key: name,
        within: [],
        where,
        fields: naming,
      });
      if (said === null) continue;
      const place = {
        ...this.#place,
        key: said,
        fields: null,
        told: new Map([...(told ?? []), ...this.#scope.toldSince(0)]),
      };
      searchText(this.#scope, place, Buffer.from(value, 'latin1'), this.#options.open);
      return;
    }
  }

  #judgeValue(key: string, start: number, end: number): void {
    const from = start - this.#base;
    if (end - start > MAX_VALUE || end === start || from < 0) return;
    this.#judge('key', from, end - this.#base, key);
  }

  /** A layer that is one value beside a key. */
  #judgeWhole(length: number): void {
    const { key } = this.#place;
    if (!isOfHead(this.#place)) this.#scope.beside.note(key, this.#bytes, 0, length);
    this.#scope.token(this.#place, null, key, this.#bytes, 0, length);
    this.#judgeFields(length);
    this.#judgeNamedHere(length);
    const rewritten = this.#options.isDeep ? rewrite(this.#bytes, 0, length) : null;
    if (rewritten) this.#readAgain(rewritten, null, null);
    if (key === null || !mayTell(key)) return;
    if (isKeyName(key) || mayBeNamedAround(this.#place, key)) this.#judgeValue(key, 0, length);
  }

  /** Acts upon everything that begins before `horizon`, in order. */
  #perform(horizon: number): void {
    if (this.#marks.length === 0) return;
    if (!isInOrder(this.#marks)) this.#marks.sort(byPlace);
    const { budget } = this.#scope;
    let count = 0;
    for (const mark of this.#marks) {
      if (mark.at > horizon) break;
      count++;
      if (budget.spend(PER_MARK, 'values')) this.#options.json?.advance(this.#bytes, this.#base, mark.at);
      else if (mark.at < this.#overFrom) this.#overFrom = mark.at;
      if (!budget.isOver || mark.rank === KNOWN) this.#act(mark);
    }
    if (count === this.#marks.length) this.#marks = [];
    else this.#marks.splice(0, count);
  }

  #act({ at, end, hit, isWrapped, run, escaped, anchor, key, spread }: Mark): void {
    if (hit !== null) {
      if (!isWrapped || at >= this.#overFrom) this.#reportKnown(hit, at);
    } else if (escaped !== null) this.#readEscaped(escaped);
    else if (run !== null) this.#beginRun(run);
    else if (spread !== null) this.#reportSpread(at, end, spread.kind, spread.digits);
    else if (key !== null) this.#judgeValue(key, at, end);
    else this.#offer(anchor, at, end);
  }

  #mark(at: number, end: number, rank: 0 | 1, hit: Hit | null, run: Unwrapper | null, isWrapped = false): void {
    this.#marks.push({ at, end, rank, hit, isWrapped, run, escaped: null, anchor: 'key', key: null, spread: null });
  }

  /** Of the bytes at hand, what may be a value: told after registered ones. */
  #markText(start: number, end: number, anchor: Anchor, key: string | null, spread: Mark['spread']): void {
    const base = this.#base;
    this.#marks.push({
      at: base + start,
      end: base + end,
      rank: 2,
      hit: null,
      isWrapped: false,
      run: null,
      escaped: null,
      anchor,
      key,
      spread,
    });
  }

  #searchKnown(bytes: Buffer, base: number, final: boolean): void {
    const known = this.#scope.known;
    if (!known) return;
    const from = Math.max(0, this.#searched - MAX_SPAN - base);
    const deferred = this.#deferred;
    this.#deferred = null;
    const { isText, isDeep } = this.#options;
    const stretch = { bytes, from, binary: !isText, final, isStart: base === 0 };
    this.#markKnown(findKnown(known, stretch), stretch, base, deferred);
    if (isDeep && !this.#options.json) this.#markKnown(findXored(known, stretch), stretch, base, deferred);
    this.#scope.budget.spend(0, 'search');
  }

  #markKnown(hits: readonly Hit[], stretch: Stretch, base: number, deferred: ReadonlySet<string> | null): void {
    const { bytes, final } = stretch;
    if (hits.length > 0) this.#scope.budget.spend(PER_HIT * hits.length, 'registered values');
    for (const hit of hits) {
      const identity = `${base + hit.start} ${hit.end - hit.start} ${hit.pattern.encoding}`;
      const isOld = base + hit.decided <= this.#searched && !deferred?.has(identity);
      this.#spans.add(base + hit.start, base + hit.end);
      if (isOld && !(final && hit.decided > bytes.length)) continue;
      const owner = this.#ownerOf(hit, base);
      if (owner === 'undecided' && !final) {
        this.#deferred ??= new Set();
        this.#deferred.add(identity);
      } else this.#mark(base + hit.start, base + hit.end, KNOWN, hit, null, owner === 'run');
    }
  }

  /** Who reports a hit: a wrapped one is the business of the layer that unwraps it. */
  #ownerOf(hit: Hit, base: number): 'here' | 'run' | 'undecided' {
    const { encoding, shift } = hit.pattern;
    if (encoding === null) return 'here';
    const { depth, levels } = this.#scope.limits;
    const isTooDeep = this.#place.depth >= depth || this.#place.level >= levels;
    for (const { alphabet, finder } of this.#finders ?? []) {
      if (!encoding.startsWith(alphabet) || isTooDeep) continue;
      const column = finder.columnOf(base + hit.start);
      if (column === null) return finder.isUndecided(base + hit.start) ? 'undecided' : 'here';
      const isAligned = alphabet === 'hex' ? column % 2 === 0 : column % 4 === (shift === 0 ? 0 : shift + 1);
      return isAligned ? 'run' : 'here';
    }
    return 'here';
  }

  #reportKnown({ start, end, decided, pattern }: Hit, at: number): void {
    const { isOver } = this.#scope.budget;
    // Past the budget nobody follows the document any more: neither where this stands is known, nor who else may tell it.
    const json = isOver ? null : this.#options.json;
    if (json?.claimed) return;
    const from = at - this.#base;
    const hit = { start: from, end: from + end - start, decided, pattern };
    const place = isOver ? this.#onlyNew() : this.#place;
    const found = describe(hit, this.#bytes, place);
    if (found === null) return;
    const inner = json ? json.path : this.#options.isText ? keyBefore(this.#bytes, from) : null;
    this.#report(
      {
        ...found,
        path: locatorIn(place, inner),
        chain: [...chainOf(place), ...found.chain],
        offset: at,
        window: windowAround(this.#bytes, hit.start, hit.end),
      },
      at,
      place,
    );
  }

  #onlyNew(): Place {
    this.#plain ??= { ...this.#place, told: this.#scope.toldSince(0) };
    return this.#plain;
  }

  #searchShapes(bytes: Buffer, base: number, final: boolean): void {
    const ready = final ? bytes : bytes.subarray(0, Math.max(0, bytes.length - RIGHT));
    finding = this;
    const { known } = this.#scope;
    const spread = known ? { wanted: known.numbers, found: foundSpread } : null;
    this.#anchorsAt =
      base + findAnchors(ready, Math.min(this.#anchorsAt - base, ready.length), final, foundAnchor, spread);
    this.#mailAt = base + findMail(ready, Math.min(this.#mailAt - base, ready.length), final, foundAnchor);
    this.#degreesAt = base + findDegrees(ready, Math.min(this.#degreesAt - base, ready.length), final, foundAnchor);
    if (this.#options.json || !this.#options.isText) return;
    findPairs(bytes, this.#pairsAt - base, ready.length, foundPair, () => this.#scope.budget.spend(PER_NAME, 'names'));
    this.#pairsAt = base + ready.length;
  }

  /**
   * The phone waits for an answer: what it sent last may be all for long. It is judged with what is there; when more comes it
   * is offered again, with more around it, and told again only if it was something else.
   */
  pause(): void {
    const bytes = this.#bytes;
    if (!this.#options.isDeep || this.#options.json || this.#scope.isSpent || this.#scope.budget.isOver) return;
    finding = this;
    findAnchors(bytes, Math.min(this.#anchorsAt - this.#base, bytes.length), true, foundAnchor);
    findMail(bytes, Math.min(this.#mailAt - this.#base, bytes.length), true, foundAnchor);
    this.#perform(this.#base + bytes.length);
  }

  /** In the bytes at hand. */
  candidate(anchor: Anchor, key: string | null, start: number, end: number): void {
    if (key === null && !this.#mayCount(anchor, start, end)) return;
    this.#markText(start, end, anchor, key, null);
  }

  /** Digits in groups: told when they are a registered value, in whatever groups. */
  spread({ start, end, digits }: Spread): void {
    const kind = registeredDigits(digits, this.#scope)?.kind;
    if (kind === undefined) return;
    this.#markText(start, end, 'digits', null, { kind, digits });
  }

  #reportSpread(at: number, end: number, kind: Kind, digits: string): void {
    const json = this.#options.json;
    if (json?.claimed || this.#spans.meets(at, end)) return;
    const [from, to] = [at - this.#base, end - this.#base];
    this.#spans.add(at, end);
    this.#report(
      {
        kind,
        value: digits,
        known: true,
        confidence: 'certain',
        reasoning: reasonOf('registered', kind),
        path: locatorIn(this.#place, json ? json.path : keyBefore(this.#bytes, from)),
        chain: chainOf(this.#place),
        hash: null,
        offset: at,
        seen: this.#bytes.toString('utf8', from, to),
        window: windowAround(this.#bytes, from, to),
      },
      at,
    );
  }

  /** False for clocks, digests and the like beside a name that says nothing: most candidates of a document. */
  #mayCount(anchor: Anchor, start: number, end: number): boolean {
    const bytes = this.#bytes;
    if (!needsKey(anchor, bytes, start, end, this.#scope)) return true;
    const json = this.#options.json;
    if (json === null) {
      const key = keyBefore(bytes, start, 0) ?? this.#place.key;
      return key !== null && mayTell(key);
    }
    // Only the locator knows the key for certain; but where a plain one stands directly before the value, it is that.
    if (this.#options.view?.literals.length !== 0) return true;
    const name = memberBefore(bytes, start, this.#scope.names);
    return name === null || name.isKnown || name.mayBeNamed;
  }

  #offer(anchor: Anchor, at: number, end: number): void {
    const json = this.#options.json;
    if (json?.claimed) return;
    const start = at - this.#base;
    // Two digits of it are those of an escape: it is another value once that is undone.
    if (start > 0 && this.#bytes[start - 1] === PERCENT) return;
    const floor = json ? (json.stringStart ?? at) - this.#base : 0;
    const near = floor < start ? keyBefore(this.#bytes, start, Math.max(0, floor)) : null;
    const name = near === null && json ? json.key : null;
    const key = near ?? (json ? (name?.text ?? null) : this.#place.key);
    if (needsKey(anchor, this.#bytes, start, end - this.#base, this.#scope)) {
      if (key === null || !mayTell(key)) return;
      if (name !== null && !name.isKnown && !this.#mayBeTold(name, at, end)) return;
    }
    this.#judge(anchor, start, end - this.#base, key);
  }

  #judge(anchor: Anchor, start: number, end: number, key: string | null): void {
    const base = this.#base;
    if (this.#spans.meets(base + start, base + end)) return;
    if (!this.#scope.mayJudge()) return;
    this.#scope.budget.spend(PER_JUDGEMENT, 'numbers and ids');
    const bytes = this.#bytes;
    const from = Math.max(0, start - LEFT);
    this.#text ??= bytes.toString('latin1');
    const text = this.#text.slice(from, end + RIGHT);
    const json = this.#options.json;
    const within = json ? withinOf(this.#place, json.within) : this.#place.within;
    const run: Run = { text, start: start - from, end: end - from, key, within, where: this.#place.where };
    if (this.#scope.device) run.device = this.#scope.device;
    if (this.#place.fields) run.fields = this.#place.fields;
    // A pair written inside of one value is no member of the record that the value stands in.
    const own = json ? (json.key?.text ?? null) : this.#place.key;
    if (key === own && (this.#place.fields || json?.record != null)) run.isOfRecord = true;
    if (this.#isNamedBeside(base + start, base + end)) run.key = nameBeside(run) ?? run.key;
    if (this.#scope.namesHere !== null && run.key !== null) run.key = this.#scope.namesHere(run.key);
    const verdict = judge(anchor, run, this.#scope);
    if (verdict === null) return;
    const inner = json ? json.path : key !== null && key !== this.#place.key ? key : null;
    const at = base + from + verdict.start;
    this.#report(
      {
        ...verdict,
        value: ownText(verdict.value),
        path: locatorIn(this.#place, inner),
        chain: chainOf(this.#place),
        hash: null,
        offset: at,
        seen: ownText(text.slice(verdict.start, verdict.end)),
        window: windowAround(bytes, from + verdict.start, from + verdict.end),
      },
      at,
    );
  }

  /** Another name than its own may be told around it: looking for one costs more than the judgement itself. */
  #isNamedBeside(start: number, end: number): boolean {
    const name = this.#options.json?.key ?? null;
    if (name === null) return true;
    return name.mayBeNamed ? this.#isNamedNear(start, end) : endsTag(this.#bytes, start - this.#base);
  }

  #runSink(alphabet: Alphabet): RunSink {
    const runs = this.#runs;
    return {
      whole: (bytes, from, to, start, padded) => {
        if (!isWorthOpening(bytes, from, to, alphabet, this.#scope, this.#place)) return;
        const found = new Unwrapper(this.#scope, this.#place, alphabet, this.#options.open);
        found.take(bytes.subarray(from, to));
        found.end(padded);
        this.#mark(start, start + to - from, 1, null, found);
      },
      open: (start) => {
        const opened = new Unwrapper(this.#scope, this.#place, alphabet, this.#options.open);
        runs[alphabet] = opened;
        this.#mark(start, start, 1, null, opened);
      },
      take: (chars) => runs[alphabet]?.take(chars),
      close: (padded) => {
        runs[alphabet]?.end(padded);
        runs[alphabet] = null;
      },
    };
  }

  #beginRun(run: Unwrapper): void {
    const json = this.#options.json;
    if (json?.claimed) run.ignore();
    else run.begin(json ? json.path : null, json?.key?.text ?? null, json?.within ?? []);
  }
}

/** Whose bytes are searched for shapes: nothing else is, while they are. */
let finding: Scanner | null = null;
const foundAnchor = (anchor: Anchor, start: number, end: number): void => finding?.candidate(anchor, null, start, end);
const foundSpread = (number: Spread): void => finding?.spread(number);
const foundPair = (key: string, start: number, end: number): void => finding?.candidate('key', key, start, end);

/** All of a text that is one value. */
export function searchText(scope: Scope, place: Place, bytes: Buffer, open: (place: Place) => ByteSink): void {
  new Scanner(scope, place, { isText: true, isDeep: true, json: null, open }).pushWhole(bytes);
}

/** A value that means nothing by itself is searched for registered ones, and that is all. */
export function searchRegistered(scope: Scope, place: Place, bytes: Buffer): void {
  if (scope.known) new Scanner(scope, place, REGISTERED).push(bytes, true);
}

/** Bytes that come by and by, searched for registered values. */
export function openRegistered(scope: Scope, place: Place): Scanner {
  return new Scanner(scope, place, REGISTERED);
}

/** Names and heads are bytes of the phone's, too: the same ones come with every request. `encoding`: how it was read. */
export function searchName(scope: Scope, place: Place, name: string, encoding: 'latin1' | 'utf8' = 'latin1'): void {
  if (!scope.known || name.length < LEAST_NAME) return;
  const identity = name.length > LONGEST_REMEMBERED ? null : `name ${place.where} ${name}`;
  if (identity !== null && scope.clean.has(identity)) return;
  const { said } = scope;
  searchRegistered(scope, place, Buffer.from(name, encoding));
  if (identity !== null && scope.said === said) scope.clean.add(identity);
}

/** Nothing registered is shorter. */
const LEAST_NAME = 4;

const REGISTERED: ScannerOptions = { isText: false, isDeep: false, json: null, open: () => NOWHERE };
/** Nothing is unwrapped where nothing but registered values is looked for. */
const NOWHERE: ByteSink = { write: () => undefined, end: () => undefined };

/** A text that is kept must not keep the one it was cut from. */
const ownText = (text: string): string => ` ${text}`.slice(1);

/** A name and a value, and what separates them from the next. */
const LEAST_TABLE = 12;
const LEAST_VALUE = 4;
/** Columns that are objects, and what of them is the name. */
const COLUMN_LISTS = new Set(['columns', 'fields', 'cols', 'schema', 'header', 'headers']);
const COLUMN_NAMES = new Set(['name', 'column', 'field', 'columnName', 'column_name', 'ColumnName']);

const PERCENT = 0x25;
const QUOTE = 0x22;
const PLUS = 0x2b;
const ONE = 0x31;

/**
 * Without a telling key name a run is offered only where some kind takes such runs: nearly all are counters, digests and
 * request ids. Clocks in seconds, milliseconds and microseconds are none, numbers after a `+` always.
 */
export function needsKey(anchor: Anchor, bytes: Buffer, start: number, end: number, scope: Scope): boolean {
  if (anchor !== 'uuid' && anchor !== 'hex' && anchor !== 'digits') return false;
  const length = end - start;
  if (start > 0 && bytes[start - 1] === PLUS) return false;
  const isClock = anchor === 'digits' && (length === 13 || length === 16) && bytes[start] === ONE;
  return isClock || !takesUnnamed(scope.kinds, anchor, length);
}

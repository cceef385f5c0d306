/**
 * The values of a JSON document, one by one: judged beside telling names, and put together with their neighbours to records,
 * tables and lists of bytes.
 * Promise: what a value means together with others depends on the order of the values alone.
 */
import { isKeyName } from '../../kinds/key-names.ts';
import { isPageData } from '../../kinds/parts/page-data.ts';
import { text } from '../../model/text.ts';
import { ByteList, LEAST_REWRITTEN, LONGEST_LISTED, rewrite } from '../anchors/rewritten.ts';
import { LEAST_TOKEN } from '../anchors/tokens.ts';
import { turn } from '../decode/turn.ts';
import { windowAround } from '../found.ts';
import { addField, type Fields, locatorIn, partOf, placeInside, withinOf } from '../place.ts';
import type { JsonPath } from '../structure/json-path.ts';
import type { Name } from '../structure/names.ts';
import { mayBeTable } from '../structure/table.ts';
import { JsonTable, LONGEST_CELL, type NamedCell } from './json-table.ts';
import { LEFT, PER_READING, type Reading, RIGHT } from './reading.ts';
import { LONGEST_MEMBER, Records } from './records.ts';
import type { ShapeJudge } from './shape-judge.ts';

/** Units of work. */
const PER_NAME = 5;
/** A name and a value, and what separates them from the next. */
const LEAST_TABLE = 12;
const LEAST_VALUE = 4;
/** Of a member of a list: 64K of them are taken. */
const LONGEST_INDEX = 5;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
/** Columns that are objects, and what of them is the name. */
const COLUMN_LISTS = new Set(['columns', 'fields', 'cols', 'schema', 'header', 'headers']);
const COLUMN_NAMES = new Set(['name', 'column', 'field', 'columnName', 'column_name', 'ColumnName']);

export class JsonValues {
  /** The document came in one piece, and values in it need no noting one by one. */
  #isNoted = false;
  #records: Records | null = null;
  #list: ByteList | null = null;
  #table: JsonTable | null = null;
  readonly #reading: Reading;
  readonly #judge: ShapeJudge;
  readonly #json: JsonPath;

  constructor(reading: Reading, judge: ShapeJudge, json: JsonPath) {
    this.#reading = reading;
    this.#judge = judge;
    this.#json = json;
  }

  /** All of it is at hand. */
  noteDocument(): void {
    const { bytes, scope, options } = this.#reading;
    this.#isNoted = scope.beside.noteDocument(bytes, options.view?.literals ?? [], scope.names);
  }

  /** Nothing more is judged, noted or compared. */
  get areIgnored(): boolean {
    const { scope } = this.#reading;
    if (scope.budget.isOver) return true;
    return scope.isSpent && !scope.takesTokens && (this.#isNoted || !scope.beside.hasRoom);
  }

  /** One more of them. Absolute offsets. */
  value(start: number, end: number, key: Name | null): void {
    const { bytes, base, place, scope } = this.#reading;
    if (!scope.budget.spend(PER_NAME, 'names')) return;
    if (key?.isTelling) this.#judge.judgeNamed(key, start, end);
    const from = start - base;
    if (from < 0) return;
    const to = end - base;
    const length = to - from;
    const name = key === null ? null : key.text;
    if (length <= LONGEST_CELL && (key === null || key.mayName || this.#json.record == null))
      this.#addToTable(key, from, to);
    if (length <= LONGEST_MEMBER) this.#addToRecord(key, start, from, to);
    if (length <= LONGEST_LISTED) this.#addToList(key, from, to);
    this.#readFurther(key, from, to);
    if (!this.#isNoted) scope.beside.note(name, bytes, from, to);
    if (length >= LEAST_TOKEN) scope.token(place, this.#json, name, bytes, from, to);
  }

  /** The document is over. */
  end(): void {
    this.#endList();
    const cells = this.#table?.end() ?? null;
    if (cells) this.#readCells(cells);
  }

  /** A value that means something else than it says, or more. */
  #readFurther(key: Name | null, from: number, to: number): void {
    const reading = this.#reading;
    const { bytes } = reading;
    const { isDeep } = reading.options;
    const name = key === null ? null : key.text;
    const rewritten = to - from >= LEAST_REWRITTEN && isDeep ? rewrite(bytes, from, to) : null;
    if (rewritten) reading.readAgain(rewritten, this.#json.path, name);
    else if (key?.turned) {
      const turned = Buffer.from(turn(bytes.toString('latin1', from, to)), 'latin1');
      reading.readAgain({ name: 'rot13', bytes: turned }, this.#json.path, key.turned);
    } else if (to - from >= LEAST_TABLE && isDeep && mayBeTable(bytes, from, to)) this.#readPart(name, from, to);
  }

  /** A value that holds a table is a layer of its own. */
  #readPart(name: string | null, from: number, to: number): void {
    const reading = this.#reading;
    const { bytes, place, scope } = reading;
    if (place.level >= scope.limits.levels) return;
    const part = partOf(place, this.#json.path, name, null, this.#json.within);
    reading.open({ ...part, told: reading.toldHere() }, bytes.subarray(from, to));
  }

  /** A value of a list, or the name of an object in one: names of columns, or a row of them. */
  #addToTable(key: Name | null, from: number, to: number): void {
    const json = this.#json;
    const isColumn = key?.mayName === true && json.isElement && COLUMN_LISTS.has(json.container?.text ?? '');
    const list = isColumn && COLUMN_NAMES.has(key.text) ? json.outer : json.list;
    if (list === null) return;
    this.#table ??= new JsonTable();
    const cells = this.#table.add(list, this.#reading.bytes, from, to, () => json.path);
    if (cells) this.#readCells(cells);
  }

  #readCells(cells: readonly NamedCell[]): void {
    const reading = this.#reading;
    const { place, scope } = reading;
    if (place.level >= scope.limits.levels) return;
    const fields: Fields = [];
    for (const { name, text: cell, path } of cells) {
      if (cell.length >= LEAST_VALUE && isKeyName(name) && scope.budget.spend(PER_READING + cell.length, 'table')) {
        const inside = placeInside(place, 'table', path, name);
        reading.open({ ...inside, fields, told: reading.toldHere() }, Buffer.from(cell));
      }
      addField(fields, name, cell);
    }
  }

  /** What it is together with others of its object. */
  #addToRecord(own: Name | null, start: number, from: number, to: number): void {
    const json = this.#json;
    const { bytes, place, scope } = this.#reading;
    if (scope.isSpent) return;
    // `{"lat":{"$numberDouble":"…"}}`: of the object around, by its name there.
    const isTyped = own?.isType === true && json.outer !== null;
    const record = isTyped ? json.outer : json.record;
    const key = isTyped ? json.container : own;
    if (record === null) return;
    const around = isTyped ? json.within.slice(1) : json.within;
    this.#records ??= new Records(scope.kinds, scope.device);
    if (!this.#records.mayCount(key?.isKnown ? key.text : null, bytes, from, to)) return;
    const found = this.#records.add(record, {
      key: key?.text ?? null,
      within: withinOf(place, around),
      text: bytes.toString('utf8', from, to),
      path: json.path,
      start,
    });
    if (!found) return;
    const isOfPage = !found.verdict.known && isPageData(bytes.toString('latin1', Math.max(0, from - LEFT), to + RIGHT));
    if (isOfPage) {
      found.verdict.confidence = 'possible';
      found.verdict.reasoning = text('reason.foreign', { reason: found.verdict.reasoning });
    }
    const window = windowAround(bytes, from, to);
    this.#reading.reportRecord(found, locatorIn(place, found.at.path), found.at.start, window);
  }

  /** Lists of small numbers are bytes: read when they are over. */
  #addToList(key: Name | null, from: number, to: number): void {
    const json = this.#json;
    const list = json.list ?? this.#countedRecord(key);
    if (list === null) return;
    const { bytes } = this.#reading;
    this.#list ??= new ByteList();
    if (this.#list.add(list, bytes, from, to, () => json.path)) return;
    this.#endList();
    this.#list.add(list, bytes, from, to, () => json.path);
  }

  /** The object around, when this is the next of members that are numbered: `{"0":52,"1":57}`. */
  #countedRecord(key: Name | null): number | null {
    const { record } = this.#json;
    if (record === null || key === null || key.text.length > LONGEST_INDEX || !isDigit(key.text.charCodeAt(0)))
      return null;
    return key.text === String(this.#list?.lengthOf(record) ?? 0) ? record : null;
  }

  #endList(): void {
    const listed = this.#list?.take() ?? null;
    if (!listed || !this.#list) return;
    this.#reading.readAgain(listed, this.#list.path.replace(/(?:\[\d+\]|\["0"\]|\.0)$/, ''), null);
  }
}

/**
 * A text that is a table, cell by cell under the names of its columns; any other text as it stands.
 * Promise: its first line decides, so it is the same for every cutting; the bytes as they stand are searched for registered values in
 * any case; at most HOLD bytes of a line, or of an INSERT, are kept.
 */
import type { ByteSink } from '../byte-sink.ts';
import { addField, asContainer, type Fields, type Place, partOf } from '../place.ts';
import type { Scope } from '../scope.ts';
import { type Cell, type Header, headerIn, insertIn, MOST_HEADER, rowIn } from '../structure/table.ts';
import { LeafSink } from './leaf.ts';
import { searchWhole } from './whole-value.ts';

const HOLD = 64 << 10;
const NEWLINE = 0x0a;
const INSERT = /^\s{0,8}(?:insert|replace)\s/i;

type Open = (place: Place) => ByteSink;

export class TextSink implements ByteSink {
  #head: Buffer[] = [];
  #length = 0;
  #to: ByteSink | null = null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: Open;

  constructor(scope: Scope, place: Place, open: Open) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
  }

  write(bytes: Buffer): void {
    if (this.#to) {
      this.#to.write(bytes);
      return;
    }
    // The caller's buffer is reused.
    this.#head.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#length >= MOST_HEADER || bytes.includes(NEWLINE)) this.#begin();
  }

  end(complete: boolean): void {
    if (!this.#to) this.#begin();
    this.#to!.end(complete);
  }

  #begin(): void {
    const head = Buffer.concat(this.#head);
    this.#head = [];
    this.#to = this.#sinkFor(head.subarray(0, MOST_HEADER));
    if (head.length > 0) this.#to.write(head);
  }

  #sinkFor(head: Buffer): ByteSink {
    const scope = this.#scope;
    const end = head.indexOf(NEWLINE);
    const header = end < 0 ? null : headerIn(head.toString('utf8', 0, end).trim());
    if (scope.budget.isOver || this.#place.level >= scope.limits.levels) return this.#leaf();
    if (header) return new TableSink(scope, this.#place, header, this.#open);
    return INSERT.test(head.toString('latin1', 0, 16)) ? new InsertSink(scope, this.#place, this.#open) : this.#leaf();
  }

  #leaf(): LeafSink {
    return new LeafSink(this.#scope, this.#place, 'text', this.#open);
  }
}

/** Each row as a record of its own, and what was told of it. */
class Rows {
  /** Of the bytes as they stand nothing is told again. */
  readonly told = new Map<string, number>();
  #count = 0;
  #mark: number;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: Open;

  constructor(scope: Scope, place: Place, name: string, open: Open) {
    this.#scope = scope;
    this.#place = asContainer(place, name);
    this.#open = open;
    this.#mark = scope.mark;
  }

  search(row: readonly Cell[]): void {
    const fields: Fields = [];
    for (const { name, text } of row) {
      if (text !== '') this.#searchCell(`[${this.#count}].${name}`, name, Buffer.from(text), fields);
      addField(fields, name, text);
    }
    this.#count++;
  }

  /** A line that is no row. */
  searchLine(line: string): void {
    this.#searchCell(`[${this.#count}]`, null, Buffer.from(line), null);
    this.#count++;
  }

  #searchCell(path: string, name: string | null, bytes: Buffer, fields: Fields | null): void {
    searchWhole(this.#scope, partOf(this.#place, path, name, fields), bytes, this.#open);
    if (this.#scope.mark === this.#mark) return;
    for (const [what, rank] of this.#scope.toldSince(this.#mark)) this.told.set(what, rank);
    this.#mark = this.#scope.mark;
  }
}

class TableSink implements ByteSink {
  #rest: Buffer = Buffer.alloc(0);
  #isPastHeader = false;
  /** Of a line that is too long to be taken apart. */
  #isSkipping = false;
  readonly #header: Header;
  readonly #scope: Scope;
  readonly #rows: Rows;
  readonly #asItStands: LeafSink;

  constructor(scope: Scope, place: Place, header: Header, open: Open) {
    this.#scope = scope;
    this.#header = header;
    this.#rows = new Rows(scope, place, 'table', open);
    this.#asItStands = new LeafSink(scope, { ...place, told: this.#rows.told }, 'media', open);
  }

  write(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, from)) {
      this.#line(all.subarray(from, end));
      from = end + 1;
    }
    this.#isSkipping ||= all.length - from > HOLD;
    this.#rest = this.#isSkipping ? Buffer.alloc(0) : Buffer.from(all.subarray(from));
    this.#asItStands.write(bytes);
  }

  end(complete: boolean): void {
    if (this.#rest.length > 0) this.#line(this.#rest);
    this.#asItStands.end(complete);
  }

  #line(bytes: Buffer): void {
    const isWhole = !this.#isSkipping && this.#isPastHeader;
    this.#isSkipping = false;
    this.#isPastHeader = true;
    if (!isWhole || bytes.length === 0 || this.#scope.budget.isOver) return;
    const line = bytes.toString('utf8').trimEnd();
    const row = rowIn(line, this.#header);
    if (row) this.#rows.search(row);
    else this.#rows.searchLine(line);
  }
}

class InsertSink implements ByteSink {
  #held: Buffer[] = [];
  #length = 0;
  /** Once it is too long. */
  #leaf: LeafSink | null = null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: Open;

  constructor(scope: Scope, place: Place, open: Open) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
  }

  write(bytes: Buffer): void {
    if (this.#leaf) {
      this.#leaf.write(bytes);
      return;
    }
    this.#held.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#length > HOLD) this.#openLeaf(this.#place, 'text');
  }

  end(complete: boolean): void {
    const text = this.#leaf ? null : Buffer.concat(this.#held).toString('utf8');
    const inserted = text === null ? null : insertIn(text);
    if (inserted) {
      const rows = new Rows(this.#scope, this.#place, 'sql', this.#open);
      for (const row of inserted) if (!this.#scope.budget.isOver) rows.search(row);
      this.#openLeaf({ ...this.#place, told: rows.told }, 'media');
    } else if (!this.#leaf) this.#openLeaf(this.#place, 'text');
    this.#leaf!.end(complete);
  }

  #openLeaf(place: Place, format: 'text' | 'media'): void {
    this.#leaf = new LeafSink(this.#scope, place, format, this.#open);
    for (const bytes of this.#held) this.#leaf.write(bytes);
    this.#held = [];
  }
}

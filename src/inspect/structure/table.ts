/**
 * Tables in text, whose columns are named once: comma-, semicolon-, tab- or bar-separated values under a header (RFC 4180), and
 * SQL's `INSERT INTO t (imei, …) VALUES ('…', …)`.
 * Promise: a text is a table only when its first line is nothing but names, one of which tells something, so prose is none;
 * linear time.
 */
import { hintsFor } from '../../kinds/key-names.ts';

export interface Cell {
  name: string;
  text: string;
}

/** Longest header, and longest line that is taken apart. */
export const MOST_HEADER = 2048;
const LONGEST_NAME = 60;
const MOST_COLUMNS = 256;
const NAME = /^[A-Za-z_$][\w .$:/()-]{0,59}$/;
const DELIMITERS = [',', ';', '\t', '|'];
const INSERT = /^\s{0,8}(?:INSERT|REPLACE)\s[^()]{1,200}\(([^()]{3,4000})\)\s{0,8}VALUES\s{0,8}/i;
const TUPLE = /\(((?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|[^'"()])*)\)/g;
const ITEM = /\s*(?:'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g;

/** Of a header: what stands between its names, and the names. */
export interface Header {
  delimiter: string;
  names: readonly string[];
}

/** A name that says something by itself, of whatever kind. */
export function tells(name: string): boolean {
  return name.length <= LONGEST_NAME && hintsFor(name).some(({ group }) => group !== 'weak');
}

/** All of them may be names of columns, and one of them tells something. */
export function areNames(names: readonly string[]): boolean {
  return (
    names.length > 1 && names.length <= MOST_COLUMNS && names.every((name) => NAME.test(name)) && names.some(tells)
  );
}

/** The header that a line is; null for any other line. */
export function headerIn(line: string): Header | null {
  for (const delimiter of DELIMITERS) {
    if (!line.includes(delimiter)) continue;
    const names = cellsOf(line, delimiter);
    if (areNames(names)) return { delimiter, names };
  }
  return null;
}

/** A line of a table: its cells under their names; null for one with more or fewer cells than the header. */
export function rowIn(line: string, { delimiter, names }: Header): Cell[] | null {
  const cells = cellsOf(line, delimiter);
  return cells.length === names.length ? cells.map((text, at) => ({ name: names[at]!, text })) : null;
}

function cellsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter).map((cell) => cell.trim().replace(/^'(.*)'$/, '$1'));
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '"') {
      if (isQuoted && line[at + 1] === '"') cell += line[at++];
      else isQuoted = !isQuoted;
    } else if (char === delimiter && !isQuoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  cells.push(cell.trim());
  return cells;
}

/** The rows of an INSERT; null for any other text. */
export function insertIn(text: string): Cell[][] | null {
  const head = INSERT.exec(text);
  if (!head) return null;
  const names = (head[1] ?? '').split(',').map((name) => name.trim().replace(/^[`"[]|[`"\]]$/g, ''));
  if (!areNames(names)) return null;
  const rows: Cell[][] = [];
  for (const [, items = ''] of text.slice(head[0].length).matchAll(TUPLE)) {
    const row = valuesOf(items);
    if (row.length === names.length) rows.push(row.map((value, at) => ({ name: names[at]!, text: value })));
  }
  return rows;
}

function valuesOf(items: string): string[] {
  const out: string[] = [];
  for (const [whole, single, double, bare] of items.matchAll(ITEM)) {
    if (whole === '') break;
    out.push(single?.replaceAll("''", "'") ?? double ?? bare?.trim() ?? '');
  }
  return out;
}

const NEWLINE = 0x0a;
const COLUMN = new Uint8Array(256);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$ "\'-:/()')
  COLUMN[char.charCodeAt(0)] = 1;
for (const char of ',;\t|') COLUMN[char.charCodeAt(0)] = 2;

/** The cheap part of the question, for a text that is all there: a line of names, and more than that; or an INSERT. */
export function mayBeTable(bytes: Buffer, from: number, to: number): boolean {
  const first = bytes[from]! | 0x20;
  if (
    (first === 0x69 || first === 0x72) &&
    to - from > 30 &&
    /^(?:insert|replace)\s/i.test(bytes.toString('latin1', from, from + 8))
  )
    return true;
  // No name begins so: of ids and numbers most do.
  if (first >= 0x30 && first <= 0x39) return false;
  let separators = 0;
  const most = Math.min(to, from + MOST_HEADER);
  // A name is no longer: most texts end the question here.
  let limit = from + LONGEST_NAME + 3;
  for (let at = from; at < most; at++) {
    const kind = COLUMN[bytes[at]!]!;
    if (kind === 2) {
      separators++;
      limit = at + LONGEST_NAME + 3;
    } else if (at > limit) return false;
    else if (kind === 0) return separators > 0 && at + 2 < to && (bytes[at] === NEWLINE || bytes[at + 1] === NEWLINE);
  }
  return false;
}

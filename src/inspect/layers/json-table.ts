/**
 * Lists in JSON whose values are named in another list: `{"columns":["time","imei"],"rows":[[1,"…"]]}`, `{"fields":[…],"values":[…]}`,
 * columns as objects with a name each, and lists of names and values in turn (`["imei","…"]`).
 * Promise: only lists of as many values as there are names are taken for rows; nothing is kept of lists before there is one of names.
 */
import { areNames, tells } from '../structure/table.ts';

/** A cell, by its place in the document. */
export interface NamedCell {
  name: string;
  text: string;
  path: string;
}

/** Longer values are documents, and no cells. */
export const LONGEST_CELL = 256;
const MOST_CELLS = 256;
const LONGEST_NAME = 60;
const LETTER = /^[A-Za-z_$]/;

export class JsonTable {
  #list: number | null = null;
  #isTaken = false;
  #values: { text: string; path: string }[] = [];
  #names: readonly string[] | null = null;

  /**
   * One more value of a list; what the list before it was, once another one begins.
   */
  add(list: number, bytes: Buffer, from: number, to: number, path: () => string): NamedCell[] | null {
    const isNew = list !== this.#list;
    const before = isNew ? this.end() : null;
    if (isNew) {
      this.#list = list;
      // Numbers, of which most lists are, are no names.
      const first = bytes[from]! | 0x20;
      this.#isTaken = this.#names !== null || (first >= 0x61 && first <= 0x7a);
    }
    if (this.#isTaken && this.#values.length < MOST_CELLS)
      this.#values.push({ text: bytes.toString('utf8', from, Math.min(to, from + LONGEST_CELL)), path: path() });
    return before;
  }

  /** The list is over. */
  end(): NamedCell[] | null {
    const values = this.#values;
    this.#list = null;
    if (values.length === 0) return null;
    this.#values = [];
    const names = this.#names;
    const texts = values.map(({ text }) => text);
    if (areNames(texts) && texts.every((text) => text.length <= LONGEST_NAME)) {
      this.#names = texts;
      if (names?.length !== texts.length || texts.filter(tells).length > 1) return inTurn(values);
    }
    if (names?.length !== values.length) return inTurn(values);
    return values.map(({ text, path }, at) => ({ name: names[at]!, text, path }));
  }
}

/** Names and values in turn, of which one is a name that tells something. */
function inTurn(values: { text: string; path: string }[]): NamedCell[] | null {
  if (values.length % 2 !== 0) return null;
  const cells: NamedCell[] = [];
  for (let at = 0; at < values.length; at += 2) {
    const [name, value] = [values[at]!, values[at + 1]!];
    if (!LETTER.test(name.text)) return null;
    if (tells(name.text) && !tells(value.text) && /\d/.test(value.text))
      cells.push({ name: name.text, text: value.text, path: value.path });
  }
  return cells;
}

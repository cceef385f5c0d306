/** A report as plain blocks, before it is in any format. Every text in it may be hostile: formats escape, `shown` cleans. */

export type Block =
  | { type: 'title' | 'heading' | 'subheading' | 'verdict' | 'paragraph'; text: string }
  | { type: 'facts'; rows: [name: string, value: string][] }
  | { type: 'list' | 'steps'; items: string[] }
  /** `widths`: shares of the page, one for each column; without them, as the cells ask for. */
  | { type: 'table'; head: string[]; rows: string[][]; widths?: number[] }
  /** A drawing of our own (texts in it are escaped), and what it shows in words. */
  | { type: 'figure'; svg: string; text: string }
  | { type: 'page' };

export interface ReportDocument {
  language: 'en' | 'vi';
  title: string;
  /** Stands on every page; null: none. */
  mark: string | null;
  /** At the foot of every page that has one. */
  foot: string;
  blocks: Block[];
}

/** A cell is read by people: an address of a megabyte is cut. */
const MAX_TEXT = 300;

/** Without what moves a cursor, turns a line around or breaks a layout; such characters stand as their number. */
export function shown(text: string, most = MAX_TEXT): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, numbered);
}

/** A character that cannot be shown stands as its number. */
export const numbered = (char: string): string => `\\u{${char.codePointAt(0)?.toString(16)}}`;

/** A report as plain blocks, before it is in any format. Every text in it may be hostile: formats escape, `shown` cleans. */

export type Block =
  | { type: 'title' | 'heading' | 'subheading' | 'verdict' | 'paragraph'; text: string }
  | { type: 'facts'; rows: [name: string, value: string][] }
  | { type: 'list' | 'steps'; items: string[] }
  | { type: 'table'; head: string[]; rows: string[][] }
  | { type: 'page' };

export interface ReportDocument {
  language: 'en' | 'vi';
  title: string;
  /** Stands on every page; null: none. */
  mark: string | null;
  blocks: Block[];
}

/** A cell is read by people: an address of a megabyte is cut. */
const MAX_TEXT = 300;

/** Without what moves a cursor, turns a line around or breaks a layout; such characters stand as their number. */
export function shown(text: string, most = MAX_TEXT): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

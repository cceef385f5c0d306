/**
 * Text in terminal cells: wide characters, emoji flags and combining marks count as a terminal counts them.
 * Promise: `fitCells` returns exactly `width` cells and never cuts a grapheme; control characters never reach the terminal,
 * because host names and paths come from the phone and could otherwise move the cursor.
 */
import stringWidth from 'string-width';
import { clean } from '../formats/terminal.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;

/** Cells the text takes. */
export function cells(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** Exactly `width` cells: padded with blanks, or cut with `…`. */
export function fitCells(given: string, width: number): string {
  const text = clean(given);
  if (width <= 0) return '';
  const wide = cells(text);
  if (wide <= width) return text + ' '.repeat(width - wide);
  if (ASCII.test(text)) return `${text.slice(0, width - 1)}…`;
  const kept = headOf(text, width - 1);
  return `${kept}…${' '.repeat(width - 1 - cells(kept))}`;
}

/** As much of the beginning as fits into `width` cells. */
function headOf(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += cells(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept;
}

/** Cuts into lines of at most `width` cells, at blanks where there are any. */
export function wrap(given: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of clean(given).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cells(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (cells(line) > width) {
      const head = headOf(line, width);
      if (head === '') break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}

/** Regional indicators of an ISO 3166-1 code: two cells on terminals that know flags, the letters elsewhere. */
export function flag(country: string | null | undefined): string {
  if (!country || !/^[A-Z]{2}$/.test(country)) return '  ';
  return String.fromCodePoint(...[...country].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

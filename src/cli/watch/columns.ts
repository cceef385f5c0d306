/**
 * The table's columns for a terminal of a given width. Narrow terminals lose the least telling columns first.
 * The destination comes last, because terminals disagree on the width of a flag: so nothing behind it can be shifted.
 */

import { paint, SEVERITY_SGR } from '../../formats/terminal.ts';
import type { Alert } from '../../model/alert.ts';
import { fitCells } from '../terminal-text.ts';
import { words } from '../words.ts';
import { badge, how, phase, phone, secrecy, simulated, times, what, when, whereTo } from './cells.ts';

interface Column {
  name: 'time' | 'severity' | 'phone' | 'sim' | 'what' | 'how' | 'sent' | 'phase' | 'n' | 'to';
  /** Cells; the rest of the line goes to the last column. */
  width: number;
  /** Shown on terminals at least this wide. */
  from: number;
  text: (alert: Alert, now: number, width: number) => string;
  sgr?: (alert: Alert) => string | null;
}

const COLUMNS: Column[] = [
  { name: 'time', width: 8, from: 48, text: (a, now, width) => when(a.lastSeen, now, width), sgr: () => '2' },
  { name: 'severity', width: 8, from: 0, text: badge, sgr: (a) => SEVERITY_SGR[a.severity] },
  { name: 'phone', width: 12, from: 76, text: phone },
  { name: 'sim', width: 3, from: 38, text: simulated, sgr: () => '35' },
  { name: 'what', width: 20, from: 0, text: what, sgr: () => '1' },
  { name: 'how', width: 14, from: 112, text: how },
  { name: 'sent', width: 5, from: 60, text: secrecy, sgr: (a) => (a.flow?.encrypted ? '32' : '31') },
  { name: 'phase', width: 14, from: 134, text: phase },
  { name: 'n', width: 4, from: 66, text: times },
  { name: 'to', width: 0, from: 0, text: whereTo },
];

/** Flag, country, company and host; what is left over goes to the others. */
const DESTINATION_CELLS = 38;

export interface Layout {
  columns: number;
  shown: { column: Column; width: number }[];
}

/**
 * Widths that fill exactly `columns` cells; wide terminals widen what is cut most often.
 * @param hasSimulated some alert is of a replay or a test: only then there is a column that says so
 */
export function layout(columns: number, hasSimulated: boolean): Layout {
  const shown = COLUMNS.filter((column) => columns >= column.from && (hasSimulated || column.name !== 'sim')).map(
    (column) => ({ column, width: column.width }),
  );
  const last = shown.at(-1)!;
  let rest = columns - shown.reduce((sum, each) => sum + each.width + 1, -1);
  for (const [name, most] of [
    ['what', 5],
    ['phone', 6],
    ['how', 22],
    ['time', 3],
    ['phone', 8],
  ] as const) {
    const each = shown.find(({ column }) => column.name === name);
    const more = Math.max(0, Math.min(most, rest - DESTINATION_CELLS));
    if (!each) continue;
    each.width += more;
    rest -= more;
  }
  last.width = Math.max(0, rest);
  return { columns, shown };
}

export function headLine({ shown, columns }: Layout, colour: boolean): string {
  const line = shown.map(({ column, width }) => fitCells(words(`column.${column.name}`), width)).join(' ');
  return paint(fitCells(line, columns), '4', colour);
}

export interface RowLook {
  selected: boolean;
  colour: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

export function alertLine(alert: Alert, { shown, columns }: Layout, { selected, colour, now }: RowLook): string {
  const mark = selected && !colour ? '>' : ' ';
  // What is no identifier has a sentence in place of columns.
  const told = alert.identifier ? shown.length : shown.findIndex(({ column }) => column.name === 'what') + 1;
  const before = shown.slice(0, told).reduce((sum, { width }) => sum + width + 1, 0);
  const row = shown.slice(0, told).map(({ column, width }, index) => {
    const own = index === told - 1 && !alert.identifier ? columns - before + width + 1 : width;
    return { text: fitCells(column.text(alert, now, own), own), sgr: column.sgr?.(alert) ?? null };
  });
  if (selected) return paint(fitCells(row.map(({ text }) => text).join(mark), columns), '7', colour);
  return row.map(({ text, sgr }) => (sgr ? paint(text, sgr, colour) : text)).join(mark);
}

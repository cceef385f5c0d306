/**
 * What stands around a run: its own value without quotes, and the names and numbers beside it in the same record.
 * Promise: at most `REACH` characters each way are looked at, with bounded patterns, so the cost of one run is constant.
 */

import { effort } from '../../model/effort.ts';
import type { Kind } from '../../model/identifier.ts';
import { hintOf, type KeyHint } from '../key-names.ts';
import type { Run } from '../kind.ts';

/** A JSON record of a position, a cell or a text message is shorter than this. */
const REACH = 320;
/** Units of work (model/effort.ts): all names and numbers around a run, its record, the names in it. */
const PER_AREA = 1000;
const PER_RECORD = 150;
const PER_NAMES = 400;
/** A coordinate with all the digits of a double. */
const MAX_NUMBER = 24;
const KEYED =
  /([A-Za-z][A-Za-z0-9_.-]{0,30})["'\]]{0,2}\s{0,3}[:=>]\s{0,3}(?:<!\[CDATA\[)?["']?(-?[0-9A-Fa-f]{1,16}(?:\.\d{1,17})?)(?![0-9A-Za-z])/g;
/** Of a property list. */
const PLIST = /<key>([A-Za-z][\w.-]{0,30})<\/key>\s{0,20}<(?:real|string|integer)>(-?\d{1,16}(?:\.\d{1,17})?)(?=<)/g;
const NAMES = /(?:^|[{,;&<\s"'[|])([A-Za-z][A-Za-z0-9_-]{0,30})["']?\s{0,3}[:=]/g;

export interface Value {
  text: string;
  start: number;
  end: number;
}

/** The run without quotes and space around it; up to the closing quote when it stands in quotes. */
export function bareValue(run: Run): Value {
  let { start, end } = run;
  const quote = run.text.charAt(start - 1);
  if ((quote === '"' || quote === "'") && run.text.charAt(end) !== quote && run.text.charAt(end) !== '\\') {
    const closing = run.text.slice(end, end + REACH).indexOf(quote);
    // In JSON inside a string the quote is escaped.
    if (closing > 0) end += closing - (run.text.charAt(end + closing - 1) === '\\' ? 1 : 0);
  } else if (quote !== '"' && quote !== "'") {
    // `"cid":7509000}`: the record ends with the value.
    while (end > start && isUnopened(run.text, start, end - 1)) end--;
  }
  while (start < end && /["'\s]/.test(run.text.charAt(start))) start++;
  while (end > start && /["'\s]/.test(run.text.charAt(end - 1))) end--;
  return { text: run.text.slice(start, end), start, end };
}

/** Longest value that is read on without quotes. */
const MAX_FREE = 64;

/** As `bareValue`; without quotes up to the next delimiter, because a text beside a name may have blanks and apostrophes. */
export function freeValue(run: Run): Value {
  const value = bareValue(run);
  if (/["']/.test(run.text.charAt(run.start - 1)) || /["'\\]/.test(run.text.charAt(run.start))) return value;
  const rest = /^(?:(?!\]\]>)[^"{}<>;&|,\r\n\\])*/.exec(run.text.slice(value.end, value.end + MAX_FREE))?.[0] ?? '';
  // What goes on beyond is prose, not a value.
  if (rest.length === MAX_FREE || rest.trim() === '') return value;
  const end = value.end + rest.trimEnd().length;
  return { text: run.text.slice(value.start, end), start: value.start, end };
}

const OPENING: Record<string, string> = { '}': '{', ']': '[', ')': '(' };

/** A closing bracket at `at` whose opening one is not in the value. */
function isUnopened(text: string, start: number, at: number): boolean {
  const opening = OPENING[text.charAt(at)];
  return opening !== undefined && !text.slice(start, at).includes(opening);
}

export interface Sibling {
  text: string;
  hint: KeyHint;
  /** Where it stands in the run's text; null for another field of a form. */
  at: { start: number; end: number } | null;
}

/** Numbers beside names that hint at this kind, nearest first, then other fields; the run itself is not among them. */
export function siblings(run: Run, kind: Kind): Sibling[] {
  effort.units += PER_AREA;
  const from = Math.max(0, run.start - REACH);
  const area = run.text.slice(from, run.end + REACH);
  const found: (Sibling & { at: { start: number; end: number } })[] = [];
  for (const match of area.matchAll(KEYED)) {
    const [whole, key, text] = match;
    if (key === undefined || text === undefined) continue;
    const end = from + match.index + whole.length;
    const start = end - text.length;
    const hint = hintOf(key, kind);
    if (hint && (end <= run.start || start >= run.end)) found.push({ text, hint, at: { start, end } });
  }
  for (const match of area.includes('<key>') ? area.matchAll(PLIST) : []) {
    const [whole, key = '', text = ''] = match;
    const end = from + match.index + whole.length;
    const start = end - text.length;
    const hint = hintOf(key, kind);
    if (hint && (end <= run.start || start >= run.end)) found.push({ text, hint, at: { start, end } });
  }
  const distance = ({ at }: (typeof found)[number]): number =>
    at.start >= run.end ? at.start - run.end : run.start - at.end;
  return [...found.sort((a, b) => distance(a) - distance(b)), ...otherFields(run, kind)];
}

function otherFields(run: Run, kind: Kind): Sibling[] {
  return (run.fields ?? []).toReversed().flatMap(([name, text]) => {
    const hint = hintOf(name, kind);
    return hint && text.length <= MAX_NUMBER ? [{ text, hint, at: null }] : [];
  });
}

/** The record the run stands in: the braces, the tag or the lines around it, cut at `REACH`. */
export function recordText(run: Run): string {
  effort.units += PER_RECORD;
  const before = run.text.slice(Math.max(0, run.start - REACH), run.start);
  const after = run.text.slice(run.end, run.end + REACH);
  const open = Math.max(lastOpening(before, '{', '}'), before.lastIndexOf('<'));
  const close = firstClosing(after);
  return before.slice(open + 1) + run.text.slice(run.start, run.end) + after.slice(0, close);
}

/** Names of the fields in a record, lower case without separators. */
export function fieldNames(record: string): Set<string> {
  effort.units += PER_NAMES;
  const names = new Set<string>();
  for (const match of record.matchAll(NAMES)) names.add((match[1] ?? '').toLowerCase().replace(/[_-]/g, ''));
  return names;
}

function lastOpening(text: string, opening: string, closing: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const char = text.charAt(i);
    if (char === closing) depth++;
    else if (char === opening && depth-- === 0) return i;
  }
  return -1;
}

function firstClosing(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '{') depth++;
    else if (char === '}' && depth-- === 0) return i;
    else if (char === '>' && depth === 0) return i;
  }
  return text.length;
}

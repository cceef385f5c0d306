/**
 * Numbers as they stand in a run: `490154203237518`, or in groups, `49-015420-323751-8`.
 * Promise: spans never begin or end inside a longer number or word, and their count is bounded by the run's
 * 22 digits, so that judging a run takes constant time.
 */

import { effort } from '../../model/effort.ts';
import type { Kind } from '../../model/identifier.ts';
import { hintOf } from '../key-names.ts';
import type { Run } from '../kind.ts';

export interface DigitSpan {
  digits: string;
  start: number;
  end: number;
  /** Digits per group; one entry when written without separators. */
  groups: number[];
}

/** More digits than any kind has; a longer run is a table of numbers. */
const MAX_GROUPS = 24;
const PLAIN = /^\d+$/;
/** Units of work (model/effort.ts). */
const PER_RUN = 150;

/** Every way to read a number of `min` to `max` digits out of the run's neighbouring groups, longest first. */
export function digitSpans(run: Run, min: number, max: number): DigitSpan[] {
  const whole = run.text.slice(run.start, run.end);
  // As nearly all are written.
  if (PLAIN.test(whole)) {
    if (whole.length < min || whole.length > max) return [];
    return [{ digits: whole, start: run.start, end: run.end, groups: [whole.length] }];
  }
  effort.units += PER_RUN;
  const groups: DigitSpan[] = [];
  for (const match of whole.matchAll(/\d+/g)) {
    const start = run.start + match.index;
    groups.push({ digits: match[0], start, end: start + match[0].length, groups: [match[0].length] });
    if (groups.length > MAX_GROUPS) return [];
  }
  const spans: DigitSpan[] = [];
  for (let from = 0; from < groups.length; from++) {
    let digits = '';
    const sizes: number[] = [];
    for (let to = from; to < groups.length; to++) {
      const group = groups[to];
      const first = groups[from];
      if (!group || !first) break;
      // A letter between them makes it another number.
      if (to > from && !/^[^A-Za-z_]{1,3}$/.test(run.text.slice(groups[to - 1]?.end, group.start))) break;
      digits += group.digits;
      sizes.push(group.digits.length);
      if (digits.length > max) break;
      if (digits.length >= min) spans.push({ digits, start: first.start, end: group.end, groups: [...sizes] });
    }
  }
  return spans.sort((a, b) => b.digits.length - a.digits.length);
}

/** Neither neighbour continues the number or word: no letter, digit or decimal fraction beside it. */
export function standsAlone(text: string, start: number, end: number): boolean {
  return !joinsLeft(text, start) && !joinsRight(text, end);
}

/** As `standsAlone`, but a name of this kind may stand directly before it: `IMEI490154203237518`. */
export function standsAloneOrNamed(run: Run, start: number, end: number, kind: Kind): boolean {
  if (joinsRight(run.text, end)) return false;
  return !joinsLeft(run.text, start) || hintOf(gluedName(run.text, start), kind)?.group === 'strong';
}

/** Letters written directly before a value, or null. */
function gluedName(text: string, start: number): string | null {
  let from = start;
  while (from > 0 && start - from < 16 && /[A-Za-z]/.test(text.charAt(from - 1))) from--;
  return from === start ? null : text.slice(from, start);
}

function joinsLeft(text: string, start: number): boolean {
  const before = text.charAt(start - 1);
  if (/[A-Za-z0-9_]/.test(before)) return true;
  return before === '.' && /\d/.test(text.charAt(start - 2));
}

function joinsRight(text: string, end: number): boolean {
  const after = text.charAt(end);
  if (/[A-Za-z0-9_]/.test(after)) return true;
  return after === '.' && /\d/.test(text.charAt(end + 1));
}

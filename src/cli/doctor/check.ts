/** What the doctor says: one thing it looked at, and what to do about it. */

import { paint } from '../../formats/terminal.ts';
import type { Text } from '../../model/text.ts';
import { fitCells } from '../terminal-text.ts';
import { inWords, words } from '../words.ts';

export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** What to do; null when nothing is to be done. */
  advice: string | null;
  /** Both, of what the lab checks itself. */
  text?: { found: Text; advice: Text | null };
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found, advice: null });
export const warn = (name: string, found: string, advice: string): Check => ({ name, state: 'warn', found, advice });
export const fail = (name: string, found: string, advice: string): Check => ({ name, state: 'fail', found, advice });

export const DAY_MS = 86_400_000;

const SGR = { ok: '32', warn: '33', fail: '1;31' };

/** For people: one line per check, its advice below it. */
export function checkLines(checks: readonly Check[], colour: boolean): string[] {
  return checks.flatMap(({ name, state, text, ...plain }) => {
    const found = text ? inWords(text.found) : plain.found;
    const advice = text?.advice ? inWords(text.advice) : plain.advice;
    const line = `${paint(fitCells(words(`state.${state}`), 5), SGR[state], colour)}${name.padEnd(13)}${found}`;
    return advice ? [line, `${' '.repeat(18)}→ ${advice}`] : [line];
  });
}

/** How kinds say what they make of a value that an operator registers. No problem or warning contains the value. */
import { type PlainKey, text } from '../../model/text.ts';
import type { Checked } from '../kind.ts';

export const good = (value: string, warning: PlainKey | null = null): Checked => ({
  ok: true,
  value,
  warning: warning && text(warning),
});
export const bad = (problem: PlainKey): Checked => ({ ok: false, problem: text(problem) });

/** Shorter texts are found in any traffic by chance. */
const MIN_DISTINCTIVE = 5;

/** Any text; with a warning when it is so short that it is met by chance. */
export function anyText(given: string): Checked {
  const tooShort = [...given].length < MIN_DISTINCTIVE;
  return good(given, tooShort ? 'registered.short' : null);
}

/** Without the separators that people and labels put between digits. */
export const digitsOf = (text: string): string => text.replace(/[\s.\-/]/g, '');

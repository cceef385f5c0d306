/** How kinds say what they make of a value that an operator registers. No problem or warning contains the value. */
import type { Checked } from '../kind.ts';

export const good = (value: string, warning: string | null = null): Checked => ({ ok: true, value, warning });
export const bad = (problem: string): Checked => ({ ok: false, problem });

export const PLACEHOLDER = 'is a placeholder that every phone sends: remove it';

/** Shorter texts are found in any traffic by chance. */
const MIN_DISTINCTIVE = 5;

/** Any text; with a warning when it is so short that it is met by chance. */
export function anyText(text: string): Checked {
  const tooShort = [...text].length < MIN_DISTINCTIVE;
  return good(text, tooShort ? 'is so short that other traffic holds it by chance' : null);
}

/** Without the separators that people and labels put between digits. */
export const digitsOf = (text: string): string => text.replace(/[\s.\-/]/g, '');

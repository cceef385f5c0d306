/** How a text typed by a person may be written: composed or decomposed, without accents, with other white space. */
import type { Spelling } from '../kind.ts';
import { distinct, spelling } from './spelling.ts';

/** Letters that Unicode does not decompose but people replace. */
const PLAIN: Record<string, string> = {
  đ: 'd',
  Đ: 'D',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  ı: 'i',
};

/** `Nguyễn` → `Nguyen`. */
export function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐøØłŁßæÆı]/g, (letter) => PLAIN[letter] ?? letter);
}

/**
 * Spellings of one text. The search folds the case of ASCII letters only; other letters are therefore spelled in
 * upper and lower case as well.
 */
export function spellText(
  text: string,
  value: string,
  label: string,
  flags: { bounded?: boolean; hashed?: boolean } = {},
): Spelling[] {
  const collapsed = text.trim().replace(/\s+/gu, ' ');
  const forms: [string, string][] = [
    [collapsed.normalize('NFC'), label],
    [text.trim().normalize('NFC'), label],
    [collapsed.normalize('NFD'), `${label}, accents decomposed`],
    [withoutAccents(collapsed), `${label}, without accents`],
  ];
  const spelled: Spelling[] = [];
  for (const [form, name] of forms) {
    const ascii = /^[\x20-\x7e]*$/.test(form);
    for (const cased of ascii ? [form] : [form, form.toLowerCase(), form.toUpperCase()]) {
      spelled.push(spelling(cased, value, name, { anyCase: true, hashed: false, ...flags }));
      if (cased.includes(' ')) {
        // Word processors and keyboards put no-break spaces; messages are wrapped at spaces.
        spelled.push(
          spelling(cased.replaceAll(' ', '\u00a0'), value, `${name}, no-break spaces`, {
            anyCase: true,
            hashed: false,
          }),
        );
      }
    }
  }
  return distinct(spelled);
}

/** Shorter texts stand anywhere by accident; plant longer ones. */
const SHORTEST_PLANTED = 6;

/** A text the operator typed or copied: bounded while it is short, and hashed as it was typed. */
export function spellPlanted(text: string, label: string): Spelling[] {
  const trimmed = text.trim();
  if (trimmed.length < SHORTEST_PLANTED) return [];
  const flags = { bounded: trimmed.length < 12 };
  const whole = spelling(trimmed, trimmed, label, { ...flags, anyCase: true });
  return distinct([...spellText(trimmed, trimmed, label, flags), whole]);
}

/** Texts put into words. What a phone wrote comes in as a value and stays one: nothing in it is taken for a place or a key, or gives orders. */
import { createInstance } from 'i18next';
import { EN } from '../model/catalogue/en.ts';
import { VI } from '../model/catalogue/vi.ts';
import type { Text, TextValue } from '../model/text.ts';
import { countryName } from './country-names.ts';
import { numbered } from './filled.ts';
import { clean } from './terminal.ts';

/** The catalogues there are, by language. */
export const CATALOGUES: Record<string, Record<string, string>> = { en: EN, vi: VI };

const i18n = createInstance();
void i18n.init({
  lng: 'en',
  fallbackLng: 'en',
  initAsync: false,
  // Copies: words that are added later go into them.
  resources: Object.fromEntries(
    Object.entries(CATALOGUES).map(([language, words]) => [language, { translation: { ...words } }]),
  ),
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false, skipOnVariables: true },
});
i18n.services.formatter?.add('country', (code, language) => countryIn(String(code), language ?? 'en'));
i18n.services.formatter?.add('capital', (said) => `${String(said).charAt(0).toUpperCase()}${String(said).slice(1)}`);
i18n.services.formatter?.add('time', (iso) => localTime(String(iso)));
i18n.services.formatter?.add('of', (value, language, forms) => numbered(value, language ?? 'en', forms));

/** Words that only some programs say, beside the catalogues. */
export function addWords(language: string, words: Record<string, string>): void {
  i18n.addResources(language, 'translation', words);
}

export function say({ key, values }: Text, language = 'en'): string {
  const said = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sayValue(value, language)]));
  const { count } = values;
  return i18n.t(key, { lng: language, replace: said, ...(typeof count === 'number' ? { count } : {}) });
}

function sayValue(value: TextValue, language: string): string | number {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object') return value;
  if ('key' in value) return say(value, language);
  return value.map((item) => sayValue(item, language)).join('; ');
}

/** English from a table, because the first question to Node costs 6 MB; others by `Intl`. */
function countryIn(code: string, language: string): string {
  if (language === 'en') return countryName(code);
  try {
    return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** `2026-11-22 10:00:05`, on the clock of this machine. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

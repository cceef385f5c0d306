/** Sentences of the phone's pages in its language, which it names itself (`Accept-Language`) or the person chose (`?lang=`). */
import { parseAccept } from 'hono/utils/accept';
import { createInstance } from 'i18next';
import { SETUP_EN, type SetupKey } from '../model/catalogue/setup-en.ts';
import { SETUP_VI } from '../model/catalogue/setup-vi.ts';

export const PAGE_LANGUAGES = { en: 'English', vi: 'Tiếng Việt' } as const;
export type PageLanguage = keyof typeof PAGE_LANGUAGES;

export interface PageWords {
  language: PageLanguage;
  /** Plain text: to be escaped where it becomes HTML. */
  say(key: SetupKey, values?: Record<string, string | number>): string;
}

const i18n = createInstance();
void i18n.init({
  initAsync: false,
  resources: { en: { translation: SETUP_EN }, vi: { translation: SETUP_VI } },
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false, skipOnVariables: true },
});

export const wordsIn = (language: PageLanguage): PageWords => ({
  language,
  say: (key, values = {}) => i18n.t(key, { lng: language, replace: values }),
});

const isLanguage = (code: string | null): code is PageLanguage => code !== null && Object.hasOwn(PAGE_LANGUAGES, code);

/** `chosen` wins where it is one of the languages; then the first of the browser's that is; else English. */
export function languageOf(acceptLanguage: string, chosen: string | null = null): PageLanguage {
  if (isLanguage(chosen)) return chosen;
  return (
    parseAccept(acceptLanguage.slice(0, 200))
      .filter(({ q }) => q > 0)
      .map(({ type }) => type.slice(0, 2).toLowerCase())
      .find(isLanguage) ?? 'en'
  );
}

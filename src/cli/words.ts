/**
 * The terminal's own words. A command line speaks one language: `--lang`, else what the terminal is set to (LC_ALL, LC_MESSAGES,
 * LANG: the first that is set, POSIX 8.2), else English. Output for programs (`--json`) stays English, with keys.
 */
import { digestIn as digestInLanguage } from '../formats/digest-name.ts';
import { addWords, say } from '../formats/say.ts';
import { TERMINAL_EN, TERMINAL_VI } from '../model/catalogue/terminal.ts';
import type { PlainKeyOf, Text, TextKeyOf, ValuesOf } from '../model/text.ts';

export const LANGUAGES = ['en', 'vi'] as const;
export type Language = (typeof LANGUAGES)[number];

type Terminal = typeof TERMINAL_EN;
export type Word = TextKeyOf<Terminal>;
/** One without places. */
export type PlainWord = PlainKeyOf<Terminal>;

/** Keys of the lab's catalogues are others. */
const OWN = 'cli/';
for (const [language, catalogue] of Object.entries({ en: TERMINAL_EN, vi: TERMINAL_VI }))
  addWords(language, Object.fromEntries(Object.entries(catalogue).map(([key, said]) => [`${OWN}${key}`, said])));

let chosen: Language = 'en';

export const speak = (language: Language): void => {
  chosen = language;
};
export const spoken = (): Language => chosen;

const isLanguage = (name: string): name is Language => LANGUAGES.some((one) => one === name);

/** @param args a whole command line, which is not looked at further: it may be wrong */
export function languageFor(args: readonly string[], env: Record<string, string | undefined>): Language {
  const end = args.indexOf('--');
  const given = end < 0 ? args : args.slice(0, end);
  const at = given.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const asked = given[at]?.split('=')[1] ?? given[at + 1] ?? '';
  if (at >= 0 && isLanguage(asked)) return asked;
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return (
    LANGUAGES.find((one) => locale === one || (/^[_.@-]/.test(locale.slice(one.length)) && locale.startsWith(one))) ??
    'en'
  );
}

/** In the language of this command line; values may be texts of the lab. */
export function words<K extends Word>(key: K, ...[values]: ValuesOf<Terminal, K>): string {
  return say({ key: `${OWN}${key}`, values: values ?? {} }, chosen);
}

/** What the lab says, in the language of this command line. */
export const inWords = (text: Text): string => say(text, chosen);

/** How `evidence.hash` is called, in the language of this command line. */
export const digestIn = (hash: string): string => digestInLanguage(hash, chosen);

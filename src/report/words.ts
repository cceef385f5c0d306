/** Sentences of the report in its language. What a phone wrote comes in as a value and stays one. */
import { filled } from '../formats/filled.ts';
import { REPORT_EN, type ReportKey } from '../model/catalogue/report-en.ts';
import { REPORT_VI } from '../model/catalogue/report-vi.ts';
import { shown } from './document.ts';

export const REPORT_LANGUAGES = ['en', 'vi'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

export interface Words {
  language: ReportLanguage;
  say(key: ReportKey, values?: Record<string, string | number>): string;
  /** The same of a word that may be somebody's own, e.g. a phase: then it is returned as it is. */
  name(group: 'phase' | 'class' | 'marks', word: string): string;
  country(code: string): string;
  /** With one decimal place: `2.4`, `2,4`. */
  decimal(number: number): string;
}

export function wordsOf(language: ReportLanguage): Words {
  const catalogue: Record<string, string> = language === 'vi' ? REPORT_VI : REPORT_EN;
  const decimals = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const countries = new Intl.DisplayNames([language], { type: 'region', fallback: 'code' });
  return {
    language,
    say: (key, values = {}) => filled(catalogue[key] ?? key, values, language),
    name: (group, word) =>
      Object.hasOwn(catalogue, `${group}.${word}`) ? String(catalogue[`${group}.${word}`]) : word,
    decimal: (number) => decimals.format(number),
    country(code) {
      try {
        return countries.of(code) ?? code;
      } catch {
        return code;
      }
    },
  };
}

/** To the minute, as the report tells times. */
export const minute = (iso: string): string => shown(iso.slice(0, 16).replace('T', ' '));

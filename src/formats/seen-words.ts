/**
 * What a person sees and types, in the words that are stored: sentences lie in the store in English, and countries as codes. Of a
 * word of another language the pieces by which English sentences are known that hold the word in that language.
 * A word without marks stands for the same with marks, as people type Vietnamese.
 */

import type { Severity } from '../model/alert.ts';
import { PHASES_EN, PHASES_VI } from '../model/catalogue/phases.ts';
import { SEVERITIES_EN, SEVERITIES_VI } from '../model/catalogue/severities.ts';
import { SEVERITIES } from '../model/words.ts';
import { COUNTRY_CODES, countryName } from './country-names.ts';
import { CATALOGUES } from './say.ts';

/** Of findings' reasons, recordings, refusals, notes, the gateway and what was not looked into: no sentence of an alert holds them. */
const ELSEWHERE = /^(?:gateway|note|reason|refused|scan|unseen)\./;
const PLACE = /\{\{[^}]*\}\}/;
/** Less of an English sentence stands in every second one. */
const LEAST_LETTERS = 4;
/** Less of a country's name stands in every second one. */
const LEAST_NAMED = 3;
/** Stands in every name; `ý` is a word. */
const LETTER = /^[\x20-\x7e]?$/;

/**
 * A pattern that a stored English text fits when the same text, said in `language`, holds the word. The word itself is part of it:
 * names and addresses are the same in every language.
 */
export function patternOf(word: string, language: string): RegExp {
  const isIn = holding(word);
  const [english = {}, other = {}] = [CATALOGUES.en, CATALOGUES[language]];
  const sentences = Object.keys(other)
    .filter((key) => !ELSEWHERE.test(key) && (other[key] ?? '').split(PLACE).some(isIn))
    .map((key) => longest((english[key] ?? '').split(PLACE)))
    .filter((piece) => piece.replace(/[^a-z]/gi, '').length >= LEAST_LETTERS)
    .map(RegExp.escape);
  const countries = codesNamed(word, language).map((code) => RegExp.escape(countryName(code)));
  const phases = phasesNamed(word, language).map((phase) => `"${RegExp.escape(phase)}"`);
  return new RegExp([...new Set([RegExp.escape(word), ...sentences, ...countries, ...phases])].join('|'), 'i');
}

/** Usual phases and marks of test runs of whose name in `language` the word is a part, as they are stored. */
function phasesNamed(word: string, language: string): string[] {
  if (LETTER.test(word)) return [];
  const isIn = holding(word);
  const names: Record<string, string> = language === 'vi' ? PHASES_VI : PHASES_EN;
  return Object.keys(names)
    .filter((key) => isIn(names[key] ?? ''))
    .map((key) => key.slice('phase.'.length));
}

/** Severities of whose name in `language` the word is a part. */
export function severitiesNamed(word: string, language: string): Severity[] {
  if (LETTER.test(word)) return [];
  const isIn = holding(word);
  const names = language === 'vi' ? SEVERITIES_VI : SEVERITIES_EN;
  return SEVERITIES.filter((severity) => isIn(names[`severity.${severity}`]));
}

/** Countries of whose name in `language` the word is a part, ISO 3166-1 alpha-2; none for less than three letters. */
export function codesNamed(word: string, language: string): string[] {
  if (word.length < LEAST_NAMED) return [];
  const isIn = holding(word);
  const names = language === 'en' ? { of: countryName } : new Intl.DisplayNames(language, { type: 'region' });
  return COUNTRY_CODES.filter((code) => isIn(names.of(code) ?? ''));
}

const longest = (pieces: readonly string[]): string =>
  pieces.reduce((one, other) => (other.length > one.length ? other : one), '');

/** Whether a text holds the word, as people type it. */
export function holding(word: string): (text: string) => boolean {
  const plain = (text: string): string => text.normalize('NFC').toLowerCase();
  const bare = (text: string): string => plain(text).normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd');
  const form = bare(word) === plain(word) ? bare : plain;
  const wanted = form(word);
  return (text) => form(text).includes(wanted);
}

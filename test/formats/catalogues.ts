/** What holds of every catalogue of sentences: nothing is missing in a language, left in another one, or said by nobody. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Catalogue = Record<string, string>;

const SRC = join(import.meta.dirname, '../../src');

const places = (sentence: string): string[] =>
  [...sentence.matchAll(/\{\{([^},]+)/g)].map(([, name = '']) => name).toSorted();
/** `bytes_one` and `bytes_other` are two forms of `bytes`. */
const whole = (key: string): string => key.replace(/_(?:zero|one|two|few|many|other)$/, '');

/** Keys of English that the other has not, keys it has besides, and sentences with other places. */
export function differences(english: Catalogue, other: Catalogue): string[] {
  // The last of the forms of one key is that of many: only it has to say how many.
  const wanted = new Map(Object.entries(english).map(([key, sentence]) => [whole(key), places(sentence)]));
  const counted = (names: string[], key: string) =>
    (key === whole(key) ? names : names.filter((name) => name !== 'count')).join();
  const keys = new Set(Object.keys(other).map(whole));
  return [
    ...[...wanted.keys()].filter((key) => !keys.has(key)),
    ...Object.entries(other)
      .filter(([key, sentence]) => counted(places(sentence), key) !== counted(wanted.get(whole(key)) ?? ['?'], key))
      .map(([key]) => key),
  ];
}

/** Sentences that are the same in both, but for those of places and marks alone. */
export function leftInEnglish(english: Catalogue, other: Catalogue): string[] {
  const SAME = /^(?:\{\{\w+(?:, \w+)?\}\}|[^\p{L}])*$/u;
  return Object.entries(other)
    .filter(([key, said]) => said === english[key] && !SAME.test(said))
    .map(([key]) => key);
}

/** Keys that stand nowhere in the code, whole or made of a first part and a name. */
export function unsaid(english: Catalogue): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('model/catalogue'),
  );
  const code = files.map((name) => readFileSync(join(SRC, name), 'utf8')).join('\n');
  const isSaid = (key: string): boolean =>
    code.includes(`'${key}'`) ||
    code.includes(`\`${key.replace(/\.[^.]+$/, '')}.\${`) ||
    // Kinds name their reasons and spellings without what is before them.
    code.includes(`'${key.replace(/^(?:reason|spelling|detail)\./, '')}'`);
  return [...new Set(Object.keys(english).map(whole))].filter((key) => !isSaid(key));
}

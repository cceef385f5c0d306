/** A number of one takes the noun of one: every sentence of every catalogue is said with 1 in each of its places. */
import { describe, expect, it } from 'vitest';
import { WORDS } from '../../dashboard/src/words.ts';
import { filled } from '../../src/formats/filled.ts';
import { addWords, CATALOGUES, say } from '../../src/formats/say.ts';
import { COMPARE_EN } from '../../src/model/catalogue/compare-en.ts';
import { NOTIFY_EN } from '../../src/model/catalogue/notify-en.ts';
import { PLAN_WORDS } from '../../src/model/catalogue/plan-words.ts';
import { REPORT_EN } from '../../src/model/catalogue/report-en.ts';
import { SETUP_EN } from '../../src/model/catalogue/setup-en.ts';
import { TERMINAL_EN } from '../../src/model/catalogue/terminal.ts';

/** What ends in `s` beside a name, and is no noun: `1 holds a certificate`. A rate is no count. */
const NO_PLURAL = new Set(
  'answers as asks belongs bits contacts counts does drops ends fits follows goes has holds insists is knows leads listens looks names needs opens refuses reports sends shows signs stands stays takes tells trusts waits was'.split(
    ' ',
  ),
);
const WRONG = /\b1 (?:(?:more|new|earlier|different) )?([a-z]+s)\b/g;

function wrongIn(said: string): string[] {
  return [...said.matchAll(WRONG)].filter(([, noun = '']) => !NO_PLURAL.has(noun)).map(([all]) => all);
}

const placesOf = (sentence: string): string[] =>
  [...sentence.matchAll(/\{\{(\w+)[^}]*\}\}/g)].map(([, name = '']) => name);
const ones = (sentence: string): Record<string, number> =>
  Object.fromEntries(placesOf(sentence).map((name) => [name, 1]));

/** `_one` and `_other` are chosen by the count. */
const whole = (key: string): string => key.replace(/_(?:one|other)$/, '');

const saidWithOne = (catalogue: Readonly<Record<string, string>>, saying: (key: string) => string): string[] =>
  Object.keys(catalogue).flatMap((key) => wrongIn(saying(key)).map((wrong) => `${key}: ${wrong}`));

describe('a number beside its noun', () => {
  it('is told apart from a number beside another word', () => {
    expect(wrongIn('1 alerts, 1 more servers, 1 alert is here')).toEqual(['1 alerts', '1 more servers']);
    expect(wrongIn('1 alert, 11 alerts, 21 more of them')).toEqual([]);
  });

  it('takes the form of one, and of many, in both ways a catalogue is said', () => {
    const sentence = '{{alerts, of(one: alert is; other: alerts are)}} kept in {{place}}';
    addWords('en', { 'test/of': sentence });
    for (const [alerts, said] of [
      [1, '1 alert is kept in {{x}}'],
      [2, '2 alerts are kept in {{x}}'],
      ['1,234', '1,234 alerts are kept in {{x}}'],
    ] as const) {
      expect(filled(sentence, { alerts, place: '{{x}}' }, 'en')).toBe(said);
      expect(say({ key: 'test/of', values: { alerts, place: '{{x}}' } })).toBe(said);
    }
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['what the lab says', CATALOGUES.en ?? {}],
    ['the terminal', TERMINAL_EN],
    ['pages of phones', SETUP_EN],
  ])('is one in %s', (name, catalogue) => {
    const own = `${name}/`;
    addWords('en', Object.fromEntries(Object.entries(catalogue).map(([key, said]) => [`${own}${key}`, said])));
    const saying = (key: string): string => say({ key: `${own}${whole(key)}`, values: ones(catalogue[key] ?? '') });
    expect(saidWithOne(catalogue, saying)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['reports', REPORT_EN],
    ['comparisons', COMPARE_EN],
    ['messages', NOTIFY_EN],
  ])('is one in %s', (_name, catalogue) => {
    expect(saidWithOne(catalogue, (key) => filled(catalogue[key] ?? '', ones(catalogue[key] ?? ''), 'en'))).toEqual([]);
  });

  it('is one in the dashboard and in plans', () => {
    const one = (sentence: string): string =>
      sentence.replaceAll(/\{\w+(?:\|([^|}]*)\|[^|}]*)?\}/g, (_, noun) => (noun === undefined ? '1' : `1 ${noun}`));
    const words = Object.fromEntries(Object.entries(WORDS.en).filter(([key]) => !key.endsWith('_other')));
    expect(saidWithOne(words, (key) => one(words[key] ?? ''))).toEqual([]);
    expect([PLAN_WORDS.en.steps(1), PLAN_WORDS.en.steps(2), wrongIn(PLAN_WORDS.en.left('1 h', 1))]).toEqual([
      '1 step',
      '2 steps',
      [],
    ]);
  });
});

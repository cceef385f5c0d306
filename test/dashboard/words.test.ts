/** What the dashboard says: the same keys and the same places in both languages, and nothing left in the other one. */
import { afterEach, expect, it } from 'vitest';
import { country, language, nounOf, share, t, tn, WORDS, type Word } from '../../dashboard/src/words.ts';
import { KINDS } from '../../src/model/kinds.ts';

const placesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)[^}]*\}/g)].map(([, name = '']) => name).sort();

afterEach(() => {
  language.value = 'en';
});

it.each(Object.keys(WORDS.en) as Word[])('%s has the same places in Vietnamese', (word) => {
  expect(WORDS.vi[word]).toBeTypeOf('string');
  expect(placesOf(WORDS.vi[word])).toEqual(placesOf(WORDS.en[word]));
});

it('translates every sentence: only names and marks are the same in both', () => {
  const same = (Object.keys(WORDS.en) as Word[]).filter((word) => WORDS.vi[word] === WORDS.en[word]);
  expect(same).toEqual(['title', 'verdict.more', 'alert.times', 'form.imsi']);
});

it('has a Vietnamese noun for every kind', () => {
  const english = new Map(KINDS.map((kind) => [kind, nounOf(kind)]));
  language.value = 'vi';
  expect(KINDS.filter((kind) => nounOf(kind) === english.get(kind))).toEqual([]);
});

it('says numbers, shares and countries as the language does', () => {
  expect([tn('live.count', 1), tn('live.count', 1234), share(0.825), country('CN')]).toEqual([
    '1 alert',
    '1,234 alerts',
    '83%',
    'China',
  ]);
  language.value = 'vi';
  expect([tn('live.count', 1234), country('CN'), country(null)]).toEqual(['1.234 cảnh báo', 'Trung Quốc', null]);
  expect(t('lab.signed-in', { role: t('role.viewer') })).toBe('Đăng nhập với vai trò người xem');
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUES, say } from '../../src/formats/say.ts';
import { type Text, text } from '../../src/model/text.ts';
import { KINDS, TRUST_TESTS } from '../../src/model/words.ts';

const SRC = join(import.meta.dirname, '../../src');
const english = CATALOGUES.en ?? {};
const places = (sentence: string): string[] =>
  [...sentence.matchAll(/\{\{([^},]+)/g)].map(([, name = '']) => name).toSorted();
/** `bytes_one` and `bytes_other` are two forms of `bytes`. */
const whole = (key: string): string => key.replace(/_(?:zero|one|two|few|many|other)$/, '');

describe('a text', () => {
  it('is put into words with its values, texts among them', () => {
    const receiver = text('receiver.of-in', { name: 'China Telecom', home: 'CN', server: 'HK' });
    expect(say(text('leak.sent', { receiver }))).toBe('went to China Telecom (China; server in Hong Kong SAR China)');
  });

  it('is put into Vietnamese, countries and kinds too, its first letter a capital', () => {
    const receiver = text('receiver.of', { name: 'China Telecom', home: 'CN' });
    const leak = text('leak', {
      what: text('leak.certain', { kind: text('kind.imei'), phone: 'Nokia 7 Plus' }),
      way: text('leak.sent', { receiver }),
      spelling: '',
      when: '',
      protection: text('leak.clear'),
    });
    expect(say(leak, 'vi')).toBe(
      'Số IMEI của Nokia 7 Plus đã gửi đến China Telecom (Trung Quốc), không mã hoá: ai trên đường truyền cũng đọc được.',
    );
    expect(say(text('coverage.failed', { count: 2, names: 'A; B' }), 'vi')).toContain(' 2 ứng dụng không kết nối được');
  });

  it('takes nothing in a value for a place, a key or a form', () => {
    const name = '$t(leak.clear) {{phone}} <b>&amp;';
    expect(say(text('app.probably', { name }))).toBe(`An app (probably ${name})`);
  });
});

describe('the catalogues', () => {
  it('English has every kind and every test by name', () => {
    for (const kind of KINDS) expect(english, kind).toHaveProperty([`kind.${kind}`]);
    for (const test of TRUST_TESTS) expect(english, test).toHaveProperty([`trust-test.${test}`]);
  });

  it('every language has the keys of English, with the same places', () => {
    // The last of the forms of one key is that of many: only it has to say how many.
    const wanted = new Map(Object.entries(english).map(([key, sentence]) => [whole(key), places(sentence)]));
    const counted = (names: string[], key: string) =>
      key === whole(key) ? names : names.filter((name) => name !== 'count');
    for (const [language, catalogue] of Object.entries(CATALOGUES)) {
      const keys = new Set(Object.keys(catalogue).map(whole));
      expect(
        [...wanted.keys()].filter((key) => !keys.has(key)),
        `missing in ${language}`,
      ).toEqual([]);
      for (const [key, sentence] of Object.entries(catalogue))
        expect(counted(places(sentence), key), `${language} ${key}`).toEqual(
          counted(wanted.get(whole(key)) ?? [], key),
        );
    }
  });

  it('Vietnamese has no sentence left in English', () => {
    const SAME = /^(?:\{\{\w+(?:, \w+)?\}\}|[\s().,;:])*$/;
    const left = Object.entries(CATALOGUES.vi ?? {}).filter(([key, said]) => said === english[key] && !SAME.test(said));
    expect(left).toEqual([]);
  });

  it('hold no sentence that nobody says', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('model/catalogue'),
    );
    const code = files.map((name) => readFileSync(join(SRC, name), 'utf8')).join('\n');
    const said = (key: string): boolean =>
      code.includes(`'${key}'`) ||
      code.includes(`\`${key.replace(/\.[^.]+$/, '')}.\${`) ||
      // Kinds name their reasons and spellings without what is before them.
      code.includes(`'${key.replace(/^(?:reason|spelling)\./, '')}'`);
    expect([...new Set(Object.keys(english).map(whole))].filter((key) => !said(key))).toEqual([]);
  });

  it('a key that is missing is seen: the key stands in place of the sentence', () => {
    const unheard: Text = { key: 'nobody.said.this', values: {} };
    expect(say(unheard)).toBe('nobody.said.this');
  });
});

import { describe, expect, it } from 'vitest';
import { CATALOGUES, say } from '../../src/formats/say.ts';
import { type Text, text } from '../../src/model/text.ts';
import { KINDS, TRUST_TESTS } from '../../src/model/words.ts';
import { differences, leftInEnglish, unsaid } from './catalogues.ts';

const english = CATALOGUES.en ?? {};
const vietnamese = CATALOGUES.vi ?? {};

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

  it('Vietnamese has the keys of English, with the same places', () => {
    expect(differences(english, vietnamese)).toEqual([]);
  });

  it('Vietnamese has no sentence left in English', () => {
    expect(leftInEnglish(english, vietnamese)).toEqual([]);
  });

  it('hold no sentence that nobody says', () => {
    expect(unsaid(english)).toEqual([]);
  });

  it('are held together by checks that see a key that is missing, a lost place and a sentence in English', () => {
    const given = { here: 'It is {{where}}.', 'went.away': 'It went.', same: 'It stays.' };
    expect(differences(given, { here: 'Nó ở {{đâu}}.', same: 'It stays.' })).toEqual(['went.away', 'here']);
    expect(leftInEnglish(given, { same: 'It stays.' })).toEqual(['same']);
    expect(unsaid(given)).toContain('went.away');
  });

  it('a key that is missing is seen: the key stands in place of the sentence', () => {
    const unheard: Text = { key: 'nobody.said.this', values: {} };
    expect(say(unheard)).toBe('nobody.said.this');
  });
});

import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { fitCells, flag, wrap } from '../../src/cli/terminal-text.ts';
import { clean, cleanLines, jsonLine } from '../../src/formats/terminal.ts';

describe('fitCells', () => {
  it.each([
    ['shorter text is padded', 'imei', 6, 'imei  '],
    ['longer text is cut with a mark', 'zzhc.vnet.cn', 6, 'zzhc.…'],
    ['a wide character is never halved', '小米科技', 4, '小… '],
    ['a flag is one thing', `${flag('CN')} CN`, 3, `${flag('CN')}…`],
    ['a combining mark stays with its letter', 'Nguye\u0302\u0303n', 5, 'Nguy…'],
    ['nothing fits into nothing', 'x', 0, ''],
  ])('%s', (_name, text, width, expected) => {
    expect(fitCells(text, width)).toBe(expected);
  });

  it('takes exactly the given cells, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 60 }), (text, width) => {
        expect(stringWidth(fitCells(text, width))).toBe(width);
      }),
    );
  });
});

/** What must be in no output. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udc7f]/;

describe('clean', () => {
  it.each([
    ['a title', '\u001b]0;x\u0007', '·]0;x·'],
    ['a zero-width space', 'a\u200bb', 'a·b'],
    ['a direction', '\u202egnp.exe', '·gnp.exe'],
    ['a tag', 'a\u{e0041}b', 'a·b'],
    ['a flag stays', flag('VN'), flag('VN')],
  ])('%s', (_name, text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it('lets nothing through that could move the cursor or hide text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(clean(text)).not.toMatch(UNSEEN);
      }),
    );
  });

  it('keeps the ends of lines and colours of what is several lines, and nothing else', () => {
    expect(cleanLines('\u001b[1;31ma\u001b[0m\nb\u001b]0;x\u0007\r\u001b[2J')).toBe(
      '\u001b[1;31ma\u001b[0m\nb·]0;x···[2J',
    );
  });
});

describe('one line of JSON', () => {
  it('a separator of lines in a path ended the line for readers such as Node’s readline', () => {
    expect(jsonLine({ path: '$.a\u2028b' })).toBe('{"path":"$.a\\u2028b"}');
  });

  it('means what was said, and holds nothing that could move the cursor or hide text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = jsonLine({ [text]: `${text}\u2029\u{e0041}` });
        expect(line).not.toMatch(UNSEEN);
        expect(JSON.parse(line)).toEqual({ [text]: `${text}\u2029\u{e0041}` });
      }),
    );
  });
});

describe('wrap', () => {
  it('keeps every line within the width and loses no word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zå-ö小]{1,12}$/), { maxLength: 20 }),
        fc.integer({ min: 4, max: 40 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width);
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        },
      ),
    );
  });
});

import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { fitCells, flag, wrap } from '../../src/cli/terminal-text.ts';
import { clean } from '../../src/formats/terminal.ts';

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

describe('clean', () => {
  it('lets nothing through that could move the cursor or hide text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(clean(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
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

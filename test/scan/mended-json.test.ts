import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mendJson } from '../../src/scan/mended-json.ts';

const mended = (text: string): unknown => JSON.parse(mendJson(text)) as unknown;

describe('JSON that is none', () => {
  it.each([
    ['NaN and the like', '{"a":NaN,"b":-Infinity,"c":undefined,"d":1}', { a: null, b: null, c: null, d: 1 }],
    ["Python's words", '{"a":None,"b":True,"c":[False]}', { a: null, b: true, c: [false] }],
    ['commas too many', '{"a":[1,,2,],,"b":{"c":3,},}', { a: [1, 2], b: { c: 3 } }],
    ['commas too few', '{"a":1 "b":[1 2]}', { a: 1, b: [1, 2] }],
    ['a line break in a text', '{"a":"x\ny\tz"}', { a: 'x\ny\tz' }],
    ['an escape that JSON does not know', '{"a":"C:\\x \\q \\u12"}', { a: 'C:\\x \\q \\u12' }],
    ['comments', '{/* one */"a":1, // two\n"b":2}', { a: 1, b: 2 }],
    ['keys without quotes', '{a:1,b_2:"x"}', { a: 1, b_2: 'x' }],
    ['numbers of another language', '{"a":+1,"b":0x1f,"c":.5}', { a: '+1', b: '0x1f', c: '.5' }],
    ['an end in a text', '{"a":1,"b":"imei=4901', { a: 1, b: 'imei=4901' }],
    ['an end in an escape', '{"a":"x\\', { a: 'x\\' }],
    ['an end in a key', '{"a":1,"b', { a: 1, b: null }],
    ['an end behind a colon', '{"a":{"b":', { a: { b: null } }],
    ['an end behind a comma', '{"a":[1,', { a: [1] }],
  ])('%s is mended', (_what, text, expected) => {
    expect(mended(text)).toEqual(expected);
  });

  it.each(['{"a":1]', '{]', 'a:b', '{"a"::1}'])('beyond mending stays broken: %s', (text) => {
    expect(() => mended(text)).toThrow();
  });

  it('that is valid keeps its meaning', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        expect(mended(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('that is any beginning of an object can be read', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        expect(typeof mended(text.slice(0, 1 + (cut % text.length)))).toBe('object');
      }),
    );
  });

  it.each(['"', '\\', '\\"', '{', '[', ',', '/*', "'", '"a" ', '{"a":', '\n'])(
    'takes no longer than it must for much of %j',
    (piece) => {
      const text = `{"a":"${piece.repeat(200_000)}`;
      // A mender that looks back over all of it would take minutes.
      expect(mendJson(text).length).toBeGreaterThan(0);
    },
  );
});

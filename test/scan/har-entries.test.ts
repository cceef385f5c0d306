import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHarEntries } from '../../src/scan/har/entries.ts';

function cut(chunks: Buffer[], maxBytes?: number): { items: unknown[]; state: string } {
  const entries = createHarEntries(maxBytes);
  const pieces: Buffer[] = [];
  const items = chunks
    .flatMap((chunk) => entries.push(chunk))
    .flatMap((item) => {
      if (Buffer.isBuffer(item)) return [JSON.parse(item.toString()) as unknown];
      if ('tlsError' in item) return [];
      pieces.push(item.piece);
      return item.isLast ? [Buffer.concat(pieces.splice(0)).toString()] : [];
    });
  return { items, state: entries.state() };
}
const whole = (text: string, maxBytes?: number) => cut([Buffer.from(text)], maxBytes);

describe('the entries of a HAR', () => {
  it('are found by their place only, whatever stands around them and in them', () => {
    const hostile = { text: 'a"b\\"}],{[\\\\', more: [{ entries: [{ log: 1 }] }], '\\': '"' };
    const har = {
      first: [1, { entries: [{ not: 'this' }] }],
      log: { pages: [{ id: '"entries":[{' }], entries: [hostile, {}], after: { entries: [{ nor: 'this' }] } },
      entries: [{ nor: 'that' }],
    };
    for (const indent of [0, 2])
      expect(whole(JSON.stringify(har, null, indent))).toEqual({ items: [hostile, {}], state: 'ended' });
  });

  it('are the same however the file is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.object(), { maxLength: 5 }),
        fc.array(fc.nat(1000), { maxLength: 20 }),
        fc.jsonValue(),
        (items, cuts, other) => {
          const bytes = Buffer.from(JSON.stringify({ other, log: { other, entries: items, last: other } }));
          const places = [...new Set(cuts.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b);
          const chunks = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
          expect(cut(chunks)).toEqual({ items: JSON.parse(JSON.stringify(items)) as unknown, state: 'ended' });
        },
      ),
    );
  });

  it('come out byte by byte as well, escaped quotes at every edge', () => {
    const entry = { a: '\\"\\\\"', 'b\\': '\\' };
    const bytes = Buffer.from(JSON.stringify({ log: { entries: [entry, entry] } }));
    expect(cut([...bytes].map((byte) => Buffer.from([byte])))).toEqual({ items: [entry, entry], state: 'ended' });
  });

  it.each([
    ['a comma in place of an entry', '{"log":{"entries":[{},,{}]}}', 'broken'],
    ['brackets that do not match', '{"log":{"entries":[{}}]}', 'broken'],
    ['two values without a comma', '{"log":{"entries":[{}{}]}}', 'broken'],
    ['something behind the end', '{"log":{"entries":[]}} }', 'broken'],
    ['a second document that does not end', '{"log":{"entries":[]}} {', 'in-the-middle'],
    ['a comma too many', '{"log":{"entries":[{},],},}', 'ended'],
    ['no JSON at all', 'garbage', 'broken'],
    ['an end in a string', '{"log":{"entries":[{"a":"', 'in-the-middle'],
    ['an end after an entry', '{"log":{"entries":[{}', 'in-the-middle'],
    ['nothing', '', 'in-the-middle'],
  ])('%s is noticed', (_what, text, state) => {
    expect(whole(text).state).toBe(state);
  });

  it('that are too large come in pieces, whole together, and those after them are read', () => {
    const large = { a: 'x'.repeat(100) };
    const text = JSON.stringify({ log: { entries: [large, { b: 1 }] } });
    const expected = [JSON.stringify(large), { b: 1 }];
    expect(whole(text, 50)).toEqual({ items: expected, state: 'ended' });
    for (let at = 0; at < text.length; at++)
      expect(cut([Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at))], 50).items).toEqual(expected);
  });

  it('never throw, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const entries = createHarEntries();
        for (const chunk of chunks) expect(() => entries.push(Buffer.from(chunk))).not.toThrow();
      }),
    );
  });
});

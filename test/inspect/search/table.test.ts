/** The multi-pattern search must find exactly what a search for one value after another finds. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, type Needle, search } from '../../../src/inspect/search/table.ts';

const fold = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').toLowerCase();

function plainSearch(needles: Needle[], bytes: Buffer): string[] {
  return needles.flatMap((needle, index) => {
    const hits: string[] = [];
    for (let start = 0; start + needle.bytes.length <= bytes.length; start++) {
      const there = bytes.subarray(start, start + needle.bytes.length);
      const isHit = needle.fold ? fold(there) === fold(needle.bytes) : there.equals(needle.bytes);
      if (isHit) hits.push(`${index} ${start}`);
    }
    return hits;
  });
}

function tableSearch(needles: Needle[], bytes: Buffer): string[] {
  const hits: string[] = [];
  const table = compile(needles);
  if (table) search(table, bytes, 0, bytes.length, (index, start) => hits.push(`${index} ${start}`));
  return hits;
}

describe('the shift table', () => {
  // Few letters, so that needles overlap, repeat and nearly match.
  const text = (min: number, max: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '1', '\0', '\u00ff', ' '), minLength: min, maxLength: max });

  it.each([
    ['short', 4, 7],
    ['long', 8, 40],
    ['mixed', 4, 40],
  ])('finds exactly what plain searches find, for %s needles', (_name, min, max) => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ bytes: text(min, max).map((value) => Buffer.from(value, 'latin1')), fold: fc.boolean() }),
          { maxLength: 12 },
        ),
        fc.array(text(0, 30), { maxLength: 8 }),
        fc.array(fc.nat(11), { maxLength: 6 }),
        (needles, fillers, picks) => {
          const parts = fillers.map((filler) => Buffer.from(filler, 'latin1'));
          for (const pick of picks) if (needles[pick]) parts.splice(pick, 0, needles[pick].bytes);
          const bytes = Buffer.concat(parts);
          expect(tableSearch(needles, bytes).sort()).toEqual(plainSearch(needles, bytes).sort());
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds needles at every place, also where every byte begins one', () => {
    const needles = [{ bytes: Buffer.from('aaaa'), fold: false }];
    for (const length of [4, 515, 516, 517, 2000]) {
      const hits = tableSearch(needles, Buffer.alloc(length, 'a'));
      expect(hits).toEqual(Array.from({ length: length - 3 }, (_, start) => `0 ${start}`));
    }
  });

  it('finds exactly those of 60,000 digests that are there', () => {
    const digest = (i: number): string => createHash('md5').update(String(i)).digest('hex').slice(0, 16);
    const needles = Array.from({ length: 60_000 }, (_, i) => ({ bytes: Buffer.from(digest(i)), fold: i % 2 === 0 }));
    const table = compile(needles)!;
    expect(table.block).toBe(6);
    const sent = [0, 1, 59_999, 7, 60_001, 31_313];
    const text = sent.map((i) => `"id":"${digest(i)}","x":"${digest(i + 100_000)}"`).join(',');
    for (const bytes of [Buffer.from(text), Buffer.from(text + ' '.repeat(3000)), Buffer.from(text.toUpperCase())]) {
      const hits: [number, number][] = [];
      search(table, bytes, 0, bytes.length, (index, start) => hits.push([index, start]));
      const isUpper = bytes.includes('ID');
      const expected = sent.filter((i) => i < 60_000 && (!isUpper || i % 2 === 0 || !/[a-f]/.test(digest(i))));
      expect(hits).toEqual(expected.map((i) => [i, text.indexOf(digest(i))]));
    }
  });

  it('reports only what starts in the given range', () => {
    const table = compile([{ bytes: Buffer.from('needle'), fold: false }])!;
    const hits: number[] = [];
    search(table, Buffer.from('needle needle needle'), 1, 14, (_index, start) => hits.push(start));
    expect(hits).toEqual([7]);
  });

  it('has none for no needles and refuses needles that are too short', () => {
    expect(compile([])).toBeNull();
    expect(() => compile([{ bytes: Buffer.from('abc'), fold: false }])).toThrow(RangeError);
  });
});

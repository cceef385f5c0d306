/** Searched in one pass, long stretches must hold exactly what a search in each table finds, in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchSieved, sievesOf } from '../../../src/inspect/search/sieve.ts';
import { compile, type Needle, search, type Table, viewOf } from '../../../src/inspect/search/table.ts';

/** Each list of needles is a table. */
function groupsOf(lists: readonly (readonly Needle[])[]): { table: Table }[] {
  return lists.flatMap((needles) => {
    const table = compile(needles);
    return table ? [{ table }] : [];
  });
}

function tablewise(groups: { table: Table }[], bytes: Buffer, from: number, to: number): string[] {
  return groups.flatMap(({ table }, group) => {
    const hits: string[] = [];
    search(table, bytes, from, to, (index, start) => hits.push(`${group} ${index} ${start}`));
    return hits;
  });
}

function sieved(groups: { table: Table }[], bytes: Buffer, from: number, to: number): string[] {
  const hits: string[] = [];
  const view = viewOf(bytes)!;
  for (const sieve of sievesOf(groups)) {
    let last = -1;
    searchSieved(
      sieve,
      bytes,
      from,
      to,
      (index, start, table) => {
        expect(start).toBeGreaterThanOrEqual(last);
        last = start;
        hits.push(`${groups.findIndex((group) => group.table === table)} ${index} ${start}`);
      },
      view,
    );
  }
  return hits;
}

function expectSame(groups: { table: Table }[], bytes: Buffer, from = 0, to = bytes.length): void {
  expect(sieved(groups, bytes, from, to).sort()).toEqual(tablewise(groups, bytes, from, to).sort());
}

/** Few letters, so that needles overlap, repeat and nearly match. */
const text = (min: number, max: number): fc.Arbitrary<Buffer> =>
  fc
    .string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '1', '\0', '\u00ff', ' '), minLength: min, maxLength: max })
    .map((value) => Buffer.from(value, 'latin1'));

const needlesOf = (min: number, max: number): fc.Arbitrary<Needle[]> =>
  fc.array(fc.record({ bytes: text(min, max), fold: fc.boolean() }), { maxLength: 8 });

/** Filler and needles in turn, long enough to be looked at through a view. */
function between(lists: readonly (readonly Needle[])[], parts: readonly (readonly [Buffer, number])[]): Buffer {
  const all = lists.flat();
  return Buffer.concat([
    ...parts.flatMap(([filler, pick]) => [filler, all[pick % Math.max(1, all.length)]?.bytes ?? Buffer.alloc(9)]),
    Buffer.alloc(64, 'b'),
  ]);
}

describe('the sieve', () => {
  it.each([
    ['short', [4, 7]],
    ['middling', [6, 15]],
    ['long', [16, 64]],
    ['of all lengths', [4, 64]],
  ] as const)(
    'finds what searches in each table find, also in a part of the bytes: needles %s',
    (_name, [min, max]) => {
      fc.assert(
        fc.property(
          fc.array(needlesOf(min, max), { minLength: 1, maxLength: 4 }),
          fc.array(fc.tuple(text(0, 90), fc.nat(31)), { minLength: 2, maxLength: 24 }),
          fc.nat(400),
          fc.nat(400),
          (lists, parts, left, right) => {
            const groups = groupsOf(lists);
            const bytes = between(lists, parts);
            expectSame(groups, bytes);
            const from = Math.min(left, bytes.length);
            expectSame(groups, bytes, from, Math.max(from, bytes.length - right));
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('finds needles at the very beginning and the very end', () => {
    for (const length of [4, 5, 6, 7, 9, 15, 16, 33]) {
      const needle = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, length));
      const groups = groupsOf([[{ bytes: needle, fold: true }], [{ bytes: Buffer.from('0123456789'), fold: false }]]);
      for (let gap = 200; gap < 216; gap++) {
        const bytes = Buffer.concat([needle, Buffer.alloc(gap, '.'), needle]);
        expect(sieved(groups, bytes, 0, bytes.length)).toEqual(
          expect.arrayContaining(['0 0 0', `0 0 ${length + gap}`]),
        );
        expectSame(groups, bytes);
      }
    }
  });

  it('finds what stands between, beside and across long stretches of one byte', () => {
    const stretch = fc
      .tuple(fc.constantFrom('a', 'A', '1', '\0', ' '), fc.integer({ min: 900, max: 2600 }))
      .map(([byte, length]) => Buffer.alloc(length, byte));
    const monotone = fc
      .tuple(fc.constantFrom('aaaaaa', '11111', '\0\0\0\0', 'bbbbbbbbbbbbbbbbbbbb'), fc.boolean())
      .map(([value, fold]) => ({ bytes: Buffer.from(value), fold }));
    fc.assert(
      fc.property(
        fc.array(needlesOf(4, 20), { minLength: 1, maxLength: 3 }),
        fc.array(monotone, { maxLength: 1 }),
        fc.array(fc.tuple(fc.oneof(stretch, text(0, 300)), fc.nat(31)), { minLength: 1, maxLength: 5 }),
        (lists, more, parts) => {
          const all = [...lists, more];
          expectSame(groupsOf(all), between(all, parts));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds needles at every place, also where every byte begins one', () => {
    for (const letter of ['a', 'A']) {
      const groups = groupsOf([
        [{ bytes: Buffer.from('aaaaaa'), fold: true }],
        [{ bytes: Buffer.from('aaaaaaaaaaaaaaaa'), fold: true }],
      ]);
      expectSame(groups, Buffer.alloc(5000, letter));
    }
  });

  it('finds some of many thousands', () => {
    const digest = (i: number): string => ((i * 2_654_435_761) >>> 0).toString(16).padStart(8, '0').repeat(2);
    const needles = Array.from({ length: 20_000 }, (_, i) => ({ bytes: Buffer.from(digest(i)), fold: i % 2 === 0 }));
    const groups = groupsOf([
      needles,
      needles.slice(0, 600).map(({ bytes }) => ({ bytes: bytes.subarray(0, 7), fold: false })),
    ]);
    const bytes = Buffer.from(Array.from({ length: 500 }, (_, i) => `"id":"${digest(i * 97)}"`).join());
    const hits = sieved(groups, bytes, 0, bytes.length);
    expect(hits.filter((hit) => hit.startsWith('0')).length).toBeGreaterThanOrEqual(200);
    expectSame(groups, bytes);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, START } from '../../src/formats/chain-link.ts';
import { join, type Run, runOf, type Stretch } from '../../src/hub/chains.ts';
import type { ChainRun } from '../../src/model/hub.ts';

/** A chain of so many records, as one list of links with their hashes. */
function chainOf(length: number, salt = 'a') {
  const links: ChainRun['links'] = [];
  const hashes: Buffer[] = [Buffer.from(START.hash)];
  for (let position = 1; position <= length; position++) {
    const commitment = Buffer.alloc(32, `${salt}${position}`);
    links.push(['flow', null, commitment.toString('hex')]);
    hashes.push(hashOf(hashes.at(-1) as Buffer, { position, type: 'flow', replaces: null, commitment }));
  }
  return (first: number, last: number): Run => {
    const [before, hash] = [hashes[first - 1], hashes[last]].map((one) => (one as Buffer).toString('hex')) as [
      string,
      string,
    ];
    return runOf({ history: 'h', first, before, hash, links: links.slice(first - 1, last) }) as Run;
  };
}

const spans = (stretches: readonly Stretch[]): number[][] => stretches.map(({ first, last }) => [first, last]);

function joinAll(runs: readonly Run[]): Stretch[] {
  let stretches: Stretch[] = [];
  for (const run of runs) {
    const joined = join(stretches, run);
    if (!joined.ok) throw new Error(joined.what);
    stretches = joined.stretches;
  }
  return stretches;
}

describe('stretches of a chain', () => {
  const run = chainOf(12);

  it('are one when all came, in whatever order, cut and repeated however', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 2, max: 12 })),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat({ max: 6 }))),
        fc.func(fc.nat()),
        (cuts, again, order) => {
          const edges = [1, ...cuts.toSorted((a, b) => a - b), 13];
          const pieces = edges.slice(1).map((end, index) => run(edges[index] as number, end - 1));
          const repeated = again.map(([first, more]) => run(first, Math.min(12, first + more)));
          const shuffled = [...pieces, ...repeated].toSorted((a, b) => order(a.first, a.last) - order(b.first, b.last));
          expect(spans(joinAll(shuffled))).toEqual([[1, 12]]);
        },
      ),
    );
  });

  it('leave a gap where something is missing, and close it when that comes', () => {
    expect(spans(joinAll([run(1, 3), run(7, 9)]))).toEqual([
      [1, 3],
      [7, 9],
    ]);
    expect(spans(joinAll([run(1, 3), run(7, 9), run(4, 6)]))).toEqual([[1, 9]]);
  });

  it.each([
    ['follows', [[1, 3]], [4, 6]],
    ['comes before', [[4, 6]], [1, 3]],
    ['overlaps the end', [[1, 4]], [3, 6]],
    ['overlaps the beginning', [[4, 8]], [2, 5]],
    ['says the same place again', [[1, 4]], [1, 4]],
  ])('join nothing of another chain that %s', (_, kept, [first, last]) => {
    const forged = chainOf(12, 'b');
    const before = joinAll(kept.map(([from, to]) => run(from as number, to as number)));
    expect(join(before, forged(first as number, last as number)).ok).toBe(false);
  });

  it('do not begin behind something', () => {
    const shifted = { ...run(1, 1), before: 'ab'.repeat(32) };
    expect(join([], shifted)).toMatchObject({ ok: false, position: 1 });
  });

  it('take no run whose links lead elsewhere', () => {
    const { before } = run(1, 2);
    expect(
      runOf({ history: 'h', first: 1, before, hash: 'ab'.repeat(32), links: [['flow', null, 'cd'.repeat(32)]] }),
    ).toBeNull();
  });
});

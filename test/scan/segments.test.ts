import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSegments, type Piece } from '../../src/scan/capture/segments.ts';

interface Segment {
  seq: number;
  bytes: Buffer;
  length?: number;
}

/** What comes out, gaps as `[n]`. */
function put(first: number | null, segments: Segment[], acked: number | null = null): string {
  const order = createSegments();
  if (first !== null) order.open(first - 1);
  const pieces: Piece[] = segments.flatMap(({ seq, bytes, length }) => order.push(seq, bytes, length ?? bytes.length));
  if (acked !== null) pieces.push(...order.acknowledged(acked));
  const end = order.end();
  const all = [...pieces, ...end.pieces].map(
    ({ bytes, missingBefore }) => `${missingBefore > 0 ? `[${missingBefore}]` : ''}${bytes.toString('latin1')}`,
  );
  return `${all.join('')}${end.missingAfter > 0 ? `[${end.missingAfter}]` : ''}`;
}
const text = (seq: number, bytes: string, length?: number): Segment => ({
  seq,
  bytes: Buffer.from(bytes),
  ...(length === undefined ? {} : { length }),
});

describe('the segments of one direction', () => {
  it.each([
    ['in order', [text(1, 'abc'), text(4, 'def')], 'abcdef'],
    ['out of order', [text(4, 'def'), text(1, 'abc')], 'abcdef'],
    ['twice', [text(1, 'abc'), text(1, 'abc'), text(4, 'def')], 'abcdef'],
    ['overlapping', [text(1, 'abcd'), text(3, 'cdef')], 'abcdef'],
    ['one within another', [text(1, 'abcdef'), text(2, 'bc')], 'abcdef'],
    ['with a probe that keeps the connection alive', [text(1, 'abc'), text(3, '\0'), text(4, 'def')], 'abcdef'],
    ['with one lost', [text(1, 'abc'), text(7, 'ghi')], 'abc[3]ghi'],
    ['with the first lost', [text(4, 'def')], '[3]def'],
    ['with one cut by the capture', [text(1, 'ab', 3), text(4, 'def')], 'ab[1]def'],
    ['with the last cut by the capture', [text(1, 'ab', 5)], 'ab[3]'],
    ['with one cut, and sent again whole', [text(1, 'ab', 3), text(1, 'abc'), text(4, 'def')], 'ab[1]def'],
  ])('%s give the bytes once, and what is missing', (_how, segments, expected) => {
    expect(put(1, segments)).toBe(expected);
  });

  it('begin where the capture begins when nobody saw the connection open', () => {
    expect(put(null, [text(500, 'abc'), text(503, 'def')])).toBe('abcdef');
  });

  it('go on past 2^32', () => {
    expect(put(0xffff_fffe, [text(0xffff_fffe, 'ab'), text(0, 'cd')])).toBe('abcd');
  });

  it('that were acknowledged and never came are missing at the end', () => {
    expect(put(1, [text(1, 'abc')], 10)).toBe('abc[6]');
  });

  it('are not held back for what the other side has long had', () => {
    const order = createSegments();
    order.open(0);
    expect(order.push(4, Buffer.from('def'), 3)).toEqual([]);
    expect(order.acknowledged(7)).toEqual([{ bytes: Buffer.from('def'), missingBefore: 3 }]);
  });

  it('are the same whatever their order, repeats and overlaps', () => {
    const sent = Buffer.from(Array.from({ length: 200 }, (_, index) => 33 + (index % 90)));
    const segment = fc
      .tuple(fc.nat(199), fc.integer({ min: 1, max: 60 }))
      .map(([at, length]) => ({ seq: 1 + at, bytes: sent.subarray(at, at + length) }));
    const cover = Array.from({ length: 20 }, (_, index) => ({
      seq: 1 + 10 * index,
      bytes: sent.subarray(10 * index, 10 * index + 10),
    }));
    fc.assert(
      fc.property(fc.array(segment), fc.shuffledSubarray(cover, { minLength: 20 }), (more, all) => {
        expect(put(1, [...more, ...all])).toBe(sent.toString('latin1'));
      }),
    );
  });
});

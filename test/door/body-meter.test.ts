/** The meter that tells the door where a message ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMeter } from '../../src/door/body-meter.ts';

const CHUNKED = { kind: 'chunked', last: null } as const;
const chunked = '4;x=y\r\nWiki\r\n5 \r\npedia\r\n0\r\nT: 1\r\n\r\n';

describe('the end of chunks', () => {
  it('is found at any cut, and nothing after it is taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: chunked.length }), { maxLength: 12 }), (cuts) => {
        const bytes = Buffer.from(`${chunked}NEXT`);
        const meter = createMeter(CHUNKED);
        let taken = 0;
        let at = 0;
        for (const size of [...cuts, bytes.length]) {
          const part = bytes.subarray(at, at + size);
          taken += meter.take(part, 0);
          at += size;
          if (meter.done) break;
        }
        expect(meter.done).toBe(true);
        expect(taken).toBe(chunked.length);
      }),
    );
  });

  it.each([
    ['zz\r\n', 'unheard.chunk.no-number'],
    ['\r\n', 'unheard.chunk.no-number'],
    ['-1\r\n', 'unheard.chunk.no-number'],
    ['ffffffffffffff\r\n', 'unheard.chunk.large'],
    ['4\r\nWikix', 'unheard.chunk.long'],
    [`1;${'x'.repeat(17_000)}\r\n`, 'unheard.chunk.line'],
    [`0\r\nT: ${'x'.repeat(300_000)}\r\n\r\n`, 'unheard.http1.section'],
  ])('is given up on, and nothing more taken, at %.20j', (text, why) => {
    const meter = createMeter(CHUNKED);
    meter.take(Buffer.from(text), 0);
    expect(meter).toMatchObject({ done: false, broken: why });
    expect(meter.take(Buffer.from('GET http://b.test/ HTTP/1.1'), 0)).toBe(0);
  });

  it.each([13, 15, 400])('is read behind a size of %i zeros', (zeros) => {
    const text = `${'0'.repeat(zeros)}4\r\nWiki\r\n${'0'.repeat(zeros)}\r\n\r\n`;
    const meter = createMeter(CHUNKED);
    expect(meter.take(Buffer.from(`${text}NEXT`), 0)).toBe(text.length);
    expect(meter).toMatchObject({ done: true, broken: null });
  });

  it('never throws on any chunk bytes and takes them all unless it is done or broken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        const meter = createMeter(CHUNKED);
        const taken = meter.take(Buffer.from(input), 0);
        expect(meter.done || meter.broken !== null || taken === input.length).toBe(true);
      }),
    );
  });
});

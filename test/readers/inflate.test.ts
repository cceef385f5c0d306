import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inflate } from '../../src/readers/inflate.ts';
import { byteByByte, cutAt } from './reading.ts';

function inflate(pieces: Buffer[]): { bytes: Buffer; failed: boolean; done: boolean; rest: Buffer } {
  const inflater = new Inflate();
  const out: Buffer[] = [];
  for (const piece of pieces) inflater.push(piece, (bytes) => out.push(bytes));
  return { bytes: Buffer.concat(out), failed: inflater.failed, done: inflater.done, rest: inflater.rest() };
}

const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = zlib.constants;
const text = fc.array(fc.constantFrom('imei', '490154203237518', '{"a":', 'x', '\n', ' ', 'ü'), { maxLength: 400 });
const content = fc.oneof(
  text.map((words) => Buffer.from(words.join(''))),
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4000 }))
    .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => Buffer.from(bytes)))),
);

test('what zlib compresses at any level and strategy is read back, for any cutting', () => {
  fc.assert(
    fc.property(
      content,
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
      fc.integer({ min: 9, max: 15 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
      (bytes, level, strategy, windowBits, cuts) => {
        const packed = zlib.deflateRawSync(bytes, { level, strategy, windowBits });
        for (const cut of [(all: Buffer) => [all], byteByByte, cutAt(cuts)]) {
          const seen = inflate(cut(packed));
          expect(seen.failed).toBe(false);
          expect(seen.done).toBe(true);
          expect(seen.bytes.equals(bytes)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('megabytes go through with back references across the whole window', () => {
  const bytes = Buffer.alloc(3_000_000);
  let seed = 7;
  for (let at = 0; at < bytes.length; at += 1) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = at > 32_768 && seed & 64 ? bytes[at - 32_768]! : seed >> 16;
  }
  const packed = zlib.deflateRawSync(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < packed.length; at += 1460) pieces.push(packed.subarray(at, at + 1460));
  expect(inflate(pieces).bytes.equals(bytes)).toBe(true);
});

describe('What is no DEFLATE fails, and never throws', () => {
  test('block type 3', () => expect(inflate([Buffer.from([0x07])]).failed).toBe(true));
  test('a stored block whose length and complement differ', () =>
    expect(inflate([Buffer.from([0x01, 1, 0, 0, 0])]).failed).toBe(true));
  test('a distance before the beginning', () => {
    const packed = zlib.deflateRawSync(Buffer.from('abcabcabcabc'), { dictionary: Buffer.from('xyzabc') });
    expect(inflate([packed]).failed).toBe(true);
  });
  test('a bomb is stopped, at the same byte however it is cut', () => {
    const bomb = zlib.deflateRawSync(Buffer.alloc(20_000_000));
    const whole = inflate([bomb]);
    expect(whole.failed).toBe(true);
    expect(whole.bytes.length).toBeLessThan(10_000_000);
    expect(inflate(byteByByte(bomb)).bytes.length).toBe(whole.bytes.length);
  });
  test('garbage gives the same result however it is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const whole = inflate([Buffer.from(bytes)]);
        const cut = inflate(byteByByte(Buffer.from(bytes)));
        expect(cut.failed).toBe(whole.failed);
        expect(cut.bytes.equals(whole.bytes)).toBe(true);
        if (whole.failed) expect(whole.rest.subarray(0, cut.rest.length).equals(cut.rest)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Damage to bytes, as values that fast-check can shrink: flipped, cut out, repeated, inserted, put together with another seed. */
import fc from 'fast-check';

export const damage = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'cut out', 'repeat', 'insert'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 20 }),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
);
export type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

export function damaged(bytes: Buffer, damages: Damage): Buffer {
  let result = Buffer.from(bytes);
  for (const { kind, at, length, byte } of damages) {
    const from = Math.floor(at * result.length);
    const [before, piece, after] = [
      result.subarray(0, from),
      result.subarray(from, from + length),
      result.subarray(from + length),
    ];
    if (kind === 'flip' && result.length > 0) result[Math.min(from, result.length - 1)]! ^= byte;
    if (kind === 'cut out') result = Buffer.concat([before, after]);
    if (kind === 'repeat') result = Buffer.concat([before, piece, piece, after]);
    if (kind === 'insert') result = Buffer.concat([before, Buffer.alloc(length, byte), piece, after]);
  }
  return result;
}

/** A seed of a corpus, often with the end of another one, damaged; now and then noise. */
export const mutant = (corpus: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(
          fc.nat(corpus.length - 1),
          fc.nat(corpus.length - 1),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.boolean(),
          damage,
        )
        .map(([one, other, part, isSpliced, damages]) => {
          const seed = corpus[one] as Buffer;
          const tail = corpus[other] as Buffer;
          const spliced = Buffer.concat([
            seed.subarray(0, Math.floor(part * seed.length)),
            tail.subarray(Math.floor(part * tail.length)),
          ]);
          return damaged(isSpliced ? spliced : seed, damages);
        }),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  );

/** The compiled loops must give exactly what the plain ones give, for any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  differences,
  differencesPlain,
  IN_STRING,
  IN_WORD,
  Members,
  structure,
} from '../../../src/inspect/anchors/sift.ts';

/** Long enough to be handed over; of few characters, so that runs, strings and words of all lengths come about. */
const text = (...units: string[]): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.tuple(fc.constantFrom(...units), fc.integer({ min: 1, max: 40 })), { minLength: 60, maxLength: 700 })
    .map((parts) => Buffer.from(parts.map(([unit, times]) => unit.repeat(times)).join(''), 'latin1'));

const anything = fc.uint8Array({ minLength: 400, maxLength: 9000 }).map((bytes) => Buffer.from(bytes));

describe('runs', () => {
  const digits = new Members('0123456789abcdefABCDEF', 1);

  it('are the same from both loops, wherever the search begins', () => {
    fc.assert(
      fc.property(
        fc.oneof(text('a', '0', 'F', 'g', '-', '\0', '\u00e1', '\u00b0'), anything),
        fc.nat(150),
        (bytes, from) => {
          expect(digits.runs(bytes, from)).toEqual(digits.runsPlain(bytes, from));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are all that a regular expression finds', () => {
    fc.assert(
      fc.property(text('a', '0', 'F', 'g', '-'), (bytes) => {
        const matches = [...bytes.toString('latin1').matchAll(/[0-9a-f]{16,}/gi)];
        expect(digits.runs(bytes, 0)).toEqual(matches.flatMap((match) => [match.index, match.index + match[0].length]));
      }),
      { numRuns: 300 },
    );
  });

  it('have the characters of their alphabet and no others', () => {
    const chars = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
    const members = new Members(chars, 0);
    for (let byte = 0; byte < 256; byte++) {
      const bytes = Buffer.alloc(400, byte);
      const isMember = byte < 128 && chars.includes(String.fromCharCode(byte));
      expect(members.runs(bytes, 0), `byte ${byte}`).toEqual(isMember ? [0, 400] : []);
    }
  });
});

describe('what begins and ends in JSON text', () => {
  const offsets = (): number[] => Array.from({ length: structure.count }, (_, index) => structure.offset(index));
  const json = text('"', ',', ':', '[', ']', '{', '}', ' ', '\n', 'a', '1', '\0', '\u00e1');

  it('is the same from both loops, however the text begins', () => {
    fc.assert(
      fc.property(
        fc.oneof(json, anything),
        fc.nat(150),
        fc.constantFrom(0, IN_STRING, IN_WORD),
        (bytes, from, state) => {
          const end = structure.find(bytes, from, bytes.length, state);
          const found = offsets();
          expect(structure.findPlain(bytes, from, bytes.length, state)).toBe(end);
          expect(found).toEqual(offsets());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves out quotes that belong to a string', () => {
    const bytes = Buffer.from('{"a":"say "hi" now", "b": 12}');
    structure.findPlain(bytes, 0, bytes.length, 0, [110, 113], 0, 100);
    expect(offsets().map((at) => bytes.toString('latin1', at, at + 1))).toEqual([...'{"":"","":1}']);
    expect(bytes[offsets().at(-2)!]).toBe(0x31);
  });
});

describe('steps from one byte to the next', () => {
  it('are the same from both loops', () => {
    fc.assert(
      fc.property(anything, fc.nat(150), (bytes, from) => {
        const fast = differences(bytes, from);
        const own = Buffer.from(fast.bytes.subarray(0, fast.length));
        const plain = differencesPlain(bytes, from);
        expect(own).toEqual(plain.bytes.subarray(0, plain.length));
        expect(own.every((step, i) => step === (bytes[from + i]! ^ bytes[from + i + 1]!))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('single members', () => {
  const separators = new Members(':=,>', 2);

  it('are told one by one, until nobody wants more', () => {
    fc.assert(
      fc.property(
        fc.oneof(text(':', '=', 'a', '>', '\u00e1'), anything),
        fc.nat(150),
        fc.nat(60),
        (bytes, from, most) => {
          const all = [...bytes.keys()].filter((at) => at >= from && ':=,>'.includes(String.fromCharCode(bytes[at]!)));
          const seen: number[] = [];
          separators.each(bytes, from, bytes.length, (at) => seen.push(at) < most);
          expect(seen).toEqual(all.slice(0, Math.max(1, most)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

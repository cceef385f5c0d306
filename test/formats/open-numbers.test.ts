/** Few things under numbers: the same as a Map, in the order of the numbers. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OpenNumbers } from '../../src/formats/open-numbers.ts';

const STEP = fc.record({ number: fc.nat(90), isDelete: fc.boolean(), value: fc.nat() });

it('holds what a Map would hold, few or many', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 300 }), (steps) => {
      const open = new OpenNumbers<number>();
      const map = new Map<number, number>();
      for (const { number, isDelete, value } of steps) {
        if (isDelete) {
          open.delete(number);
          map.delete(number);
        } else {
          open.set(number, value);
          map.set(number, value);
        }
        expect(open.get(number)).toBe(map.get(number));
        expect(open.size).toBe(map.size);
      }
      const expected = [...map].sort(([a], [b]) => a - b);
      expect(open.numbers()).toEqual(expected.map(([number]) => number));
      expect(open.values()).toEqual(expected.map(([, value]) => value));
    }),
  );
});

it('tells the oldest of rising numbers, wherever it stands', () => {
  const open = new OpenNumbers<string>();
  for (let number = 1; number <= 100; number++) open.set(number, 'x');
  for (let number = 1; number < 100; number++) {
    expect(open.oldest()).toBe(number);
    open.delete(number);
  }
  open.delete(100);
  expect(open.oldest()).toBeNull();
});

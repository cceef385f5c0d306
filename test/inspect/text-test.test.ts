/** The detector's word on a short text. */
import { expect, it } from 'vitest';
import { createTextTest } from '../../src/inspect/text-test.ts';
import { effort } from '../../src/model/effort.ts';

it('is not charged for work that others did and nobody paid for', () => {
  effort.units = 10_000_000;
  expect(createTextTest(null).holds('zzhc.vnet.cn')).toBe(false);
});

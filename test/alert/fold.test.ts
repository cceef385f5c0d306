/** Seats: who shares an alert keeps its place in it, as long as it is remembered. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createFold } from '../../src/alert/fold.ts';

it('the first have alerts of their own, each of the others keeps its seat until a thousand came after it', () => {
  const fold = createFold(randomBytes(32), 100);
  const seat = (member: number) => fold.seat('circle', `m${member}`, 1, 1);
  expect([seat(0), seat(1), seat(2), seat(1), seat(0)]).toEqual([null, 0, 1, 0, null]);
  for (let member = 3; member <= 1000; member++) seat(member);
  expect(seat(1)).toBe(0);
  seat(1001);
  expect(seat(1)).toBe(1001);
});

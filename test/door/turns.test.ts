import { expect, it } from 'vitest';
import { createTurns } from '../../src/door/turns.ts';

it('a phone that opens many connections at once waits for itself, and another one begins between', async () => {
  const turns = createTurns();
  const begun: string[] = [];
  const last = new Promise<void>((resolve) => {
    for (let n = 0; n < 50; n++)
      turns.begin('flood', () => {
        begun.push(`flood ${n}`);
        if (n === 49) resolve();
      });
  });
  turns.begin('other', () => begun.push('other'));
  expect(begun.length).toBeLessThan(50);
  expect(begun.at(-1)).toBe('other');
  await last;
  expect(begun.filter((one) => one !== 'other')).toEqual(Array.from({ length: 50 }, (_, n) => `flood ${n}`));
  turns.close();
});

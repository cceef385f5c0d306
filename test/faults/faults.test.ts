/** Each fault once; `npm run test:faults` tries them in numbers. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeWith } from '../clients/tools.ts';
import { createRandom } from '../trials/trial.ts';
import { readTrace } from './disk-trace.ts';
import { faults } from './faults.ts';

for (const { name, needs, run } of faults)
  describeWith(needs, name, () => {
    it('loses nothing that was shown', async () => {
      const seed = randomInt(2 ** 31);
      const { tried, lost } = await run({ random: createRandom(seed), isFull: false, times: 1 });
      expect(lost, `seed ${seed}`).toEqual([]);
      expect(tried).toBe(1);
    });
  });

it('a sync covers what was written before it was asked for, once it has returned', () => {
  const trace = (...lines: string[]) => readTrace(lines.map((line, at) => line.replace(' ', ` ${at}.0 `)).join('\n'));
  const write = (from: number) => `7 pwrite64(20</d/evidence.db-wal>, ""..., 10, ${from}) = 10`;
  const asked = '8 fdatasync(21</d/evidence.db-wal> <unfinished ...>';
  const returned = '8 <... fdatasync resumed>) = 0';
  const offsets = (...lines: string[]) => trace(...lines).unsynced.map(({ from }) => from);
  expect(offsets(write(0), asked)).toEqual([0]);
  expect(offsets(write(0), asked, write(10), returned)).toEqual([10]);
  expect(offsets(write(0), asked, returned.replace('= 0', '= -1 EIO'))).toEqual([0]);
  expect(offsets(write(0), '7 fsync(20</d/evidence.db-wal>) = 0', write(10))).toEqual([10]);
  expect(trace(write(0), asked, write(10), returned).syncedAt).toBe(1000);
});

/** What the trials of `npm run test:faults` are judged by. */
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { labAlert } from '../sinks/lab-alert.ts';
import { readTrace } from './disk-trace.ts';
import { losses, numbersBack } from './shown.ts';

it('a sync covers what was written before it was asked for, once it has returned', () => {
  const trace = (...lines: string[]) => readTrace(lines.map((line, at) => line.replace(' ', ` ${at}.0 `)).join('\n'));
  const write = (from: number) => `7 pwrite64(20</d/evidence.db-wal>, ""..., 10, ${from}) = 10`;
  const asked = '8 fdatasync(21</d/evidence.db-wal> <unfinished ...>';
  const returned = '8 <... fdatasync resumed>) = 0';
  const offsets = (...lines: string[]) => trace(...lines).map(({ from }) => from);
  expect(offsets(write(0), asked)).toEqual([0]);
  expect(offsets(write(0), asked, write(10), returned)).toEqual([10]);
  expect(offsets(write(0), asked, returned.replace('= 0', '= -1 EIO'))).toEqual([0]);
  expect(offsets(write(0), '7 fsync(20</d/evidence.db-wal>) = 0', write(10))).toEqual([10]);
});

describe('what a fault is judged by', () => {
  const shown = [labAlert(1), labAlert(2, { count: 3 })];
  const kept = { alerts: shown, seq: 1024, epoch: 'a' };
  it.each<[string, Alert[], RegExp | null]>([
    ['everything is there', shown, null],
    ['one grew meanwhile', [labAlert(1), { ...labAlert(2), seq: 9, count: 4 }], null],
    ['one is gone', [labAlert(1)], /^shown as 2 and gone/],
    ['a count went back', [labAlert(1), labAlert(2, { count: 2 })], /shown as 2 × 3, kept as 2 × 2/],
    [
      'one has no identifier any more',
      [labAlert(1, { identifier: null }), labAlert(2, { count: 3 })],
      /identifier of 1 changed/,
    ],
  ])('%s', (_name, alerts, line) => {
    const lost = losses(shown, { ...kept, alerts });
    expect(lost).toHaveLength(line ? 1 : 0);
    if (line) expect(lost[0]).toMatch(line);
  });

  it.each<[string, { seq?: number; epoch?: string }, Alert[], RegExp | null]>([
    ['numbers go on', {}, [labAlert(3)], null],
    ['the last number is lower', { seq: 1 }, [], /numbers went back: 2 was shown, 1/],
    ['a number is given to another', {}, [{ ...labAlert(2), id: 'other' }], /number 2 was given out again/],
    ['another history', { epoch: 'b' }, [], /history began anew/],
  ])('%s', (_name, change, now, line) => {
    const found = numbersBack({ shown: () => shown, highest: () => 2, epoch: 'a' }, { ...kept, ...change }, now);
    expect(found).toHaveLength(line ? 1 : 0);
    if (line) expect(found[0]).toMatch(line);
  });
});

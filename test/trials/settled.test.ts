import { describe, expect, it } from 'vitest';
import { isSettled, settles } from './settled.ts';

const MB = 1 << 20;
const sizes = (...mb: number[]): number[] => mb.map((each) => each * MB);

describe('memory', () => {
  it.each([
    ['that stays where it is', [100, 100, 100, 100]],
    ['that swings below what it took once', [179, 206, 179, 204, 190]],
    ['that reached its working size late', [100, 140, 180, 240, 230, 241, 239]],
  ])('%s has settled', (_how, mb) => {
    expect(isSettled(sizes(...mb))).toBe(true);
  });

  it.each([
    ['of which too little was seen', [100, 100, 100]],
    ['that grew in the last rounds', [179, 206, 179, 228, 228, 240]],
    ['that leaks 1 MB a round, and swings', [100, 103, 102, 103, 104, 107, 106]],
  ])('%s has not', (_how, mb) => {
    expect(isSettled(sizes(...mb))).toBe(false);
  });

  it('that leaks is told with all its sizes when the last round is over', async () => {
    await expect(settles(5, (round) => Promise.resolve(round * MB))).rejects.toThrow(
      'still growing, MB after each round: 1, 2, 3, 4, 5',
    );
  });
});

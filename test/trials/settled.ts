/**
 * Memory that is flat, told from memory that grows: rounds of the same work, until the last three took no more than the
 * highest of all before them. Caches fill and heaps reach their working size in rounds of their own choosing, and a busy
 * machine collects late; what leaks `x` a round is found all the same if three times `x` is more than the slack.
 */
const SLACK_BYTES = 2 << 20;
const LAST = 3;

/** Fails with all sizes when they are still growing after the last round. */
export async function settles(maxRounds: number, round: (number: number) => Promise<number>): Promise<void> {
  const sizes: number[] = [];
  while (sizes.length < maxRounds) {
    sizes.push(await round(sizes.length + 1));
    if (isSettled(sizes)) return;
  }
  throw new Error(
    `still growing, MB after each round: ${sizes.map((size) => Math.round(size / (1 << 20))).join(', ')}`,
  );
}

export function isSettled(sizes: readonly number[]): boolean {
  if (sizes.length <= LAST) return false;
  return Math.max(...sizes.slice(-LAST)) <= Math.max(...sizes.slice(0, -LAST)) + SLACK_BYTES;
}

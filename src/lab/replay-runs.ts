/** Replays asked for by the command line and played in the lab's thread: what they say on the way finds its listener. */
import type { ReplayOutcome } from '../model/lab.ts';
import type { RelayCalls } from './calls.ts';

export interface ReplayRuns {
  said: RelayCalls['replayed'];
  play(
    start: (run: number) => Promise<ReplayOutcome[]>,
    onOutcome?: (outcome: ReplayOutcome) => void,
    onStep?: (line: string) => void,
  ): Promise<ReplayOutcome[]>;
}

export function createReplayRuns(): ReplayRuns {
  const runs = new Map<number, { onOutcome?: (outcome: ReplayOutcome) => void; onStep?: (line: string) => void }>();
  let last = 0;
  return {
    said(number, said) {
      const run = runs.get(number);
      if ('step' in said) run?.onStep?.(said.step);
      else run?.onOutcome?.(said.outcome);
    },
    async play(start, onOutcome, onStep) {
      const run = ++last;
      runs.set(run, { ...(onOutcome ? { onOutcome } : {}), ...(onStep ? { onStep } : {}) });
      try {
        return await start(run);
      } finally {
        runs.delete(run);
      }
    },
  };
}

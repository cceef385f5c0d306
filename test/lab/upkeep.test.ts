/** What is older than it is to be kept is destroyed a little at a time, for ever is for ever, and the chain is signed. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openUpkeep } from '../../src/lab/upkeep.ts';
import { createMemoryStore } from '../sinks/evidence/memory-store.ts';
import { labAlert, labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

const SEEN = Date.parse(labAlert(1).lastSeen);
const DAY = 86_400_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store with one alert and one connection, and a lab that keeps them for so long. */
function keeping(days: number | undefined) {
  const store = createMemoryStore();
  store.putAlert(labRecord(1));
  store.putFlows([labFlowRecord('a', SEEN)]);
  let time = SEEN;
  const steps: unknown[] = [];
  const close = openUpkeep(
    {
      prune(before, limit) {
        steps.push(limit);
        return store.prune(before, limit);
      },
      checkpoint() {
        steps.push('signed');
        return store.checkpoint();
      },
    },
    days,
    () => time,
  );
  return {
    store,
    steps,
    close,
    after(ms: number) {
      time = SEEN + ms;
      vi.advanceTimersByTime(62_000);
    },
  };
}

it('keeps for 90 days unless told otherwise', () => {
  const lab = keeping(undefined);
  lab.after(90 * DAY - 1);
  expect(lab.store.counts()).toMatchObject({ alerts: 1, flows: 1 });
  lab.after(90 * DAY + 1);
  expect(lab.store.counts()).toMatchObject({ alerts: 0, flows: 0 });
  // What it destroyed, it looks for more of; then it signs.
  expect(lab.steps.at(-1)).toBe('signed');
  lab.close();
});

it('destroys sooner, or never', () => {
  const [soon, never] = [keeping(1), keeping(0)];
  for (const lab of [soon, never]) lab.after(2 * DAY);
  expect(soon.store.counts().alerts).toBe(0);
  never.after(50_000 * DAY);
  expect(never.store.counts().alerts).toBe(1);
  expect(never.steps.every((step) => step === 'signed')).toBe(true);
  for (const lab of [soon, never]) lab.close();
  const steps = soon.steps.length;
  soon.after(3 * DAY);
  expect(soon.steps).toHaveLength(steps);
});

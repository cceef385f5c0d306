import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followAlerts, type LinkState } from '../../src/cli/live-alerts.ts';
import type { LabError } from '../../src/model/lab.ts';
import { type FakeLab, startFakeLab, TOKEN } from './fake-lab.ts';
import { labAlert } from './lab-alert.ts';

let lab: FakeLab;
let end = () => {};
beforeEach(async () => {
  lab = await startFakeLab({ alerts: [1, 2, 3].map((seq) => labAlert({ seq })) });
});
afterEach(async () => {
  end();
  await lab.stop();
});

/** Follows, and resolves promises when something was seen for the first time. */
function follow(since: number | null, url = lab.url, token = TOKEN) {
  const seqs: number[] = [];
  const states: LinkState[] = [];
  const waiting: (() => void)[] = [];
  let fatal: LabError | null = null;
  const wake = () => {
    for (const check of waiting) check();
  };
  end = followAlerts({
    lab: { url, token },
    since,
    onAlert: (alert) => {
      seqs.push(alert.seq);
      wake();
    },
    onState: (state) => {
      states.push(state);
      wake();
    },
    onFatal: (error) => {
      fatal = error;
      wake();
    },
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push(() => condition() && resolve());
      wake();
    });
  return { seqs, states, until, fatal: () => fatal };
}

describe('following a lab', () => {
  it('delivers only what is new when asked for nothing earlier', async () => {
    const seen = follow(null);
    await seen.until(() => seen.states.includes('live'));
    lab.raise(labAlert({ seq: 4 }));
    await seen.until(() => seen.seqs.length > 0);
    expect(seen.seqs).toEqual([4]);
  });

  it('delivers everything stored after a given number first', async () => {
    const seen = follow(1);
    await seen.until(() => seen.seqs.length === 2);
    lab.raise(labAlert({ seq: 4 }));
    await seen.until(() => seen.seqs.length === 3);
    expect(seen.seqs).toEqual([2, 3, 4]);
  });

  it('comes back by itself after a loss, and misses nothing of the time between', async () => {
    const seen = follow(null);
    await seen.until(() => seen.states.includes('live'));
    lab.raise(labAlert({ seq: 4 }));
    await seen.until(() => seen.seqs.includes(4));
    const { port } = lab;
    await lab.stop();
    await seen.until(() => seen.states.includes('reconnecting'));
    lab = await startFakeLab({ port, alerts: [1, 2, 3, 4, 5, 6].map((seq) => labAlert({ seq })) });
    await seen.until(() => seen.seqs.includes(6));
    expect(seen.seqs).toEqual([4, 5, 6]);
    expect(seen.states).toEqual(['connecting', 'live', 'reconnecting', 'live']);
  });

  it('fetches from the store what the lab had to leave out, in order, and nothing twice', async () => {
    const seen = follow(null);
    await seen.until(() => seen.states.includes('live'));
    lab.raiseUnsent(Array.from({ length: 450 }, (_, index) => labAlert({ seq: 4 + index })));
    lab.raise(labAlert({ seq: 454 }));
    await seen.until(() => seen.seqs.includes(454));
    expect(seen.seqs).toEqual(Array.from({ length: 451 }, (_, index) => 4 + index));
  });

  it('begins anew when the lab came back with an empty store', async () => {
    const seen = follow(null);
    await seen.until(() => seen.states.includes('live'));
    const { port } = lab;
    await lab.stop();
    lab = await startFakeLab({ port, alerts: [labAlert({ seq: 1 }), labAlert({ seq: 2 })] });
    await seen.until(() => seen.seqs.includes(2));
    expect(seen.seqs).toEqual([1, 2]);
  });

  it('gives up at once, and says why, when the token is refused', async () => {
    const seen = follow(null, lab.url, 'wrong');
    await seen.until(() => seen.fatal() !== null);
    expect(seen.fatal()?.message).toContain('PHONEHOME_TOKEN');
    expect(seen.fatal()?.message).not.toContain('wrong');
  });

  it('says within three seconds that a lab has fallen silent, and that it is there again', async () => {
    const seen = follow(null);
    await seen.until(() => seen.states.includes('live'));
    const from = performance.now();
    lab.hush(true);
    await seen.until(() => seen.states.includes('silent'));
    expect(performance.now() - from).toBeLessThan(3500);
    lab.hush(false);
    await seen.until(() => seen.states.at(-1) === 'live');
    expect(seen.states).toEqual(['connecting', 'live', 'silent', 'live']);
  });

  it('waits for a lab that is not there yet', async () => {
    const { port } = lab;
    await lab.stop();
    const seen = follow(null, `http://127.0.0.1:${port}`);
    await seen.until(() => seen.states.filter((state) => state === 'connecting').length > 1);
    lab = await startFakeLab({ port });
    await seen.until(() => seen.states.includes('live'));
  });
});

/** `kill -9` at any moment while phones leak: what was shown is there at the next start, and no number goes back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startWorld } from '../e2e/world.ts';
import type { Fault } from './fault.ts';
import { startLoad } from './load.ts';
import { keptBy, losses, numbersBack, type Watched, watch } from './shown.ts';

/** Leaks are shown before the moment is drawn: a lab that showed nothing can lose nothing. */
const FIRST_SHOWN = 5;

export const kills: Fault = {
  name: 'kill -9 under load',
  needs: [],
  async run({ random, isFull, times = isFull ? 100 : 5 }) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'faults-kill-'));
    const lost: string[] = [];
    let shown = 0;
    try {
      let before: Watched | null = null;
      let since = 0;
      for (let time = 0; time <= times; time++) {
        const world = await startWorld({ dataDir });
        const { lab } = world;
        try {
          if (before) {
            const after = await keptBy(lab, since);
            lost.push(...losses(before.shown(), after), ...numbersBack(before, after, lab.alerts()));
            since = before.highest();
          }
          if (time === times) break;
          before = await watch(lab);
          const load = startLoad(lab.phone.proxy.port, world.host);
          await lab.until('the first leaks', (all) => all.filter(({ type }) => type === 'leak').length >= FIRST_SHOWN);
          await pause(random.below(800));
          await lab.kill();
          load.end();
          shown += before.shown().length;
        } finally {
          await world.end();
        }
      }
    } finally {
      await rm(dataDir, { recursive: true });
    }
    return { tried: times, lost, note: `${shown} alerts shown` };
  },
};

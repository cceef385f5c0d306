/** The journal of alerts is overwritten at random, shortened, lengthened or removed after a kill: the lab opens, and the store has what it had. */
import { rmSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startWorld } from '../e2e/world.ts';
import type { Random } from '../trials/trial.ts';
import type { Fault } from './fault.ts';
import { leak } from './load.ts';
import { keptBy, losses, watch } from './shown.ts';

async function damage(file: string, random: Random): Promise<string> {
  const { size } = statSync(file);
  switch (random.below(4)) {
    case 0:
      rmSync(file);
      return 'removed';
    case 1:
      truncateSync(file, random.below(size));
      return 'shortened';
    default: {
      const handle = await open(file, 'r+');
      // Most of it lies in front.
      for (let spot = 0; spot < 20; spot++)
        await handle.write(random.bytes(1 + random.below(600)), 0, null, random.below(40_000));
      await handle.close();
      return 'overwritten';
    }
  }
}

export const damagedJournals: Fault = {
  name: 'journal damaged at random',
  needs: [],
  async run({ random, isFull, times = isFull ? 20 : 3 }) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'faults-journal-'));
    const lost: string[] = [];
    const done: string[] = [];
    try {
      let watched: Awaited<ReturnType<typeof watch>> | null = null;
      for (let time = 0; time <= times; time++) {
        const world = await startWorld({ dataDir });
        try {
          if (watched)
            lost.push(...losses(watched.shown(), await keptBy(world.lab)).map((line) => `${done.at(-1)}: ${line}`));
          if (time === times) break;
          watched = await watch(world.lab);
          await leak(world.lab.phone.proxy.port, world.host, 2 + random.below(20));
          await world.lab.until('leaks', (all) => all.some(({ type }) => type === 'leak'));
          await world.lab.kill();
          done.push(await damage(path.join(dataDir, 'evidence.reserve'), random));
        } finally {
          await world.end();
        }
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
    return { tried: times, lost, note: done.join(', ') };
  },
};

/**
 * The power goes out, under load or just after it. Of what the lab wrote only what it had synced is on the disk for certain: each
 * block written since is, by chance, there, zeroed or full of noise. The next lab opens what is left, gives no number out twice,
 * and has everything that was shown as stored, printed or pushed, up to the last moment.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Alert } from '../../src/model/alert.ts';
import type { LabProcess } from '../e2e/lab-process.ts';
import { startWorld } from '../e2e/world.ts';
import type { Random } from '../trials/trial.ts';
import { traceDisk, type Written } from './disk-trace.ts';
import type { Fault } from './fault.ts';
import { startLoad } from './load.ts';
import { keptBy, losses, numbersBack, type Watched, watch } from './shown.ts';

/** What a disk writes whole. */
const BLOCK_BYTES = 512;

async function forget(parts: readonly Written[], random: Random): Promise<void> {
  for (const { file, from, length } of parts) {
    if (!existsSync(file)) continue;
    const handle = await open(file, 'r+');
    for (let at = from; at < from + length; at += BLOCK_BYTES) {
      const fate = random.below(3);
      const bytes = Math.min(BLOCK_BYTES, from + length - at);
      if (fate > 0) await handle.write(fate === 1 ? Buffer.alloc(bytes) : random.bytes(bytes), 0, bytes, at);
    }
    await handle.close();
  }
}

interface Cut {
  watched: Watched;
  forgotten: number;
}

/** @param isQuiet the phones end first */
async function cutPower(lab: LabProcess, host: string, isQuiet: boolean, random: Random): Promise<Cut> {
  const { ended, unsynced } = await traceDisk(lab.pid, lab.dataDir, path.join(lab.dataDir, 'trace'));
  const watched = await watch(lab);
  const load = startLoad(lab.phone.proxy.port, host, 2);
  await lab.until('the first leaks', (all) => all.filter(({ type }) => type === 'leak').length >= 5);
  await pause(random.below(800));
  if (isQuiet) {
    load.end();
    await pause(random.below(400));
  }
  await lab.kill();
  load.end();
  await ended;
  const parts = unsynced();
  await forget(parts, random);
  return { watched, forgotten: parts.length };
}

/** What was shown and not marked as waiting for the disk. */
const asStored = (watched: Watched): Alert[] => watched.shown().filter(({ stored }) => stored !== false);

export const powerLoss: Fault = {
  name: 'power loss on the store’s files',
  needs: ['root', 'strace'],
  async run({ random, isFull, times = isFull ? 20 : 2 }) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'faults-power-'));
    const lost: string[] = [];
    const sums = { shown: 0, forgotten: 0, marked: 0 };
    let cut: Cut | null = null;
    try {
      for (let time = 0; time <= times; time++) {
        const world = await startWorld({ dataDir });
        try {
          if (cut) {
            const after = await keptBy(world.lab);
            lost.push(...losses(asStored(cut.watched), after), ...numbersBack(cut.watched, after, world.lab.alerts()));
          }
          if (time === times) break;
          cut = await cutPower(world.lab, world.host, time % 2 === 1, random);
          const shown = cut.watched.shown().length;
          sums.shown += shown;
          sums.marked += shown - asStored(cut.watched).length;
          sums.forgotten += cut.forgotten;
        } finally {
          await world.end();
        }
      }
    } finally {
      await rm(dataDir, { recursive: true });
    }
    const note = `${sums.shown} alerts shown, ${sums.marked} of them marked as not stored, ${sums.forgotten} writes forgotten`;
    return { tried: times, lost, note };
  },
};

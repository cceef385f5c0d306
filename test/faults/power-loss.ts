/**
 * The power goes out, under load or just after it. Of what the lab wrote only what it had synced is on the disk for certain: each
 * block written since is, by chance, there, zeroed or full of noise. The next lab opens what is left, gives no number out twice,
 * and has everything that was shown before the disk last said that it holds what it was given.
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
  /** What has to be there. */
  held: Alert[];
  forgotten: number;
}

/** @param isQuiet the phones end first, and the disk has said that it holds all */
async function cutPower(lab: LabProcess, host: string, isQuiet: boolean, random: Random): Promise<Cut> {
  const { ended, onDisk } = await traceDisk(lab.pid, lab.dataDir, path.join(lab.dataDir, 'trace'));
  const watched = await watch(lab);
  const load = startLoad(lab.phone.proxy.port, host, 2);
  await lab.until('the first leaks', (all) => all.filter(({ type }) => type === 'leak').length >= 5);
  await pause(random.below(800));
  if (isQuiet) {
    load.end();
    const isLogged = ({ file }: Written): boolean => file.endsWith('-wal');
    // Flows are written once more when they end: then it is quiet.
    for (let tries = 0; tries < 200 && onDisk().unsynced.some(isLogged); tries++) await pause(50);
  }
  await lab.kill();
  load.end();
  await ended;
  const { unsynced, syncedAt } = onDisk();
  await forget(unsynced, random);
  return { watched, held: watched.shown(syncedAt), forgotten: unsynced.length };
}

export const powerLoss: Fault = {
  name: 'power loss on the store’s files',
  needs: ['root', 'strace'],
  async run({ random, isFull, times = isFull ? 20 : 2 }) {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'faults-power-'));
    const lost: string[] = [];
    const sums = { shown: 0, forgotten: 0, late: 0 };
    let cut: Cut | null = null;
    try {
      for (let time = 0; time <= times; time++) {
        const world = await startWorld({ dataDir });
        try {
          if (cut) {
            const after = await keptBy(world.lab);
            lost.push(...losses(cut.held, after), ...numbersBack(cut.watched, after, world.lab.alerts()));
            sums.late += losses(cut.watched.shown(), after).length;
          }
          if (time === times) break;
          cut = await cutPower(world.lab, world.host, time % 2 === 1, random);
          if (cut.held.length === 0) lost.push('the disk never said that it holds what was shown');
          sums.shown += cut.watched.shown().length;
          sums.forgotten += cut.forgotten;
        } finally {
          await world.end();
        }
      }
    } finally {
      await rm(dataDir, { recursive: true });
    }
    const note = `${sums.shown} alerts shown, ${sums.forgotten} writes forgotten, and with them ${sums.late} alerts of the last moment`;
    return { tried: times, lost, note };
  },
};

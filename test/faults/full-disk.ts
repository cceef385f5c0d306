/** A small file system of its own, filled while a phone goes on leaking; the lab ends, half of the time by `kill -9`; space is freed. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toolPath } from '../clients/tools.ts';
import { startLab } from '../e2e/lab-process.ts';
import { startWorld } from '../e2e/world.ts';
import type { Random } from '../trials/trial.ts';
import type { Fault } from './fault.ts';
import { leak } from './load.ts';
import { keptBy, losses, numbersBack, watch } from './shown.ts';

/** To the last byte. */
function fill(filler: string): void {
  for (const bytes of [1 << 20, 4096, 1])
    for (let isFull = false; !isFull; ) {
      try {
        appendFileSync(filler, Buffer.alloc(bytes));
      } catch (error) {
        isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
        if (!isFull) throw error;
      }
    }
}

async function once(
  disk: string,
  signal: 'SIGTERM' | 'SIGKILL',
  random: Random,
): Promise<{ shown: number; lost: string[] }> {
  const dataDir = path.join(disk, 'data');
  const filler = path.join(disk, 'filler');
  mkdirSync(dataDir, { mode: 0o700 });
  const world = await startWorld({ dataDir });
  const { lab } = world;
  const lost: string[] = [];
  try {
    const watched = await watch(lab);
    const sightings = (): number =>
      lab.alerts().reduce((sum, { type, count }) => sum + (type === 'leak' ? count : 0), 0);
    const [early, late] = [1 + random.below(30), 20 + random.below(100)];
    await leak(lab.phone.proxy.port, world.host, early);
    await lab.until(`${early} sightings`, () => sightings() >= early);
    fill(filler);
    await leak(lab.phone.proxy.port, world.host, late);
    await lab.until(`${early + late} sightings`, () => sightings() >= early + late);
    const during = await keptBy(lab);
    lost.push(...losses(watched.shown(), during).map((line) => `while the disk is full: ${line}`));
    if (!watched.shown().some(({ stored }) => stored === false))
      lost.push('no alert says stored: false on a full disk');
    if (!watched.shown().some(({ type, message }) => type === 'system' && message.startsWith('The disk is full')))
      lost.push('nobody is told that the disk is full');
    if (signal === 'SIGKILL') await lab.kill();
    else if ((await lab.stop()) !== 0) lost.push('SIGTERM on a full disk did not end with 0');
    rmSync(filler);
    const again = await startLab({ dataDir });
    try {
      const after = await keptBy(again);
      lost.push(...losses(watched.shown(), after), ...numbersBack(watched, after, []));
      const waiting = after.alerts.filter(({ stored }) => stored === false).length;
      if (waiting > 0) lost.push(`${waiting} alerts still wait though there is room`);
    } finally {
      await again.stop();
    }
    return { shown: watched.shown().length, lost };
  } finally {
    await world.end();
  }
}

export const fullDisk: Fault = {
  name: 'disk full',
  needs: ['root', 'mount'],
  async run({ random, isFull, times = isFull ? 20 : 2 }) {
    const lost: string[] = [];
    let shown = 0;
    for (let time = 0; time < times; time++) {
      const disk = mkdtempSync(path.join(tmpdir(), 'faults-disk-'));
      execFileSync(toolPath('mount'), ['-t', 'tmpfs', '-o', 'size=128m,mode=700', 'tmpfs', disk]);
      try {
        const signal = time % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
        const result = await once(disk, signal, random);
        shown += result.shown;
        lost.push(...result.lost.map((line) => `${signal}: ${line}`));
      } finally {
        execFileSync('umount', ['--lazy', disk]);
        rmSync(disk, { recursive: true });
      }
    }
    return { tried: times, lost, note: `${shown} alerts shown` };
  },
};

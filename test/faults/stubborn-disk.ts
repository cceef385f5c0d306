/**
 * A disk that stands still for seconds, and one that refuses to confirm anything, by strace(1) in the kernel's place. Alerts go on
 * within seconds, marked as not stored until they are; it is told; nothing is lost when the lab is killed afterwards.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Alert } from '../../src/model/alert.ts';
import { toolPath } from '../clients/tools.ts';
import { startWorld } from '../e2e/world.ts';
import type { Random } from '../trials/trial.ts';
import type { Fault } from './fault.ts';
import { leak } from './load.ts';
import { keptBy, losses, numbersBack, type Watched, watch } from './shown.ts';

const STANDING_STILL = 'inject=fsync,fdatasync:delay_enter=3000000';
const REFUSING = 'inject=fsync,fdatasync:error=EIO';

/** From now on, until it is ended. */
async function spoil(pid: number, how: string): Promise<() => Promise<void>> {
  const words = ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-e', how, '-o', '/dev/null', '-p', String(pid)];
  const child = spawn(toolPath('strace'), words, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const status = (): string => readFileSync(`/proc/${pid}/status`, 'utf8');
  while (/^TracerPid:\t0$/m.test(status())) await pause(20);
  return async () => {
    child.kill('SIGINT');
    await ended;
  };
}

/** Leaks before, while the disk is spoiled, and until it works again; then the lab is killed. */
async function leakInSpite(dataDir: string, how: string, random: Random, lost: string[]): Promise<Watched> {
  const world = await startWorld({ dataDir });
  const { lab } = world;
  try {
    const watched = await watch(lab);
    const leaks = (): number => lab.alerts().filter(({ type }) => type === 'leak').length;
    const isTold = (words: RegExp) => (all: Alert[]) =>
      all.some(({ type, message }) => type === 'system' && words.test(message));
    await leak(lab.phone.proxy.port, world.host, 1 + random.below(5));
    await lab.until('the first leaks', () => leaks() > 0);
    const before = leaks();
    const mend = await spoil(lab.pid, how);
    await leak(lab.phone.proxy.port, world.host, 3);
    await lab.until('leaks in spite of the disk', () => leaks() >= before + 3);
    await lab.until('that it is told', isTold(/cannot be stored/));
    if (!watched.shown().some(({ stored }) => stored === false)) lost.push('no alert said that it was not stored');
    lost.push(...losses(watched.shown(), await keptBy(lab)).map((line) => `meanwhile: ${line}`));
    await mend();
    await lab.until('that it works again', isTold(/stored again/));
    await lab.kill();
    return watched;
  } finally {
    await world.end();
  }
}

export const stubbornDisk: Fault = {
  name: 'a disk that stands still or confirms nothing',
  needs: ['root', 'strace'],
  async run({ random, isFull, times = isFull ? 10 : 2 }) {
    const lost: string[] = [];
    let shown = 0;
    let marked = 0;
    for (let time = 0; time < times; time++) {
      const dataDir = await mkdtemp(path.join(tmpdir(), 'faults-disk-'));
      try {
        const watched = await leakInSpite(dataDir, time % 2 === 0 ? STANDING_STILL : REFUSING, random, lost);
        shown += watched.shown().length;
        marked += watched.shown().filter(({ stored }) => stored === false).length;
        const again = await startWorld({ dataDir });
        const after = await keptBy(again.lab);
        lost.push(...losses(watched.shown(), after), ...numbersBack(watched, after, again.lab.alerts()));
        await again.end();
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    }
    return { tried: times, lost, note: `${shown} alerts shown, ${marked} of them at first as not stored` };
  },
};

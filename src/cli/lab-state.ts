/**
 * `DATA/lab.json`: how other commands find the lab that runs on a data directory.
 * Promise: written mode 0600 once the lab is ready, removed when it stops; a file left by a crash is recognised by its dead pid.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../formats/replace-file.ts';
import type { LabState } from '../model/lab.ts';

export function writeLabState(dataDir: string, state: LabState): void {
  replaceFile(join(dataDir, 'lab.json'), `${JSON.stringify(state, null, 2)}\n`);
}

/** Leaves a file alone that a later lab wrote. */
export function removeLabState(dataDir: string, pid: number): void {
  if (readState(dataDir)?.pid === pid) rmSync(join(dataDir, 'lab.json'), { force: true });
}

/** The lab that runs on this directory now, or null. */
export function findRunningLab(dataDir: string): LabState | null {
  const state = readState(dataDir);
  return state && isAlive(state.pid) ? state : null;
}

function readState(dataDir: string): LabState | null {
  try {
    const state = JSON.parse(readFileSync(join(dataDir, 'lab.json'), 'utf8')) as Partial<LabState>;
    return state.v === 1 && typeof state.pid === 'number' && typeof state.url === 'string' ? (state as LabState) : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive as well.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

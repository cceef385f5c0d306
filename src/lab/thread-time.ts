/**
 * Processor time of one thread of this process, as Linux counts it (proc(5), `/proc/self/task/TID/stat`). The thread is not asked:
 * one that is stuck could not answer.
 */
import { readdirSync, readFileSync } from 'node:fs';

const TASKS = '/proc/self/task';
/** Of the kernel's clock ticks, USER_HZ: 100 a second on every system that Node runs on. */
const TICK_MS = 10;

/** Milliseconds that the thread with this name has worked, for itself and in the kernel; null without such a thread or such files. */
export function threadCpuMs(name: string): number | null {
  try {
    for (const id of readdirSync(TASKS)) {
      const stat = readFileSync(`${TASKS}/${id}/stat`, 'latin1');
      const nameEnd = stat.lastIndexOf(')');
      if (stat.slice(stat.indexOf('(') + 1, nameEnd) !== name) continue;
      const fields = stat.slice(nameEnd + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    }
  } catch {
    // No such system.
  }
  return null;
}

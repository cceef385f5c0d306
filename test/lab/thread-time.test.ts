import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { threadCpuMs } from '../../src/lab/thread-time.ts';

describe.runIf(existsSync('/proc/self/task'))('processor time of a thread', () => {
  it('is that of the thread with the name, also while it answers nobody', async () => {
    const busy = new Worker("require('node:worker_threads').parentPort.postMessage(1); for (;;);", {
      eval: true,
      name: 'busy-1',
    });
    const idle = new Worker("setInterval(() => {}, 1000); require('node:worker_threads').parentPort.postMessage(1);", {
      eval: true,
      name: 'idle-1',
    });
    await Promise.all([once(busy, 'message'), once(idle, 'message')]);
    await expect.poll(() => threadCpuMs('busy-1'), { timeout: 60_000 }).toBeGreaterThan(500);
    expect(threadCpuMs('idle-1')).toBeLessThan(500);
    await Promise.all([busy.terminate(), idle.terminate()]);
  });

  it('of a thread that is not there is not told', () => expect(threadCpuMs('nobody')).toBeNull());
});

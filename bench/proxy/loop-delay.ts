/**
 * Loaded into a lab by `NODE_OPTIONS=--import`, into old and new ones alike: watches the event loop of the main thread, the relay's.
 * At SIGUSR2 it writes what it saw since the last time to the file named in BENCH_LOOP_DELAY. A timer of 1 ms is what is
 * measured, so an idle loop shows about 1 ms.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.BENCH_LOOP_DELAY;
if (file && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('SIGUSR2', () => {
    const seen = { p99: delay.percentile(99) / 1e6, worst: delay.max / 1e6 };
    delay.reset();
    writeFileSync(`${file}.new`, JSON.stringify(seen));
    renameSync(`${file}.new`, file);
  });
}

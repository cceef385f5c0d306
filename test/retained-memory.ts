/** What a test's own process holds once all garbage is collected: files share a process, so what is there uncollected is anybody's. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes: V8's heap and buffers outside it. */
export function retainedBytes(): number {
  collectGarbage();
  // Buffers outside the heap are counted out beside what goes on; the next collection waits for that.
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Keeps the lab's memory flat while megabytes stream through it. Relayed chunks are 64 KB buffers outside V8's heap, which
 * gives V8 little reason to collect them: some 40 MB of dead ones pile up. So it is asked to: a minor collection (0.5 ms) per
 * few megabytes relayed, and a major one (15 ms) when buffers that were still queued then have piled up all the same.
 * Needs `--expose-gc` (bin/phonehome.mjs); without it nothing happens.
 */

/** Relayed bytes between two minor collections. */
const EVERY_BYTES = 2 << 20;
/** Bytes in buffers, beyond what was left by the last major collection, that ask for another. */
const MAX_PILE_BYTES = 4 << 20;

type Collect = (options?: { type: 'minor' | 'major' }) => void;

const collector = (): Collect | null => (globalThis as { gc?: Collect }).gc ?? null;
const bytesInBuffers = (): number => process.memoryUsage().arrayBuffers;

/** Call with the size of every chunk that was relayed. */
export function createScavenger(collect = collector(), measure = bytesInBuffers): (bytes: number) => void {
  let relayed = 0;
  let kept = measure();
  return (bytes) => {
    relayed += bytes;
    if (!collect || relayed < EVERY_BYTES) return;
    relayed = 0;
    collect({ type: 'minor' });
    if (measure() - kept < MAX_PILE_BYTES) return;
    collect({ type: 'major' });
    kept = measure();
  };
}

/** What starting leaves behind (parsed tables, sources) is given back once, before the first phone comes. */
export const collectAfterStart = (): void => collector()?.({ type: 'major' });

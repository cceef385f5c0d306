/**
 * Keeps the lab's memory flat while megabytes stream through it. Relayed chunks are 64 KB buffers outside V8's heap, which
 * gives V8 little reason to collect them: some 40 MB of dead ones pile up. So it is asked to: a minor collection (0.5 ms) per
 * few megabytes of bulk, and a major one (25 ms) when what was still in use then has piled up all the same: buffers, or the
 * small things that every request leaves behind.
 * Needs `--expose-gc` (bin/phonehome.mjs); without it nothing happens.
 */

/** A chunk of a body that fills its buffer. */
const BULK_BYTES = 8 << 10;
/** Relayed bytes between two looks. */
const EVERY_BYTES = 2 << 20;
/** Relayed bytes between two major collections that buffers ask for. */
const APART_BYTES = 8 << 20;
/** Bytes in buffers, and in the heap, beyond what was left by the last major collection, that ask for another. */
const MAX_PILE_BYTES = 4 << 20;
const MAX_GROWTH_BYTES = 12 << 20;

type Collect = (options?: { type: 'minor' | 'major'; flavor?: 'last-resort' }) => void;

/** Bytes in use. */
export interface InUse {
  arrayBuffers: number;
  heapUsed: number;
}

const collector = (): Collect | null => (globalThis as { gc?: Collect }).gc ?? null;

export interface Scavenger {
  /** Call with the size of every chunk that was relayed. */
  relayed(bytes: number): void;
  /** Call for every connection: its sockets and TLS state, 9 KB outside the heap, go when what holds them is collected. */
  opened(): void;
}

/** Connections between two major collections: 18 MB, and a hundredth of what connections cost. */
const MAX_OPENED = 2000;

export function createScavenger(collect = collector(), measure: () => InUse = process.memoryUsage): Scavenger {
  let relayed = 0;
  let bulk = 0;
  let apart = 0;
  let opened = 0;
  let kept = measure();
  const collectAll = (): void => {
    collect?.({ type: 'major' });
    kept = measure();
    apart = 0;
    opened = 0;
  };
  return {
    relayed(bytes) {
      relayed += bytes;
      if (bytes >= BULK_BYTES) bulk += bytes;
      if (!collect || relayed < EVERY_BYTES) return;
      apart += relayed;
      if (bulk > relayed / 2) collect({ type: 'minor' });
      relayed = 0;
      bulk = 0;
      const now = measure();
      const hasPile = now.arrayBuffers - kept.arrayBuffers >= MAX_PILE_BYTES && apart >= APART_BYTES;
      if (hasPile || now.heapUsed - kept.heapUsed >= MAX_GROWTH_BYTES) collectAll();
    },
    opened() {
      opened++;
      if (collect && opened >= MAX_OPENED) collectAll();
    },
  };
}

/**
 * What starting leaves behind (parsed tables, code that ran once, half-empty pages) is given back once, before the first
 * phone comes. The last resort of V8 gives back three times what a major collection does, in 0.1 s.
 */
export const collectAfterStart = (): void => collector()?.({ type: 'major', flavor: 'last-resort' });

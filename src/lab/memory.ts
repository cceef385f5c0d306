/**
 * Keeps the memory of a thread flat while megabytes stream through it. Chunks of bulk are 64 KB buffers outside V8's heap, which
 * gives V8 little reason to collect them: tens of MB of dead ones pile up. So it is asked to: a minor collection (0.5 ms) per few
 * megabytes of bulk, and a major one (25 ms) when buffers have piled up all the same. Small requests ask for nothing: what they
 * leave behind is V8's to judge, and asking cost a third of the processor time (docs/decisions/0007). What many connections leave
 * behind when they open and close, a grown young generation among it, is given back when nothing goes through the thread, which
 * takes time from nobody.
 * Needs `--expose-gc` (bin/phonehome.mjs); without it nothing happens.
 * After a longer rest malloc gives back what lies free between buffers that are alive: a hundred MB after some thousand connections.
 * Not between two bursts, which would ask the kernel for the same pages anew, at 1 to 20 µs each.
 */
import { loadC } from '../door/c-library.ts';

/** A chunk of a body that fills its buffer: a TLS record, or a whole read. What several small requests of HTTP/2 fill together is no bulk. */
const BULK_BYTES = 16 << 10;
/** Bytes of bulk between two looks. */
const EVERY_BYTES = 2 << 20;
/** Bytes of bulk between two major collections. */
const APART_BYTES = 16 << 20;
/** Bytes in buffers, beyond what was left by the last major collection, that ask for another. */
const MAX_PILE_BYTES = 8 << 20;

type Collect = (options?: { type: 'minor' | 'major'; flavor?: 'last-resort' }) => void;

const collector = (): Collect | null => (globalThis as { gc?: Collect }).gc ?? null;

/** Connections that opened or closed since the last time it was quiet: so many leave enough behind. */
const MANY_CONNECTIONS = 100;
/**
 * So many are worth V8's last resort at the end of it (0.1 s), which also gives back the pages that V8 keeps for itself. Not after fewer:
 * V8 forgets with a major collection what made requests fast.
 */
const VERY_MANY_CONNECTIONS = 1000;
/** Between two looks whether anything went through the thread meanwhile, milliseconds. */
const LOOK_MS = 250;
/**
 * As long as it is quiet: minor collections (under 1 ms each), which show V8 that little is allocated, so that it gives back the pages
 * of a young generation that had grown.
 */
const QUIET_MINORS = 5;
/** So long nothing went through the thread, milliseconds. */
const REST_MS = 10_000;
/** The same for what starting left behind: a lab that ends sooner, as in most tests, pays nothing for it. */
const START_REST_MS = 3000;

export interface Scavenger {
  /**
   * Call when the lab stands: what starting leaves behind (parsed tables, code that ran once, half-empty pages) is given back once, in
   * the first rest. The last resort of V8 gives back three times what a major collection does, in 0.1 s of this thread and as much of its helpers.
   */
  started(): void;
  /** Call with the size of every chunk that went through this thread. */
  relayed(bytes: number): void;
  /** Call for every connection that opened or closed. */
  connection(): void;
}

/**
 * @param measure bytes in buffers
 * @param giveBack called after a rest; of one thread it is enough
 */
export function createScavenger(
  collect = collector(),
  measure: () => number = () => process.memoryUsage().arrayBuffers,
  giveBack: () => void = () => {},
): Scavenger {
  let bulk = 0;
  let apart = 0;
  let kept = collect ? measure() : 0;
  let connections = 0;
  /** Chunks and connections so far, and when somebody last looked. */
  let events = 0;
  let seen = 0;
  let toCollect = 0;
  /** Connections that opened or closed since memory was last given back. */
  let opened = 0;
  const rested = (before: number): void => {
    if (events !== before || opened < VERY_MANY_CONNECTIONS) return;
    opened = 0;
    giveBack();
  };
  const collectAll = (flavor?: 'last-resort'): void => {
    collect?.({ type: 'major', flavor });
    kept = measure();
    apart = 0;
  };
  const settle = (before: number): void => {
    if (events === before) collectAll('last-resort');
    else settleLater();
  };
  const settleLater = (): void => void setTimeout(settle, START_REST_MS, events).unref();
  const look = (): void => {
    if (events !== seen) toCollect = QUIET_MINORS;
    else {
      collect?.({ type: 'minor' });
      toCollect--;
    }
    seen = events;
    if (toCollect > 0) lookLater();
    else {
      if (connections >= VERY_MANY_CONNECTIONS) collectAll('last-resort');
      opened += connections;
      connections = 0;
      setTimeout(rested, REST_MS, events).unref();
    }
  };
  const lookLater = (): void => void setTimeout(look, LOOK_MS).unref();
  return {
    started() {
      if (collect) settleLater();
    },
    relayed(bytes) {
      events++;
      if (!collect || bytes < BULK_BYTES) return;
      bulk += bytes;
      if (bulk < EVERY_BYTES) return;
      apart += bulk;
      bulk = 0;
      collect({ type: 'minor' });
      if (apart >= APART_BYTES && measure() - kept >= MAX_PILE_BYTES) collectAll();
    },
    connection() {
      events++;
      connections++;
      if (!collect || toCollect > 0 || connections < MANY_CONNECTIONS) return;
      toCollect = QUIET_MINORS;
      lookLater();
    },
  };
}

/**
 * `malloc_trim(3)` of glibc, beside all threads: an arena is locked only while it is gone through. Some 70 ms of processor time at 400 MB.
 * Other C libraries have no such call, and keep no arenas.
 */
export function trimMalloc(): void {
  try {
    loadC()
      .func('int malloc_trim(size_t pad)')
      .async(0, () => {});
  } catch {
    // It stays as it is.
  }
}

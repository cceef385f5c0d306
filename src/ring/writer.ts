/**
 * Writes records into the ring. Promise: never waits and never throws for want of room; what does not fit is kept in order in
 * the relay's own memory and follows as soon as the lab has read on. Who writes bounds how much that can be (credit).
 * A lab that works finds each record at once; one that sleeps is woken a moment later, for all that came meanwhile: waking costs
 * both threads some 20 µs, as much as a small record, and where they share a core each spoils the other's caches. So what nobody
 * waits for (beginnings, answers, ends) wakes it later than what a phone said, unless much of it has come together.
 */
import { RECORD_HEAD_BYTES, type RecordKind, type RingMemory, SKIP, sizeOf, WORD } from './memory.ts';

export interface RecordFacts {
  kind: RecordKind;
  flag: number;
  phone: number;
  flow: number;
  /** Milliseconds since the epoch. */
  time: number;
}

export interface RingWriter {
  /** Copies both parts. Their sum is at most a quarter of the capacity. */
  write(facts: RecordFacts, first: Uint8Array, second?: Uint8Array): void;
  /** What was written last may become an alert: a sleeping lab is woken soon, and at once when little goes on. */
  soon(): void;
  /** Wakes a sleeping lab now: somebody waits for it. */
  wake(): void;
  /** Bytes kept here because the ring is full. */
  readonly waitingBytes: number;
  /** Everything written was taken out by the lab. */
  readonly isEmpty: boolean;
  stop(): void;
}

/** The lab reads on within this time, or works on something long: looked at again then, milliseconds. */
const TRY_AGAIN_MS = 2;
/** Long enough for some requests of a busy lab, milliseconds. */
const WAKE_SOON_MS = 1;
/** Long enough for some connections of a busy lab, milliseconds. */
const WAKE_LATER_MS = 20;
/** Since it was woken last: a lab with so little to do is woken at once, milliseconds. */
const CALM_MS = 8;
/** So much wakes it soon, whatever it is: a phone may be held until it was read. */
const MUCH_BYTES = 128 << 10;
const EMPTY = new Uint8Array(0);

export function createRingWriter(memory: RingMemory): RingWriter {
  const { words, records, heads, times, capacity } = memory;
  const mask = capacity - 1;
  const waiting: { facts: RecordFacts; content: Uint8Array }[] = [];
  let waitingBytes = 0;
  let written = Atomics.load(words, WORD.written);
  let timer: NodeJS.Timeout | null = null;
  let wakingSoon: NodeJS.Timeout | null = null;
  let wakingLater: NodeJS.Timeout | null = null;
  let wokenAt = Number.NEGATIVE_INFINITY;
  const isSleeping = (): boolean => Atomics.load(words, WORD.sleeping) === 1;

  function cancelWaking(): void {
    if (wakingSoon) clearTimeout(wakingSoon);
    if (wakingLater) clearTimeout(wakingLater);
    wakingSoon = null;
    wakingLater = null;
  }

  function wake(): void {
    cancelWaking();
    wokenAt = performance.now();
    if (isSleeping()) Atomics.notify(words, WORD.written);
  }

  function soon(): void {
    if (wakingSoon !== null || !isSleeping()) return;
    if (performance.now() - wokenAt > CALM_MS) wake();
    else wakingSoon = setTimeout(wake, WAKE_SOON_MS);
  }

  /** False: there is no room. */
  function place(facts: RecordFacts, first: Uint8Array, second: Uint8Array): boolean {
    const length = first.length + second.length;
    const size = sizeOf(length);
    let offset = written & mask;
    const skipped = offset + size > capacity ? capacity - offset : 0;
    const used = (written - Atomics.load(words, WORD.read)) >>> 0;
    if (used + skipped + size > capacity) return false;
    if (skipped > 0) {
      heads[offset >> 2] = SKIP;
      written = (written + skipped) | 0;
      offset = 0;
    }
    const at = offset >> 2;
    heads[at] = length;
    heads[at + 1] = facts.flow;
    heads[at + 2] = facts.kind | (facts.flag << 8) | (facts.phone << 16);
    times[(offset + 16) >> 3] = facts.time;
    records.set(first, offset + RECORD_HEAD_BYTES);
    if (second.length > 0) records.set(second, offset + RECORD_HEAD_BYTES + first.length);
    written = (written + size) | 0;
    Atomics.store(words, WORD.written, written);
    if (used > MUCH_BYTES) soon();
    else if (wakingLater === null && isSleeping()) wakingLater = setTimeout(wake, WAKE_LATER_MS);
    return true;
  }

  function follow(): void {
    timer = null;
    let done = 0;
    for (const { facts, content } of waiting) {
      if (!place(facts, content, EMPTY)) break;
      waitingBytes -= content.length;
      done++;
    }
    if (done > 0) waiting.splice(0, done);
    if (waiting.length > 0) timer = setTimeout(follow, TRY_AGAIN_MS);
  }

  return {
    write(facts, first, second = EMPTY) {
      if (waiting.length === 0 && place(facts, first, second)) return;
      const content = new Uint8Array(first.length + second.length);
      content.set(first);
      content.set(second, first.length);
      waiting.push({ facts, content });
      waitingBytes += content.length;
      timer ??= setTimeout(follow, TRY_AGAIN_MS);
    },
    soon,
    wake,
    get waitingBytes() {
      return waitingBytes;
    },
    get isEmpty() {
      return waiting.length === 0 && written === Atomics.load(words, WORD.read);
    },
    stop() {
      if (timer) clearTimeout(timer);
      cancelWaking();
      waiting.length = 0;
      waitingBytes = 0;
    },
  };
}

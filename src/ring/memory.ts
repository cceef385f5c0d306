/**
 * The shared memory between the relay's thread and the lab's: a ring of records, one way, one writer, one reader.
 * Layout of a record, all of it 8-byte aligned: length of its content (u32), number of its flow (u32), kind (u8),
 * flag (u8), phone (u16), 4 bytes unused, time in milliseconds since the epoch (f64), content. A length of `SKIP` says that
 * the rest of the ring's end is empty and the next record stands at its beginning.
 * Positions are 32-bit counts of bytes that wrap around; the capacity is a power of two, so they never jump.
 */

export const RECORD = {
  /** Copied bytes of a flow. */
  bytes: 0,
  /** One side of a flow sends no more. */
  end: 1,
  /** A flow event, as `encodeEvent` writes it. */
  event: 2,
  /** JSON beside the flows: news of the relay. */
  note: 3,
  /** Asks to be told when everything before it was processed; its flow number is the name of the barrier. */
  barrier: 4,
  /** Bytes of a flow that did not fit and are gone: their number, as decimal text. */
  lost: 5,
} as const;

export type RecordKind = (typeof RECORD)[keyof typeof RECORD];

/** Places in `words`. */
export const WORD = {
  /** Position up to which records stand. Written by the relay. */
  written: 0,
  /** Position up to which they were taken out. Written by the lab. */
  read: 1,
  /** 1 while the lab waits on `written`. */
  sleeping: 2,
  /** Counts what the lab processed. */
  progress: 3,
  /** 1 while the relay waits on `given`. */
  waiting: 4,
  /** Counts the times that credit was given back while the relay waited. */
  given: 5,
} as const;

export const SKIP = 0xffffffff;
export const RECORD_HEAD_BYTES = 24;
/** Phones that can be told apart at one time; further ones share the last place. */
export const MAX_PHONES = 4096;

const WORDS_BYTES = 256;
const RECORDS_AT = WORDS_BYTES + MAX_PHONES * 4;
/** What a busy lab takes out in some milliseconds; more waits in the relay, in credit. */
const DEFAULT_CAPACITY = 4 << 20;

export interface RingMemory {
  shared: SharedArrayBuffer;
  words: Int32Array;
  /** Per phone: bytes of its records that were processed, a 32-bit count that wraps. Written by the lab. */
  processed: Int32Array;
  records: Buffer;
  /** The same bytes, for heads of records. */
  heads: Uint32Array;
  times: Float64Array;
  /** Bytes; a power of two. */
  capacity: number;
}

/** @param capacity bytes; a power of two */
export function createRingMemory(capacity = DEFAULT_CAPACITY): RingMemory {
  if (capacity < 4096 || (capacity & (capacity - 1)) !== 0)
    throw new RangeError(`a ring of ${capacity} bytes: a power of two from 4096 is expected`);
  return openRingMemory(new SharedArrayBuffer(RECORDS_AT + capacity));
}

/** In the other thread. */
export function openRingMemory(shared: SharedArrayBuffer): RingMemory {
  const capacity = shared.byteLength - RECORDS_AT;
  return {
    shared,
    words: new Int32Array(shared, 0, WORDS_BYTES / 4),
    processed: new Int32Array(shared, WORDS_BYTES, MAX_PHONES),
    records: Buffer.from(shared, RECORDS_AT, capacity),
    heads: new Uint32Array(shared, RECORDS_AT, capacity / 4),
    times: new Float64Array(shared, RECORDS_AT, capacity / 8),
    capacity,
  };
}

/** What a record takes in the ring, and costs in credit. */
export const sizeOf = (contentBytes: number): number => (RECORD_HEAD_BYTES + contentBytes + 7) & ~7;

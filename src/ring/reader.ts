/**
 * Takes records out of the ring. Promise: a record is shown in place, its content valid until the call returns; the room of
 * a batch is given back when the whole batch was shown.
 */
import { RECORD_HEAD_BYTES, type RecordKind, type RingMemory, SKIP, sizeOf, WORD } from './memory.ts';
import type { RecordFacts } from './writer.ts';

export interface RingRecord extends RecordFacts {
  content: Buffer;
}

export interface RingReader {
  /** Shows at most `most` records. The number shown. */
  take(most: number, show: (record: RingRecord) => void): number;
  /** Resolves when there is something to take, or when somebody notifies of it. */
  wait(): Promise<void>;
}

export function createRingReader(memory: RingMemory): RingReader {
  const { words, records, heads, times, capacity } = memory;
  const mask = capacity - 1;
  let read = Atomics.load(words, WORD.read);

  return {
    take(most, show) {
      const written = Atomics.load(words, WORD.written);
      let shown = 0;
      while (read !== written && shown < most) {
        const offset = read & mask;
        const at = offset >> 2;
        const length = heads[at] as number;
        if (length === SKIP) {
          read = (read + capacity - offset) | 0;
          continue;
        }
        const third = heads[at + 2] as number;
        const start = offset + RECORD_HEAD_BYTES;
        read = (read + sizeOf(length)) | 0;
        shown++;
        show({
          kind: (third & 0xff) as RecordKind,
          flag: (third >>> 8) & 0xff,
          phone: third >>> 16,
          flow: heads[at + 1] as number,
          time: times[(offset + 16) >> 3] as number,
          content: records.subarray(start, start + length),
        });
      }
      Atomics.store(words, WORD.read, read);
      return shown;
    },
    async wait() {
      Atomics.store(words, WORD.sleeping, 1);
      // Without a time limit of its own: each would be a timer that still fires, and wakes the thread once more, when this is long over.
      const waited = Atomics.waitAsync(words, WORD.written, read);
      if (waited.async) await waited.value;
      Atomics.store(words, WORD.sleeping, 0);
    },
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRingMemory, openRingMemory, RECORD, sizeOf, WORD } from '../../src/ring/memory.ts';
import { createRingReader } from '../../src/ring/reader.ts';
import { createRingWriter } from '../../src/ring/writer.ts';

const CAPACITY = 4096;
const none = new Uint8Array(0);

/** Both ends in one thread, as two threads would have them. */
function ring() {
  const memory = createRingMemory(CAPACITY);
  const writer = createRingWriter(memory);
  const reader = createRingReader(openRingMemory(memory.shared));
  const taken: { flow: number; time: number; text: string }[] = [];
  const take = async (most = 4096): Promise<number> => {
    await Promise.resolve();
    return reader.take(most, ({ flow, time, content }) => {
      taken.push({ flow, time, text: content.toString('latin1') });
    });
  };
  const write = (flow: number, content: Uint8Array, rest = none): void =>
    writer.write({ kind: RECORD.bytes, flag: 0, phone: 1, flow, time: flow * 1.5 }, content, rest);
  return { memory, writer, write, take, taken };
}

/** Until the writer's own store is empty: it follows when there is room. */
async function drain({ writer, take }: ReturnType<typeof ring>): Promise<void> {
  for (;;) {
    const count = await take();
    if (count === 0 && writer.isEmpty) return;
    if (count === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('the ring', () => {
  it('gives every record out as it was written, in order, whatever its size and however reading and writing alternate', async () => {
    const step = fc.oneof(
      fc.record({ bytes: fc.integer({ min: 0, max: CAPACITY / 4 }), cut: fc.integer({ min: 0, max: 64 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 20 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const both = ring();
        const expected: { flow: number; time: number; text: string }[] = [];
        for (const [index, one] of steps.entries()) {
          if ('take' in one) {
            await both.take(one.take);
            continue;
          }
          const content = Buffer.alloc(one.bytes, index % 251);
          both.write(index, content.subarray(0, one.cut), content.subarray(one.cut));
          expected.push({ flow: index, time: index * 1.5, text: content.toString('latin1') });
        }
        await drain(both);
        both.writer.stop();
        expect(both.taken).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on where positions wrap around 32 bits', async () => {
    const both = ring();
    const near = 0x7fffffff - (0x7fffffff % CAPACITY) - CAPACITY;
    Atomics.store(both.memory.words, WORD.written, near);
    Atomics.store(both.memory.words, WORD.read, near);
    const writer = createRingWriter(both.memory);
    const reader = createRingReader(both.memory);
    const flows: number[] = [];
    for (let flow = 0; flow < 40; flow++) {
      writer.write({ kind: RECORD.bytes, flag: 0, phone: 0, flow, time: 0 }, Buffer.alloc(500));
      await Promise.resolve();
      reader.take(10, (record) => void flows.push(record.flow));
    }
    expect(flows).toEqual(Array.from({ length: 40 }, (_, flow) => flow));
    expect(Atomics.load(both.memory.words, WORD.read)).toBeLessThan(0);
  });

  it('keeps what does not fit, and says how much', async () => {
    const both = ring();
    for (let flow = 0; flow < 10; flow++) both.write(flow, Buffer.alloc(1000));
    expect(both.writer.waitingBytes).toBe(6 * 1000);
    expect(both.writer.isEmpty).toBe(false);
    await drain(both);
    expect(both.taken.map(({ flow }) => flow)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('takes sizes of records that a reader and a writer agree on', () => {
    expect([0, 1, 8, 9].map(sizeOf)).toEqual([24, 32, 32, 40]);
  });

  it('wakes a reader that sleeps', async () => {
    const { memory, write } = ring();
    const sleeper = createRingReader(memory);
    const woken = sleeper.wait();
    write(1, Buffer.from('x'));
    await woken;
    expect(Atomics.load(memory.words, WORD.sleeping)).toBe(0);
  });

  it.each([0, 100, 5000])('refuses a capacity of %i bytes', (capacity) => {
    expect(() => createRingMemory(capacity)).toThrow(/power of two/);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn } from '../../src/model/turn.ts';
import { RECORD } from '../../src/ring/memory.ts';
import type { RingRecord } from '../../src/ring/reader.ts';
import { createTurns } from '../../src/ring/turns.ts';

/** A clock that only work moves: the cost of a record stands in its time, and is spent in steps of `stepMs`. */
function lab({ stepMs = Number.POSITIVE_INFINITY } = {}) {
  let clock = 0;
  const done: { phone: number; flow: number; at: number }[] = [];
  const passed: number[] = [];
  const credit = new Map<number, number>();
  const left = new Map<number, { flow: number; ms: number }>();
  let longest = 0;
  function goOn(phone: number, turn: Turn): boolean {
    const from = clock;
    const work = left.get(phone)!;
    do {
      const step = Math.min(stepMs, work.ms);
      clock += step;
      work.ms -= step;
    } while (work.ms > 0 && !turn.isOver);
    longest = Math.max(longest, clock - from);
    if (work.ms > 0) return false;
    left.delete(phone);
    done.push({ phone, flow: work.flow, at: clock });
    return true;
  }
  const turns = createTurns({
    process({ phone, flow, time }, turn) {
      if (left.has(phone)) throw new Error('a phone overtook itself');
      left.set(phone, { flow, ms: time });
      return goOn(phone, turn);
    },
    resume: goOn,
    passed: (barrier) => void passed.push(barrier),
    credit: (phone, bytes) => void credit.set(phone, (credit.get(phone) ?? 0) + bytes),
    clock: () => clock,
    sliceMs: 4,
    roundMs: 8,
  });
  return { turns, done, passed, credit, longest: () => longest };
}

const record = (phone: number, flow: number, costMs: number, content = 'x'): RingRecord => ({
  kind: RECORD.bytes,
  flag: 0,
  phone,
  flow,
  time: costMs,
  content: Buffer.from(content),
});
const barrier = (flow: number): RingRecord => ({ ...record(0, flow, 0, ''), kind: RECORD.barrier });

/** As the lab's loop does it: rounds of what the ring holds, until nothing waits. */
function run(turns: ReturnType<typeof lab>['turns'], records: RingRecord[]): void {
  const ring = [...records];
  for (;;) {
    turns.round();
    for (const one of ring.splice(0)) turns.offer(one);
    if (turns.serve(8) && ring.length === 0) return;
  }
}

describe('whose turn it is', () => {
  it('is that of a phone alone, record by record', () => {
    const { turns, done } = lab();
    run(
      turns,
      Array.from({ length: 50 }, (_, flow) => record(1, flow, 1)),
    );
    expect(done.map(({ flow }) => flow)).toEqual(Array.from({ length: 50 }, (_, flow) => flow));
  });

  it('is soon that of a light phone behind a costly one: it waits for a slice and a record, not for all of them', () => {
    const { turns, done } = lab();
    run(turns, [...Array.from({ length: 100 }, (_, flow) => record(1, flow, 20)), record(2, 1000, 1)]);
    const light = done.find(({ phone }) => phone === 2);
    // The ring is read on while the costly phone's records wait in a queue of their own.
    expect(light?.at).toBeLessThanOrEqual(2 * 20 + 1);
    expect(done.filter(({ phone }) => phone === 1)).toHaveLength(100);
  });

  it('shares the time evenly between two costly phones', () => {
    const { turns, done } = lab();
    const both = Array.from({ length: 200 }, (_, index) => record(index % 2, index, index % 2 === 0 ? 3 : 1));
    run(turns, both);
    const half = done.slice(0, 100);
    const spent = (wanted: number) => half.filter(({ phone }) => phone === wanted).length * (wanted === 0 ? 3 : 1);
    expect(Math.abs(spent(0) - spent(1))).toBeLessThanOrEqual(16);
  });

  it('keeps the order of each phone, loses nothing and gives every byte of credit back, whatever comes', () => {
    const given = fc.array(
      fc.record({ phone: fc.integer({ min: 0, max: 5 }), cost: fc.integer({ min: 0, max: 30 }), bytes: fc.nat(40) }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(given, fc.constantFrom(1, 3, 100), (all, stepMs) => {
        const { turns, done, credit } = lab({ stepMs });
        const records = all.map(({ phone, cost, bytes }, flow) => record(phone, flow, cost, 'x'.repeat(bytes)));
        run(turns, records);
        expect(done).toHaveLength(records.length);
        for (const phone of new Set(all.map((one) => one.phone))) {
          const order = done.filter((one) => one.phone === phone).map(({ flow }) => flow);
          expect(order).toEqual([...order].sort((a, b) => a - b));
          const bytes = records
            .filter((one) => one.phone === phone)
            .reduce((sum, { content }) => sum + ((24 + content.length + 7) & ~7), 0);
          expect(credit.get(phone)).toBe(bytes);
        }
        expect(turns.waiting).toBe(0);
      }),
    );
  });

  it('answers a barrier when everything before it was processed, and before what came after it', () => {
    const { turns, done, passed } = lab();
    const costly = Array.from({ length: 20 }, (_, flow) => record(1, flow, 10));
    const counts: number[] = [];
    const ring = [...costly, barrier(7), record(2, 100, 1), record(1, 200, 1)];
    for (let isOver = false; !isOver; ) {
      turns.round();
      for (const one of ring.splice(0)) turns.offer(one);
      isOver = turns.serve(8) && ring.length === 0;
      if (passed.length === 1 && counts.length === 0) counts.push(done.filter(({ flow }) => flow < 100).length);
    }
    expect(passed).toEqual([7]);
    expect(counts).toEqual([20]);
  });

  it('goes to a light phone in the middle of one record of a costly phone', () => {
    const { turns, done, longest } = lab({ stepMs: 1 });
    run(turns, [record(1, 1, 1000), record(2, 2, 1), record(1, 3, 1), record(3, 4, 1), record(2, 5, 1)]);
    expect(done.map(({ flow }) => flow)).toEqual([2, 4, 5, 1, 3]);
    // Two slices of the costly one at most, and what the light ones cost themselves.
    expect(done.find(({ flow }) => flow === 5)?.at).toBeLessThanOrEqual(2 * 4 + 3);
    expect(longest()).toBe(4);
  });

  it('answers a barrier only when the record that was interrupted before it is worked off', () => {
    const { turns, done, passed } = lab({ stepMs: 1 });
    const ring = [record(1, 1, 50), barrier(7), record(1, 2, 1)];
    while (passed.length === 0) {
      turns.round();
      for (const one of ring.splice(0)) turns.offer(one);
      turns.serve(8);
    }
    expect(done[0]).toMatchObject({ flow: 1, at: 50 });
    run(turns, []);
    expect(done.map(({ flow }) => flow)).toEqual([1, 2]);
    expect(turns.waiting).toBe(0);
  });

  it('gives credit for an interrupted record when it is worked off, not before', () => {
    const { turns, credit } = lab({ stepMs: 1 });
    turns.round();
    turns.offer(record(1, 1, 6));
    expect(credit.size).toBe(0);
    expect(turns.waiting).toBe(1);
    expect(turns.serve(8)).toBe(true);
    expect(credit.get(1)).toBe(32);
  });

  it('copies what waits: the ring may be written over', () => {
    const seen: string[] = [];
    let clock = 0;
    const turns = createTurns({
      process({ content }) {
        seen.push(content.toString());
        clock += 10;
        return true;
      },
      resume: () => true,
      passed: () => {},
      credit: () => {},
      clock: () => clock,
    });
    const shared = Buffer.from('first');
    turns.round();
    turns.offer({ ...record(1, 1, 0), content: Buffer.from('zeroth') });
    turns.offer({ ...record(1, 2, 0), content: shared });
    shared.fill(0);
    turns.serve(100);
    expect(seen).toEqual(['zeroth', 'first']);
  });
});

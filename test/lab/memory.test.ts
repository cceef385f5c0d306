/** When a thread of the lab asks V8 to collect: by what went through it and has piled up, and for connections once it is quiet. */
import { afterEach, expect, it, vi } from 'vitest';
import { createScavenger } from '../../src/lab/memory.ts';

const MB = 1 << 20;
const QUIET = ['minor', 'minor', 'minor', 'minor', 'minor'];

function watched() {
  const inUse = { bytes: 0 };
  const collected: string[] = [];
  const scavenger = createScavenger(
    (options) => void collected.push(options?.type ?? ''),
    () => inUse.bytes,
    () => void collected.push('given back'),
  );
  return { inUse, collected, scavenger };
}

afterEach(() => vi.useRealTimers());

it('bulk is followed by a minor collection per 2 MB, and by a major one when buffers have piled up', () => {
  const { inUse, collected, scavenger } = watched();
  for (let n = 0; n < 96; n++) scavenger.relayed(64 << 10);
  expect(collected).toEqual(['minor', 'minor', 'minor']);
  inUse.bytes = 9 * MB;
  for (let n = 0; n < 160; n++) scavenger.relayed(64 << 10);
  expect(collected.slice(3)).toEqual(['minor', 'minor', 'minor', 'minor', 'minor', 'major']);
});

it.each([1024, 8192, 12_000])('small requests, alone or several at once (%i bytes), ask for nothing', (bytes) => {
  const { inUse, collected, scavenger } = watched();
  inUse.bytes = 100 * MB;
  for (let n = 0; n < 100_000; n++) scavenger.relayed(bytes);
  expect(collected).toEqual([]);
});

it('many connections are cleared away when it is quiet, after a young generation that had grown, and then no more', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  for (let n = 0; n < 500; n++) scavenger.connection();
  expect(collected).toEqual([]);
  vi.advanceTimersByTime(5000);
  expect(collected).toEqual(QUIET);
  vi.advanceTimersByTime(3_600_000);
  expect(collected).toEqual(QUIET);
});

it('what starting left behind is given back once, in the first rest after it', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  scavenger.started();
  vi.advanceTimersByTime(2000);
  scavenger.connection();
  vi.advanceTimersByTime(1000);
  expect(collected).toEqual([]);
  vi.advanceTimersByTime(3000);
  expect(collected).toEqual(['major']);
  vi.advanceTimersByTime(3_600_000);
  expect(collected).toEqual(['major']);
});

it('after a thousand connections a major one follows', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  for (let n = 0; n < 1000; n++) scavenger.connection();
  vi.advanceTimersByTime(3_600_000);
  expect(collected).toEqual([...QUIET, 'major', 'given back']);
});

it('memory between buffers is given back after a rest, once, and when a thousand connections came in several bursts', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  for (let burst = 0; burst < 4; burst++) {
    for (let n = 0; n < 300; n++) scavenger.connection();
    vi.advanceTimersByTime(5000);
  }
  expect(collected).not.toContain('given back');
  vi.advanceTimersByTime(3_600_000);
  expect(collected.filter((one) => one === 'given back').length).toBe(1);
});

it('as long as anything goes through the thread, connections ask for nothing', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  for (let n = 0; n < 500; n++) {
    scavenger.connection();
    scavenger.relayed(100);
    vi.advanceTimersByTime(100);
  }
  for (let n = 0; n < 100; n++) {
    scavenger.relayed(100);
    vi.advanceTimersByTime(100);
  }
  expect(collected).toEqual([]);
  vi.advanceTimersByTime(5000);
  expect(collected).toEqual(QUIET);
});

it('a few connections ask for nothing', () => {
  vi.useFakeTimers();
  const { collected, scavenger } = watched();
  for (let n = 0; n < 50; n++) scavenger.connection();
  vi.advanceTimersByTime(60_000);
  expect(collected).toEqual([]);
});

it('without a collector nothing is collected', () => {
  const scavenger = createScavenger(null);
  for (let n = 0; n < 100; n++) scavenger.relayed(1 << 20);
  for (let n = 0; n < 500; n++) scavenger.connection();
});

/** When the lab asks V8 to collect: by what was relayed, opened and has piled up, never by a clock. */
import { expect, it } from 'vitest';
import { createScavenger } from '../../src/lab/memory.ts';

const MB = 1 << 20;

function watched() {
  const inUse = { arrayBuffers: 0, heapUsed: 0 };
  const collected: string[] = [];
  const scavenger = createScavenger(
    (options) => void collected.push(options?.type ?? ''),
    () => ({ ...inUse }),
  );
  return { inUse, collected, scavenger };
}

it('bulk is followed by a minor collection per 2 MB, and by a major one when buffers have piled up', () => {
  const { inUse, collected, scavenger } = watched();
  for (let n = 0; n < 96; n++) scavenger.relayed(64 << 10);
  expect(collected).toEqual(['minor', 'minor', 'minor']);
  inUse.arrayBuffers = 5 * MB;
  for (let n = 0; n < 32; n++) scavenger.relayed(64 << 10);
  expect(collected.slice(3)).toEqual(['minor', 'major']);
});

it('small requests ask for nothing until the heap has grown', () => {
  const { inUse, collected, scavenger } = watched();
  for (let n = 0; n < 10_000; n++) scavenger.relayed(1024);
  expect(collected).toEqual([]);
  inUse.heapUsed = 13 * MB;
  for (let n = 0; n < 2048; n++) scavenger.relayed(1024);
  expect(collected).toEqual(['major']);
});

it('connections that say hardly anything are cleared away all the same', () => {
  const { collected, scavenger } = watched();
  for (let n = 0; n < 6000; n++) scavenger.opened();
  expect(collected).toEqual(['major', 'major', 'major']);
});

it('without a collector nothing happens', () => {
  const scavenger = createScavenger(null);
  for (let n = 0; n < 100; n++) scavenger.relayed(1 << 20);
  for (let n = 0; n < 6000; n++) scavenger.opened();
});

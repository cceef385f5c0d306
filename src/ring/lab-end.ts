/**
 * The lab's end of the ring: records become the calls that the wire once made itself, in the order of each phone's traffic.
 * Promise: between two rounds of some milliseconds everything else of the thread has its turn (API, live push, watchers);
 * what `road` throws costs that record, is told through `onFault`, and ends nothing.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { openRingMemory, RECORD, WORD } from './memory.ts';
import { createRingReader, type RingRecord } from './reader.ts';
import { decodeEvent } from './records.ts';
import { createTurns } from './turns.ts';

export interface LabRoad {
  event(event: FlowEvent): void;
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number): void;
  end(flowId: string, direction: Direction, time: number): void;
  /** `bytes` of this flow were not kept for the lab; 0: nobody knows how many. */
  lost(flowId: string, bytes: number, time: number): void;
}

export interface LabEndOptions {
  shared: SharedArrayBuffer;
  road: LabRoad;
  note: (value: unknown) => void;
  passed: (barrier: number) => void;
  onFault: (error: unknown) => void;
  clock?: () => number;
}

export interface LabEnd {
  /** Records waiting in queues of phones. */
  waiting(): number;
  /** Resolves when nothing is taken any more. */
  stop(): Promise<void>;
}

const ROUND_MS = 8;
const MOST = 4096;
/** A sleeping lab looks around this often all the same, milliseconds. */
const LONGEST_SLEEP_MS = 1000;

export function createLabEnd(options: LabEndOptions): LabEnd {
  const { road, note, passed, onFault, clock = () => performance.now() } = options;
  const memory = openRingMemory(options.shared);
  const { words, processed } = memory;
  const reader = createRingReader(memory);
  const flows = new Map<number, string>();
  let isStopped = false;

  function process(record: RingRecord): void {
    try {
      handle(record);
    } catch (error) {
      onFault(error);
    }
    Atomics.add(words, WORD.progress, 1);
  }

  function handle({ kind, flag, flow, time, content }: RingRecord): void {
    const flowId = flows.get(flow);
    if (kind === RECORD.event) handleEvent(flow, decodeEvent(content));
    else if (kind === RECORD.note) note(JSON.parse(content.toString('utf8')));
    if (flowId === undefined) return;
    if (kind === RECORD.bytes) road.bytes(flowId, flag === 0 ? 'request' : 'response', content, time);
    else if (kind === RECORD.end) road.end(flowId, flag === 0 ? 'request' : 'response', time);
    else if (kind === RECORD.lost) road.lost(flowId, Number(content.toString('latin1')), time);
  }

  function handleEvent(number: number, event: FlowEvent): void {
    if (event.type === 'flow-opened') flows.set(number, event.flow.id);
    if (event.type === 'flow-closed') flows.delete(number);
    road.event(event);
  }

  const turns = createTurns({
    process,
    passed,
    clock,
    roundMs: ROUND_MS,
    credit: (phone, bytes) => void Atomics.add(processed, phone, bytes),
  });

  /** Once per round, and only if somebody is held. */
  function tellCredit(): void {
    if (Atomics.load(words, WORD.waiting) === 0) return;
    Atomics.add(words, WORD.given, 1);
    Atomics.notify(words, WORD.given);
  }

  const ended = Promise.withResolvers<void>();
  function round(): void {
    if (isStopped) {
      ended.resolve();
      return;
    }
    turns.round();
    const taken = reader.take(MOST, turns.offer);
    const isIdle = turns.serve(ROUND_MS);
    tellCredit();
    if (taken === 0 && isIdle) void reader.wait(LONGEST_SLEEP_MS).then(round);
    else setImmediate(round);
  }
  round();

  return {
    waiting: () => turns.waiting,
    async stop() {
      isStopped = true;
      Atomics.notify(words, WORD.written);
      await ended.promise;
    },
  };
}

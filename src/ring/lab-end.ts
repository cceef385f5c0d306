/**
 * The lab's end of the ring: records become the calls that the wire once made itself, in the order of each phone's traffic.
 * A record that takes longer than its phone's turn is gone on with when that phone is next.
 * Promise: between two rounds of some milliseconds everything else of the thread has its turn (API, live push, watchers);
 * what `road` throws costs that record, is told through `onFault`, and ends nothing.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import type { Turn } from '../model/turn.ts';
import { openRingMemory, RECORD, WORD } from './memory.ts';
import { createRingReader, type RingRecord } from './reader.ts';
import { decodeEvent } from './records.ts';
import { createTurns } from './turns.ts';

/** What it is given answers true when it was worked off, false when the turn was over before: `resume` goes on with that flow. */
export interface LabRoad {
  event(event: FlowEvent, turn: Turn): boolean;
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number, turn: Turn): boolean;
  end(flowId: string, direction: Direction, time: number, turn: Turn): boolean;
  /** `bytes` of this flow were not kept for the lab; 0: nobody knows how many. */
  lost(flowId: string, bytes: number, time: number, turn: Turn): boolean;
  resume(flowId: string, turn: Turn): boolean;
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
  /** By phone, the flow whose record was interrupted. */
  const interrupted = new Map<number, string>();
  /** The flow of the record at hand. */
  let atHand = '';
  let isStopped = false;

  function process(record: RingRecord, turn: Turn): boolean {
    let isDone = true;
    try {
      isDone = handle(record, turn);
    } catch (error) {
      onFault(error);
    }
    if (!isDone) interrupted.set(record.phone, atHand);
    Atomics.add(words, WORD.progress, 1);
    return isDone;
  }

  function resume(phone: number, turn: Turn): boolean {
    let isDone = true;
    try {
      isDone = road.resume(interrupted.get(phone) ?? '', turn);
    } catch (error) {
      onFault(error);
    }
    if (isDone) interrupted.delete(phone);
    Atomics.add(words, WORD.progress, 1);
    return isDone;
  }

  function handle({ kind, flag, flow, time, content }: RingRecord, turn: Turn): boolean {
    if (kind === RECORD.event) return handleEvent(flow, decodeEvent(content), turn);
    if (kind === RECORD.note) note(JSON.parse(content.toString('utf8')));
    const flowId = flows.get(flow);
    if (flowId === undefined) return true;
    atHand = flowId;
    if (kind === RECORD.bytes) return road.bytes(flowId, flag === 0 ? 'request' : 'response', content, time, turn);
    if (kind === RECORD.end) return road.end(flowId, flag === 0 ? 'request' : 'response', time, turn);
    if (kind === RECORD.lost) return road.lost(flowId, Number(content.toString('latin1')), time, turn);
    return true;
  }

  function handleEvent(number: number, event: FlowEvent, turn: Turn): boolean {
    atHand = event.type === 'flow-opened' ? event.flow.id : event.flowId;
    if (event.type === 'flow-opened') flows.set(number, atHand);
    if (event.type === 'flow-closed') flows.delete(number);
    return road.event(event, turn);
  }

  const turns = createTurns({
    process,
    resume,
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
    if (taken === 0 && isIdle) void reader.wait().then(round);
    else setImmediate(round);
  }
  round();
  const looking = setInterval(() => Atomics.notify(words, WORD.written), LONGEST_SLEEP_MS).unref();

  return {
    waiting: () => turns.waiting,
    async stop() {
      isStopped = true;
      clearInterval(looking);
      Atomics.notify(words, WORD.written);
      await ended.promise;
    },
  };
}

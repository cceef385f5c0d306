/**
 * The relay's end of the ring: what the wire observes becomes records. Promise: never throws into the relay and never makes it
 * wait; a phone is never read faster than the lab reads it, and never slowed by another; while the lab makes no progress traffic
 * goes on unread, and afterwards each flow is told how much of it was not looked into.
 */
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import { type Credit, createCredit, type Hold } from './credit.ts';
import { createRingMemory, RECORD, type RingMemory, WORD } from './memory.ts';
import { encodeEvent } from './records.ts';
import { createRingWriter, type RingWriter } from './writer.ts';

export interface RelayEnd {
  event(event: FlowEvent): void;
  bytes(flowId: string, direction: Direction, chunk: Buffer, time: number): void;
  end(flowId: string, direction: Direction, time: number): void;
  /** A connection that can be paused while the lab reads what its phone sent before. */
  control(flowId: string, hold: Hold): void;
  /** News beside the flows, in order with them. */
  note(value: object): void;
  /** Resolves when everything told so far was processed, or when the lab behind this memory is gone. */
  barrier(): Promise<void>;
  /** The lab has reached a barrier. */
  passed(barrier: number): void;
  /** For the lab behind the present memory. */
  shared(): SharedArrayBuffer;
  /**
   * That lab is gone: another one begins with new memory. Open flows are told to it anew, and that what came before is lost; so are
   * those that ended while it made no progress. The number of flows this concerns.
   */
  renew(): number;
  /** The lab behind the present memory begins to read now. */
  started(): void;
  stats(): RelayEndStats;
  stop(): void;
}

export interface RelayEndStats {
  openFlows: number;
  /** Phones that wait for the lab now. */
  heldPhones: number;
  /** Bytes on their way. */
  onTheWay: number;
  /** Bytes that were never looked into because the lab made no progress. */
  lostBytes: number;
  /** Flows whose beginning or end could not be kept meanwhile. */
  lostFlows: number;
}

export interface RelayEndOptions {
  now: () => number;
  /** Milliseconds of a clock that is never set. */
  uptime?: () => number;
  capacity?: number;
  shareBytes?: number;
  totalBytes?: number;
  /** How often it is looked whether the lab makes progress, milliseconds. */
  lookEveryMs?: number;
  /** Without progress for this long, traffic goes on unread, milliseconds. */
  deafAfterMs?: number;
  /** Without progress for this long, the lab is given up, milliseconds; one that the machine did not let work, after `PATIENCE` times this. */
  stuckAfterMs?: number;
  /** Processor time that the lab's thread has had, milliseconds; null where nobody counts it. */
  workedMs?: () => number | null;
  /** The lab made no progress for `stuckAfterMs`. */
  onStuck?: () => void;
}

interface OpenFlow {
  number: number;
  phone: number;
  phoneName: string;
  flow: Flow;
  established: FlowEvent | null;
  lost: number;
  holds: Hold[];
}

const LOOK_EVERY_MS = 200;
const STALL_MS = 1000;
/** Bytes are cut into records of at most this many. */
const MAX_CONTENT = 256 << 10;
/** Of events kept while nobody reads: some 20,000 connections. */
const MAX_WAITING_EVENTS = 64 << 20;
const NOTHING = Buffer.alloc(0);
/** A lab that had less than this share of a processor while it was silent is starved, not stuck: starting it again would starve it more. */
const STARVED_SHARE = 0.25;
/** Times `stuckAfterMs` that a starved lab is waited for; one that sleeps for good looks the same. */
const PATIENCE = 6;
/** Flows that ended while nobody read, kept to be told to the next lab. */
const MAX_UNHEARD = 2000;
/** What belongs to no phone. */
const NOBODY = 'the lab';

export function createRelayEnd(options: RelayEndOptions): RelayEnd {
  const { now, uptime = () => performance.now(), deafAfterMs = 2000, stuckAfterMs = 10_000 } = options;
  const { lookEveryMs = LOOK_EVERY_MS, workedMs = () => null } = options;
  const open = new Map<string, OpenFlow>();
  const barriers = new Map<number, () => void>();
  /** Ended while the lab made no progress; with their end. */
  let unheard: [OpenFlow, FlowEvent][] = [];
  let memory: RingMemory;
  let writer: RingWriter;
  let credit: Credit;
  let nobody = 0;
  let flowNumber = 0;
  let barrierNumber = 0;
  let lostBytes = 0;
  let lostFlows = 0;
  let progress = 0;
  let progressAt = uptime();
  let lookedAt = uptime();
  let isDeaf = false;
  /** What the lab's thread had worked when it turned deaf. */
  let workedBefore: number | null = null;
  let isStuck = false;

  function begin(): void {
    memory = createRingMemory(options.capacity);
    writer = createRingWriter(memory);
    const { shareBytes, totalBytes } = options;
    credit = createCredit({
      memory,
      ...(shareBytes === undefined ? {} : { shareBytes }),
      ...(totalBytes === undefined ? {} : { totalBytes }),
    });
    nobody = credit.enter(NOBODY);
    progress = 0;
    progressAt = uptime();
    isDeaf = false;
    isStuck = false;
  }
  begin();

  const isPending = (): boolean => !writer.isEmpty || credit.total() > 0 || barriers.size > 0;

  function look(): void {
    // The whole process stood still (a laptop slept): that says nothing about the lab.
    const stoodStillMs = uptime() - lookedAt - lookEveryMs;
    lookedAt = uptime();
    if (stoodStillMs > STALL_MS) progressAt += stoodStillMs;
    const seen = Atomics.load(memory.words, WORD.progress);
    if (seen !== progress || !isPending()) {
      progress = seen;
      progressAt = uptime();
      if (isDeaf) hearAgain();
      return;
    }
    const silentMs = uptime() - progressAt;
    if (!isDeaf && silentMs >= deafAfterMs) {
      isDeaf = true;
      workedBefore = workedMs();
      credit.suspend();
    }
    if (!isStuck && silentMs >= stuckAfterMs && !(isStarved(silentMs) && silentMs < PATIENCE * stuckAfterMs)) {
      isStuck = true;
      options.onStuck?.();
    }
  }
  const timer = setInterval(look, lookEveryMs).unref();

  function isStarved(silentMs: number): boolean {
    const worked = workedMs();
    return worked !== null && workedBefore !== null && worked - workedBefore < STARVED_SHARE * (silentMs - deafAfterMs);
  }

  function hearAgain(): void {
    isDeaf = false;
    unheard = [];
    credit.resume();
    const silent = [...open.values()].filter(({ lost }) => lost > 0);
    for (const flow of silent) tellLost(flow);
    note({ type: 'was-deaf', flows: silent.length + lostFlows, sinceMs: Math.round(uptime() - progressAt) });
  }

  function tellLost(flow: OpenFlow): void {
    if (flow.lost === 0) return;
    put(RECORD.lost, 0, flow, now(), Buffer.from(String(flow.lost)));
    flow.lost = 0;
  }

  function put(
    kind: (typeof RECORD)[keyof typeof RECORD],
    flag: number,
    { number, phone }: Pick<OpenFlow, 'number' | 'phone'>,
    time: number,
    first: Uint8Array,
    second: Uint8Array = NOTHING,
  ): void {
    writer.write({ kind, flag, phone, flow: number, time }, first, second);
    credit.spend(phone, first.length + second.length);
  }

  function note(value: object): void {
    put(RECORD.note, 0, { number: 0, phone: nobody }, now(), Buffer.from(JSON.stringify(value)));
    writer.soon();
  }

  /** False: the lab does not read and no more of it may be kept. */
  function hasRoom(flow: OpenFlow, bytes: number): boolean {
    if (!isDeaf && flow.lost === 0) return true;
    if (!isDeaf) tellLost(flow);
    if (!isDeaf) return true;
    flow.lost += bytes;
    lostBytes += bytes;
    return false;
  }

  function openFlow(event: Extract<FlowEvent, { type: 'flow-opened' }>): void {
    const { flow } = event;
    flowNumber = (flowNumber + 1) >>> 0;
    const { ip, mac } = flow.client;
    const phoneName = mac ?? `${ip} ${flow.deviceId ?? ''}`;
    const opened: OpenFlow = {
      number: flowNumber,
      phone: credit.enter(phoneName),
      phoneName,
      flow,
      established: null,
      lost: 0,
      holds: [],
    };
    open.set(flow.id, opened);
    put(RECORD.event, 0, opened, event.time, ...encodeEvent(event));
  }

  function event(given: FlowEvent): void {
    if (isDeaf && writer.waitingBytes > MAX_WAITING_EVENTS) {
      if (given.type === 'flow-opened') lostFlows++;
      return;
    }
    if (given.type === 'flow-opened') {
      openFlow(given);
      return;
    }
    const flow = open.get(given.flowId);
    if (!flow) return;
    if ('bytes' in given) {
      if (hasRoom(flow, given.bytes.length))
        for (const part of cut(given)) put(RECORD.event, 0, flow, part.time, ...encodeEvent(part));
      if (given.direction === 'request') writer.soon();
      return;
    }
    if (given.type === 'tls-established') flow.established = given;
    if (given.type === 'flow-closed') tellLost(flow);
    put(RECORD.event, 0, flow, given.time, ...encodeEvent(given));
    if (given.type !== 'flow-closed') return;
    open.delete(given.flowId);
    if (isDeaf && unheard.length < MAX_UNHEARD) unheard.push([flow, given]);
    for (const hold of flow.holds) credit.release(flow.phone, hold);
    credit.leave(flow.phoneName);
  }

  return {
    event,
    bytes(flowId, direction, chunk, time) {
      const flow = open.get(flowId);
      if (!flow || !hasRoom(flow, chunk.length)) return;
      const flag = direction === 'request' ? 0 : 1;
      for (let at = 0; at < chunk.length; at += MAX_CONTENT)
        put(RECORD.bytes, flag, flow, time, chunk.length <= MAX_CONTENT ? chunk : chunk.subarray(at, at + MAX_CONTENT));
      if (direction === 'request') writer.soon();
    },
    end(flowId, direction, time) {
      const flow = open.get(flowId);
      if (flow && !isDeaf) put(RECORD.end, direction === 'request' ? 0 : 1, flow, time, NOTHING);
    },
    control(flowId, hold) {
      const flow = open.get(flowId);
      if (!flow) return;
      flow.holds.push(hold);
      credit.control(flow.phone, hold);
    },
    note,
    barrier() {
      const number = ++barrierNumber;
      return new Promise((resolve) => {
        barriers.set(number, resolve);
        writer.write({ kind: RECORD.barrier, flag: 0, phone: nobody, flow: number, time: now() }, NOTHING);
        writer.wake();
      });
    },
    passed(number) {
      barriers.get(number)?.();
      barriers.delete(number);
    },
    shared: () => memory.shared,
    renew() {
      writer.stop();
      credit.stop();
      for (const resolve of barriers.values()) resolve();
      barriers.clear();
      begin();
      const ended = unheard;
      unheard = [];
      for (const [flow, end] of ended) {
        flow.holds = [];
        announceAgain(flow);
        put(RECORD.event, 0, flow, end.time, ...encodeEvent(end));
        credit.leave(flow.phoneName);
      }
      for (const flow of open.values()) announceAgain(flow);
      return open.size + ended.length;
    },
    started() {
      progressAt = uptime();
      isStuck = false;
      if (isDeaf) hearAgain();
    },
    stats: () => ({
      openFlows: open.size,
      heldPhones: credit.held(),
      onTheWay: credit.total(),
      lostBytes,
      lostFlows,
    }),
    stop() {
      clearInterval(timer);
      writer.stop();
      credit.stop();
      for (const resolve of barriers.values()) resolve();
      barriers.clear();
    },
  };

  function announceAgain(flow: OpenFlow): void {
    flow.phone = credit.enter(flow.phoneName);
    for (const hold of flow.holds) credit.control(flow.phone, hold);
    const time = now();
    put(
      RECORD.event,
      0,
      flow,
      time,
      ...encodeEvent({ type: 'flow-opened', flow: { ...flow.flow, continues: true }, time }),
    );
    if (flow.established) put(RECORD.event, 0, flow, time, ...encodeEvent({ ...flow.established, time }));
    put(RECORD.lost, 0, flow, time, Buffer.from(String(flow.lost)));
    flow.lost = 0;
  }
}

type WithBytes = Extract<FlowEvent, { bytes: Buffer }>;

/** A part of a message says that more follows. */
function cut(event: WithBytes): WithBytes[] {
  const { bytes } = event;
  if (bytes.length <= MAX_CONTENT) return [event];
  const parts: WithBytes[] = [];
  for (let at = 0; at < bytes.length; at += MAX_CONTENT) {
    const part = { ...event, bytes: bytes.subarray(at, at + MAX_CONTENT) };
    parts.push(part.type === 'message' ? { ...part, final: part.final && at + MAX_CONTENT >= bytes.length } : part);
  }
  return parts;
}

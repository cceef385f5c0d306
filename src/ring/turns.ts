/**
 * Whose turn it is in the lab: records of one phone are processed in their order, phones by the time they cost.
 * A record is processed where it stands in the ring, unless its phone has had its slice of this round, has cost more than one
 * that waits, or still has others waiting: then it is copied into a queue of that phone, and the queues are served by time
 * spent, the cheapest phone first. The ring is read on meanwhile, so that a light phone is found behind a costly one.
 * A record that takes longer than a slice is interrupted, and gone on with when its phone is next; its phone's further records
 * wait behind it. So a phone that is costly to read waits for itself. Promise: nothing is dropped, no phone overtakes itself; how
 * much can wait is bounded by the credit that the relay gives each phone.
 */
import type { Turn } from '../model/turn.ts';
import { RECORD, sizeOf } from './memory.ts';
import type { RingRecord } from './reader.ts';

export interface Turns {
  /** Processes it, or keeps a copy of it. */
  offer(record: RingRecord): void;
  /** Serves the queues for about this long, milliseconds. True when nothing waits any more. */
  serve(forMs: number): boolean;
  /** Begins a round: every phone has its slice again. */
  round(): void;
  /** Records waiting in queues, or interrupted. */
  readonly waiting: number;
}

export interface TurnsOptions {
  /** True when the record was worked off; false when the turn was over before. Must not throw. */
  process(record: RingRecord, turn: Turn): boolean;
  /** Goes on with the record that this phone's last turn was too short for. Must not throw. */
  resume(phone: number, turn: Turn): boolean;
  /** Everything before this barrier was processed. */
  passed(barrier: number): void;
  /** So many bytes of a phone were processed. */
  credit(phone: number, bytes: number): void;
  /** Milliseconds of a clock that is never set. */
  clock(): number;
  /** Of one phone in one round, before its further records wait, milliseconds. */
  sliceMs?: number;
  /** Of one round, milliseconds. */
  roundMs?: number;
}

interface Phone {
  /** Time spent on it, milliseconds; near that of the others when it begins to wait: what was long ago is forgotten. */
  spent: number;
  /** The round in which `inRound` was counted. */
  round: number;
  inRound: number;
  queue: RingRecord[];
  /** Place of the next record in `queue`. */
  next: number;
  /** Bytes of the record that was interrupted; null for none. */
  interrupted: number | null;
}

/** Far more than are open at once; those that spent least lately are forgotten first. */
const MAX_KNOWN = 5000;
/** How far a phone that was costly may stand behind the others, milliseconds. */
const MAX_DEBT_MS = 100;

export function createTurns(options: TurnsOptions): Turns {
  const { process, resume, passed, credit, clock, sliceMs = 4, roundMs = 8 } = options;
  const phones = new Map<number, Phone>();
  /** Those with a record that waits or was interrupted. */
  const queued = new Map<number, Phone>();
  /** Barriers that wait for this many queues. */
  const barriers = new Map<number, number>();
  let round = 0;
  let roundSpent = 0;
  let waiting = 0;
  let floor = 0;
  let turnEnd = 0;
  const turn: Turn = {
    get isOver() {
      return clock() >= turnEnd;
    },
  };

  function phoneOf(number: number): Phone {
    let phone = phones.get(number);
    if (phone) return phone;
    phone = { spent: floor, round, inRound: 0, queue: [], next: 0, interrupted: null };
    phones.set(number, phone);
    if (phones.size > MAX_KNOWN)
      for (const other of phones.keys())
        if (!queued.has(other)) {
          phones.delete(other);
          break;
        }
    return phone;
  }

  /** One slice at most of a record of so many bytes. */
  function work(number: number, phone: Phone, bytes: number, record: RingRecord | null): void {
    const from = clock();
    turnEnd = from + sliceMs;
    const isDone = record === null ? resume(number, turn) : process(record, turn);
    const took = clock() - from;
    if (phone.round !== round) {
      phone.round = round;
      phone.inRound = 0;
    }
    phone.inRound += took;
    phone.spent += took;
    roundSpent += took;
    if (isDone) credit(number, sizeOf(bytes));
    if (isDone === (phone.interrupted === null)) return;
    waiting += isDone ? -1 : 1;
    phone.interrupted = isDone ? null : bytes;
    if (!isDone) join(number, phone);
  }

  /** Nobody who waits has a better claim to the time. */
  function isNext(phone: Phone): boolean {
    if (phone.interrupted !== null || phone.queue.length > 0 || roundSpent >= roundMs) return false;
    if (queued.size > 0) return phone.spent <= floor;
    return phone.round !== round || phone.inRound < sliceMs;
  }

  function join(number: number, phone: Phone): void {
    if (queued.has(number)) return;
    phone.spent = Math.min(Math.max(phone.spent, floor), floor + MAX_DEBT_MS);
    queued.set(number, phone);
  }

  function enqueue(number: number, phone: Phone, record: RingRecord): void {
    join(number, phone);
    phone.queue.push({ ...record, content: Buffer.from(record.content) });
    waiting++;
  }

  function reached(barrier: number): void {
    const left = (barriers.get(barrier) ?? 1) - 1;
    if (left > 0) barriers.set(barrier, left);
    else {
      barriers.delete(barrier);
      passed(barrier);
    }
  }

  /** One record of the phone that has cost least, or a slice of it. */
  function serveOne(): void {
    let number = -1;
    let phone: Phone | null = null;
    for (const [candidate, other] of queued)
      if (phone === null || other.spent < phone.spent) {
        number = candidate;
        phone = other;
      }
    if (phone === null) return;
    floor = Math.max(floor, phone.spent);
    if (phone.interrupted === null) serveNext(number, phone);
    else work(number, phone, phone.interrupted, null);
    if (phone.queue.length === 0 && phone.interrupted === null) queued.delete(number);
  }

  function serveNext(number: number, phone: Phone): void {
    const record = phone.queue[phone.next] as RingRecord;
    phone.next++;
    waiting--;
    if (phone.next === phone.queue.length) {
      phone.queue = [];
      phone.next = 0;
    } else if (phone.next >= 1024) {
      phone.queue = phone.queue.slice(phone.next);
      phone.next = 0;
    }
    if (record.kind === RECORD.barrier) reached(record.flow);
    else work(number, phone, record.content.length, record);
  }

  return {
    offer(record) {
      if (record.kind === RECORD.barrier) {
        if (queued.size === 0) passed(record.flow);
        else {
          barriers.set(record.flow, queued.size);
          for (const [number, phone] of queued) enqueue(number, phone, record);
        }
        return;
      }
      const phone = phoneOf(record.phone);
      if (isNext(phone)) work(record.phone, phone, record.content.length, record);
      else enqueue(record.phone, phone, record);
    },
    serve(forMs) {
      const until = clock() + forMs;
      while (queued.size > 0) {
        serveOne();
        if (clock() >= until) break;
      }
      return queued.size === 0;
    },
    round() {
      round++;
      roundSpent = 0;
    },
    get waiting() {
      return waiting;
    },
  };
}

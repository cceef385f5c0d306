/**
 * How much of each phone is on its way to the lab: a phone over its share is held, that is its own sockets are paused until the
 * lab has processed what it sent before. Promise: a phone waits for itself alone, unless everything together is more than the
 * relay may keep; nobody is held while the lab makes no progress.
 */
import { MAX_PHONES, type RingMemory, sizeOf, WORD } from './memory.ts';

/** Pauses or resumes the reading of one connection. */
export type Hold = (isHeld: boolean) => void;

export interface Credit {
  /** The phone's number in the ring. Every call is answered by one of `leave`. */
  enter(phone: string): number;
  leave(phone: string): void;
  /** A connection of the phone that can be paused; at once, if the phone is held now. */
  control(phone: number, hold: Hold): void;
  release(phone: number, hold: Hold): void;
  /** So much was written for it. */
  spend(phone: number, contentBytes: number): void;
  /** Bytes of a phone on their way. */
  onTheWay(phone: number): number;
  /** Bytes of all phones on their way. */
  total(): number;
  held(): number;
  /** Nobody is held any more, whatever is on its way, until `resume`. */
  suspend(): void;
  resume(): void;
  stop(): void;
}

export interface CreditOptions {
  memory: RingMemory;
  /** Of one phone, bytes. */
  shareBytes?: number;
  /** Of all together, bytes. */
  totalBytes?: number;
}

/** A phone's tenth of a second on a fast network; what it sends beyond that waits in its own send queue. */
const SHARE_BYTES = 1 << 20;
const TOTAL_BYTES = 32 << 20;
/** Fewer phones than this are not worth a look for those that left. */
const SWEEP_FROM = 64;
/** A missed wake-up costs no more than this, milliseconds. */
const LOOK_AGAIN_MS = 50;

interface Phone {
  number: number;
  connections: number;
  spent: number;
  isHeld: boolean;
  holds: Set<Hold>;
}

export function createCredit({ memory, shareBytes = SHARE_BYTES, totalBytes = TOTAL_BYTES }: CreditOptions): Credit {
  const { words, processed } = memory;
  const byName = new Map<string, Phone>();
  const byNumber: (Phone | undefined)[] = [];
  const free: number[] = [];
  const heldPhones = new Set<Phone>();
  let spentInAll = 0;
  let returnedInAll = 0;
  const seen = new Int32Array(MAX_PHONES);
  let isSuspended = false;
  let isStopped = false;
  let isWatching = false;

  /** Counts wrap: only differences mean something. */
  function collect(phone: Phone): void {
    const done = Atomics.load(processed, phone.number);
    returnedInAll += (done - (seen[phone.number] as number)) >>> 0;
    seen[phone.number] = done;
  }
  const wayOf = (phone: Phone): number => (phone.spent - Atomics.load(processed, phone.number)) >>> 0;

  function totalOf(): number {
    for (const phone of byNumber) if (phone) collect(phone);
    return spentInAll - returnedInAll;
  }

  function hold(phone: Phone, isHeld: boolean): void {
    if (phone.isHeld === isHeld) return;
    phone.isHeld = isHeld;
    if (isHeld) heldPhones.add(phone);
    else heldPhones.delete(phone);
    for (const one of [...phone.holds]) one(isHeld);
  }

  /** Lets those go on that are below half of their share. */
  function look(): void {
    const isFull = spentInAll - returnedInAll > totalBytes / 2 && totalOf() > totalBytes / 2;
    for (const phone of [...heldPhones])
      if (isSuspended || (!isFull && wayOf(phone) <= shareBytes / 2)) hold(phone, false);
  }

  async function watch(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (heldPhones.size > 0 && !isStopped) {
      const given = Atomics.load(words, WORD.given);
      Atomics.store(words, WORD.waiting, 1);
      look();
      if (heldPhones.size === 0) break;
      const waited = Atomics.waitAsync(words, WORD.given, given, LOOK_AGAIN_MS);
      if (waited.async) await waited.value;
    }
    Atomics.store(words, WORD.waiting, 0);
    isWatching = false;
  }

  function newNumber(): number {
    if (free.length === 0 && byNumber.length >= SWEEP_FROM) sweep();
    return free.pop() ?? Math.min(byNumber.length, MAX_PHONES - 1);
  }

  /** Phones that left while something of theirs was on its way; it has arrived since. */
  function sweep(): void {
    for (const [name, phone] of byName) if (phone.connections === 0 && wayOf(phone) === 0) forget(name, phone);
  }

  function forget(name: string, phone: Phone): void {
    // The last place is shared by all beyond it and stays.
    if (phone.number === MAX_PHONES - 1) return;
    collect(phone);
    byName.delete(name);
    byNumber[phone.number] = undefined;
    free.push(phone.number);
  }

  return {
    enter(name) {
      let phone = byName.get(name);
      if (!phone) {
        const number = newNumber();
        const shared = byNumber[number];
        phone = shared ?? { number, connections: 0, spent: 0, isHeld: false, holds: new Set() };
        if (!shared) {
          phone.spent = Atomics.load(processed, number);
          seen[number] = phone.spent;
        }
        byNumber[number] = phone;
        byName.set(name, phone);
      }
      phone.connections++;
      return phone.number;
    },
    leave(name) {
      const phone = byName.get(name);
      if (!phone) return;
      phone.connections--;
      if (phone.connections === 0 && wayOf(phone) === 0) forget(name, phone);
    },
    control(number, one) {
      const phone = byNumber[number];
      if (!phone) return;
      phone.holds.add(one);
      if (phone.isHeld) one(true);
    },
    release(number, one) {
      byNumber[number]?.holds.delete(one);
    },
    spend(number, contentBytes) {
      const phone = byNumber[number];
      if (!phone) return;
      const size = sizeOf(contentBytes);
      phone.spent = (phone.spent + size) | 0;
      spentInAll += size;
      if (isSuspended || phone.isHeld) return;
      const isOver = wayOf(phone) > shareBytes;
      if (!isOver && (spentInAll - returnedInAll <= totalBytes || totalOf() <= totalBytes)) return;
      hold(phone, true);
      void watch();
    },
    onTheWay(number) {
      const phone = byNumber[number];
      return phone ? wayOf(phone) : 0;
    },
    total: totalOf,
    held: () => heldPhones.size,
    suspend() {
      isSuspended = true;
      look();
    },
    resume() {
      isSuspended = false;
    },
    stop() {
      isStopped = true;
      isSuspended = true;
      look();
    },
  };
}

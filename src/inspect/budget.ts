/**
 * How much looking into one exchange may cost, in units of work: one unit stands for ten nanoseconds, about what a byte of
 * ordinary JSON takes. Every decoder and reader asks at each block, part, pair, value and run (`spend`), and stops at a no.
 * Promise: what is granted grows with the bytes that were sent and never beyond `burst`, so nothing that comes in one piece
 * takes longer than that. It is work that is counted, not time: the same bytes get the same answer on every machine. Only as
 * a backstop, should the count be wrong, a call that has lasted MOST_MS counts as over as well.
 */

import { effort } from '../model/effort.ts';
import type { ByteSink } from './byte-sink.ts';

export interface BudgetRules {
  /** Most units that can be waiting to be spent. */
  burst: number;
  /** Granted with every event, however small. */
  perEvent: number;
  /** Granted with every byte of the phone's; ordinary content takes a hundredth. */
  perByte: number;
}

/** 10 ms at once at most; in the long run 1.5 µs a byte: content that a decompressor makes 128 times as long is still read in full. */
export const DEFAULT_RULES: BudgetRules = { burst: 1_000_000, perEvent: 2_000, perByte: 150 };

const MOST_MS = 1000;
/** The clock is read after so many units. */
const LOOK_EVERY = 100_000;

/** What one inspector has spent in all, and whether the call that is under way has taken far too long. */
export class Meter {
  /** Units since the inspector was made. */
  units = 0;
  /** Of the call under way; null until it has done LOOK_EVERY units. */
  #startedAt: number | null = null;
  #nextLook = Number.POSITIVE_INFINITY;
  readonly #clock: (() => number) | null;

  /** Milliseconds of processor time, so that a busy machine does not count; null for no backstop. */
  constructor(clock: (() => number) | null) {
    this.#clock = clock;
  }

  /** A call begins. */
  begin(): void {
    // Of others.
    effort.units = 0;
    if (this.#clock === null) return;
    this.#startedAt = null;
    this.#nextLook = this.units + LOOK_EVERY;
  }

  /** True when the clock says that it is enough. */
  add(units: number): boolean {
    this.units += units;
    if (this.units < this.#nextLook) return false;
    this.#nextLook = this.units + LOOK_EVERY;
    const now = this.#clock!();
    this.#startedAt ??= now;
    return now - this.#startedAt > MOST_MS;
  }
}

/** Bytes that are looked at in one step: fewer where each of them costs more, or becomes more. */
const PIECE = { least: 1 << 10, first: 8 << 10, most: 16 << 10, mostPacked: 4 << 10 };
/** Shares of `burst` that make the next piece smaller, or larger. */
const COSTLY = 0.4;
const CHEAP = 0.1;

export interface Spender {
  /** What the last of it was spent on; once per `renew`. */
  overspent(what: string): void;
}

export class Budget {
  /** Nothing more is to be taken apart; what is left is searched for registered values. */
  isOver = false;
  #left: number;
  #piece = PIECE.first;
  readonly #rules: BudgetRules;
  readonly #meter: Meter;
  readonly #spender: Spender;

  constructor(rules: BudgetRules, meter: Meter, spender: Spender) {
    this.#rules = rules;
    this.#meter = meter;
    this.#spender = spender;
    this.#left = rules.burst;
  }

  /** So many bytes came. */
  grant(bytes: number): void {
    const { burst, perEvent, perByte } = this.#rules;
    this.#left = Math.min(burst, this.#left + perEvent + perByte * bytes);
  }

  /** How many bytes to look at before there is a pause. */
  pieceBytes(isPacked: boolean): number {
    return isPacked ? Math.min(this.#piece, PIECE.mostPacked) : this.#piece;
  }

  /** Looks at one piece. */
  take(sink: ByteSink, piece: Buffer): void {
    const bytes = piece.length;
    this.grant(bytes);
    const before = this.#left;
    sink.write(piece);
    const cost = (before - this.#left) / this.#rules.burst;
    if (cost > COSTLY) this.#piece = Math.max(PIECE.least, this.#piece >> 1);
    else if (cost < CHEAP && bytes >= this.#piece) this.#piece = Math.min(PIECE.most, this.#piece << 1);
  }

  /** Something new begins (the next message): it is looked into if there is anything to spend again. */
  renew(): void {
    this.isOver = this.#left < 0;
  }

  /** Work that was allowed for elsewhere is counted all the same. */
  count(units: number): void {
    this.#meter.add(units);
  }

  /** True while there is more to spend. `what` is for people: `multipart`, `base64`. */
  spend(units: number, what: string): boolean {
    const spent = units + effort.units;
    effort.units = 0;
    this.#left -= spent;
    const isLate = this.#meter.add(spent);
    if (this.isOver) return false;
    if (this.#left >= 0 && !isLate) return true;
    this.isOver = true;
    this.#spender.overspent(what);
    return false;
  }
}

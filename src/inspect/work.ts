/**
 * What is left to do for one flow: the rest of an event, what was put aside on the way (pictures, sealed payloads), and
 * events that came meanwhile. It is done in steps and in order: first what was put aside, then the event, then the next.
 * Promise: one step at least per call; the same is done whatever the turns are; what throws is given up, the rest goes on.
 */
import type { FlowEvent } from '../model/flow.ts';
import type { Turn } from '../model/turn.ts';

/** Done in steps; each ends by itself after a few milliseconds. */
export type Job = Iterator<undefined, void>;

/** A job of one step. */
export function once(step: () => void): Job {
  return { next: () => ({ done: true, value: step() }) };
}

/** All of something that is done in steps, for whoever has the time. */
export function atOnce<T>(work: Iterator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The rest of one event. */
export interface Work {
  /** The next step; false when it was the last. */
  step(): boolean;
  /** Its bytes are the caller's again: what is left of them is copied. */
  keep(): void;
}

export class FlowWork {
  #current: Work | null = null;
  #jobs: Job[] = [];
  #waiting: FlowEvent[] = [];

  get isBusy(): boolean {
    return this.#current !== null || this.#jobs.length > 0 || this.#waiting.length > 0;
  }

  get hasJobs(): boolean {
    return this.#jobs.length > 0;
  }

  /** To be done before anything else of this flow, but not within what is under way. */
  later(job: Job): void {
    this.#jobs.push(job);
  }

  /** `begin` does what is quick of an event and returns the rest of it, if any. */
  push(event: FlowEvent, begin: (event: FlowEvent) => Work | null, turn: Turn): void {
    if (this.isBusy) this.#waiting.push('bytes' in event ? { ...event, bytes: Buffer.from(event.bytes) } : event);
    else this.#current = begin(event);
    if (this.isBusy) this.resume(begin, turn);
  }

  resume(begin: (event: FlowEvent) => Work | null, turn: Turn): void {
    do {
      this.#step(begin);
    } while (this.isBusy && !turn.isOver);
    this.#current?.keep();
  }

  #step(begin: (event: FlowEvent) => Work | null): void {
    const [job] = this.#jobs;
    let isDone = true;
    try {
      if (job) isDone = job.next().done === true;
      else if (this.#current) isDone = !this.#current.step();
      else {
        const event = this.#waiting.shift();
        if (event) this.#current = begin(event);
        isDone = this.#current === null;
      }
    } finally {
      if (isDone && job) this.#jobs.shift();
      else if (isDone) this.#current = null;
    }
  }
}

/** Several things to be done one after the other. */
export class EachWork implements Work {
  #at = 0;
  readonly #steps: readonly (() => void)[];

  constructor(steps: readonly (() => void)[]) {
    this.#steps = steps;
  }

  step(): boolean {
    this.#steps[this.#at++]?.();
    return this.#at < this.#steps.length;
  }

  keep(): void {}
}

/** Bytes that go to one place, piece by piece. */
export class BytesWork implements Work {
  #bytes: Buffer;
  readonly #pieceBytes: () => number;
  readonly #write: (piece: Buffer) => void;
  readonly #end: () => void;

  constructor(bytes: Buffer, pieceBytes: () => number, write: (piece: Buffer) => void, end: () => void) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
    this.#write = write;
    this.#end = end;
  }

  step(): boolean {
    const piece = this.#bytes.subarray(0, this.#pieceBytes());
    this.#bytes = this.#bytes.subarray(piece.length);
    this.#write(piece);
    if (this.#bytes.length > 0) return true;
    this.#end();
    return false;
  }

  keep(): void {
    if (this.#bytes.length > 0) this.#bytes = Buffer.from(this.#bytes);
  }
}

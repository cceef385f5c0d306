/**
 * The layer a connection starts with when nothing but its bytes tells what it is: holds the first bytes of the phone
 * until `sniff` knows, then becomes that reader. If the server speaks first, or the phone stops before it is clear,
 * the connection is raw. At most `maxSniffBytes` are held.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { Carry } from './carry.ts';
import type { Layer, Reading } from './layer.ts';
import { type Guess, sniff } from './sniff.ts';

export class ChoosingLayer implements Layer {
  readonly #reading: Reading;
  readonly #open: (guess: Exclude<Guess, 'more'>) => Layer;
  readonly #held = new Carry();
  #chosen: Layer | null = null;

  constructor(reading: Reading, open: (guess: Exclude<Guess, 'more'>) => Layer) {
    this.#reading = reading;
    this.#open = open;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    if (chunk.length === 0) return;
    if (this.#chosen === null) {
      if (direction === 'response') this.#choose('raw', time, out);
      else {
        const all = this.#held.length === 0 ? chunk : this.#hold(chunk);
        const guess = sniff(all, this.#reading.limits.maxSniffBytes);
        if (guess === 'more') {
          if (all === chunk) this.#held.add(chunk);
          return;
        }
        if (all !== chunk) {
          this.#choose(guess, time, out);
          return;
        }
        this.#chosen = this.#open(guess);
      }
    }
    this.#chosen!.push(direction, chunk, time, out);
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    if (this.#chosen === null) this.#choose('raw', time, out);
    this.#chosen!.end(direction, time, out);
  }

  close(time: number, out: FlowEvent[]): void {
    if (this.#chosen === null) this.#choose('raw', time, out);
    this.#chosen!.close(time, out);
  }

  #hold(chunk: Buffer): Buffer {
    this.#held.add(chunk);
    return this.#held.view();
  }

  #choose(guess: Exclude<Guess, 'more'>, time: number, out: FlowEvent[]): void {
    this.#chosen = this.#open(guess);
    if (this.#held.length > 0) this.#chosen.push('request', this.#held.take(), time, out);
  }
}

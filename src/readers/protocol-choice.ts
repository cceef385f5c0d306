/**
 * The layer a connection starts with when nothing but its bytes tells what it is: holds the first bytes until `sniff`
 * knows from the phone's, then becomes that reader. A server that speaks first means raw, unless it says HTTP/2
 * SETTINGS, which may come before the phone's preface (RFC 9113 3.4). If a side ends before it is clear, it is raw.
 * At most `maxSniffBytes` of each direction are held. Of a connection that was joined in the middle (`flow.continues`) the first
 * bytes may be the rest of anything: what the phone says after an answer is a beginning again, until a reader knows it.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { Carry } from './carry.ts';
import { type Guess, mayBeHttp2Settings, sniff } from './first-bytes.ts';
import type { Layer, ReaderContext } from './layer.ts';

export class ChoosingLayer implements Layer {
  readonly #context: ReaderContext;
  readonly #open: (guess: Exclude<Guess, 'more'>) => Layer;
  readonly #request = new Carry();
  readonly #response = new Carry();
  #chosen: Layer | null = null;
  /** Joined in the middle, and nothing was recognised so far. */
  #isAstray = false;
  #wasAnswered = false;

  constructor(context: ReaderContext, open: (guess: Exclude<Guess, 'more'>) => Layer) {
    this.#context = context;
    this.#open = open;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    if (chunk.length === 0) return;
    if (this.#isAstray) this.#lookAgain(direction, chunk, time, out);
    if (this.#chosen !== null) {
      this.#chosen.push(direction, chunk, time, out);
      return;
    }
    const { maxSniffBytes } = this.#context.limits;
    const held = direction === 'request' ? this.#request : this.#response;
    held.add(chunk);
    if (direction === 'request') {
      const guess = sniff(held.view(), maxSniffBytes);
      if (guess !== 'more') this.#choose(guess, time, out);
    } else if (held.length > maxSniffBytes || !mayBeHttp2Settings(held.view())) this.#choose('raw', time, out);
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    if (this.#chosen === null) this.#choose('raw', time, out);
    this.#chosen!.end(direction, time, out);
  }

  close(time: number, out: FlowEvent[]): void {
    if (this.#chosen === null) this.#choose('raw', time, out);
    this.#chosen!.close(time, out);
  }

  /** It sent so much and waits: whatever it speaks, it is no request that goes on in the next packet. */
  quiet(time: number, out: FlowEvent[]): void {
    if (this.#chosen !== null) this.#chosen.quiet?.(time, out);
    else if (this.#request.length > 0) this.#choose('raw', time, out);
  }

  isHolding(): boolean {
    return this.#chosen?.isHolding?.() ?? false;
  }

  #lookAgain(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    const begins = direction === 'request' && this.#wasAnswered;
    this.#wasAnswered = direction === 'response';
    if (!begins || sniff(chunk, this.#context.limits.maxSniffBytes) !== 'http1') return;
    this.#chosen?.close(time, out);
    this.#choose('http1', time, out);
  }

  #choose(guess: Exclude<Guess, 'more'>, time: number, out: FlowEvent[]): void {
    this.#chosen = this.#open(guess);
    this.#isAstray = guess === 'raw' && this.#context.flow.continues === true;
    this.#wasAnswered = this.#response.length > 0;
    if (this.#response.length > 0) this.#chosen.push('response', this.#response.take(), time, out);
    if (this.#request.length > 0) this.#chosen.push('request', this.#request.take(), time, out);
  }
}

/**
 * What the protocol machines of one flow share. A `Layer` reads one protocol in both directions and appends events
 * to `out`; layers nest (HTTP/1 → CONNECT → HTTP/1 → WebSocket) and then share one `ReaderContext`: the flow, the limits,
 * the exchange numbers, and the list of what was already said to be unreadable.
 */
import { EN } from '../model/catalogue/en.ts';
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import { type PlainKey, text } from '../model/text.ts';
import { Expansion } from './inflate.ts';
import type { ReaderLimits } from './limits.ts';

export interface Layer {
  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void;
  /** The phone has sent nothing for a while; of a layer that holds back what it may not understand. */
  quiet?(time: number, out: FlowEvent[]): void;
  /** Bytes of the phone's are held back that a later `quiet` may give up. */
  isHolding?(): boolean;
  /** That direction is finished (EOF or half-close). */
  end(direction: Direction, time: number, out: FlowEvent[]): void;
  /** The connection is gone: whatever is pending is told to be incomplete. */
  close(time: number, out: FlowEvent[]): void;
}

export class ReaderContext {
  readonly flow: Flow;
  readonly limits: ReaderLimits;
  #lastExchange = 0;
  readonly #said = new Set<string>();

  constructor(flow: Flow, limits: ReaderLimits) {
    this.flow = flow;
    this.limits = limits;
  }

  /** Null until something on this connection is decompressed. */
  expansion: Expansion | null = null;

  /** What is decompressed on this connection shares one allowance. */
  expands(): Expansion {
    this.expansion ??= new Expansion();
    return this.expansion;
  }

  /** Numbers start at 1 and grow along the flow. */
  nextExchange(): number {
    this.#lastExchange += 1;
    return this.#lastExchange;
  }

  /** Says once per reason and direction that something could not be understood. Reasons are keys, so the list stays small. */
  unreadable(direction: Direction, why: PlainKey, time: number, out: FlowEvent[]): void {
    const key = `${direction} ${why}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    out.push({ type: 'unreadable', flowId: this.flow.id, direction, time, reason: EN[why], text: text(why) });
  }

  raw(direction: Direction, bytes: Buffer, time: number, out: FlowEvent[]): void {
    if (bytes.length > 0) out.push({ type: 'raw-bytes', flowId: this.flow.id, direction, time, bytes });
  }
}

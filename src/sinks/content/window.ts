/**
 * What of one exchange is kept: its beginning, what stands before and behind a finding, and its end. Nothing is kept before there
 * is a finding, only held; with `--keep all` everything is as if it had been found. Pure: events in, events to keep out.
 * Promise: every byte that came is either among the events or counted in a `not-kept` at its place.
 */
import type { ContentEvent, NotKeptReason } from '../../model/content.ts';
import type { Direction } from '../../model/flow.ts';
import type { HeldEvent } from './piece.ts';

/** Bytes of one direction of an exchange. */
export interface Bounds {
  /** From its beginning. */
  first: number;
  /** Before a finding. */
  before: number;
  /** Behind a finding. */
  behind: number;
}

export type ByteEvent = Extract<ContentEvent, { type: 'body-chunk' | 'message' | 'raw-bytes' }>;

interface Stream {
  bounds: Bounds;
  /** Bytes that are still taken as they come. */
  budget: number;
  /** The latest ones beyond it, and those before them that were let go of. */
  tail: HeldEvent[];
  tailBytes: number;
  skipped: number;
  why: NotKeptReason;
  at: { flowId: string; exchange: number | null; direction: Direction; time: number };
}

export interface Window {
  /** Events that are kept from now on. */
  take(event: ContentEvent): HeldEvent[];
  /** An event whose bytes are not wanted. */
  refuse(event: ByteEvent, why: NotKeptReason): void;
  /** Something was found in it: what was held is kept. */
  found(): HeldEvent[];
  /** Nothing more comes. What is left of it; bytes that are let go of, if nothing was ever found. */
  end(): { kept: HeldEvent[]; bytes: number };
  /** Of what is held and not kept: in memory. */
  heldBytes(): number;
}

/** What an event takes beside its bytes, about. */
const EVENT_BYTES = 120;

export function createWindow(bounds: Record<Direction, Bounds>, isFound: boolean): Window {
  const streams = new Map<Direction, Stream>();
  let held: HeldEvent[] = [];
  let heldBytes = 0;

  function streamOf({ flowId, direction, time, ...event }: ByteEvent): Stream {
    let stream = streams.get(direction);
    const at = { flowId, exchange: 'exchange' in event ? event.exchange : null, direction, time };
    if (stream === undefined) {
      const own = bounds[direction];
      stream = { bounds: own, budget: own.first, tail: [], tailBytes: 0, skipped: 0, why: 'too-long', at };
      streams.set(direction, stream);
    }
    stream.at = at;
    return stream;
  }

  function keep(one: HeldEvent, out: HeldEvent[]): void {
    if (isFound) out.push(one);
    else {
      held.push(one);
      heldBytes += one.length + EVENT_BYTES;
    }
  }

  function sayGap(stream: Stream, out: HeldEvent[]): void {
    if (stream.skipped === 0) return;
    keep(
      { event: { type: 'not-kept', ...stream.at, bytes: stream.skipped, why: stream.why }, bytes: [], length: 0 },
      out,
    );
    stream.skipped = 0;
  }

  /** The latest bytes, for the case that something is found in them. */
  function follow(stream: Stream, event: ByteEvent): void {
    const { before, behind } = stream.bounds;
    stream.why = before + behind > 0 ? 'outside-window' : 'too-long';
    if (before === 0) {
      stream.skipped += event.bytes.length;
      return;
    }
    stream.tail.push(copied(event));
    stream.tailBytes += event.bytes.length;
    while (stream.tailBytes > before && stream.tail.length > 1) {
      const { length } = stream.tail.shift() as HeldEvent;
      stream.tailBytes -= length;
      stream.skipped += length;
    }
  }

  function takeBytes(event: ByteEvent, out: HeldEvent[]): void {
    const stream = streamOf(event);
    const { length } = event.bytes;
    const taken = Math.min(stream.budget, length);
    if (taken > 0 || length === 0) {
      sayGap(stream, out);
      keep(copied(taken === length ? event : cut(event, 0, taken)), out);
      stream.budget -= taken;
    }
    if (taken < length) follow(stream, taken === 0 ? event : cut(event, taken, length));
  }

  function letGo(stream: Stream): void {
    stream.skipped += stream.tailBytes;
    stream.tail = [];
    stream.tailBytes = 0;
  }

  return {
    take(event) {
      const out: HeldEvent[] = [];
      if (event.type === 'body-chunk' || event.type === 'message' || event.type === 'raw-bytes') takeBytes(event, out);
      else {
        const stream = event.type === 'body-end' ? streams.get(event.direction) : undefined;
        if (stream) {
          letGo(stream);
          sayGap(stream, out);
        }
        keep({ event, bytes: [], length: sizeOf(event) }, out);
      }
      return out;
    },
    refuse(event, why) {
      const stream = streamOf(event);
      letGo(stream);
      stream.why = why;
      stream.skipped += event.bytes.length;
      stream.budget = Math.max(0, stream.budget - event.bytes.length);
    },
    found() {
      isFound = true;
      const out = held;
      held = [];
      heldBytes = 0;
      for (const stream of streams.values()) {
        if (stream.tail.length > 0) {
          sayGap(stream, out);
          out.push(...stream.tail);
          stream.tail = [];
          stream.tailBytes = 0;
        }
        stream.budget = Math.max(stream.budget, stream.bounds.behind);
      }
      return out;
    },
    end() {
      const kept: HeldEvent[] = [];
      for (const stream of streams.values()) {
        letGo(stream);
        sayGap(stream, kept);
      }
      return { kept, bytes: held.reduce((sum, one) => sum + bytesIn(one), 0) };
    },
    heldBytes: () => [...streams.values()].reduce((sum, { tailBytes }) => sum + tailBytes, heldBytes),
  };
}

const copied = (event: ByteEvent): HeldEvent => ({
  event,
  bytes: [Buffer.from(event.bytes)],
  length: event.bytes.length,
});

/** Of content: what was kept, or what a `not-kept` stands for. */
export const bytesIn = ({ event, length }: HeldEvent): number =>
  event.type === 'not-kept' ? event.bytes : 'bytes' in event ? length : 0;

function cut(event: ByteEvent, from: number, to: number): ByteEvent {
  const bytes = event.bytes.subarray(from, to);
  return event.type === 'message'
    ? { ...event, bytes, final: event.final && to === event.bytes.length }
    : { ...event, bytes };
}

/** Of an event without bytes, in memory. */
function sizeOf(event: ContentEvent): number {
  const fields = 'headers' in event ? event.headers : 'trailers' in event ? event.trailers : [];
  let size = 'target' in event ? event.target.length + event.authority.length : 0;
  for (const [name, value] of fields) size += name.length + value.length + 8;
  return size;
}

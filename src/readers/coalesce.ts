/**
 * Pieces of one body, message or raw stretch that follow each other are handed on as one: a phone that sends a byte a frame
 * would make every stage after the readers work thousands of times for nothing.
 * Promise: the same bytes in the same order; a message that is over stays apart from the next. Pieces that lie side by side in
 * memory become one view, others are copied together.
 */
import type { FlowEvent } from '../model/flow.ts';

/** Fewer events are not worth looking at. */
const LEAST = 8;

type Piece = Extract<FlowEvent, { bytes: Buffer }>;

export function coalesce(events: FlowEvent[]): FlowEvent[] {
  if (events.length < LEAST) return events;
  const out: FlowEvent[] = [];
  let run: Piece[] = [];
  for (const event of events) {
    const last = run.at(-1);
    if (last !== undefined && 'bytes' in event && goesOn(last, event)) {
      run.push(event);
      continue;
    }
    if (run.length > 0) out.push(joined(run));
    run = [];
    if ('bytes' in event) run.push(event);
    else out.push(event);
  }
  if (run.length > 0) out.push(joined(run));
  return out;
}

function goesOn(last: Piece, next: Piece): boolean {
  if (last.type !== next.type || last.direction !== next.direction) return false;
  if (last.type === 'raw-bytes' || next.type === 'raw-bytes') return true;
  if (last.exchange !== next.exchange) return false;
  if (last.type !== 'message' || next.type !== 'message') return true;
  return !last.final && last.label === next.label && last.protocol === next.protocol;
}

/** The last one tells whether a message is over. */
function joined(run: Piece[]): Piece {
  const last = run.at(-1)!;
  if (run.length === 1) return last;
  const parts = run.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
  return { ...last, bytes: parts.length === 1 ? parts[0]! : (sideBySide(parts) ?? Buffer.concat(parts)) };
}

function sideBySide(parts: readonly Buffer[]): Buffer | null {
  const [first] = parts;
  if (first === undefined) return null;
  let end = first.byteOffset;
  for (const { buffer, byteOffset, length } of parts) {
    if (buffer !== first.buffer || byteOffset !== end) return null;
    end += length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}

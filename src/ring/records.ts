/** How flow events travel: a length (u32), JSON, and the event's bytes, if it has any, after it. */
import type { FlowEvent } from '../model/flow.ts';

const NONE = Buffer.alloc(0);

/** The content of an `event` record, in parts that are written one after the other. */
export function encodeEvent(event: FlowEvent): [head: Buffer, bytes: Buffer] {
  if (!('bytes' in event)) return [lengthed(JSON.stringify(event)), NONE];
  const { bytes, ...rest } = event;
  return [lengthed(JSON.stringify(rest)), bytes];
}

/** The event's `bytes` is a view of `content`. */
export function decodeEvent(content: Buffer): FlowEvent {
  const jsonEnd = 4 + content.readUInt32LE(0);
  const event = JSON.parse(content.toString('utf8', 4, jsonEnd)) as FlowEvent;
  if (!WITH_BYTES.has(event.type)) return event;
  return { ...event, bytes: content.subarray(jsonEnd) } as FlowEvent;
}

const WITH_BYTES = new Set<FlowEvent['type']>(['body-chunk', 'message', 'raw-bytes']);

function lengthed(text: string): Buffer {
  const json = Buffer.from(text, 'utf8');
  const head = Buffer.allocUnsafe(4 + json.length);
  head.writeUInt32LE(json.length, 0);
  json.copy(head, 4);
  return head;
}

/** A flow event as it stands in a line of JSON: the same fields, with `bytes` as base64 text. */
import type { FlowEvent } from '../model/flow.ts';

const TYPES: ReadonlySet<string> = new Set<FlowEvent['type']>([
  'flow-opened',
  'tls-established',
  'certificate-rejected',
  'upstream-certificate-invalid',
  'trust-test-result',
  'request-head',
  'response-head',
  'body-chunk',
  'body-end',
  'message',
  'raw-bytes',
  'upgraded',
  'unreadable',
  'flow-closed',
]);

/** By its `type` and the id of its flow; an exchange with a `url` of its own is none. */
export function isFlowEvent(value: object): boolean {
  const { type, flowId, flow } = value as { type?: unknown; flowId?: unknown; flow?: { id?: unknown } | null };
  return typeof type === 'string' && TYPES.has(type) && (typeof flowId === 'string' || typeof flow?.id === 'string');
}

/** @param flowPrefix put before the flow's id, so that flows of several files do not meet. */
export function reviveEvent(value: object, flowPrefix: string): FlowEvent {
  const event = value as Record<string, unknown>;
  const bytes = typeof event.bytes === 'string' ? { bytes: Buffer.from(event.bytes, 'base64') } : {};
  const time = typeof event.time === 'number' ? event.time : 0;
  if (event.type === 'flow-opened') {
    const flow = event.flow as { id: string };
    return { ...event, time, flow: { ...flow, id: `${flowPrefix}${flow.id}` } } as FlowEvent;
  }
  return { exchange: 0, ...event, ...bytes, time, flowId: `${flowPrefix}${String(event.flowId)}` } as FlowEvent;
}

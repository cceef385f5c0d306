/** A flow event as it stands in a line of JSON: the same fields, with `bytes` as base64 text. */
import type { FlowEvent } from '../model/flow.ts';
import { NO_TIME, wholeMilliseconds } from './time.ts';

const TYPES: ReadonlySet<string> = new Set<FlowEvent['type']>([
  'flow-opened',
  'tls-established',
  'certificate-rejected',
  'pass-through',
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

/**
 * @param flowPrefix put before the flow's id, so that flows of several files do not meet.
 * Null when what the event cannot be without is missing.
 */
export function reviveEvent(value: object, flowPrefix: string): FlowEvent | null {
  const event = value as Record<string, unknown>;
  const time = wholeMilliseconds(event.time) ?? NO_TIME;
  if (event.type === 'flow-opened') {
    const flow = event.flow as { id: string; destination?: { host?: unknown } | null };
    if (typeof flow.destination?.host !== 'string') return null;
    return { ...event, time, flow: { ...flow, id: `${flowPrefix}${flow.id}` } } as unknown as FlowEvent;
  }
  if (NEEDS_BYTES.has(String(event.type)) && typeof event.bytes !== 'string') return null;
  if (NEEDS_HEADERS.has(String(event.type)) && !isHeaders(event.headers)) return null;
  if (event.trailers !== undefined && !isHeaders(event.trailers)) return null;
  if (event.type === 'request-head' && typeof event.target !== 'string') return null;
  const bytes = typeof event.bytes === 'string' ? { bytes: Buffer.from(event.bytes, 'base64') } : {};
  const own = {
    ...DEFAULTS[String(event.type)],
    ...event,
    ...bytes,
    time,
    flowId: `${flowPrefix}${String(event.flowId)}`,
  };
  return { exchange: 0, ...own } as unknown as FlowEvent;
}

/** What a line may leave out. */
const DEFAULTS: Partial<Record<string, object>> = {
  'request-head': { protocol: 'http/1.1', method: 'GET', scheme: 'http', authority: '' },
  'response-head': { status: 0 },
  'body-end': { direction: 'request', trailers: [], complete: true },
  'body-chunk': { direction: 'request' },
  'raw-bytes': { direction: 'request' },
  message: { direction: 'request', protocol: 'unknown', label: '', final: true },
};

const NEEDS_BYTES = new Set(['body-chunk', 'message', 'raw-bytes']);
const NEEDS_HEADERS = new Set(['request-head', 'response-head']);

const isHeaders = (list: unknown): list is [string, string][] =>
  Array.isArray(list) &&
  list.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string');

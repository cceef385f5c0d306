/**
 * One recorded exchange (request, response, messages) as the flow events a live connection would have given.
 * Promise: exactly one `flow-opened` first and one `flow-closed` last; bodies come in chunks of at most 64 KiB,
 * as from a socket, so that the detector meets recordings and live traffic alike.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';

export interface RecordedMessage {
  direction: Direction;
  time: number;
  /** `text` or `binary`. */
  label: string;
  bytes: Buffer;
}

export interface RecordedExchange {
  flowId: string;
  time: number;
  url: URL;
  method: string;
  /** `http/1.1`, `h2`, `h3`. */
  protocol: string;
  ip: string | null;
  requestHeaders: [string, string][];
  requestBody: Buffer | null;
  /** Null when no response was recorded. */
  response: { status: number; headers: [string, string][]; body: Buffer | null } | null;
  /** Messages of a WebSocket. */
  messages: RecordedMessage[];
}

const CHUNK_BYTES = 64 * 1024;

export function exchangeEvents(exchange: RecordedExchange): FlowEvent[] {
  const { flowId, time, url, requestBody, response, messages } = exchange;
  const encrypted = url.protocol === 'https:' || url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const events: FlowEvent[] = [
    {
      type: 'flow-opened',
      time,
      flow: {
        id: flowId,
        openedAt: time,
        engine: 'wire',
        client: { ip: '0.0.0.0', port: 0 },
        deviceId: null,
        arrival: encrypted ? 'http-connect' : 'http-absolute',
        treatment: 'intercept',
        treatmentReason: null,
        destination: { host, port: Number(url.port) || (encrypted ? 443 : 80), ip: exchange.ip },
        encrypted,
        intercepted: true,
        hello: null,
        simulated: false,
      },
    },
    {
      type: 'request-head',
      flowId,
      exchange: 0,
      time,
      protocol: exchange.protocol,
      method: exchange.method,
      target: `${url.pathname}${url.search}`,
      scheme: encrypted ? 'https' : 'http',
      authority: url.host,
      headers: exchange.requestHeaders,
    },
    ...body(flowId, 'request', time, requestBody),
  ];
  if (response) {
    events.push({
      type: 'response-head',
      flowId,
      exchange: 0,
      time,
      status: response.status,
      headers: response.headers,
    });
    events.push(...body(flowId, 'response', time, response.body));
  }
  for (const { direction, time: at, label, bytes } of messages) {
    events.push({
      type: 'message',
      flowId,
      exchange: 0,
      direction,
      time: at,
      protocol: 'websocket',
      label,
      bytes,
      final: true,
    });
  }
  const sent = (direction: Direction) =>
    messages.reduce((sum, each) => sum + (each.direction === direction ? each.bytes.length : 0), 0);
  events.push({
    type: 'flow-closed',
    flowId,
    time,
    reason: 'ended',
    detail: null,
    bytesUp: (requestBody?.length ?? 0) + sent('request'),
    bytesDown: (response?.body?.length ?? 0) + sent('response'),
  });
  return events;
}

function body(flowId: string, direction: Direction, time: number, bytes: Buffer | null): FlowEvent[] {
  const end: FlowEvent = { type: 'body-end', flowId, exchange: 0, direction, time, trailers: [], complete: true };
  return [...bodyChunks(flowId, direction, time, bytes), end];
}

export function bodyChunks(flowId: string, direction: Direction, time: number, bytes: Buffer | null): FlowEvent[] {
  const events: FlowEvent[] = [];
  for (let at = 0; bytes && at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    events.push({ type: 'body-chunk', flowId, exchange: 0, direction, time, bytes: chunk });
  }
  return events;
}

/**
 * The address of a recorded request, or why it was none on the network. Browsers record extensions, blobs and inlined data too.
 */
export function networkUrl(text: string): { url: URL } | { why: string } {
  const url = URL.parse(text);
  if (!url) return { why: 'no valid URL' };
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol))
    return { why: `${url.protocol} is no request on the network` };
  return { url };
}

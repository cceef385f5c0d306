/**
 * One recorded exchange (request, response, messages) as the flow events a live connection would have given.
 * Promise: exactly one `flow-opened` first and one `flow-closed` last; bodies come in chunks of at most 64 KiB,
 * as from a socket, and are read inside as live ones are, so that the detector meets recordings and live traffic alike.
 */
import type { Direction, Flow, FlowEvent } from '../model/flow.ts';
import type { ExchangeReader, OpenExchange } from '../model/recording.ts';
import { type Text, text } from '../model/text.ts';

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
  /** Path and query as sent. */
  target: string;
  method: string;
  /** `http/1.1`, `h2`, `h3`. */
  protocol: string;
  ip: string | null;
  /** Values as on the wire, decoded as Latin-1. */
  requestHeaders: [string, string][];
  requestBody: Buffer | null;
  /** What else the recording has of the request's body; each becomes an exchange of the same flow. */
  moreBodies: { bytes: Buffer; contentType: string }[];
  /** Null when no response was recorded. */
  response: { status: number; headers: [string, string][]; body: Buffer | null } | null;
  /** Messages of a WebSocket. */
  messages: RecordedMessage[];
}

const CHUNK_BYTES = 64 * 1024;
/** Numbers start at 1, as in the readers. */
const FIRST = 1;

export function exchangeEvents(exchange: RecordedExchange, openExchange: OpenExchange): FlowEvent[] {
  const { flowId, time, requestBody, response, messages, moreBodies } = exchange;
  const flow = flowOf(exchange);
  const reader = openExchange(flow);
  const events: FlowEvent[] = [{ type: 'flow-opened', time, flow }, requestHead(exchange, FIRST)];
  const body = (about: Omit<BodyFacts, 'flowId' | 'time'>, bytes: Buffer | null): void => {
    const sink = createBody({ ...about, flowId, time }, reader);
    if (bytes) events.push(...sink.push(bytes));
    events.push(...sink.end(true));
  };
  const { requestHeaders: headers, target: path } = exchange;
  body({ exchange: FIRST, direction: 'request', headers, path }, requestBody);
  if (response) {
    events.push({
      type: 'response-head',
      flowId,
      exchange: FIRST,
      time,
      status: response.status,
      headers: response.headers,
    });
    body({ exchange: FIRST, direction: 'response', headers: response.headers, path }, response.body);
  }
  for (const [index, more] of moreBodies.entries()) {
    const number = FIRST + 1 + index;
    const ownHeaders: [string, string][] = [['Content-Type', more.contentType]];
    const [ownPath = '/'] = path.split('?');
    events.push(requestHead({ ...exchange, requestHeaders: ownHeaders, target: ownPath }, number));
    body({ exchange: number, direction: 'request', headers: ownHeaders, path: ownPath }, more.bytes);
  }
  if (messages.length > 0) events.push(...messageEvents(exchange, reader));
  const sent = (direction: Direction): number =>
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

function flowOf({ flowId, time, url, ip }: RecordedExchange): Flow {
  const encrypted = isEncrypted(url);
  return {
    id: flowId,
    openedAt: time,
    engine: 'wire',
    client: { ip: '0.0.0.0', port: 0 },
    deviceId: null,
    arrival: encrypted ? 'http-connect' : 'http-absolute',
    treatment: 'intercept',
    treatmentReason: null,
    destination: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (encrypted ? 443 : 80),
      ip,
    },
    encrypted,
    intercepted: true,
    hello: null,
    simulated: false,
  };
}

const isEncrypted = (url: URL): boolean => url.protocol === 'https:' || url.protocol === 'wss:';

function requestHead(exchange: RecordedExchange, number: number): FlowEvent {
  const { flowId, time, url, protocol, method, target, requestHeaders } = exchange;
  return {
    type: 'request-head',
    flowId,
    exchange: number,
    time,
    protocol,
    method,
    target,
    scheme: isEncrypted(url) ? 'https' : 'http',
    authority: url.host,
    headers: requestHeaders,
  };
}

export interface BodyFacts {
  flowId: string;
  time: number;
  exchange: number;
  direction: Direction;
  headers: [string, string][];
  path: string;
}

export interface Body {
  push(bytes: Buffer): FlowEvent[];
  end(complete: boolean): FlowEvent[];
}

/** A body that comes piece by piece. */
export function createBody(about: BodyFacts, reader: ExchangeReader): Body {
  const { flowId, time, exchange, direction, headers, path } = about;
  const inside = reader.openBody({ exchange, direction, headers, path });
  return {
    push(bytes) {
      const events: FlowEvent[] = [];
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const chunk = bytes.subarray(at, at + CHUNK_BYTES);
        if (inside) inside.push(chunk, time, events);
        else events.push({ type: 'body-chunk', flowId, exchange, direction, time, bytes: chunk });
      }
      return events;
    },
    end(complete) {
      const events: FlowEvent[] = [];
      inside?.end(time, events);
      events.push({ type: 'body-end', flowId, exchange, direction, time, trailers: [], complete });
      return events;
    },
  };
}

function messageEvents(exchange: RecordedExchange, reader: ExchangeReader): FlowEvent[] {
  const { flowId, time, messages, response } = exchange;
  const events: FlowEvent[] = [{ type: 'upgraded', flowId, exchange: FIRST, time, protocol: 'websocket' }];
  const inside = reader.openMessages(FIRST, response?.headers ?? []);
  for (const { direction, time: at, label, bytes } of messages) {
    const isData = label === 'text' || label === 'binary';
    if (inside && isData) inside.push(direction, bytes, at, events);
    else
      events.push({
        type: 'message',
        flowId,
        exchange: FIRST,
        direction,
        time: at,
        protocol: 'websocket',
        label,
        bytes,
        final: true,
      });
  }
  inside?.close(messages.at(-1)?.time ?? time, events);
  return events;
}

/**
 * The address of a recorded request, or why it was none on the network. Browsers record extensions, blobs and inlined data
 * too; some recorders leave the host to the header.
 */
export function networkUrl(
  given: string,
  host: string | null = null,
): { url: URL } | { why: Text; isHarmless: boolean } {
  const withHost = given.startsWith('/') && host !== null ? `http://${host}${given}` : given;
  const url = URL.parse(/^[\w.-]+\.[a-z]{2,}(?::\d+)?\//i.test(withHost) ? `http://${withHost}` : withHost);
  if (!url) return { why: text('unread.no-url'), isHarmless: false };
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol))
    return { why: text('unread.not-network', { protocol: url.protocol }), isHarmless: true };
  return { url };
}

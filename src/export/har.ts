/**
 * Exchanges as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), entry by entry. WebSocket messages as Chromium writes
 * them (`_webSocketMessages`). Bodies of answers stand decoded, as the form asks for; bodies of requests as they were sent, in base64
 * (`encoding`) where they are no text.
 */
import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { urlOf } from '../formats/flow-content.ts';
import type { FlowRecord } from '../model/flow.ts';
import type { Message, Side, WholeExchange } from './exchanges.ts';

/** A body that is larger when it is opened stays closed. */
const MAX_OPENED = 32 << 20;

export const harHead = (version: string, comment: string): string =>
  `{"log":{"version":"1.2","creator":{"name":"Phonehome","version":${JSON.stringify(version)}},"comment":${JSON.stringify(comment)},"entries":[\n`;
export const HAR_END = '\n]}}\n';

type Pair = [string, string];

/** Null: there is no request in it. */
export function harEntry(given: WholeExchange, flow: FlowRecord, notes: readonly string[] = []): object | null {
  const { head, answer, request, response, upgradedTo, messages } = given;
  if (head === null) return null;
  const sentAt = request.endedAt ?? head.time;
  const answeredAt = answer?.time ?? sentAt;
  const endedAt = Math.max(answeredAt, response.endedAt ?? answeredAt, messages.at(-1)?.time ?? 0);
  const timings = {
    send: Math.max(0, sentAt - head.time),
    wait: Math.max(0, answeredAt - sentAt),
    receive: Math.max(0, endedAt - Math.max(answeredAt, sentAt)),
  };
  const isWebSocket = upgradedTo === 'websocket';
  const comment = [commentOf(given), ...notes].filter(Boolean).join('; ');
  return {
    startedDateTime: new Date(head.time).toISOString(),
    time: timings.send + timings.wait + timings.receive,
    request: requestOf(head, request),
    response: responseOf(answer, response, httpVersion(head.protocol)),
    cache: {},
    timings,
    ...(flow.destination.ip ? { serverIPAddress: flow.destination.ip } : {}),
    connection: flow.id,
    ...(isWebSocket ? { _resourceType: 'websocket' } : {}),
    ...(messages.length > 0 ? { _webSocketMessages: messages.map(messageOf) } : {}),
    ...(comment === '' ? {} : { comment }),
    _phonehome: { exchange: given.exchange, device: flow.deviceId, simulated: flow.simulated, protocol: head.protocol },
  };
}

function commentOf({ request, response, missingMessages, answer }: WholeExchange): string {
  return [
    request.missing > 0 ? `${request.missing} bytes of the request were not kept` : '',
    response.missing > 0 ? `${response.missing} bytes of the answer were not kept` : '',
    missingMessages > 0 ? `${missingMessages} messages are left out` : '',
    answer === null ? 'no answer was seen' : '',
  ]
    .filter(Boolean)
    .join('; ');
}

function requestOf(head: NonNullable<WholeExchange['head']>, { body, missing }: Side): object {
  const url = urlOf(head);
  const type = fieldOf(head.headers, 'content-type');
  const text = isUtf8(body) ? { text: body.toString() } : { text: body.toString('base64'), encoding: 'base64' };
  return {
    method: head.method,
    url,
    httpVersion: httpVersion(head.protocol),
    cookies: cookiesIn(head.headers, 'cookie'),
    headers: fields(head.headers),
    queryString: queryOf(url),
    ...(body.length > 0 ? { postData: { mimeType: type ?? 'application/octet-stream', params: [], ...text } } : {}),
    headersSize: -1,
    bodySize: missing > 0 ? -1 : body.length,
  };
}

function responseOf(answer: WholeExchange['answer'], { body, missing }: Side, version: string): object {
  const headers = answer?.headers ?? [];
  const coding = fieldOf(headers, 'content-encoding');
  const opened = missing > 0 ? body : opening(body, coding);
  const text = isUtf8(opened) ? { text: opened.toString() } : { text: opened.toString('base64'), encoding: 'base64' };
  return {
    status: answer?.status ?? 0,
    statusText: '',
    httpVersion: version,
    cookies: cookiesIn(headers, 'set-cookie'),
    headers: fields(headers),
    content: {
      size: opened.length,
      ...(opened === body ? {} : { compression: opened.length - body.length }),
      mimeType: fieldOf(headers, 'content-type') ?? 'x-unknown',
      ...(opened.length > 0 ? text : {}),
    },
    redirectURL: fieldOf(headers, 'location') ?? '',
    headersSize: -1,
    bodySize: answer === null || missing > 0 ? -1 : body.length,
  };
}

function opening(body: Buffer, coding: string | null): Buffer {
  if (body.length === 0) return body;
  try {
    const bound = { maxOutputLength: MAX_OPENED };
    if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(body, bound);
    if (coding === 'deflate') return inflateSync(body, bound);
    if (coding === 'br') return brotliDecompressSync(body, bound);
    if (coding === 'zstd') return zstdDecompressSync(body, bound);
  } catch {
    // As it came, then.
  }
  return body;
}

/** As Chromium's recorder: seconds, opcode 1 for text and 2 for bytes (in base64). */
function messageOf({ direction, time, label, bytes }: Message): object {
  const isText = label !== 'binary' && isUtf8(bytes);
  return {
    type: direction === 'request' ? 'send' : 'receive',
    time: time / 1000,
    opcode: isText ? 1 : 2,
    data: isText ? bytes.toString() : bytes.toString('base64'),
  };
}

const httpVersion = (protocol: string): string => (protocol === 'h2' ? 'HTTP/2.0' : protocol.toUpperCase());
const fields = (headers: readonly Pair[]): object[] => headers.map(([name, value]) => ({ name, value }));

/** Null: none, or it is empty. */
export function fieldOf(headers: readonly Pair[], wanted: string): string | null {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] || null;
}

function cookiesIn(headers: readonly Pair[], wanted: 'cookie' | 'set-cookie'): object[] {
  return headers
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => (wanted === 'cookie' ? value.split(';') : [value.split(';', 1)[0] ?? '']))
    .map((pair) => {
      const equals = pair.indexOf('=');
      return { name: pair.slice(0, Math.max(0, equals)).trim(), value: pair.slice(equals + 1).trim() };
    });
}

function queryOf(url: string): object[] {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }));
}

/**
 * Recorded traffic as lines of JSON. Two forms, which may be mixed:
 *   {"url":"https://a.example/x","method":"POST","headers":{"X-Id":"1"},"body":"text"}     one exchange per line
 *   {"type":"request-head","flowId":"1",…}                                               one flow event per line
 * An exchange may have `bodyBase64` in place of `body`, `time` (ISO 8601 or ms), `ip`, `protocol`, headers as a list of
 * pairs, and `response: {status, headers, body}`. Bytes of events are base64 text under `bytes`.
 * Promise: a line that is neither is reported with its number and why, and the lines after it are read.
 */
import { createReadStream } from 'node:fs';
import type { FlowEvent } from '../model/flow.ts';
import type { Recorded } from '../model/lab.ts';
import { exchangeEvents, networkUrl, type RecordedExchange } from './exchange.ts';
import { isFlowEvent, reviveEvent } from './flow-event.ts';
import { MAX_LINE_BYTES, splitLines } from './lines.ts';
import { createLongExchange, type LongExchange, type LongExchangeOptions } from './long-exchange.ts';

interface Line {
  url?: unknown;
  method?: unknown;
  protocol?: unknown;
  headers?: unknown;
  body?: unknown;
  bodyBase64?: unknown;
  time?: unknown;
  ip?: unknown;
  response?: { status?: unknown; headers?: unknown; body?: unknown; bodyBase64?: unknown } | null;
}

/** Flows whose end never came are closed at the end of the file; more at once than this would be a broken file. */
const MAX_OPEN_FLOWS = 10_000;

export async function* readNdjson(
  file: string,
  flowPrefix: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Recorded> {
  const open = new Map<string, { entry: number; events: FlowEvent[] }>();
  let entry = -1;
  let long: LongExchange | null = null;
  for await (const line of splitLines(counted(file, onBytes))) {
    if (!long) entry++;
    if (!Buffer.isBuffer(line)) {
      long ??= createLongExchange(longLine(`${flowPrefix}${entry}`));
      const events = long.push(line.piece);
      if (events.length > 0) yield { type: 'part', file, entry, events };
      if (!line.isLast) continue;
      yield ended(file, entry, long);
      long = null;
      continue;
    }
    const text = line
      .toString('utf8')
      .trim()
      .replace(/^\ufeff/, '');
    if (text === '') continue;
    const value = parse(text);
    if (value === null) yield skipped(file, entry, 'not a JSON object');
    else if (isFlowEvent(value)) yield* addEvent(reviveEvent(value, flowPrefix), entry);
    else yield exchangeLine(value as Line, entry);
  }
  for (const [flowId, { entry: began, events }] of open) {
    events.push({
      type: 'flow-closed',
      flowId,
      time: events.at(-1)?.time ?? 0,
      reason: 'error',
      detail: 'the recording ends here',
      bytesUp: 0,
      bytesDown: 0,
    });
    yield { type: 'entry', file, entry: began, events, missing: ['end of the flow not recorded'] };
  }

  function* addEvent(event: FlowEvent, at: number): Generator<Recorded> {
    if (event.type === 'flow-opened') {
      if (open.size >= MAX_OPEN_FLOWS) yield skipped(file, at, 'too many flows open at once');
      else open.set(event.flow.id, { entry: at, events: [event] });
      return;
    }
    const flow = open.get(event.flowId);
    if (!flow) {
      yield skipped(file, at, 'event of a flow that was not opened');
      return;
    }
    flow.events.push(event);
    if (event.type !== 'flow-closed') return;
    open.delete(event.flowId);
    yield { type: 'entry', file, entry: flow.entry, events: flow.events, missing: [] };
  }

  function exchangeLine(value: Line, at: number): Recorded {
    const read = exchangeIn(value, `${flowPrefix}${at}`);
    if (!read.ok) return skipped(file, at, read.why);
    return { type: 'entry', file, entry: at, events: exchangeEvents(read.exchange), missing: [] };
  }
}

function exchangeIn(
  value: Line,
  flowId: string,
): { ok: true; exchange: RecordedExchange } | { ok: false; why: string } {
  if (typeof value.url !== 'string') return { ok: false, why: 'neither "url" nor a flow event\'s "type"' };
  const place = networkUrl(value.url);
  if ('why' in place) return { ok: false, why: place.why };
  const body = bodyOf(value);
  const { response } = value;
  const exchange: RecordedExchange = {
    flowId,
    time: timeOf(value.time),
    url: place.url,
    method: typeof value.method === 'string' ? value.method : body ? 'POST' : 'GET',
    protocol: typeof value.protocol === 'string' ? value.protocol : 'http/1.1',
    ip: typeof value.ip === 'string' ? value.ip : null,
    requestHeaders: headersOf(value.headers),
    requestBody: body,
    response: response
      ? { status: Number(response.status) || 200, headers: headersOf(response.headers), body: bodyOf(response) }
      : null,
    messages: [],
  };
  return { ok: true, exchange };
}

const LONG_BODIES: Partial<Record<string, 'utf8' | 'base64'>> = { body: 'utf8', bodyBase64: 'base64' };

function longLine(flowId: string): LongExchangeOptions {
  return {
    read: (entry) => exchangeIn(entry as Line, flowId),
    bodyAt: (path) => LONG_BODIES[path] ?? null,
    isBehindRequest: (path) => path.startsWith('response.'),
  };
}

function ended(file: string, entry: number, long: LongExchange): Recorded {
  const end = long.end();
  const size = `line longer than ${MAX_LINE_BYTES / 2 ** 20} MiB`;
  if (!end.ok) return skipped(file, entry, `${size}, ${end.why}`);
  return { type: 'entry', file, entry, events: end.events, missing: [], partial: `${size}: only its request was read` };
}

async function* counted(file: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    yield chunk;
  }
}

function skipped(file: string, entry: number, reason: string): Recorded {
  return { type: 'skipped', file, entry, reason };
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function bodyOf({ body, bodyBase64 }: { body?: unknown; bodyBase64?: unknown }): Buffer | null {
  if (typeof bodyBase64 === 'string') return Buffer.from(bodyBase64, 'base64');
  if (body === undefined || body === null) return null;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** `{"A":"1","B":["2","3"]}` or `[["A","1"],["B","2"]]`. */
function headersOf(headers: unknown): [string, string][] {
  if (Array.isArray(headers))
    return headers.filter(Array.isArray).map((pair: unknown[]) => [String(pair[0]), String(pair[1] ?? '')]);
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each): [string, string] => [name, String(each)]),
  );
}

function timeOf(time: unknown): number {
  if (typeof time === 'number') return time;
  return typeof time === 'string' ? Date.parse(time) || 0 : 0;
}

/**
 * Kept content of one flow put in order: requests with their answers, messages, raw bytes. Pure, one pass, bodies are only measured:
 * their bytes come with `partOf`.
 */
import type { ContentEvent, ContentPart, FlowContent, NotKeptReason } from '../model/content.ts';
import type { Direction } from '../model/flow.ts';

type Exchange = FlowContent['exchanges'][number];
type Body = FlowContent['raw']['request'];

/** How what may hold a value is shown. */
export interface ContentMask {
  url(head: Extract<ContentEvent, { type: 'request-head' }>): string;
  header(field: [name: string, value: string]): [string, string];
  label(text: string): string;
}

/** One answer lists no more. */
const MAX_EXCHANGES = 1000;
const MAX_MESSAGES = 2000;
const MAX_GAPS = 200;

/** The address of a request as it stood there. */
export function urlOf({ target, scheme, authority }: Extract<ContentEvent, { type: 'request-head' }>): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(target)
    ? target
    : `${scheme}://${authority}${target.startsWith('/') ? target : ''}`;
}

/** @param mask null: as it stood there */
export function orderContent(
  flowId: string,
  events: Iterable<ContentEvent>,
  why: readonly NotKeptReason[],
  mask: ContentMask | null,
): FlowContent {
  const exchanges = new Map<number, Exchange>();
  const reasons = new Set(why);
  const shown = (headers: [string, string][]): [string, string][] => (mask ? headers.map(mask.header) : headers);
  const content: FlowContent = {
    flowId,
    state: 'none',
    why: [],
    revealed: mask === null,
    exchanges: [],
    messages: [],
    raw: { request: emptyBody(), response: emptyBody() },
    cut: false,
  };
  let messages = 0;

  function exchangeOf(exchange: number): Exchange {
    let found = exchanges.get(exchange);
    if (found === undefined) {
      found = { exchange, request: null, response: null, upgradedTo: null };
      exchanges.set(exchange, found);
      if (content.exchanges.length < MAX_EXCHANGES) content.exchanges.push(found);
      else content.cut = true;
    }
    return found;
  }
  const bodyOf = (exchange: number, direction: Direction): Body | undefined => exchangeOf(exchange)[direction]?.body;

  for (const event of events) {
    content.state = 'kept';
    switch (event.type) {
      case 'request-head': {
        const { time, protocol, method, headers } = event;
        const url = mask ? mask.url(event) : urlOf(event);
        exchangeOf(event.exchange).request = {
          time,
          protocol,
          method,
          url,
          headers: shown(headers),
          body: emptyBody(),
        };
        break;
      }
      case 'response-head': {
        const { time, status, headers } = event;
        exchangeOf(event.exchange).response = { time, status, headers: shown(headers), body: emptyBody() };
        break;
      }
      case 'body-chunk':
        grow(bodyOf(event.exchange, event.direction), event.bytes.length);
        break;
      case 'body-end': {
        const body = bodyOf(event.exchange, event.direction);
        if (body)
          Object.assign(body, { endedAt: event.time, complete: event.complete, trailers: shown(event.trailers) });
        break;
      }
      case 'message': {
        const { exchange, direction, time, protocol, label, bytes, final } = event;
        const index = messages++;
        if (content.messages.length >= MAX_MESSAGES) content.cut = true;
        else
          content.messages.push({
            index,
            exchange,
            direction,
            time,
            protocol,
            label: mask ? mask.label(label) : label,
            bytes: bytes.length,
            final,
          });
        break;
      }
      case 'raw-bytes':
        grow(content.raw[event.direction], event.bytes.length);
        break;
      case 'upgraded':
        exchangeOf(event.exchange).upgradedTo = event.protocol;
        break;
      case 'not-kept': {
        reasons.add(event.why);
        const body = event.exchange === null ? content.raw[event.direction] : bodyOf(event.exchange, event.direction);
        if (body && event.bytes > 0) miss(body, event.bytes, event.why);
        break;
      }
    }
  }
  content.why = [...reasons];
  return content;
}

const emptyBody = (): Body => ({ bytes: 0, kept: 0, gaps: [], endedAt: null, complete: false, trailers: [] });

function grow(body: Body | undefined, bytes: number): void {
  if (!body) return;
  body.bytes += bytes;
  body.kept += bytes;
}

function miss(body: Body, bytes: number, why: NotKeptReason): void {
  if (body.gaps.length < MAX_GAPS) body.gaps.push({ at: body.bytes, bytes, why });
  body.bytes += bytes;
}

/** Which bytes of a flow: a body of an exchange, one message by its index, or the raw bytes of a direction. */
export type ContentSide =
  | { side: 'request' | 'response'; exchange: number }
  | { side: 'message'; index: number }
  | { side: 'raw-request' | 'raw-response' };

/** Each piece of it that was kept, with its offset. */
export function* piecesOf(
  events: Iterable<ContentEvent>,
  wanted: ContentSide,
): Generator<{ at: number; bytes: Buffer }> {
  let at = 0;
  let messages = 0;
  for (const event of events) {
    if (event.type === 'message') {
      if (wanted.side === 'message' && messages++ === wanted.index) {
        yield { at: 0, bytes: event.bytes };
        return;
      }
      continue;
    }
    if (event.type !== 'body-chunk' && event.type !== 'raw-bytes' && event.type !== 'not-kept') continue;
    if (!isOf(event, wanted)) continue;
    if (event.type === 'not-kept') at += event.bytes;
    else {
      yield { at, bytes: event.bytes };
      at += event.bytes.length;
    }
  }
}

function isOf(
  event: Extract<ContentEvent, { type: 'body-chunk' | 'raw-bytes' | 'not-kept' }>,
  wanted: ContentSide,
): boolean {
  const exchange = event.type === 'raw-bytes' ? null : event.exchange;
  if (wanted.side === 'message') return false;
  return 'exchange' in wanted
    ? exchange === wanted.exchange && event.direction === wanted.side
    : exchange === null && event.direction === (wanted.side === 'raw-request' ? 'request' : 'response');
}

/** The first piece that was kept at or behind an offset, no longer than asked for; null: there is none. */
export function partOf(
  events: Iterable<ContentEvent>,
  wanted: ContentSide,
  from: number,
  length: number,
): ContentPart | null {
  let part: { from: number; bytes: Buffer[]; end: number } | null = null;
  let next: number | null = null;
  for (const { at, bytes } of piecesOf(events, wanted)) {
    const end = at + bytes.length;
    if (end <= from && bytes.length > 0) continue;
    const start: number = part?.end ?? Math.max(from, at);
    if (part !== null && (at > part.end || part.end - part.from >= length)) {
      next = Math.max(part.end, at);
      break;
    }
    part ??= { from: start, bytes: [], end: start };
    const taken = Math.min(end - start, length - (part.end - part.from));
    part.bytes.push(bytes.subarray(start - at, start - at + taken));
    part.end += taken;
    if (part.end < end) {
      next = part.end;
      break;
    }
  }
  return part && { from: part.from, bytes: Buffer.concat(part.bytes).toString('base64'), next };
}

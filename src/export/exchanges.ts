/**
 * Kept content of one connection as whole exchanges, each when it is over. In memory: those that are under way, and no more
 * of their bytes than a bound; what is beyond it is counted as not kept.
 */
import type { ContentEvent } from '../model/content.ts';
import type { Direction } from '../model/flow.ts';

type Head<T> = Extract<ContentEvent, { type: T }>;
export type Message = Head<'message'>;

export interface Side {
  /** What was kept of the body, gaps closed. */
  body: Buffer;
  /** Bytes that are missing in it. */
  missing: number;
  endedAt: number | null;
  startedAt: number | null;
}

export interface WholeExchange {
  exchange: number;
  head: Head<'request-head'> | null;
  answer: Head<'response-head'> | null;
  request: Side;
  response: Side;
  upgradedTo: string | null;
  messages: Message[];
  missingMessages: number;
}

interface Growing extends Omit<WholeExchange, 'request' | 'response'> {
  request: Side & { parts: Buffer[] };
  response: Side & { parts: Buffer[] };
}

/** The number under which bytes stand that belong to no exchange. */
export const RAW = -1;

/** Of all that is under way at once. */
const MAX_OPEN_BYTES = 64 << 20;

export function* exchangesIn(events: Iterable<ContentEvent>): Generator<WholeExchange> {
  const open = new Map<number, Growing>();
  let held = 0;
  const of = (exchange: number): Growing => {
    let found = open.get(exchange);
    if (found === undefined) {
      found = begun(exchange);
      open.set(exchange, found);
    }
    return found;
  };
  for (const event of events) {
    if (!('exchange' in event) && event.type !== 'raw-bytes') continue;
    const one = of(event.type === 'raw-bytes' ? RAW : (event.exchange ?? RAW));
    switch (event.type) {
      case 'request-head':
        one.head = event;
        break;
      case 'response-head':
        one.answer = event;
        break;
      case 'raw-bytes':
      case 'body-chunk': {
        const side = one[event.direction];
        side.startedAt ??= event.time;
        if (held + event.bytes.length > MAX_OPEN_BYTES) side.missing += event.bytes.length;
        else {
          side.parts.push(event.bytes);
          held += event.bytes.length;
        }
        break;
      }
      case 'message':
        if (held + event.bytes.length > MAX_OPEN_BYTES) one.missingMessages++;
        else {
          one.messages.push(event);
          held += event.bytes.length;
        }
        break;
      case 'upgraded':
        one.upgradedTo = event.protocol;
        break;
      case 'not-kept':
        one[event.direction].missing += event.bytes;
        break;
      case 'body-end': {
        one[event.direction].endedAt = event.time;
        if (one.request.endedAt === null || one.response.endedAt === null || one.upgradedTo !== null) break;
        open.delete(event.exchange);
        held -= bytesIn(one);
        yield whole(one);
      }
    }
  }
  for (const one of open.values()) yield whole(one);
}

const side = () => ({ body: Buffer.alloc(0), parts: [], missing: 0, endedAt: null, startedAt: null });

const begun = (exchange: number): Growing => ({
  exchange,
  head: null,
  answer: null,
  request: side(),
  response: side(),
  upgradedTo: null,
  messages: [],
  missingMessages: 0,
});

function whole(given: Growing): WholeExchange {
  const closed = (direction: Direction): Side => {
    const { parts, ...rest } = given[direction];
    return { ...rest, body: Buffer.concat(parts) };
  };
  return { ...given, request: closed('request'), response: closed('response') };
}

const bytesIn = ({ request, response, messages }: Growing): number =>
  [...request.parts, ...response.parts, ...messages.map(({ bytes }) => bytes)].reduce(
    (sum, { length }) => sum + length,
    0,
  );

/** The state of one direction of an HTTP/1 connection, and of the requests that wait for their answers. */

import { type RequestHead, type ResponseHead, SectionEnd } from '../formats/http1-head.ts';
import type { Direction } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import type { MessageBody } from './body.ts';
import { Carry } from './carry.ts';

export type Phase =
  | 'head'
  | 'sized'
  | 'until-close'
  | 'chunk-line'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'held' // the answer to an upgrade or CONNECT decides what these bytes are
  | 'tunnel'
  | 'raw';

/** What the HTTP/1 reader remembers of one direction. */
export interface Side {
  readonly direction: Direction;
  phase: Phase;
  readonly carry: Carry;
  /** When the first of the bytes in the carry came. */
  heldSince: number;
  /** Looks for the end of the head or trailer section that is being read. */
  section: SectionEnd;
  /** Bytes left of a sized body or of a chunk. */
  remaining: number;
  exchange: number;
  bodyOpen: boolean;
  /** Why nothing after this body may be read as another message; null when it may. */
  last: PlainKey | null;
  /** It is not certain that this body is in chunks. */
  doubtful: boolean;
  /** A chunk of it was read. */
  chunked: boolean;
  /** Reads the messages inside the body, when its content type frames them. */
  messages: MessageBody | null;
  ended: boolean;
  /** The latest head: the next one is often the same. */
  headText: string;
  head: RequestHead | ResponseHead | null;
}

/** A request that waits for its answer. */
export interface Pending {
  exchange: number;
  method: string;
  target: string;
  asksUpgrade: boolean;
  headers: [string, string][];
}

export const NO_FIELDS: [string, string][] = [];

export function newSide(direction: Direction): Side {
  return {
    direction,
    phase: 'head',
    carry: new Carry(),
    heldSince: 0,
    section: new SectionEnd(false),
    remaining: 0,
    exchange: 0,
    bodyOpen: false,
    last: null,
    doubtful: false,
    chunked: false,
    messages: null,
    ended: false,
    headText: '',
    head: null,
  };
}

/** Value of the first such field that has one; `name` in lower case. */
export function fieldOf(headers: [string, string][], name: string): string | null {
  for (const [key, value] of headers) {
    if (key.length === name.length && value !== '' && key.toLowerCase() === name) return value;
  }
  return null;
}

/** `parse`, unless the text is the same as the latest; only what was understood is kept. */
export function parseOnce<Head extends RequestHead | ResponseHead>(
  side: Side,
  text: string,
  parse: (text: string) => Head | null,
): Head | null {
  if (side.head !== null && text === side.headText) return side.head as Head;
  const head = parse(text);
  side.headText = head === null ? '' : text;
  side.head = head;
  return head;
}

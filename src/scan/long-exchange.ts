/**
 * A recorded exchange too large to be held: its request is read as it streams by, what comes behind it is left out.
 * Promise: memory does not grow with the entry; the request's body comes out byte for byte as from a small entry; an entry
 * whose request cannot be told from its beginning is skipped with the reason. Relies on writers that put address and headers
 * before the body, as all known ones do.
 */
import { StringDecoder } from 'node:string_decoder';
import type { FlowEvent } from '../model/flow.ts';
import type { OpenExchange } from '../model/recording.ts';
import { type Text, text } from '../model/text.ts';
import { type Body, createBody, exchangeEvents, type RecordedExchange } from './exchange.ts';
import { createJsonText, type JsonText } from './json-text.ts';

/** A piece of something too large. */
export interface Piece {
  piece: Buffer;
  isLast: boolean;
}

export type LongEnd = { ok: true; events: FlowEvent[] } | { ok: false; why: Text };

export interface LongExchange {
  push(bytes: Buffer): FlowEvent[];
  /** The entry is over, or the file. */
  end(): LongEnd;
}

export interface LongExchangeOptions {
  /** The exchange from an entry in which the long text and all behind it is missing. */
  read(entry: object): { ok: true; exchange: RecordedExchange } | { ok: false; why: Text };
  /** How the long text at this path is the request's body (`request.postData.text`); null when it is something else. */
  bodyAt(path: string, entry: object, beginning: string): 'utf8' | 'latin1' | 'base64' | null;
  /** Is the request all there when a long text begins at this path? */
  isBehindRequest(path: string): boolean;
  openExchange: OpenExchange;
}

/** Longer texts are bodies; without one in so many bytes it is some other large thing. */
const LONG_TEXT = 256 << 10;
const LONGEST_HEAD = 8 << 20;
/** So much of a text shows how bytes are written in it. */
const BEGINNING = 16 << 10;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Level {
  close: '}' | ']';
  key: string;
}

export function createLongExchange(options: LongExchangeOptions): LongExchange {
  let head: Buffer[] = [];
  let headBytes = 0;
  /** Within `head`, behind the opening quote of the string that is open or was last. */
  let stringFrom = 0;
  let inString = false;
  let isEscaped = false;
  let levels: Level[] = [];
  /** The next string is a key. */
  let wantsKey = false;
  let at = 0;
  let why: Text | null = null;
  let body: { text: JsonText; decode: Decode } | null = null;
  let sink: Body | null = null;
  let sent = 0;
  let tail: FlowEvent[] | null = null;

  /** Reads on in the beginning; true when a long text is open. */
  function scan(bytes: Buffer): boolean {
    for (let i = 0; i < bytes.length; i++, at++) {
      const byte = bytes[i]!;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (wantsKey) levels.at(-1)!.key = keyText(bytes, i);
          wantsKey = false;
        } else if (at - stringFrom >= LONG_TEXT) return true;
        continue;
      }
      if (byte === QUOTE) {
        inString = true;
        stringFrom = at + 1;
      } else if (byte === 0x7b || byte === 0x5b) {
        levels.push({ close: byte === 0x7b ? '}' : ']', key: '' });
        wantsKey = byte === 0x7b;
      } else if (byte === 0x7d || byte === 0x5d) levels.pop();
      else if (byte === 0x2c) wantsKey = levels.at(-1)?.close === '}';
    }
    return false;
  }

  /** The string that ends at `bytes[end]`; keys are short, so they are cut out of one or two pieces. */
  function keyText(bytes: Buffer, end: number): string {
    const length = at - stringFrom;
    if (length <= end) return bytes.toString('utf8', end - length, end);
    const before = Buffer.concat(head).subarray(stringFrom);
    return Buffer.concat([before, bytes.subarray(0, end)]).toString('utf8');
  }

  /** A long text is open: what it is, and what of it is there already. */
  function begin(all: Buffer): FlowEvent[] {
    const path = levels.flatMap(({ key }) => (key === '' ? [] : [key])).join('.');
    const closing = levels.map(({ close }) => close).reverse();
    let entry: object;
    try {
      entry = JSON.parse(`${all.toString('utf8', 0, stringFrom)}"${closing.join('')}`) as object;
    } catch {
      why = text('unread.no-json');
      return [];
    }
    const how = options.bodyAt(path, entry, beginningOf(all.subarray(stringFrom, stringFrom + BEGINNING)));
    if (how === null && !options.isBehindRequest(path)) {
      why = text('unread.long.untold');
      return [];
    }
    const read = options.read(entry);
    if (!read.ok) {
      why = read.why;
      return [];
    }
    const whole = { ...read.exchange, response: null, messages: [] };
    if (how === null) {
      const events = exchangeEvents(whole, options.openExchange);
      tail = events.splice(-1);
      return events;
    }
    const events = exchangeEvents({ ...whole, requestBody: null, moreBodies: [] }, options.openExchange);
    const bodyEnd = events.findIndex(({ type }) => type === 'body-end');
    tail = events.slice(bodyEnd + 1);
    const { flowId, time, requestHeaders: headers, target } = whole;
    const [opened] = events;
    if (opened?.type === 'flow-opened')
      sink = createBody(
        { flowId, time, exchange: 1, direction: 'request', headers, path: target },
        options.openExchange(opened.flow),
      );
    body = { text: createJsonText(), decode: decoderOf(how) };
    return [...events.slice(0, bodyEnd), ...take(all.subarray(stringFrom))];
  }

  function take(bytes: Buffer): FlowEvent[] {
    if (!body || !sink) return [];
    const { text: next, rest } = body.text.push(bytes);
    const decoded = body.decode(next, rest !== null);
    sent += decoded.length;
    if (rest !== null) body = null;
    return sink.push(decoded);
  }

  return {
    push(bytes) {
      if (why !== null) return [];
      if (tail) return take(bytes);
      const isOpen = scan(bytes);
      head.push(Buffer.from(bytes));
      headBytes += bytes.length;
      if (isOpen) {
        const all = Buffer.concat(head);
        head = [];
        const events = begin(all);
        levels = [];
        return events;
      }
      if (headBytes > LONGEST_HEAD) {
        why = text('unread.long.not-single');
        head = [];
      }
      return [];
    },
    end() {
      if (tail === null) return { ok: false, why: why ?? text('unread.long.none') };
      if (!sink) return { ok: true, events: tail };
      // A body that did not end is not complete.
      const ended = sink.end(body === null);
      const closed = tail.map((event) => (event.type === 'flow-closed' ? { ...event, bytesUp: sent } : event));
      return { ok: true, events: [...ended, ...closed] };
    },
  };
}

/** Without the character that the cut went through. */
function beginningOf(json: Buffer): string {
  return createJsonText().push(json).text.toString('utf8').slice(0, -1);
}

/** `isLast`: nothing follows. */
type Decode = (bytes: Buffer, isLast: boolean) => Buffer;

function decoderOf(how: 'utf8' | 'latin1' | 'base64'): Decode {
  if (how === 'utf8') return (bytes) => bytes;
  if (how === 'latin1') {
    const decoder = new StringDecoder('utf8');
    return (bytes) => Buffer.from(decoder.write(bytes), 'latin1');
  }
  let rest = '';
  return (bytes, isLast) => {
    const text = rest + bytes.toString('latin1').replace(/\s/g, '');
    const whole = isLast ? text.length : text.length - (text.length % 4);
    rest = text.slice(whole);
    return Buffer.from(text.slice(0, whole), 'base64');
  };
}

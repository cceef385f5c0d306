/**
 * Follows the answer to one request over a copy of its bytes, so that the door knows when the next request may go out.
 * Promise: sans-I/O, same result however cut, never throws; an answer that cannot be framed lasts until the close.
 */
import { type BodyMeter, createMeter, responseFraming } from './http-body.ts';
import { findHeadEnd, type Head, parseHead, tokensOf } from './http-head.ts';

/** Larger than any client accepts; past it the answer is followed until the close instead. */
const MAX_HEAD = 256 * 1024;

export interface ResponseWatch {
  feed(chunk: Buffer): void;
  /** The server has ended. */
  end(): void;
  /** The final answer is whole. */
  readonly complete: boolean;
  /** 101 was seen: from here on both directions are free. */
  readonly upgraded: boolean;
  /** No further request can follow on this connection. */
  readonly wantsClose: boolean;
}

export function createResponseWatch(method: string): ResponseWatch {
  let held: Buffer | null = null;
  let body: BodyMeter | null = null;
  let complete = false;
  let upgraded = false;
  let wantsClose = false;

  const takeHead = (bytes: Buffer): Buffer | null => {
    const end = findHeadEnd(bytes);
    const odd = !'HTTP/1.'.startsWith(bytes.toString('latin1', 0, Math.min(7, bytes.length)));
    if (odd || (end < 0 && bytes.length > MAX_HEAD)) {
      body = createMeter({ kind: 'until-close' });
      wantsClose = true;
      return bytes;
    }
    if (end < 0) {
      held = bytes;
      return null;
    }
    const head = parseHead(bytes.subarray(0, end));
    const status = Number(/^HTTP\/1\.\d +(\d{3})/.exec(head.start)?.[1] ?? 0);
    if (status < 100 || status > 199 || status === 101) {
      upgraded = status === 101;
      body = createMeter(responseFraming(head, status, method));
      wantsClose = body.untilClose || closes(head);
    }
    return bytes.subarray(end);
  };

  return {
    feed(chunk) {
      let rest: Buffer | null = held ? Buffer.concat([held, chunk]) : chunk;
      held = null;
      while (!body && rest && rest.length > 0) rest = takeHead(rest);
      if (!body || !rest) return;
      const end = body.take(rest, 0);
      complete = body.done;
      // Bytes after the answer's end belong to nothing that was asked: trust the connection no further.
      if (body.untilClose || end < rest.length) wantsClose = true;
    },
    end() {
      wantsClose = true;
      if (body?.untilClose) complete = true;
    },
    get complete() {
      return complete;
    },
    get upgraded() {
      return upgraded;
    },
    get wantsClose() {
      return wantsClose;
    },
  };
}

function closes(head: Head): boolean {
  const tokens = tokensOf(head, 'connection');
  if (tokens.includes('close')) return true;
  return head.start.startsWith('HTTP/1.0') && !tokens.includes('keep-alive');
}

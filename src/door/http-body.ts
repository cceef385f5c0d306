/**
 * Where an HTTP/1 message ends (RFC 9112 6.3), sans-I/O: a meter walks over the bytes and never copies them.
 * Promise: the same end whatever the cutting; what cannot be framed is `until-close`, so that every byte is still
 * relayed to the server the phone chose and nothing is ever taken for another request (no request smuggling).
 */
import { type Head, tokensOf, valuesOf } from './http-head.ts';

export type Framing =
  | { kind: 'none' }
  | { kind: 'sized'; bytes: number }
  | { kind: 'chunked' }
  | { kind: 'until-close' };

export interface BodyMeter {
  readonly done: boolean;
  readonly untilClose: boolean;
  /** Walks `chunk` from `from`; the index after the last byte that belongs to this message. */
  take(chunk: Buffer, from: number): number;
}

export function requestFraming(head: Head): Framing {
  return declaredFraming(head) ?? { kind: 'none' };
}

/** `status` is the final one or 101; `method` that of the request. */
export function responseFraming(head: Head, status: number, method: string): Framing {
  if (status === 101) return { kind: 'until-close' };
  if (method === 'HEAD' || status === 204 || status === 304) return { kind: 'none' };
  return declaredFraming(head) ?? { kind: 'until-close' };
}

function declaredFraming(head: Head): Framing | null {
  const codings = tokensOf(head, 'transfer-encoding');
  const lengths = valuesOf(head, 'content-length').flatMap((value) => value.split(',').map((part) => part.trim()));
  if (codings.length > 0) {
    // Both fields at once is how smuggling starts: servers differ, so nothing after it may count as a new message.
    if (lengths.length > 0) return { kind: 'until-close' };
    const plain = codings.at(-1) === 'chunked' && codings.indexOf('chunked') === codings.length - 1;
    return plain ? { kind: 'chunked' } : { kind: 'until-close' };
  }
  const length = lengths[0];
  if (length === undefined) return null;
  if (!/^\d{1,15}$/.test(length) || lengths.some((other) => other !== length)) return { kind: 'until-close' };
  return { kind: 'sized', bytes: Number(length) };
}

export function createMeter(framing: Framing): BodyMeter {
  switch (framing.kind) {
    case 'none':
      return sizedMeter(0);
    case 'sized':
      return sizedMeter(framing.bytes);
    case 'chunked':
      return chunkedMeter();
    case 'until-close':
      return { done: false, untilClose: true, take: (chunk) => chunk.length };
  }
}

function sizedMeter(bytes: number): BodyMeter {
  let left = bytes;
  return {
    untilClose: false,
    get done() {
      return left === 0;
    },
    take(chunk, from) {
      const taken = Math.min(left, chunk.length - from);
      left -= taken;
      return from + taken;
    },
  };
}

const LF = 10;
const CR = 13;
const SEMICOLON = 59;

/** Chunk sizes up to 2^48 - 1, extensions skipped, trailers until the empty line. A bad byte makes it `until-close`. */
function chunkedMeter(): BodyMeter {
  let state: 'size' | 'extension' | 'data' | 'after-data' | 'line-start' | 'trailer' | 'done' | 'broken' = 'size';
  let size = 0;
  let digits = 0;
  const step = (byte: number): void => {
    if (state === 'size') {
      const digit = hexDigit(byte);
      if (digit >= 0 && digits < 12) {
        size = size * 16 + digit;
        digits++;
      } else if (digits === 0 || digit >= 0) state = 'broken';
      else if (byte === LF) endOfSize();
      else if (byte === SEMICOLON || byte === CR || byte === 32 || byte === 9) state = 'extension';
      else state = 'broken';
    } else if (state === 'extension') {
      if (byte === LF) endOfSize();
    } else if (state === 'after-data') {
      if (byte === LF) startSize();
      else if (byte !== CR) state = 'broken';
    } else if (state === 'line-start') {
      if (byte === LF) state = 'done';
      else if (byte !== CR) state = 'trailer';
    } else if (state === 'trailer' && byte === LF) state = 'line-start';
  };
  const endOfSize = () => {
    state = size === 0 ? 'line-start' : 'data';
  };
  const startSize = () => {
    state = 'size';
    size = 0;
    digits = 0;
  };
  return {
    get done() {
      return state === 'done';
    },
    get untilClose() {
      return state === 'broken';
    },
    take(chunk, from) {
      let at = from;
      while (at < chunk.length && state !== 'done') {
        if (state === 'broken') return chunk.length;
        if (state === 'data') {
          const taken = Math.min(size, chunk.length - at);
          size -= taken;
          at += taken;
          if (size === 0) state = 'after-data';
        } else step(chunk[at++]!);
      }
      return at;
    },
  };
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

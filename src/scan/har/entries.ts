/**
 * Cuts the items of `log.entries` out of a HAR file, chunk by chunk, without parsing what stands around them; also of
 * `entries` or of a list without a `log` around them, of several HARs one behind the other, and of `log._tlsErrors`
 * (connections that HTTP Toolkit could not open).
 * Promise: the cuts do not depend on the chunks; only one item is held at a time; a structure that is no JSON is noticed
 * (`broken`), and so is an end in the middle. A comma too many is forgiven. Numbers and words are not checked here: each
 * item is parsed afterwards.
 */

import type { Piece } from '../long-exchange.ts';

export interface HarEntries {
  /** Items that ended in this chunk; one larger than the bound comes in pieces, the last one marked. */
  push(chunk: Buffer): (Buffer | Piece | TlsError)[];
  state(): 'ended' | 'in-the-middle' | 'broken';
  /** The item that the file ends in; null for none, and for one that came in pieces. */
  rest(): Buffer | null;
}

/** An item of `log._tlsErrors`. */
export interface TlsError {
  tlsError: Buffer;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SCALAR = 0x30;

/** What may stand before a byte, where we look at every one: enough to notice that brackets and commas do not match. */
const MAY_FOLLOW: Record<number, readonly number[]> = {
  [OPEN_OBJECT]: [0, COLON, COMMA, OPEN_LIST],
  [OPEN_LIST]: [0, COLON, COMMA, OPEN_LIST],
  [CLOSE_OBJECT]: [OPEN_OBJECT, CLOSE_OBJECT, CLOSE_LIST, QUOTE, SCALAR, COMMA],
  [CLOSE_LIST]: [OPEN_LIST, CLOSE_OBJECT, CLOSE_LIST, QUOTE, SCALAR, COMMA],
  [COMMA]: [CLOSE_OBJECT, CLOSE_LIST, QUOTE, SCALAR],
  [COLON]: [QUOTE],
  [QUOTE]: [OPEN_OBJECT, OPEN_LIST, COMMA, COLON],
  [SCALAR]: [COLON, COMMA, OPEN_LIST, SCALAR],
};

/** Parsed in one go, which takes some five times as much memory. */
export const MAX_ENTRY_BYTES = 32 * 1024 * 1024;
/** Longest key that is looked at. */
const MAX_KEY_BYTES = 16;

export function createHarEntries(maxBytes: number = MAX_ENTRY_BYTES): HarEntries {
  /** Open brackets, outermost first; deeper ones than the items' are only counted. */
  const open: number[] = [];
  /** Last key seen at depth 1 and 2. */
  const keys: string[] = ['', '', ''];
  let inString = false;
  let escaped = false;
  let key = '';
  let before = 0;
  let begun = false;
  let broken = false;
  let parts: Buffer[] | null = null;
  let held = 0;
  /** `log` was met: an `entries` beside it is something else. */
  let hasLog = false;

  /** The list whose items are cut out, when it is the innermost that is open. */
  const list = (): 'entries' | 'tlsErrors' | null => {
    if (open.at(-1) !== OPEN_LIST) return null;
    if (open.length === 1) return 'entries';
    if (open[0] !== OPEN_OBJECT) return null;
    if (open.length === 2) return keys[1] === 'entries' && !hasLog ? 'entries' : null;
    if (open.length !== 3 || open[1] !== OPEN_OBJECT || keys[1] !== 'log') return null;
    return keys[2] === 'entries' ? 'entries' : keys[2] === '_tlsErrors' ? 'tlsErrors' : null;
  };

  /** Place after the string that goes on at `from`, or the chunk's length. */
  const skipString = (chunk: Buffer, from: number): number => {
    let at = from + (escaped ? 1 : 0);
    escaped = false;
    let end = chunk.length;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) {
        end = at;
        inString = false;
        break;
      }
    }
    // The last byte was a backslash: what it escapes comes with the next chunk.
    if (at > chunk.length) escaped = true;
    if (open.length <= 2 && key.length < MAX_KEY_BYTES)
      key += chunk.toString('latin1', from, Math.min(end, from + MAX_KEY_BYTES));
    return Math.min(chunk.length, end + 1);
  };

  return {
    push(chunk) {
      const items: (Buffer | Piece | TlsError)[] = [];
      let from = 0;
      let at = 0;
      const keep = (to: number) => {
        held += to - from;
        parts?.push(Buffer.from(chunk.subarray(from, to)));
        if (held <= maxBytes) return;
        items.push(...(parts ?? []).map((piece) => ({ piece, isLast: false })));
        parts = [];
      };
      while (at < chunk.length && !broken) {
        if (inString) {
          at = skipString(chunk, at);
          continue;
        }
        const byte = chunk[at++]!;
        if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
        const kind = byte in MAY_FOLLOW && byte !== SCALAR ? byte : SCALAR;
        // One document behind the other.
        if (begun && open.length === 0) {
          before = 0;
          hasLog = false;
        }
        if (!MAY_FOLLOW[kind]!.includes(before)) {
          broken = true;
          break;
        }
        before = kind;
        switch (kind) {
          case QUOTE:
            inString = true;
            key = '';
            break;
          case COLON:
            if (open.length <= 2) keys[open.length] = key;
            if (open.length === 1 && key === 'log') hasLog = true;
            break;
          case OPEN_OBJECT:
          case OPEN_LIST:
            if (kind === OPEN_OBJECT && !parts && list() !== null) {
              parts = [];
              held = 0;
              from = at - 1;
            }
            open.push(kind);
            begun = true;
            break;
          case CLOSE_OBJECT:
          case CLOSE_LIST:
            if (open.pop() !== kind - 2) broken = true;
            if (parts && list() !== null) {
              keep(at);
              const item = held <= maxBytes ? Buffer.concat(parts, held) : { piece: Buffer.alloc(0), isLast: true };
              items.push(list() === 'tlsErrors' && Buffer.isBuffer(item) ? { tlsError: item } : item);
              parts = null;
            }
            break;
        }
      }
      if (parts) keep(chunk.length);
      return items;
    },
    rest: () => (parts && held <= maxBytes && held > 0 ? Buffer.concat(parts, held) : null),
    state: () => (broken ? 'broken' : begun && open.length === 0 ? 'ended' : 'in-the-middle'),
  };
}

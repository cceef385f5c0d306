/**
 * Decides where the body of an HTTP/1 message ends (RFC 9112 6 and 7), for the door, the forwarder and the reader alike.
 * Where two readers could disagree it does not choose: it answers `ambiguous` with the reason, because a guess here would
 * show one body and let another one pass.
 */
import type { PlainKey } from '../model/text.ts';
import { type Fields, listOf, trimBlanks } from './http1-head.ts';

export type Framing =
  | { kind: 'none' }
  | { kind: 'sized'; length: number }
  /** `last`: why nothing that follows may be taken for another message; null when it may. */
  | { kind: 'chunked'; last: PlainKey | null }
  | { kind: 'until-close' }
  /** `chunked`: a field speaks of transfer codings, so the body may be in chunks. */
  | { kind: 'ambiguous'; reason: PlainKey; chunked: boolean };

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked', last: null };
/** The field that counts is the transfer coding (RFC 9112 6.3), but a server that goes by the other sees another message. */
const CHUNKED_AND_SIZED: Framing = {
  kind: 'chunked',
  last: 'unheard.framing.both',
};
const UNTIL_CLOSE: Framing = { kind: 'until-close' };
const CODING_WORD = /transfer-encoding/i;

interface Lengths {
  /** Null: no such field. NaN: not a plain number. */
  length: number | null;
  lengthsDiffer: boolean;
  /** All transfer-encoding values, lower case, in order; null: no such field. */
  codings: string[] | null;
}

export function frameRequest(fields: Fields, minor: number, method: string): Framing {
  const framing = frame(fields, minor);
  if (framing === UNTIL_CLOSE) return ambiguous('unheard.framing.last', true);
  if (framing !== null && method === 'CONNECT' && !(framing.kind === 'sized' && framing.length === 0))
    return framing.kind === 'ambiguous' ? framing : ambiguous('unheard.framing.connect');
  // Some servers know `chunked` alone by sight, and take its chunks for further requests when it has company.
  if (framing?.kind === 'chunked' && isCompound(fields.headers))
    return ambiguous('unheard.framing.before-chunked', true);
  return framing ?? NONE;
}

function isCompound(headers: [string, string][]): boolean {
  let seen = 0;
  for (const [name, value] of headers)
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') seen += listOf(value).length;
  return seen > 1;
}

/** `method` is that of the request it answers. 101 and 2xx to CONNECT never come here: their body is the tunnel. */
export function frameResponse(fields: Fields, minor: number, status: number, method: string): Framing {
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return NONE;
  return frame(fields, minor) ?? UNTIL_CLOSE;
}

/** Null: no field says anything about a body. */
function frame(fields: Fields, minor: number): Framing | null {
  if (fields.suspect) {
    const chunked = fields.headers.some(([name, value]) => CODING_WORD.test(name) || CODING_WORD.test(value));
    return ambiguous('unheard.framing.malformed', chunked);
  }
  const { length, lengthsDiffer, codings } = collect(fields.headers);
  if (codings !== null) {
    if (minor === 0) return ambiguous('unheard.framing.http10', true);
    const chunked = codings.indexOf('chunked');
    if (chunked >= 0 && chunked < codings.length - 1) return ambiguous('unheard.framing.not-last', true);
    if (chunked >= 0) return length === null ? CHUNKED : CHUNKED_AND_SIZED;
    if (length !== null) return ambiguous('unheard.framing.both', true);
    // RFC 2616 knew `identity`; RFC 9112 dropped it. It says nothing.
    return codings.every((coding) => coding === 'identity') ? null : UNTIL_CLOSE;
  }
  if (length === null) return null;
  if (lengthsDiffer) return ambiguous('unheard.framing.lengths');
  if (Number.isNaN(length)) return ambiguous('unheard.framing.no-number');
  if (length > Number.MAX_SAFE_INTEGER) return ambiguous('unheard.framing.large');
  return { kind: 'sized', length };
}

function collect(headers: [string, string][]): Lengths {
  let length: number | null = null;
  let lengthsDiffer = false;
  let codings: string[] | null = null;
  for (const [name, value] of headers) {
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      for (const item of value.includes(',') ? value.split(',') : [value]) {
        const digits = trimBlanks(item);
        const parsed: number = /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
        if (length !== null && !Object.is(length, parsed)) lengthsDiffer = true;
        length = parsed;
      }
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      // With their parameters: `chunked` has none (RFC 9112 7.1), and who sees some may not take it for chunked.
      codings = [...(codings ?? []), ...listOf(value)];
    }
  }
  return { length, lengthsDiffer, codings };
}

/** Longest chunk-size line with its extensions, bytes. Real ones have under 20. */
export const MAX_CHUNK_LINE_BYTES = 16 * 1024;

/** RFC 9112 7.1; blanks around the size are sent by some servers that reserve room for it. */
const CHUNK_LINE = /^[ \t]*([0-9A-Fa-f]+)[ \t]*(;[^\n]*)?\r*\n$/;
/** The same where no server reads it otherwise: no blank before the size, no other line end than CR LF. */
const PLAIN_CHUNK_LINE = /^[0-9A-Fa-f]+[ \t]*(?:;[^\r\n\0]*)?\r\n$/;

/** `extension`: where the extensions begin, -1 when there are none. */
export type ChunkLine = { ok: true; size: number; extension: number } | { ok: false; why: PlainKey };

/**
 * @param line with its LF. Leading zeros are digits like others.
 * @param plain it is passed on to a server of which nobody knows how it reads: only what all read alike is taken.
 */
export function readChunkLine(line: string, plain = false): ChunkLine {
  if (plain && !PLAIN_CHUNK_LINE.test(line)) return { ok: false, why: 'unheard.chunk.doubtful' };
  const match = CHUNK_LINE.exec(line);
  if (!match) return { ok: false, why: 'unheard.chunk.no-number' };
  const size = Number.parseInt(match[1]!, 16);
  if (size > Number.MAX_SAFE_INTEGER) return { ok: false, why: 'unheard.chunk.large' };
  return { ok: true, size, extension: match[2] === undefined ? -1 : line.indexOf(';') };
}

function ambiguous(reason: PlainKey, chunked = false): Framing {
  return { kind: 'ambiguous', reason, chunked };
}

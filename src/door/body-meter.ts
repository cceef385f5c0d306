/**
 * Walks over the bytes of one HTTP/1 message to its end, as `formats/http1-framing.ts` says where that is. Sans-I/O.
 * Promise: the same end whatever the cutting; only a chunk-size line is ever copied. Chunks that cannot be read make it
 * `broken`, and nothing more is taken: what follows is neither of this message nor another one.
 */

import { type Framing, MAX_CHUNK_LINE_BYTES, readChunkLine } from '../formats/http1-framing.ts';
import { MAX_SECTION_BYTES, SectionEnd } from '../formats/http1-head.ts';
import type { PlainKey } from '../model/text.ts';

export interface BodyMeter {
  readonly done: boolean;
  readonly untilClose: boolean;
  /** Why its end cannot be known; null while it can. */
  readonly broken: PlainKey | null;
  /** Only the trailer section is left; where it begins, the walk over a request stops once. */
  readonly inTrailers: boolean;
  /** Walks `chunk` from `from`; the index after the last byte that belongs to this message. */
  take(chunk: Buffer, from: number): number;
}

/** `plain`: of a request that is passed on: chunks that servers read differently are broken, and trailers come apart. */
export function createMeter(framing: Framing, plain = false): BodyMeter {
  switch (framing.kind) {
    case 'none':
      return sizedMeter(0);
    case 'sized':
      return sizedMeter(framing.length);
    case 'chunked':
      return chunkedMeter(plain);
    case 'until-close':
      return endless(null);
    case 'ambiguous':
      return endless(framing.reason);
  }
}

const endless = (broken: PlainKey | null): BodyMeter => ({
  done: false,
  untilClose: true,
  broken,
  inTrailers: false,
  take: (chunk) => chunk.length,
});

function sizedMeter(bytes: number): BodyMeter {
  let left = bytes;
  return {
    untilClose: false,
    broken: null,
    inTrailers: false,
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
const EMPTY = Buffer.alloc(0);

function chunkedMeter(plain: boolean): BodyMeter {
  let state: 'line' | 'data' | 'after-data' | 'trailers' | 'done' = 'line';
  let broken: PlainKey | null = null;
  let line = EMPTY;
  let left = 0;
  let sawCr = false;
  let trailerBytes = 0;
  const trailers = new SectionEnd(true);

  const takeLine = (chunk: Buffer, from: number): number => {
    const lf = chunk.indexOf(LF, from);
    const end = lf < 0 ? chunk.length : lf + 1;
    if (line.length + end - from > MAX_CHUNK_LINE_BYTES) {
      broken = 'unheard.chunk.line';
      return from;
    }
    line = Buffer.concat([line, chunk.subarray(from, end)]);
    if (lf < 0) return end;
    const read = readChunkLine(line.toString('latin1'), plain);
    line = EMPTY;
    if (!read.ok) {
      broken = read.why;
      return from;
    }
    left = read.size;
    state = left === 0 ? 'trailers' : 'data';
    return end;
  };

  const step = (chunk: Buffer, from: number): number => {
    if (state === 'line') return takeLine(chunk, from);
    if (state === 'data') {
      const taken = Math.min(left, chunk.length - from);
      left -= taken;
      if (left === 0) state = 'after-data';
      return from + taken;
    }
    if (state === 'after-data') {
      if (chunk[from] === LF && (sawCr || !plain)) state = 'line';
      else if (chunk[from] !== CR || (sawCr && plain)) broken = 'unheard.chunk.long';
      sawCr = broken === null && state === 'after-data';
      return broken === null ? from + 1 : from;
    }
    const end = trailers.find(chunk, from, chunk.length);
    if (end >= 0) state = 'done';
    const reached = end < 0 ? chunk.length : end;
    trailerBytes += reached - from;
    if (trailerBytes > MAX_SECTION_BYTES) broken = 'unheard.http1.section';
    return reached;
  };

  return {
    get done() {
      return state === 'done' && broken === null;
    },
    get untilClose() {
      return broken !== null;
    },
    get broken() {
      return broken;
    },
    get inTrailers() {
      return state === 'trailers' && broken === null;
    },
    take(chunk, from) {
      let at = from;
      const before = state === 'trailers';
      while (at < chunk.length && state !== 'done' && broken === null) {
        at = step(chunk, at);
        if (plain && state === 'trailers' && !before) break;
      }
      return at;
    },
  };
}

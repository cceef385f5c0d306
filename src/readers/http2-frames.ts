/**
 * Splits one direction of an HTTP/2 connection into frames (RFC 9113 4 and 6).
 * Promise: DATA comes out as views of the pushed chunks, header blocks come out whole (HEADERS or PUSH_PROMISE with
 * their CONTINUATIONs), and every byte of unknown frames, PING, GOAWAY text, padding that is not zero, and frames of
 * a wrong size comes out as `raw`. Only numbers the RFC defines are dropped: lengths, ids, priorities, windows, settings.
 * At most one header block and one frame header are kept in memory.
 */

import type { FlowEvent } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import { Carry } from './carry.ts';

/** RFC 9113 3.4: what a client sends first. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export interface FrameHandler {
  data(streamId: number, bytes: Buffer, time: number, out: FlowEvent[]): void;
  endStream(streamId: number, time: number, out: FlowEvent[]): void;
  /** `promisedId` is 0 for HEADERS. `block` is only lent. */
  headers(streamId: number, promisedId: number, block: Buffer, end: boolean, time: number, out: FlowEvent[]): void;
  reset(streamId: number, time: number, out: FlowEvent[]): void;
  raw(bytes: Buffer, time: number, out: FlowEvent[]): void;
  /** A header block could not be put together: HPACK's table cannot be trusted from here. Called before its `raw`. */
  lost(reason: PlainKey, time: number, out: FlowEvent[]): void;
}

const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
} as const;
const CONTINUATION = 9;
const FRAME_HEADER_BYTES = 9;
const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** What to do with the payload that is coming. */
type Take = 'pad-length' | 'data' | 'padding' | 'block' | 'skip' | 'raw';

export class FrameSplitter {
  readonly #handler: FrameHandler;
  readonly #maxBlockBytes: number;
  readonly #header = new Carry();
  readonly #payload = new Carry();
  /** The header block under way and whose it is; streamId 0 when none. */
  readonly #block = new Carry();
  #blockStream = 0;
  #blockPromised = 0;
  #blockEnds = false;
  /** When the header block under way began. */
  #heldSince = 0;
  #inFrame = false;
  #take: Take = 'raw';
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Payload bytes left, padding not counted while in `data`. */
  #left = 0;
  #padding = 0;

  constructor(handler: FrameHandler, maxBlockBytes: number) {
    this.#handler = handler;
    this.#maxBlockBytes = maxBlockBytes;
  }

  push(chunk: Buffer, from: number, time: number, out: FlowEvent[]): void {
    let at = from;
    while (at < chunk.length) {
      at = this.#inFrame ? this.#readPayload(chunk, at, time, out) : this.#readFrameHeader(chunk, at, time, out);
    }
  }

  /** Part of a header block is kept back. */
  isHolding(): boolean {
    return this.#blockStream !== 0 || (this.#inFrame && this.#take === 'block');
  }

  /** A header block that began before then and has not ended comes out as raw, and so does its rest. */
  giveUpBlock(before: number, time: number, out: FlowEvent[]): void {
    if (!this.isHolding() || this.#heldSince > before) return;
    this.#loseBlock('unheard.http2.endless-block', time, out);
    if (!this.#inFrame || this.#take !== 'block') return;
    this.#handler.raw(this.#payload.take(), time, out);
    this.#take = 'raw';
  }

  /** The direction is over: what was kept back comes out as raw. */
  finish(time: number, out: FlowEvent[]): void {
    for (const kept of [this.#block, this.#header, this.#payload]) {
      if (kept.length > 0) this.#handler.raw(kept.take(), time, out);
    }
    this.#blockStream = 0;
    this.#inFrame = false;
  }

  #readFrameHeader(chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    if (this.#header.length === 0 && chunk.length - at >= FRAME_HEADER_BYTES) {
      this.#beginFrame(chunk, at, time, out);
      return at + FRAME_HEADER_BYTES;
    }
    const end = Math.min(chunk.length, at + FRAME_HEADER_BYTES - this.#header.length);
    this.#header.add(chunk, at, end);
    if (this.#header.length === FRAME_HEADER_BYTES) {
      const header = this.#header.view();
      this.#header.clear();
      this.#beginFrame(header, 0, time, out);
    }
    return end;
  }

  #beginFrame(bytes: Buffer, at: number, time: number, out: FlowEvent[]): void {
    this.#left = bytes.readUIntBE(at, 3);
    this.#type = bytes[at + 3]!;
    this.#flags = bytes[at + 4]!;
    this.#streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    this.#padding = 0;
    this.#inFrame = true;
    if (this.#blockStream !== 0 && (this.#type !== CONTINUATION || this.#streamId !== this.#blockStream))
      this.#loseBlock('unheard.http2.broken-block', time, out);
    this.#take = this.#howToTake(time, out);
    if (this.#left === 0) this.#endPayload(time, out);
  }

  #howToTake(time: number, out: FlowEvent[]): Take {
    switch (this.#type) {
      case TYPE.data:
        return this.#flags & FLAG.padded && this.#left > 0 ? 'pad-length' : 'data';
      case TYPE.headers:
      case TYPE.push:
      case CONTINUATION:
        if (this.#type === CONTINUATION && this.#blockStream === 0) return 'raw';
        if (this.#blockStream === 0) this.#heldSince = time;
        if (this.#block.length + this.#left <= this.#maxBlockBytes) return 'block';
        this.#loseBlock('unheard.http2.large-block', time, out);
        return 'raw';
      case TYPE.priority:
        return this.#left === 5 ? 'skip' : 'raw';
      case TYPE.reset:
      case TYPE.window:
        return this.#left === 4 ? 'skip' : 'raw';
      case TYPE.settings:
        return this.#left % 6 === 0 && this.#left <= MAX_SETTINGS_BYTES ? 'skip' : 'raw';
      case TYPE.ping:
        return this.#left === 8 && this.#flags & FLAG.ack ? 'skip' : 'raw';
      case TYPE.goaway:
        return this.#left === 8 ? 'skip' : 'raw';
      default:
        return 'raw';
    }
  }

  #readPayload(chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    if (this.#take === 'pad-length') {
      this.#padding = Math.min(chunk[at]!, this.#left - 1);
      this.#left -= 1 + this.#padding;
      this.#take = 'data';
      if (this.#left === 0) this.#endPayload(time, out);
      return at + 1;
    }
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    switch (this.#take) {
      case 'data':
        this.#handler.data(this.#streamId, chunk.subarray(at, end), time, out);
        break;
      case 'raw':
        this.#handler.raw(chunk.subarray(at, end), time, out);
        break;
      case 'padding':
        this.#handOnPadding(chunk.subarray(at, end), time, out);
        break;
      case 'block':
        if (this.#left === 0 && this.#payload.length === 0) {
          this.#inFrame = false;
          this.#endBlockFrame(chunk.subarray(at, end), time, out);
          return end;
        }
        this.#payload.add(chunk, at, end);
        break;
      case 'skip':
        break;
    }
    if (this.#left === 0) this.#endPayload(time, out);
    return end;
  }

  #endPayload(time: number, out: FlowEvent[]): void {
    if (this.#take === 'data' && this.#padding > 0) {
      this.#left = this.#padding;
      this.#take = 'padding';
      return;
    }
    this.#inFrame = false;
    if (this.#take === 'block') this.#endBlockFrame(this.#payload.take(), time, out);
    else if (this.#type === TYPE.reset && this.#take === 'skip') this.#handler.reset(this.#streamId, time, out);
    else if (this.#type === TYPE.data && this.#flags & FLAG.endStream)
      this.#handler.endStream(this.#streamId, time, out);
    else if (this.#type === TYPE.headers && this.#flags & FLAG.endStream)
      this.#handler.endStream(this.#streamId, time, out); // a block that was lost still ends its stream
  }

  /** A whole HEADERS, PUSH_PROMISE or CONTINUATION frame is there. */
  #endBlockFrame(payload: Buffer, time: number, out: FlowEvent[]): void {
    let fragment = payload;
    if (this.#type !== CONTINUATION) {
      const fixed = this.#type === TYPE.push ? 4 : this.#flags & FLAG.priority ? 5 : 0;
      const padLength = this.#flags & FLAG.padded ? (payload[0] ?? 256) : 0;
      const start = (this.#flags & FLAG.padded ? 1 : 0) + fixed;
      const end = payload.length - padLength;
      this.#blockStream = this.#streamId;
      this.#blockEnds = this.#type === TYPE.headers && (this.#flags & FLAG.endStream) !== 0;
      if (start > end || this.#streamId === 0) {
        this.#loseBlock('unheard.http2.stray-block', time, out);
        this.#handler.raw(payload, time, out);
        return;
      }
      this.#blockPromised = this.#type === TYPE.push ? payload.readUInt32BE(start - 4) & 0x7fffffff : 0;
      this.#handOnPadding(payload.subarray(end), time, out);
      fragment = payload.subarray(start, end);
    }
    if (!(this.#flags & FLAG.endHeaders)) {
      this.#block.add(fragment);
      return;
    }
    if (this.#block.length > 0) {
      this.#block.add(fragment);
      fragment = this.#block.take();
    }
    const streamId = this.#blockStream;
    this.#blockStream = 0;
    this.#handler.headers(streamId, this.#blockPromised, fragment, this.#blockEnds, time, out);
  }

  /** Padding must be zero (RFC 9113 6.1): what is not is something someone sent. */
  #handOnPadding(padding: Buffer, time: number, out: FlowEvent[]): void {
    for (let at = 0; at < padding.length; at += 1) {
      const from = at;
      while (at < padding.length && padding[at] !== 0) at += 1;
      if (at > from) this.#handler.raw(padding.subarray(from, at), time, out);
    }
  }

  #loseBlock(reason: PlainKey, time: number, out: FlowEvent[]): void {
    const streamId = this.#blockStream;
    this.#handler.lost(reason, time, out);
    if (this.#block.length > 0) this.#handler.raw(this.#block.take(), time, out);
    this.#blockStream = 0;
    if (streamId !== 0 && this.#blockEnds) this.#handler.endStream(streamId, time, out);
    this.#blockEnds = false;
  }
}

/** There are under twenty settings; more than this is something else. */
const MAX_SETTINGS_BYTES = 6 * 64;

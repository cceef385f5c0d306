/**
 * Reads HTTP/1.0 and 1.1 (RFC 9112) passively, both directions of one connection.
 * Promise: every byte the phone sends comes out exactly once, in a head, a body, trailers, raw bytes or the tunnel that
 * follows an upgrade (chunk extensions come out as raw bytes); only line ends, blanks and chunk sizes are dropped.
 * Answers are paired with requests in order. Each request head, and each final response head, has exactly one
 * `body-end`. Where framing is ambiguous the direction is called unreadable; a body that may be chunked or compressed is still
 * read as that (chunk-size lines then come out as raw bytes too), and everything else is raw.
 * Bodies are subarrays of what was pushed; at most one head and one held-back upgrade are kept in memory.
 */

import { type Framing, frameRequest, frameResponse, readChunkLine } from '../formats/http1-framing.ts';
import {
  asksUpgrade as namesProtocol,
  parseFields,
  parseRequestHead,
  parseResponseHead,
  skipEmptyLines,
} from '../formats/http1-head.ts';
import type { Direction, FlowEvent } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import { openMessageBody } from './body.ts';
import { fieldOf, NO_FIELDS, newSide, type Pending, parseOnce, type Side } from './http1-side.ts';
import { readTarget } from './http1-target.ts';
import type { Layer, ReaderContext } from './layer.ts';
import type { Upgrade } from './upgrade.ts';

const LATE: PlainKey = 'unheard.http1.late';
const LF = 10;
const CR = 13;

export class Http1Layer implements Layer {
  readonly #context: ReaderContext;
  readonly #openTunnel: (upgrade: Upgrade) => Layer;
  readonly #request = newSide('request');
  readonly #response = newSide('response');
  readonly #pending: Pending[] = [];
  /** Exchange whose answer decides what follows the request; 0 for none. */
  #awaited = 0;
  #tunnel: Layer | null = null;
  #requestsLost = false;

  constructor(context: ReaderContext, openTunnel: (upgrade: Upgrade) => Layer) {
    this.#context = context;
    this.#openTunnel = openTunnel;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    if (direction === 'request') this.#giveUpLate(time, out);
    for (let at = 0; at < chunk.length; ) at = this.#step(side, chunk, at, time, out);
  }

  quiet(time: number, out: FlowEvent[]): void {
    if (this.#request.phase === 'tunnel') this.#tunnel!.quiet?.(time, out);
    else this.#giveUpLate(time, out);
  }

  isHolding(): boolean {
    if (this.#request.phase === 'tunnel') return this.#tunnel!.isHolding?.() ?? false;
    return this.#request.carry.length > 0;
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    if (side.ended) return;
    side.ended = true;
    if (side.phase === 'held') return; // the answer may still come: #release goes on
    if (side.phase === 'tunnel') {
      this.#tunnel!.end(direction, time, out);
      return;
    }
    this.#finish(side, side.phase === 'until-close', time, out);
    if (direction === 'response') this.#abandonHeld(time, out);
  }

  close(time: number, out: FlowEvent[]): void {
    if (this.#request.carry.length > 0) this.#abandonHeld(time, out);
    if (this.#request.phase !== 'tunnel') this.#finish(this.#request, false, time, out);
    if (this.#response.phase !== 'tunnel') this.#finish(this.#response, false, time, out);
    this.#tunnel?.close(time, out);
  }

  /** A head that never ends is searched as it stands: what the phone sent so far may be all for hours. */
  #giveUpLate(time: number, out: FlowEvent[]): void {
    const side = this.#request;
    if (side.carry.length === 0 || time - side.heldSince < this.#context.limits.maxHeadMs) return;
    if (side.phase === 'held') this.#abandonHeld(time, out);
    else if (side.phase === 'chunk-line') this.#noChunk(side, LATE, time, out);
    else this.#fail(side, LATE, time, out);
  }

  /** Reads on from `at` and returns the offset it reached. */
  #step(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    if (side.carry.length === 0) side.heldSince = time;
    switch (side.phase) {
      case 'head':
        return this.#readHead(side, chunk, at, time, out);
      case 'sized':
      case 'chunk-data':
        return this.#readSized(side, chunk, at, time, out);
      case 'until-close':
        this.#emitBody(side, chunk.subarray(at), time, out);
        return chunk.length;
      case 'chunk-line':
        return this.#readChunkLine(side, chunk, at, time, out);
      case 'chunk-end':
        return this.#readChunkEnd(side, chunk, at, time, out);
      case 'trailers':
        return this.#readTrailers(side, chunk, at, time, out);
      case 'held':
        if (side.carry.length + chunk.length - at > this.#context.limits.maxHeldBytes) {
          this.#fail(side, 'unheard.http1.before-upgrade', time, out);
          return at;
        }
        side.carry.add(chunk, at);
        return chunk.length;
      case 'tunnel':
        this.#tunnel!.push(side.direction, at === 0 ? chunk : chunk.subarray(at), time, out);
        return chunk.length;
      case 'raw':
        this.#context.raw(side.direction, at === 0 ? chunk : chunk.subarray(at), time, out);
        return chunk.length;
    }
  }

  #readHead(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    let start = at;
    if (side.carry.length === 0) {
      start = skipEmptyLines(chunk, start);
      if (start === chunk.length) return start;
      if (side.direction === 'response' && this.#requestsLost && this.#pending.length === 0) {
        this.#fail(side, 'unheard.http1.answers', time, out);
        return start;
      }
    }
    const end = this.#collectSection(side, chunk, start, time, out);
    if (end < 0) return side.phase === 'raw' ? start : chunk.length;
    const held = side.carry.length > 0 ? side.carry.take() : null;
    const text = held === null ? chunk.toString('latin1', start, end) : held.toString('latin1');
    const understood =
      side.direction === 'request'
        ? this.#requestHead(side, text, time, out)
        : this.#responseHead(side, text, time, out);
    if (!understood) this.#context.raw(side.direction, held ?? chunk.subarray(start, end), time, out);
    return end;
  }

  /**
   * Looks for the empty line that ends a head or trailer section. Returns the offset after it, with earlier chunks'
   * part and this one joined in the carry if there is such a part; -1 when more is needed or the section is too long.
   */
  #collectSection(side: Side, chunk: Buffer, start: number, time: number, out: FlowEvent[]): number {
    const stop = Math.min(chunk.length, start + this.#context.limits.maxHeadBytes - side.carry.length);
    const end = side.section.find(chunk, start, stop);
    if (end >= 0) {
      side.section.reset(false);
      if (side.carry.length > 0) side.carry.add(chunk, start, end);
      return end;
    }
    if (stop < chunk.length) this.#fail(side, 'unheard.http1.section', time, out);
    else side.carry.add(chunk, start);
    return -1;
  }

  /** False, with the direction given up, when it is no HTTP/1 request. */
  #requestHead(side: Side, text: string, time: number, out: FlowEvent[]): boolean {
    const head = parseOnce(side, text, parseRequestHead);
    if (head === null || this.#pending.length >= this.#context.limits.maxPipelined) {
      const reason = head === null ? 'unheard.http1.request' : 'unheard.http1.pipelined';
      this.#fail(side, reason, time, out);
      return false;
    }
    const { method, target, headers } = head;
    const exchange = this.#context.nextExchange();
    const { scheme, authority } = readTarget(this.#context.flow, method, target, headers);
    const protocol = head.minor === 1 ? 'http/1.1' : `http/1.${head.minor}`;
    const flowId = this.#context.flow.id;
    out.push({ type: 'request-head', flowId, exchange, time, protocol, method, target, scheme, authority, headers });
    const asksUpgrade = method === 'CONNECT' || namesProtocol(headers);
    // Answers that cannot be read answer nothing.
    if (this.#response.phase !== 'raw')
      this.#pending.push({ exchange, method, target, asksUpgrade, headers: asksUpgrade ? headers : NO_FIELDS });
    if (asksUpgrade) this.#awaited = exchange;
    side.messages = openMessageBody(this.#context, exchange, 'request', headers, target);
    this.#beginBody(side, exchange, frameRequest(head, head.minor, method), time, out);
    return true;
  }

  /** False, with the direction given up, when it is no HTTP/1 response. */
  #responseHead(side: Side, text: string, time: number, out: FlowEvent[]): boolean {
    const head = parseOnce(side, text, parseResponseHead);
    if (head === null) {
      this.#fail(side, 'unheard.http1.response', time, out);
      return false;
    }
    const { status, headers } = head;
    // An answer nobody asked for (408 on an idle connection) is an exchange of its own.
    const asked = this.#pending[0] ?? {
      exchange: this.#context.nextExchange(),
      method: '',
      target: '',
      asksUpgrade: false,
      headers: NO_FIELDS,
    };
    const { exchange } = asked;
    out.push({ type: 'response-head', flowId: this.#context.flow.id, exchange, time, status, headers });
    if (status < 200 && status !== 101) return true;
    this.#pending.shift();
    const connected = asked.method === 'CONNECT' && status >= 200 && status < 300;
    if (connected || (status === 101 && asked.asksUpgrade)) {
      this.#beginBody(side, exchange, { kind: 'none' }, time, out);
      const protocol = connected ? 'connect' : (fieldOf(headers, 'upgrade') ?? 'unknown').toLowerCase();
      out.push({ type: 'upgraded', flowId: this.#context.flow.id, exchange, time, protocol });
      this.#tunnel = this.#openTunnel({
        exchange,
        protocol,
        path: asked.target,
        request: asked.headers,
        response: headers,
      });
      side.phase = 'tunnel';
      this.#release('tunnel', time, out);
      return true;
    }
    side.messages = openMessageBody(this.#context, exchange, 'response', headers, asked.target);
    this.#beginBody(side, exchange, frameResponse(head, head.minor, status, asked.method), time, out);
    if (exchange === this.#awaited) this.#release('head', time, out);
    return true;
  }

  #beginBody(side: Side, exchange: number, framing: Framing, time: number, out: FlowEvent[]): void {
    side.exchange = exchange;
    side.bodyOpen = true;
    side.doubtful = false;
    side.chunked = false;
    switch (framing.kind) {
      case 'none':
        this.#endBody(side, NO_FIELDS, time, out);
        return;
      case 'sized':
        side.remaining = framing.length;
        side.phase = 'sized';
        if (framing.length === 0) this.#endBody(side, NO_FIELDS, time, out);
        return;
      case 'chunked':
        side.phase = 'chunk-line';
        side.last = framing.last;
        side.doubtful = framing.last !== null;
        if (framing.last !== null) this.#context.unreadable(side.direction, framing.last, time, out);
        return;
      case 'until-close':
        side.phase = 'until-close';
        return;
      case 'ambiguous':
        this.#beginDoubtful(side, framing, time, out);
    }
  }

  /** What follows may be chunks, or the body as it stands: it is read as what it looks like, and as the last one. */
  #beginDoubtful(side: Side, framing: Framing & { kind: 'ambiguous' }, time: number, out: FlowEvent[]): void {
    const mayBeBody = side.direction === 'request' && (framing.chunked || isCompressed(side.head!.headers));
    if (!mayBeBody) {
      this.#fail(side, framing.reason, time, out);
      return;
    }
    side.last = framing.reason;
    side.phase = framing.chunked ? 'chunk-line' : 'until-close';
    side.doubtful = true;
    this.#context.unreadable(side.direction, framing.reason, time, out);
  }

  #readSized(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = Math.min(chunk.length, at + side.remaining);
    side.remaining -= end - at;
    this.#emitBody(side, chunk.subarray(at, end), time, out);
    if (side.remaining === 0) {
      if (side.phase === 'sized') this.#endBody(side, NO_FIELDS, time, out);
      else side.phase = 'chunk-end';
    }
    return end;
  }

  #readChunkLine(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const stop = Math.min(chunk.length, at + this.#context.limits.maxChunkLineBytes - side.carry.length);
    let end = at;
    while (end < stop && chunk[end] !== LF) end += 1;
    if (end === stop) {
      if (stop < chunk.length) {
        this.#noChunk(side, 'unheard.chunk.line', time, out);
        return at;
      }
      side.carry.add(chunk, at);
      return stop;
    }
    side.carry.add(chunk, at, end + 1);
    const bytes = side.carry.view();
    const read = readChunkLine(bytes.toString('latin1'));
    if (!read.ok) {
      this.#noChunk(side, read.why, time, out);
      return end + 1;
    }
    const line = side.carry.take();
    // In doubt the line may be a part of the body.
    const shownFrom = side.doubtful ? 0 : read.extension;
    if (shownFrom >= 0) this.#context.raw(side.direction, line.subarray(shownFrom), time, out);
    side.chunked = true;
    side.remaining = read.size;
    side.phase = read.size === 0 ? 'trailers' : 'chunk-data';
    side.section.reset(true);
    return end + 1;
  }

  /** A line that is no chunk size: where chunks were only supposed, this is the body itself. */
  #noChunk(side: Side, why: PlainKey, time: number, out: FlowEvent[]): void {
    if (!side.doubtful || side.chunked) {
      this.#fail(side, why, time, out);
      return;
    }
    side.phase = 'until-close';
    this.#emitBody(side, side.carry.take(), time, out);
  }

  #readChunkEnd(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    if (chunk[at] === LF) side.phase = 'chunk-line';
    else if (chunk[at] !== CR) {
      this.#fail(side, 'unheard.chunk.long', time, out);
      return at;
    }
    return at + 1;
  }

  #readTrailers(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = this.#collectSection(side, chunk, at, time, out);
    if (end < 0) return side.phase === 'raw' ? at : chunk.length;
    const bytes = side.carry.length > 0 ? side.carry.take() : chunk.subarray(at, end);
    this.#endBody(side, parseFields(bytes.toString('latin1'), 0).headers, time, out);
    return end;
  }

  #emitBody(side: Side, bytes: Buffer, time: number, out: FlowEvent[]): void {
    if (side.messages !== null) {
      side.messages.push(bytes, time, out);
      return;
    }
    const { exchange, direction } = side;
    out.push({ type: 'body-chunk', flowId: this.#context.flow.id, exchange, direction, time, bytes });
  }

  #endBody(side: Side, trailers: [string, string][], time: number, out: FlowEvent[]): void {
    this.#closeBody(side, trailers, true, time, out);
    side.phase = 'head';
    if (side.last !== null) {
      this.#fail(side, side.last, time, out);
      return;
    }
    if (side.direction === 'request' && this.#awaited === side.exchange) side.phase = 'held';
    else if (side.direction === 'request' && this.#tunnel !== null) side.phase = 'tunnel';
  }

  #closeBody(side: Side, trailers: [string, string][], complete: boolean, time: number, out: FlowEvent[]): void {
    const { exchange, direction } = side;
    side.bodyOpen = false;
    side.messages?.end(time, out);
    side.messages = null;
    out.push({ type: 'body-end', flowId: this.#context.flow.id, exchange, direction, time, trailers, complete });
  }

  /** The answer to an upgrade is known: what was held back is read as what it turned out to be. */
  #release(phase: 'head' | 'tunnel', time: number, out: FlowEvent[]): void {
    const side = this.#request;
    this.#awaited = 0;
    if (side.phase !== 'held') return; // its body is still coming: #endBody goes on
    const held = side.carry.take();
    side.phase = phase;
    this.push('request', held, time, out);
    if (!side.ended) return;
    side.ended = false;
    this.end('request', time, out);
  }

  /** The answer will not come: what was held back, and what may follow, is raw. */
  #abandonHeld(time: number, out: FlowEvent[]): void {
    this.#awaited = 0;
    if (this.#request.phase === 'held') this.#fail(this.#request, 'unheard.http1.no-upgrade', time, out);
  }

  /** The side is over: what is still open is told. */
  #finish(side: Side, complete: boolean, time: number, out: FlowEvent[]): void {
    if (side.carry.length > 0) {
      if (side.phase === 'chunk-line') this.#noChunk(side, 'unheard.http1.ended', time, out);
      else this.#fail(side, 'unheard.http1.ended', time, out);
    }
    if (side.bodyOpen) this.#closeBody(side, NO_FIELDS, complete, time, out);
    side.phase = 'raw';
  }

  /** Gives the direction up: the rest of it is raw. */
  #fail(side: Side, reason: PlainKey, time: number, out: FlowEvent[]): void {
    if (side.bodyOpen) this.#closeBody(side, NO_FIELDS, false, time, out);
    this.#context.unreadable(side.direction, reason, time, out);
    this.#context.raw(side.direction, side.carry.take(), time, out);
    side.phase = 'raw';
    if (side.direction === 'request') this.#requestsLost = true;
    else this.#abandonHeld(time, out);
  }
}

function isCompressed(headers: [string, string][]): boolean {
  return fieldOf(headers, 'content-encoding') !== null;
}

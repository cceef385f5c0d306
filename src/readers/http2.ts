/**
 * Reads HTTP/2 (RFC 9113) passively, both directions of one connection; the exchange is the stream id.
 * Promise: the very headers, bodies and trailers both sides meant, for thousands of interleaved streams; each head has
 * exactly one `body-end`, incomplete when the stream was reset or the connection ended. What cannot be told apart any
 * more (frames of closed or unknown streams, header blocks after a broken one) comes out as raw bytes, and DATA goes on.
 * Memory: two HPACK tables, one header block, and a small record per open stream; bodies are views of the chunks.
 */

import type { Direction, FlowEvent } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import { type MessageBody, openMessageBody } from './body.ts';
import { Carry } from './carry.ts';
import { HpackDecoder } from './hpack.ts';
import { type FieldList, splitPseudo } from './http2-fields.ts';
import { type FrameHandler, FrameSplitter, PREFACE } from './http2-frames.ts';
import type { Layer, ReaderContext } from './layer.ts';
import type { Upgrade } from './upgrade.ts';

const FRAME_HEADER_BYTES = 9;
const SETTINGS = 4;
const NO_FIELDS: FieldList = [];

interface Half {
  /** Its (final) head was seen: what follows is body. */
  begun: boolean;
  ended: boolean;
  body: MessageBody | null;
}

interface Stream {
  exchange: number;
  path: string;
  /** `:protocol` of an extended CONNECT (RFC 8441), null otherwise. */
  protocol: string | null;
  requestHeaders: FieldList;
  request: Half;
  response: Half;
  tunnel: Layer | null;
  /** What the phone sent of an extended CONNECT before its answer tells how to read it. */
  held: Carry | null;
}

/** A request that was read as HTTP/1 and is answered on stream 1 (h2c upgrade, RFC 7540 3.2). */
export interface UpgradedFrom {
  exchange: number;
  path: string;
}

export class Http2Layer implements Layer {
  readonly #context: ReaderContext;
  readonly #openTunnel: (upgrade: Upgrade) => Layer;
  readonly #streams = new Map<number, Stream>();
  readonly #splitters: Record<Direction, FrameSplitter>;
  readonly #decoders: Record<Direction, HpackDecoder>;
  readonly #opening: Record<Direction, Carry | null> = { request: new Carry(), response: new Carry() };
  readonly #raw: Record<Direction, boolean> = { request: false, response: false };
  readonly #ended: Record<Direction, boolean> = { request: false, response: false };
  readonly #firstExchange: number;
  #lastRequestId = 0;
  /** Of all streams together. */
  #heldBytes = 0;

  constructor(context: ReaderContext, openTunnel: (upgrade: Upgrade) => Layer, upgraded: UpgradedFrom | null = null) {
    const { maxHeaderBlockBytes, maxHeaderTableBytes } = context.limits;
    this.#context = context;
    this.#openTunnel = openTunnel;
    this.#splitters = {
      request: new FrameSplitter(this.#handler('request'), maxHeaderBlockBytes),
      response: new FrameSplitter(this.#handler('response'), maxHeaderBlockBytes),
    };
    this.#decoders = {
      request: new HpackDecoder(maxHeaderTableBytes),
      response: new HpackDecoder(maxHeaderTableBytes),
    };
    this.#firstExchange = upgraded?.exchange ?? 1;
    if (upgraded === null) return;
    const stream = newStream(upgraded.exchange, upgraded.path);
    stream.request.begun = true;
    stream.request.ended = true;
    this.#streams.set(1, stream);
    this.#lastRequestId = 1;
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    if (this.#raw[direction]) {
      this.#context.raw(direction, chunk, time, out);
      return;
    }
    if (direction === 'request') this.#giveUpLate(time, out);
    const opening = this.#opening[direction];
    if (opening === null) this.#splitters[direction].push(chunk, 0, time, out);
    else this.#readOpening(direction, opening, chunk, time, out);
  }

  quiet(time: number, out: FlowEvent[]): void {
    this.#giveUpLate(time, out);
    for (const { tunnel } of this.#streams.values()) tunnel?.quiet?.(time, out);
  }

  isHolding(): boolean {
    if (this.#splitters.request.isHolding()) return true;
    for (const { tunnel } of this.#streams.values()) if (tunnel?.isHolding?.()) return true;
    return false;
  }

  /** As of HTTP/1: what the phone sent of a header block that never ends may be all for hours. */
  #giveUpLate(time: number, out: FlowEvent[]): void {
    this.#splitters.request.giveUpBlock(time - this.#context.limits.maxHeadMs, time, out);
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    if (this.#ended[direction]) return;
    this.#ended[direction] = true;
    const opening = this.#opening[direction];
    if (opening !== null) this.#context.raw(direction, opening.take(), time, out);
    this.#splitters[direction].finish(time, out);
    for (const [id, stream] of this.#streams) {
      if (stream.tunnel !== null) stream.tunnel.end(direction, time, out);
      else this.#closeHalf(stream, direction, NO_FIELDS, false, time, out);
      this.#forgetIfOver(id, stream);
    }
    this.#raw[direction] = true;
  }

  close(time: number, out: FlowEvent[]): void {
    for (const stream of this.#streams.values()) {
      stream.tunnel?.close(time, out);
      if (stream.tunnel !== null) stream.request.ended = stream.response.ended = true;
    }
    this.end('request', time, out);
    this.end('response', time, out);
  }

  /** The phone opens with the preface (RFC 9113 3.4), the server with SETTINGS: anything else is not HTTP/2. */
  #readOpening(direction: Direction, opening: Carry, chunk: Buffer, time: number, out: FlowEvent[]): void {
    opening.add(chunk);
    const bytes = opening.view();
    const needed = direction === 'request' ? PREFACE.length : FRAME_HEADER_BYTES;
    const looksRight =
      direction === 'request'
        ? PREFACE.subarray(0, bytes.length).equals(bytes.subarray(0, PREFACE.length))
        : bytes.length < 4 || bytes[3] === SETTINGS;
    if (!looksRight) {
      this.#context.unreadable(direction, 'unheard.http2', time, out);
      this.#raw[direction] = true;
      this.#opening[direction] = null;
      this.#context.raw(direction, opening.take(), time, out);
      return;
    }
    if (bytes.length < needed) return;
    this.#opening[direction] = null;
    this.#splitters[direction].push(opening.take(), direction === 'request' ? PREFACE.length : 0, time, out);
  }

  #handler(direction: Direction): FrameHandler {
    return {
      data: (id, bytes, time, out) => this.#data(direction, id, bytes, time, out),
      endStream: (id, time, out) => this.#endStream(direction, id, NO_FIELDS, time, out),
      headers: (id, promised, block, end, time, out) => this.#headers(direction, id, promised, block, end, time, out),
      reset: (id, time, out) => this.#reset(id, time, out),
      raw: (bytes, time, out) => this.#context.raw(direction, bytes, time, out),
      lost: (reason, time, out) => this.#lose(direction, reason, time, out),
    };
  }

  #lose(direction: Direction, reason: PlainKey, time: number, out: FlowEvent[]): void {
    this.#decoders[direction].lost = true;
    this.#context.unreadable(direction, reason, time, out);
  }

  #data(direction: Direction, id: number, bytes: Buffer, time: number, out: FlowEvent[]): void {
    const stream = this.#streams.get(id);
    const half = stream?.[direction];
    if (!stream || !half?.begun || half.ended) this.#context.raw(direction, bytes, time, out);
    else if (stream.tunnel !== null) stream.tunnel.push(direction, bytes, time, out);
    else if (half.body !== null) half.body.push(bytes, time, out);
    else if (direction === 'request' && this.#hold(stream, bytes)) return;
    else this.#plain(stream, direction, bytes, time, out);
  }

  #plain(stream: Stream, direction: Direction, bytes: Buffer, time: number, out: FlowEvent[]): void {
    const flowId = this.#context.flow.id;
    this.#release(stream, time, out);
    out.push({ type: 'body-chunk', flowId, exchange: stream.exchange, direction, time, bytes });
  }

  /** False: not to be held, or too much. */
  #hold(stream: Stream, bytes: Buffer): boolean {
    if (stream.held === null || this.#heldBytes + bytes.length > this.#context.limits.maxHeldBytes) return false;
    stream.held.add(bytes);
    this.#heldBytes += bytes.length;
    return true;
  }

  #takeHeld(stream: Stream): Buffer | null {
    const held = stream.held?.take() ?? null;
    stream.held = null;
    this.#heldBytes -= held?.length ?? 0;
    return held !== null && held.length > 0 ? held : null;
  }

  /** It became nothing that has a reader: a body like any other. */
  #release(stream: Stream, time: number, out: FlowEvent[]): void {
    const held = this.#takeHeld(stream);
    if (held !== null) this.#plain(stream, 'request', held, time, out);
  }

  #headers(
    direction: Direction,
    id: number,
    promised: number,
    block: Buffer,
    end: boolean,
    time: number,
    out: FlowEvent[],
  ): void {
    const fields = this.#decode(direction, block, time, out);
    const stream = this.#streams.get(id);
    if (fields === null) {
      if (end) this.#endStream(direction, id, NO_FIELDS, time, out);
    } else if (promised !== 0 && direction === 'response') this.#promise(promised, fields, time, out);
    else if (promised === 0 && stream && !stream[direction].ended) {
      if (stream[direction].begun) this.#endStream(direction, id, fields, time, out);
      else this.#responseHead(id, stream, fields, end, time, out);
    } else if (promised === 0 && !stream && direction === 'request' && id > this.#lastRequestId)
      this.#requestHead(id, fields, end, time, out);
    else this.#context.raw(direction, fieldLines(fields), time, out); // late, on a stream that is over
  }

  /** Null when the block or the table is broken; its bytes then came out as raw. */
  #decode(direction: Direction, block: Buffer, time: number, out: FlowEvent[]): FieldList | null {
    const decoder = this.#decoders[direction];
    const fields: FieldList = [];
    const beyond: FieldList = [];
    let room = this.#context.limits.maxHeaderListBytes;
    const understood =
      !decoder.lost &&
      decoder.decode(block, (name, value, literal) => {
        room -= name.length + value.length + 32;
        // Past the bound only new text is kept: at most the size of the block. What is repeated was seen before.
        if (room >= 0) fields.push([name, value]);
        else if (literal) beyond.push([name, value]);
      });
    if (room < 0) {
      this.#context.unreadable(direction, 'unheard.http2.list', time, out);
      this.#context.raw(direction, fieldLines(beyond), time, out);
    }
    if (understood) return fields;
    this.#lose(direction, 'unheard.http2.hpack', time, out);
    this.#context.raw(direction, fieldLines(fields), time, out);
    this.#context.raw(direction, Buffer.from(block), time, out);
    return null;
  }

  #requestHead(id: number, fields: FieldList, end: boolean, time: number, out: FlowEvent[]): void {
    this.#lastRequestId = id;
    const { pseudo, headers } = splitPseudo(fields);
    const method = pseudo.get(':method') ?? '';
    const authority = pseudo.get(':authority') ?? hostOf(headers) ?? this.#context.flow.destination.host;
    const target = pseudo.get(':path') ?? authority;
    const scheme = pseudo.get(':scheme') ?? (this.#context.flow.encrypted ? 'https' : 'http');
    const stream = newStream(this.#exchange(id), target);
    const { exchange } = stream;
    const flowId = this.#context.flow.id;
    out.push({
      type: 'request-head',
      flowId,
      exchange,
      time,
      protocol: 'h2',
      method,
      target,
      scheme,
      authority,
      headers,
    });
    stream.request.begun = true;
    if (this.#streams.size >= this.#context.limits.maxStreams) {
      this.#context.unreadable('request', 'unheard.http2.streams', time, out);
      this.#closeHalf(stream, 'request', NO_FIELDS, end, time, out);
      return;
    }
    this.#streams.set(id, stream);
    if (method === 'CONNECT' && pseudo.has(':protocol')) {
      stream.protocol = pseudo.get(':protocol')!.toLowerCase();
      stream.requestHeaders = headers;
      stream.held = new Carry();
    } else stream.request.body = openMessageBody(this.#context, exchange, 'request', headers, target);
    if (end) this.#endStream('request', id, NO_FIELDS, time, out);
  }

  #responseHead(id: number, stream: Stream, fields: FieldList, end: boolean, time: number, out: FlowEvent[]): void {
    const { pseudo, headers } = splitPseudo(fields);
    const status = Number(pseudo.get(':status') ?? 0) || 0;
    const { exchange } = stream;
    out.push({ type: 'response-head', flowId: this.#context.flow.id, exchange, time, status, headers });
    if (status >= 100 && status < 200 && !end) return;
    stream.response.begun = true;
    if (stream.protocol !== null && status >= 200 && status < 300) {
      const held = this.#takeHeld(stream);
      this.#closeHalf(stream, 'request', NO_FIELDS, true, time, out);
      this.#closeHalf(stream, 'response', NO_FIELDS, true, time, out);
      stream.request.ended = stream.response.ended = false;
      const protocol = stream.protocol;
      out.push({ type: 'upgraded', flowId: this.#context.flow.id, exchange, time, protocol });
      stream.tunnel = this.#openTunnel({
        exchange,
        protocol,
        path: stream.path,
        request: stream.requestHeaders,
        response: headers,
      });
      if (held !== null) stream.tunnel.push('request', held, time, out);
    } else stream.response.body = openMessageBody(this.#context, exchange, 'response', headers, stream.path);
    if (end) this.#endStream('response', id, NO_FIELDS, time, out);
  }

  /** A pushed request is the server's text, so it is a message of the server, not a request of the phone. */
  #promise(id: number, fields: FieldList, time: number, out: FlowEvent[]): void {
    const exchange = this.#exchange(id);
    out.push({
      type: 'message',
      flowId: this.#context.flow.id,
      exchange,
      direction: 'response',
      time,
      protocol: 'h2',
      label: 'PUSH_PROMISE',
      bytes: fieldLines(fields),
      final: true,
    });
    if (this.#streams.has(id) || this.#streams.size >= this.#context.limits.maxStreams) return;
    const stream = newStream(exchange, splitPseudo(fields).pseudo.get(':path') ?? '');
    stream.request.begun = true;
    stream.request.ended = true;
    this.#streams.set(id, stream);
  }

  #endStream(direction: Direction, id: number, trailers: FieldList, time: number, out: FlowEvent[]): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (stream.tunnel !== null) {
      this.#context.raw(direction, fieldLines(trailers), time, out);
      if (!stream[direction].ended) stream.tunnel.end(direction, time, out);
      stream[direction].ended = true;
    } else this.#closeHalf(stream, direction, trailers, true, time, out);
    this.#forgetIfOver(id, stream);
  }

  #reset(id: number, time: number, out: FlowEvent[]): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.tunnel?.close(time, out);
    if (stream.tunnel === null) {
      this.#closeHalf(stream, 'request', NO_FIELDS, false, time, out);
      this.#closeHalf(stream, 'response', NO_FIELDS, false, time, out);
    }
    this.#streams.delete(id);
  }

  #closeHalf(
    stream: Stream,
    direction: Direction,
    trailers: FieldList,
    complete: boolean,
    time: number,
    out: FlowEvent[],
  ): void {
    const half = stream[direction];
    if (half.ended) return;
    if (direction === 'request') this.#release(stream, time, out);
    half.ended = true;
    if (!half.begun) return;
    half.body?.end(time, out);
    half.body = null;
    const { exchange } = stream;
    out.push({ type: 'body-end', flowId: this.#context.flow.id, exchange, direction, time, trailers, complete });
  }

  #forgetIfOver(id: number, stream: Stream): void {
    if (stream.request.ended && stream.response.ended) this.#streams.delete(id);
  }

  #exchange(id: number): number {
    return this.#firstExchange + id - 1;
  }
}

function newStream(exchange: number, path: string): Stream {
  return {
    exchange,
    path,
    protocol: null,
    requestHeaders: NO_FIELDS,
    request: { begun: false, ended: false, body: null },
    response: { begun: false, ended: false, body: null },
    tunnel: null,
    held: null,
  };
}

function hostOf(headers: FieldList): string | null {
  return headers.find(([name]) => name === 'host')?.[1] ?? null;
}

/** Fields as text, for what can only be searched: one `name: value` line each. */
function fieldLines(fields: FieldList): Buffer {
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
}

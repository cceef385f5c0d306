/**
 * Reads WebSocket frames (RFC 6455) and permessage-deflate (RFC 7692), both directions, over HTTP/1.1 or an HTTP/2
 * stream. Promise: every message comes out unmasked and decompressed as `message` parts labelled `text` or `binary`
 * (control frames: `ping`, `pong`, `close`), the last one `final`; parts are never collected, so size does not matter.
 * Broken framing makes the rest of the direction raw; a message that cannot be decompressed is handed on as it came.
 * Memory: a frame header per direction and, once compressed messages were seen, an inflate window.
 */

import type { Direction, FlowEvent } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import { Carry } from './carry.ts';
import { Inflate } from './inflate.ts';
import type { Layer, ReaderContext } from './layer.ts';

/** What the answer to the handshake agreed on. */
export interface Deflate {
  /** The window is kept from message to message. */
  clientTakeover: boolean;
  serverTakeover: boolean;
}

export interface WebSocketOptions {
  exchange: number;
  /** Null: not agreed on. */
  deflate: Deflate | null;
}

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const LABELS: Record<number, string> = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };
const RSV1 = 0x40;
const RSV23 = 0x30;
/** RFC 7692 7.2.2: what the sender cut off the end of each message. */
const DEFLATE_TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const EMPTY = Buffer.alloc(0);

interface Side {
  readonly direction: Direction;
  readonly header: Carry;
  raw: boolean;
  inPayload: boolean;
  left: number;
  masked: boolean;
  mask: Buffer;
  maskAt: number;
  fin: boolean;
  opcode: number;
  /** Label of the data message under way, '' for none: control frames may come between its fragments. */
  label: string;
  compressed: boolean;
  inflate: Inflate | null;
  /** The window no longer follows the sender's. */
  inflateLost: boolean;
}

export class WebSocketLayer implements Layer {
  readonly #context: ReaderContext;
  readonly #options: WebSocketOptions;
  /** Reads what the data messages carry, as one stream; null: they become `message` events. */
  readonly #inner: Layer | null;
  readonly #request = newSide('request');
  readonly #response = newSide('response');

  constructor(context: ReaderContext, options: WebSocketOptions, inner: Layer | null = null) {
    this.#context = context;
    this.#options = options;
    this.#inner = inner;
    if (options.deflate !== null) context.expands();
  }

  push(direction: Direction, chunk: Buffer, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    for (let at = 0; at < chunk.length; ) {
      if (side.raw) {
        this.#context.raw(direction, chunk.subarray(at), time, out);
        return;
      }
      at = side.inPayload
        ? this.#readPayload(side, chunk, at, time, out)
        : this.#readHeader(side, chunk, at, time, out);
    }
  }

  end(direction: Direction, time: number, out: FlowEvent[]): void {
    const side = direction === 'request' ? this.#request : this.#response;
    if (side.raw) return;
    if (side.inPayload && side.opcode >= 8) this.#control(side, EMPTY, true, time, out);
    if (side.label !== '') this.#data(side, EMPTY, true, time, out);
    this.#context.raw(direction, side.header.take(), time, out);
    side.raw = true;
    side.inflate = null;
    this.#inner?.end(direction, time, out);
  }

  close(time: number, out: FlowEvent[]): void {
    this.end('request', time, out);
    this.end('response', time, out);
  }

  #readHeader(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const needed = side.header.length < 2 ? 2 : headerBytes(side.header.view());
    const end = Math.min(chunk.length, at + needed - side.header.length);
    side.header.add(chunk, at, end);
    const header = side.header.view();
    if (header.length < 2 || header.length < headerBytes(header)) return end;
    const problem = this.#beginFrame(side, header, time, out);
    if (problem !== null) {
      this.#context.unreadable(side.direction, problem, time, out);
      if (side.label !== '') this.#data(side, EMPTY, true, time, out);
      side.label = '';
      this.#context.raw(side.direction, side.header.take(), time, out);
      side.raw = true;
      return end;
    }
    side.header.clear();
    side.inPayload = true;
    if (side.left === 0) this.#endFrame(side, time, out);
    return end;
  }

  /** Null, or why this cannot be a frame. */
  #beginFrame(side: Side, header: Buffer, time: number, out: FlowEvent[]): PlainKey | null {
    const first = header[0]!;
    const opcode = first & 15;
    const data = opcode < 8;
    if (opcode !== OPCODE.continuation && LABELS[opcode] === undefined) return 'unheard.websocket.reserved';
    if (opcode === OPCODE.continuation && side.label === '') return 'unheard.websocket.continuation';
    if (data && opcode !== OPCODE.continuation && side.label !== '') return 'unheard.websocket.inside';
    const length = payloadLength(header);
    if (length > Number.MAX_SAFE_INTEGER) return 'unheard.websocket.long';
    if (first & RSV23 || (first & RSV1 && (this.#options.deflate === null || !data || opcode === OPCODE.continuation)))
      this.#context.unreadable(side.direction, 'unheard.websocket.extension', time, out);
    side.fin = (first & 0x80) !== 0;
    side.opcode = opcode;
    side.left = length;
    side.masked = (header[1]! & 0x80) !== 0;
    side.maskAt = 0;
    if (side.masked) side.mask = Buffer.from(header.subarray(header.length - 4));
    if (data && opcode !== OPCODE.continuation) {
      side.label = LABELS[opcode]!;
      side.compressed = (first & RSV1) !== 0 && this.#options.deflate !== null && !side.inflateLost;
    }
    return null;
  }

  #readPayload(side: Side, chunk: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = Math.min(chunk.length, at + side.left);
    side.left -= end - at;
    const bytes = side.masked ? unmask(side, chunk, at, end) : chunk.subarray(at, end);
    const last = side.left === 0;
    if (side.opcode >= 8) {
      this.#control(side, bytes, last, time, out);
      if (last) side.inPayload = false;
      return end;
    }
    if (side.compressed) this.#open(side, bytes, time, out);
    // The last part goes out with the end of the frame, which knows whether it is the last of the message.
    else if (!last || !side.fin) this.#data(side, bytes, false, time, out);
    else {
      this.#data(side, bytes, true, time, out);
      side.label = '';
      side.inPayload = false;
      return end;
    }
    if (last) this.#endFrame(side, time, out);
    return end;
  }

  #endFrame(side: Side, time: number, out: FlowEvent[]): void {
    side.inPayload = false;
    if (side.opcode >= 8) {
      this.#control(side, EMPTY, true, time, out);
      return;
    }
    if (!side.fin) return;
    if (side.compressed) {
      this.#open(side, DEFLATE_TAIL, time, out);
      if (side.inflate?.done) side.inflate.restart();
      const { clientTakeover, serverTakeover } = this.#options.deflate!;
      if (!(side.direction === 'request' ? clientTakeover : serverTakeover)) side.inflate = null;
    }
    this.#data(side, EMPTY, true, time, out);
    side.label = '';
  }

  #open(side: Side, bytes: Buffer, time: number, out: FlowEvent[]): void {
    side.inflate ??= new Inflate(this.#context.expands());
    side.inflate.push(bytes, (opened) => this.#data(side, opened, false, time, out));
    if (!side.inflate.failed) return;
    this.#context.unreadable(side.direction, 'unheard.websocket.compressed', time, out);
    const closed = bytes === DEFLATE_TAIL ? EMPTY : side.inflate.rest();
    if (closed.length > 0) this.#data(side, closed, false, time, out);
    side.inflate = null;
    side.compressed = false;
    const { clientTakeover, serverTakeover } = this.#options.deflate!;
    side.inflateLost = side.direction === 'request' ? clientTakeover : serverTakeover;
  }

  #control(side: Side, bytes: Buffer, final: boolean, time: number, out: FlowEvent[]): void {
    this.#message(side.direction, LABELS[side.opcode]!, bytes, final, time, out);
  }

  #data(side: Side, bytes: Buffer, final: boolean, time: number, out: FlowEvent[]): void {
    if (this.#inner !== null) this.#inner.push(side.direction, bytes, time, out);
    else this.#message(side.direction, side.label, bytes, final, time, out);
  }

  #message(direction: Direction, label: string, bytes: Buffer, final: boolean, time: number, out: FlowEvent[]): void {
    const { exchange } = this.#options;
    const flowId = this.#context.flow.id;
    out.push({ type: 'message', flowId, exchange, direction, time, protocol: 'websocket', label, bytes, final });
  }
}

/** Length of a frame header whose first two bytes are there. */
function headerBytes(header: Buffer): number {
  const length = header[1]! & 127;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (header[1]! & 0x80 ? 4 : 0);
}

function payloadLength(header: Buffer): number {
  const length = header[1]! & 127;
  if (length === 126) return header.readUInt16BE(2);
  if (length === 127) return header.readUInt32BE(2) * 2 ** 32 + header.readUInt32BE(6);
  return length;
}

/** A copy: the chunk itself is on its way to the server. */
function unmask(side: Side, chunk: Buffer, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  const { mask, maskAt } = side;
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = chunk[from + at]! ^ mask[(maskAt + at) & 3]!;
  side.maskAt = (maskAt + bytes.length) & 3;
  return bytes;
}

/** MQTT 5.0 6: the subprotocol is `mqtt` (`mqttv3.1` before), packets may be cut anywhere by messages. */
export function isMqtt(response: readonly [string, string][]): boolean {
  return /^mqtt/i.test(response.find(([name]) => name.toLowerCase() === 'sec-websocket-protocol')?.[1] ?? '');
}

/**
 * Reads `Sec-WebSocket-Extensions` of the server's answer (RFC 7692 7.1). Null when permessage-deflate was not agreed on.
 * Window sizes do not matter to a reader: it keeps the largest one.
 */
export function agreedDeflate(responseHeaders: [string, string][]): Deflate | null {
  for (const [name, value] of responseHeaders) {
    if (name.toLowerCase() !== 'sec-websocket-extensions') continue;
    for (const extension of value.toLowerCase().split(',')) {
      const [token, ...parameters] = extension.split(';').map((part) => part.trim());
      if (token !== 'permessage-deflate') continue;
      return {
        clientTakeover: !parameters.includes('client_no_context_takeover'),
        serverTakeover: !parameters.includes('server_no_context_takeover'),
      };
    }
  }
  return null;
}

function newSide(direction: Direction): Side {
  return {
    direction,
    header: new Carry(),
    raw: false,
    inPayload: false,
    left: 0,
    masked: false,
    mask: EMPTY,
    maskAt: 0,
    fin: false,
    opcode: 0,
    label: '',
    compressed: false,
    inflate: null,
    inflateLost: false,
  };
}

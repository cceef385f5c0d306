/**
 * Reads the messages of a gRPC or gRPC-web body (gRPC over HTTP/2 "Length-Prefixed-Message"; gRPC-Web protocol).
 * Each becomes `message` parts labelled with the request's path, opened when its flag says compressed and
 * `grpc-encoding` is gzip or deflate; other compressions are handed on as they are. grpc-web-text is base64 outside.
 * A body that breaks the framing goes on as plain `body-chunk`. Messages are never collected: memory is five bytes
 * and, for compressed ones, the inflate window.
 */

import type { Direction, FlowEvent } from '../model/flow.ts';
import type { PlainKey } from '../model/text.ts';
import { Base64Stream } from './base64-stream.ts';
import { Carry } from './carry.ts';
import { Gunzip } from './gunzip.ts';
import type { ReaderContext } from './layer.ts';

export interface GrpcBodyOptions {
  exchange: number;
  direction: Direction;
  contentType: string;
  encoding: string;
  path: string;
}

const PREFIX_BYTES = 5;
const COMPRESSED = 1;
/** gRPC-web only: the "message" is the trailers, as HTTP/1 field lines. */
const TRAILERS = 128;
const EMPTY = Buffer.alloc(0);

export class GrpcBody {
  readonly #context: ReaderContext;
  readonly #options: GrpcBodyOptions;
  readonly #protocol: string;
  /** Null once the body was seen not to be base64. */
  #base64: Base64Stream | null;
  readonly #prefix = new Carry();
  #inMessage = false;
  #left = 0;
  #label = '';
  #opener: Gunzip | null = null;
  #broken = false;

  constructor(context: ReaderContext, options: GrpcBodyOptions) {
    this.#context = context;
    this.#options = options;
    this.#protocol = options.contentType.startsWith('application/grpc-web') ? 'grpc-web' : 'grpc';
    this.#base64 = options.contentType.startsWith('application/grpc-web-text') ? new Base64Stream() : null;
  }

  push(bytes: Buffer, time: number, out: FlowEvent[]): void {
    if (this.#base64 === null) {
      this.#read(bytes, time, out);
      return;
    }
    const rest = this.#base64.push(bytes, (decoded) => this.#read(decoded, time, out));
    if (rest === null) return;
    this.#base64 = null;
    this.#break('unheard.grpc.base64', time, out);
    this.#read(rest, time, out);
  }

  end(time: number, out: FlowEvent[]): void {
    if (this.#inMessage) this.#emit(EMPTY, true, time, out);
    this.#inMessage = false;
    this.#plain(this.#prefix.take(), time, out);
    if (this.#base64 !== null) this.#plain(this.#base64.take(), time, out);
  }

  #read(bytes: Buffer, time: number, out: FlowEvent[]): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#broken) {
        this.#plain(bytes.subarray(at), time, out);
        return;
      }
      at = this.#inMessage ? this.#readMessage(bytes, at, time, out) : this.#readPrefix(bytes, at, time, out);
    }
  }

  #readPrefix(bytes: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = Math.min(bytes.length, at + PREFIX_BYTES - this.#prefix.length);
    this.#prefix.add(bytes, at, end);
    if (this.#prefix.length < PREFIX_BYTES) return end;
    const prefix = this.#prefix.view();
    const flags = prefix[0]!;
    const web = this.#protocol === 'grpc-web';
    if ((flags & ~(web ? COMPRESSED | TRAILERS : COMPRESSED)) !== 0) {
      this.#break('unheard.grpc.framing', time, out);
      return end;
    }
    this.#left = prefix.readUInt32BE(1);
    this.#prefix.clear();
    this.#inMessage = true;
    this.#label = flags & TRAILERS ? `${this.#options.path} trailers` : this.#options.path;
    this.#opener = flags & COMPRESSED ? openerFor(this.#options.encoding, this.#context) : null;
    if (this.#left === 0) this.#endMessage(EMPTY, time, out);
    return end;
  }

  #readMessage(bytes: Buffer, at: number, time: number, out: FlowEvent[]): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    const part = bytes.subarray(at, end);
    if (this.#opener !== null) {
      this.#opener.push(part, (opened) => this.#emit(opened, false, time, out));
      if (this.#opener.failed) {
        // What was opened so far stays; the rest is handed on closed, and said to be so.
        const { direction } = this.#options;
        this.#context.unreadable(direction, 'unheard.grpc.compressed', time, out);
        this.#emit(this.#opener.rest(), false, time, out);
        this.#opener = null;
      }
      if (this.#left === 0) this.#endMessage(EMPTY, time, out);
    } else if (this.#left === 0) this.#endMessage(part, time, out);
    else this.#emit(part, false, time, out);
    return end;
  }

  #endMessage(lastPart: Buffer, time: number, out: FlowEvent[]): void {
    this.#emit(lastPart, true, time, out);
    this.#inMessage = false;
    this.#opener = null;
  }

  #emit(bytes: Buffer, final: boolean, time: number, out: FlowEvent[]): void {
    const { exchange, direction } = this.#options;
    const flowId = this.#context.flow.id;
    out.push({
      type: 'message',
      flowId,
      exchange,
      direction,
      time,
      protocol: this.#protocol,
      label: this.#label,
      bytes,
      final,
    });
  }

  #break(reason: PlainKey, time: number, out: FlowEvent[]): void {
    if (this.#inMessage) this.#emit(EMPTY, true, time, out);
    this.#inMessage = false;
    this.#broken = true;
    this.#context.unreadable(this.#options.direction, reason, time, out);
    this.#plain(this.#prefix.take(), time, out);
  }

  #plain(bytes: Buffer, time: number, out: FlowEvent[]): void {
    const { exchange, direction } = this.#options;
    if (bytes.length > 0)
      out.push({ type: 'body-chunk', flowId: this.#context.flow.id, exchange, direction, time, bytes });
  }
}

function openerFor(encoding: string, context: ReaderContext): Gunzip | null {
  if (encoding === 'gzip') return new Gunzip('gzip', context.expands());
  return encoding === 'deflate' ? new Gunzip('zlib', context.expands()) : null;
}

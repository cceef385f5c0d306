/**
 * What an HTTP body is handed on as: `body-chunk` as it is, or, when its content type frames messages inside it,
 * those messages. One of the two, never both.
 */
import type { Direction, FlowEvent } from '../model/flow.ts';
import { GrpcBody } from './grpc.ts';
import type { ReaderContext } from './layer.ts';

/** Reads the messages inside one body. */
export interface MessageBody {
  push(bytes: Buffer, time: number, out: FlowEvent[]): void;
  /** The body is over, complete or not: what was kept back is handed on. */
  end(time: number, out: FlowEvent[]): void;
}

/** Null for a plain body. `path` is the path of the request: what gRPC calls the method. */
export function openMessageBody(
  context: ReaderContext,
  exchange: number,
  direction: Direction,
  headers: [string, string][],
  path: string,
): MessageBody | null {
  let contentType = '';
  let encoding = '';
  for (const [name, value] of headers) {
    if (name.length === 12 && name.toLowerCase() === 'content-type') contentType = value;
    else if (name.length === 13 && name.toLowerCase() === 'grpc-encoding') encoding = value;
  }
  if (!contentType.startsWith('application/grpc')) return null;
  return new GrpcBody(context, { exchange, direction, contentType, encoding: encoding.toLowerCase(), path });
}

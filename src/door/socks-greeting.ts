/**
 * The SOCKS conversation up to the request, over a real socket; parsing is in `socks.ts`.
 * Promise: one time limit for the whole of it, and the right last words for a client that asks for the impossible.
 */
import type { Socket } from 'node:net';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { peek } from './peek.ts';
import {
  type Parsed,
  readSocks4Request,
  readSocks5Greeting,
  readSocks5Login,
  readSocks5Request,
  type SocksRequest,
  socks4Reply,
  socks5Reply,
} from './socks.ts';

/** Greeting, login and request are each below 600 bytes. */
const MAX_MESSAGE = 1024;
const NONE = Buffer.alloc(0);

export type Greeted =
  | {
      ok: true;
      host: string;
      port: number;
      user: string | null;
      /** Came after the request: the first bytes for the server. */
      rest: Buffer;
      reply: (failure: CloseReason | null) => Buffer;
    }
  | Refused;

interface Refused {
  ok: false;
  reason: CloseReason;
  detail: Text;
  /** What the phone is told. */
  last: Buffer;
  /** What the phone said, which no server hears. */
  sent: Buffer;
}

type Step<T> = { ok: true; value: T } | Refused;

export async function greetSocks(socket: Socket, version: 'socks4' | 'socks5', timeoutMs: number): Promise<Greeted> {
  let left: Buffer = NONE;
  /** Messages that were understood. */
  const before: Buffer[] = [];
  /** Reads one message; what follows it stays in `left`. */
  const next = async <T>(read: (bytes: Buffer) => Parsed<T>, refusal: Buffer): Promise<Step<T>> => {
    if (left.length > 0) socket.unshift(left);
    const result = await peek(socket, {
      test: (bytes) => {
        const reading = read(bytes);
        return reading.state === 'more' ? null : reading;
      },
      maxBytes: MAX_MESSAGE,
      timeoutMs,
    });
    const sent = Buffer.concat([...before, result.bytes]);
    if (!result.ok) {
      const reason = result.why === 'reset' ? 'client-reset' : 'client-garbage';
      return { ok: false, reason, detail: text(`ended.socks-unfinished.${result.why}`), last: NONE, sent };
    }
    if (result.value.state === 'bad') {
      return { ok: false, reason: 'client-garbage', detail: result.value.why, last: refusal, sent };
    }
    before.push(result.bytes.subarray(0, result.value.length));
    left = result.bytes.subarray(result.value.length);
    return { ok: true, value: result.value.value };
  };
  const done = (request: SocksRequest, reply: (failure: CloseReason | null) => Buffer): Greeted => ({
    ok: true,
    ...request,
    rest: left,
    reply,
  });

  if (version === 'socks4') {
    const request = await next(readSocks4Request, socks4Reply('error'));
    return request.ok ? done(request.value, socks4Reply) : request;
  }
  const greeting = await next(readSocks5Greeting, NONE);
  if (!greeting.ok) return greeting;
  const { method } = greeting.value;
  if (method === 255) {
    const last = Buffer.from([5, 255]);
    return {
      ok: false,
      reason: 'client-garbage',
      detail: text('ended.socks.method'),
      last,
      sent: Buffer.concat([...before, left]),
    };
  }
  socket.write(Buffer.from([5, method]));
  let user: string | null = null;
  if (method === 2) {
    const login = await next(readSocks5Login, Buffer.from([1, 1]));
    if (!login.ok) return login;
    user = login.value.user || null;
    socket.write(Buffer.from([1, 0]));
  }
  // 7: command not supported.
  const request = await next(readSocks5Request, Buffer.from([5, 7, 0, 1, 0, 0, 0, 0, 0, 0]));
  return request.ok ? done({ ...request.value, user }, socks5Reply) : request;
}

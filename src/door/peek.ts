/**
 * Reads the first bytes of a socket until a test can tell what they are, then leaves the socket paused.
 * Promise: no byte is lost or doubled (the caller puts back what it does not use), at most `maxBytes` are held, and
 * every way a phone can go silent, end or reset ends the wait.
 */
import type { Socket } from 'node:net';

export type Peeked<T> =
  | { ok: true; value: T; bytes: Buffer }
  | { ok: false; why: 'ended' | 'reset' | 'timeout' | 'too-long' | 'interrupted'; bytes: Buffer };

export interface PeekOptions<T> {
  /** Null: more bytes are needed. Called with everything read so far. */
  test: (bytes: Buffer) => T | null;
  maxBytes: number;
  /** Milliseconds for the whole wait; with `firstByteMs` they start at the first byte. 0 = no limit. */
  timeoutMs: number;
  /** Milliseconds for the first byte, apart. */
  firstByteMs?: number;
  /** Given a function that ends the wait with `interrupted`. */
  interrupt?: (cancel: () => void) => void;
}

const EMPTY = Buffer.alloc(0);

export function peek<T>(socket: Socket, options: PeekOptions<T>): Promise<Peeked<T>> {
  return new Promise((resolve) => {
    let held: Buffer = EMPTY;
    let length = 0;
    let timer: NodeJS.Timeout | null = null;
    let settled = false;
    const settle = (result: (bytes: Buffer) => Peeked<T>) => {
      if (settled) return;
      settled = true;
      if (timer) clearTimeout(timer);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('error', onReset);
      socket.off('close', onReset);
      socket.pause();
      resolve(result(held.subarray(0, length)));
    };
    const fail = (why: Extract<Peeked<T>, { ok: false }>['why']) => settle((bytes) => ({ ok: false, why, bytes }));
    const startTimer = (ms: number) => {
      if (timer) clearTimeout(timer);
      timer = ms > 0 ? setTimeout(() => fail('timeout'), ms) : null;
    };
    const onData = (chunk: Buffer) => {
      const isFirst = length === 0;
      if (isFirst) {
        held = chunk;
      } else {
        // Doubling keeps a phone that sends single bytes from costing quadratic copies.
        if (length + chunk.length > held.length) {
          const grown = Buffer.alloc(Math.max(256, 2 * (length + chunk.length)));
          held.copy(grown, 0, 0, length);
          held = grown;
        }
        chunk.copy(held, length);
      }
      length += chunk.length;
      const value = options.test(held.subarray(0, length));
      if (value !== null) settle((bytes) => ({ ok: true, value, bytes }));
      else if (length > options.maxBytes) fail('too-long');
      else if (isFirst && options.firstByteMs !== undefined) startTimer(options.timeoutMs);
    };
    const onEnd = () => fail('ended');
    const onReset = () => fail('reset');
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onReset);
    socket.on('close', onReset);
    startTimer(options.firstByteMs ?? options.timeoutMs);
    options.interrupt?.(() => fail('interrupted'));
    if (socket.destroyed) onReset();
    else if (socket.readableEnded) onEnd();
    else socket.resume();
  });
}

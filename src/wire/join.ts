/**
 * Joins a phone's stream and a server's stream: the relay itself.
 * Promise: bytes pass unchanged and first, the copy is taken after; a slow side slows the other (backpressure); one
 * side's end is passed on as an end and its reset as a reset; a side left half open is not waited for for ever.
 */
import { codeOf } from '../formats/error-line.ts';
import { isGone, resetAfterWords, resetSocket } from '../formats/tcp-reset.ts';
import type { Leg, LiveFlow, PairOptions } from '../model/connection.ts';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';

export interface JoinOptions extends PairOptions {
  /** After one side has ended: how long the other may stay without any progress, milliseconds. */
  halfOpenMs: number;
}

/** What was said within this time before a reset may not have been read yet, milliseconds. */
const LAST_WORDS_MS = 2000;

export function join(client: Leg, server: Leg, flow: LiveFlow, options: JoinOptions): void {
  let finished = false;
  const ended = { client: false, server: false };
  let closed = 0;
  let first = options.onFirstUp;
  let heardDownAt = Number.NEGATIVE_INFINITY;

  const finish = (reason: CloseReason, detail: Text | null) => {
    if (finished) return;
    finished = true;
    const better = options.explain?.(reason);
    flow.close(better?.reason ?? reason, better?.detail ?? detail);
  };
  const fail = (side: 'client' | 'server', error: NodeJS.ErrnoException) => {
    const other = side === 'client' ? server : client;
    const own = side === 'client' ? client : server;
    // After both ends were seen nothing is lost by a reset: it is how some stacks close.
    if (ended.client && ended.server) finish('ended', null);
    else if (isReset(error)) finish(side === 'client' ? 'client-reset' : 'server-reset', codeOf(error));
    else if (error.code === 'ETIMEDOUT') finish('idle-timeout', text(`ended.dead.${side}`));
    else finish('error', text(`ended.error.${side}`, { code: error.code ?? error.message }));
    if (side === 'server') passResetOn();
    else reset(other);
    reset(own);
  };
  /** The phone reads what the server said last before it meets the reset. */
  const passResetOn = () => {
    client.stream.off('data', up);
    if (client.stream.writableLength === 0 && performance.now() - heardDownAt > LAST_WORDS_MS) reset(client);
    else resetAfterWords(client.raw, client.stream);
  };
  const onClose = (side: 'client' | 'server') => {
    closed++;
    if (closed === 2) return finish('ended', null);
    // Closed without an end of its own and without an error: nobody is left to talk to.
    if (!ended[side] && !finished) {
      finish(side === 'client' ? 'client-reset' : 'server-reset', text('ended.no-fin'));
      if (side === 'server') passResetOn();
      else reset(server);
    }
  };
  const waitHalfOpen = (leg: Leg, other: Leg) => {
    let queued = -1;
    leg.raw.setTimeout(options.halfOpenMs);
    leg.raw.on('timeout', () => {
      // A slow reader that still takes bytes is not idle.
      const now = other.stream.writableLength + leg.stream.writableLength;
      if (now > 0 && now !== queued) {
        queued = now;
        leg.raw.setTimeout(options.halfOpenMs);
        return;
      }
      finish('idle-timeout', text('ended.half-open'));
      reset(leg);
      reset(other);
    });
  };

  let isHeld = false;
  const goOn = (from: Leg, to: Leg) => {
    if (!isHeld && !to.stream.writableNeedDrain) from.stream.resume();
  };
  const up = (chunk: Buffer) => {
    if (!server.stream.write(chunk)) client.stream.pause();
    if (first) {
      first();
      first = undefined;
    }
    flow.up(chunk);
  };
  const down = (chunk: Buffer) => {
    if (!client.stream.write(chunk)) server.stream.pause();
    heardDownAt = performance.now();
    flow.down(chunk);
  };

  client.stream.on('data', up);
  server.stream.on('data', down);
  client.stream.on('drain', () => goOn(server, client));
  server.stream.on('drain', () => goOn(client, server));
  flow.control((held) => {
    isHeld = held;
    if (held) {
      client.stream.pause();
      server.stream.pause();
    } else {
      goOn(client, server);
      goOn(server, client);
    }
  });
  const clientEnd = () => {
    if (client.stream !== client.raw && !client.stream.writableEnded && isGone(client.raw)) {
      // Whoever refuses a certificate after the handshake leaves without reading, which is a reset to TCP.
      options.onClientEnd?.();
      fail('client', Object.assign(new Error('the phone reset the connection'), { code: 'ECONNRESET' }));
      return;
    }
    ended.client = true;
    options.onClientEnd?.();
    flow.end('request');
    server.stream.end();
    waitHalfOpen(server, client);
  };
  const serverEnd = () => {
    // A write had failed, and this was the last that could be read.
    if (server.stream.errored) return;
    ended.server = true;
    flow.end('response');
    client.stream.end();
    waitHalfOpen(client, server);
  };
  client.stream.on('end', clientEnd);
  server.stream.on('end', serverEnd);
  client.stream.on('error', (error) => fail('client', error));
  server.stream.on('error', (error) => fail('server', error));
  client.stream.on('close', () => onClose('client'));
  server.stream.on('close', () => onClose('server'));
  // What happened before the join: an end already read, an error already told.
  for (const [side, leg, onEnd] of [
    ['client', client, clientEnd],
    ['server', server, serverEnd],
  ] as const) {
    if (leg.stream.readableEnded) onEnd();
    if (leg.stream.errored) fail(side, leg.stream.errored);
    else if (leg.stream.closed) onClose(side);
    else if (!isHeld) leg.stream.resume();
  }
}

/** Ends a leg with a TCP reset; a TLS stream on top of it goes with it. */
export const reset = ({ stream, raw }: Leg): void => resetSocket(raw, stream);

export function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ECONNABORTED';
}

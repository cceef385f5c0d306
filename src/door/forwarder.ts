/**
 * Absolute-form HTTP through the proxy port: the one place where a head is rewritten, because one client connection may
 * name several servers. One server connection, and so one flow, per client connection and server; exchanges run one
 * after the other, as HTTP/1 answers must come in order.
 * Promise: bodies, answers (1xx, trailers, upgrades included) and every byte of a head that is not hop-by-hop pass
 * unchanged and unwaited; at most `MAX_HEAD` bytes of a request head and `MAX_ORIGINS` idle connections are held.
 */
import type { Framing } from '../formats/http1-framing.ts';
import { parseRequestLine, skipEmptyLines } from '../formats/http1-head.ts';
import { say } from '../formats/say.ts';
import { resetAfterWords, resetSocket } from '../formats/tcp-reset.ts';
import { type Text, text } from '../model/text.ts';
import { type BodyMeter, createMeter } from './body-meter.ts';
import { findHeadEnd, type Head, parseHead, tokensOf, toOriginTrailers } from './http-head.ts';
import { createOrigin, type Origin, type OriginEvents } from './origin.ts';
import { endWith, httpReply } from './replies.ts';
import { type ForwardOptions, plainConnection, route } from './route.ts';
import { flowFacts, NOWHERE, recordEnd, type Visitor } from './visitor.ts';

/** Nobody sends more; cookies of a whole browser profile stay below 32 KB. */
const MAX_HEAD = 64 * 1024;
/** Idle server connections kept per client connection: a browser uses one connection for one host. */
const MAX_ORIGINS = 8;
const EMPTY = Buffer.alloc(0);

interface Exchange {
  origin: Origin;
  request: BodyMeter;
  /** The beginning of its trailer section, which is passed on when it is whole. */
  trailers: Buffer[];
  clientWantsClose: boolean;
}

/** `early` is what the door read to recognise HTTP. Returns at once; the connection lives on. */
export function forward(options: ForwardOptions, visitor: Visitor, early: Buffer): void {
  const client = visitor.socket;
  const origins = new Map<string, Origin>();
  let pending = early;
  let exchange: Exchange | null = null;
  let dialling = false;
  let clientEnded = client.readableEnded;
  let over = false;
  let isHeld = false;
  let timer: NodeJS.Timeout | null = null;
  let timerFor: 'request' | 'head' | null = null;

  const setTimer = (what: typeof timerFor) => {
    if (timerFor === what) return;
    timerFor = what;
    if (timer) clearTimeout(timer);
    timer = null;
    if (what === 'request') timer = setTimeout(endClient, options.keepAliveMs);
    if (what === 'head') timer = setTimeout(() => refuseHead(408, LATE), options.headTimeoutMs);
  };
  /** Lets go of the client socket; server connections still open end, their flows close as `ended`. */
  const leave = () => {
    over = true;
    setTimer(null);
    client.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose).off('drain', onDrain);
    for (const origin of origins.values()) origin.close('ended');
    origins.clear();
  };
  const endClient = () => {
    leave();
    client.end();
    // Nothing more is expected: a phone that keeps its side open is not waited for.
    client.resume();
    client.setTimeout(options.headTimeoutMs, () => client.destroy());
  };
  const reply = (bytes: Buffer) => {
    leave();
    endWith(client, bytes);
  };
  /** A head that is not passed on, of which the phone may have sent much. */
  const refuseHead = (status: 408 | 431, why: Text) => {
    recordGarbage(options, visitor, why, pending);
    reply(httpReply(status, `phonehome: ${say(why)}`));
  };
  const drop = (origin: Origin, ...why: Parameters<Origin['close']>) => {
    origins.delete(origin.key);
    origin.close(...why);
  };
  const clientGone = (detail: Text) => {
    if (exchange) drop(exchange.origin, 'client-reset', detail);
    exchange = null;
    leave();
    client.destroy();
  };
  const goOn = () => {
    if (!isHeld) client.resume();
  };

  const onData = (chunk: Buffer) => {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
    pump();
  };
  const onEnd = () => {
    clientEnded = true;
    if (exchange && !exchange.request.done) exchange.origin.end();
    if (exchange?.origin.response?.upgraded && exchange.origin.response.complete) endClient();
    pump();
  };
  const onError = (error: NodeJS.ErrnoException) => {
    if (!exchange && !dialling && pending.length > 0) recordGarbage(options, visitor, CUT, pending);
    clientGone(text('ended.code', { code: error.code ?? 'error' }));
  };
  const onClose = () => clientGone(text('ended.phone-closed'));
  const onDrain = () => exchange?.origin.resume();

  const events: OriginEvents = {
    progress(origin) {
      if (exchange?.origin !== origin) return;
      if (origin.response?.upgraded && !exchange.request.untilClose) {
        exchange.request = createMeter({ kind: 'until-close' });
        goOn();
      }
      pump();
    },
    unasked(origin) {
      drop(origin, 'ended', text('ended.unasked'));
    },
    drained(origin) {
      if (exchange?.origin === origin && !dialling) goOn();
    },
    held(held) {
      isHeld = held;
      if (over) return;
      if (held) client.pause();
      else if (!dialling) client.resume();
    },
    ended(origin) {
      if (exchange?.origin !== origin) return drop(origin, 'ended');
      if (origin.response?.upgraded && !clientEnded) return void client.end();
      exchange = null;
      drop(origin, 'ended', origin.response?.complete ? null : text('ended.half-answer'));
      endClient();
    },
    failed(origin, code) {
      const busy = exchange?.origin === origin;
      drop(origin, 'server-reset', text('ended.code', { code }));
      if (!busy || over) return;
      leave();
      if (origin.response?.begun) resetAfterWords(client);
      else resetSocket(client);
    },
  };

  const pump = (): void => {
    while (!over && !dialling) {
      if (!exchange) {
        if (!takeHead()) return;
        continue;
      }
      if (!exchange.request.done && pending.length > 0) sendBody(exchange);
      if (!exchange || over) return;
      if (exchange.request.done && exchange.origin.response?.complete) {
        finish(exchange);
        continue;
      }
      if (!exchange.request.done || pending.length === 0) return;
      // The phone takes the answer for whole: its next request would wait for a close that may never come.
      if (exchange.origin.response?.doubtful) endClient();
      // What comes after the request waits for its answer: a pipelining phone is slowed, not buffered without end.
      else client.pause();
      return;
    }
  };

  const sendBody = (now: Exchange) => {
    const { request, origin } = now;
    while (pending.length > 0 && !request.done && request.broken === null) {
      const { inTrailers } = request;
      const end = request.take(pending, 0);
      const part = pending.subarray(0, end);
      pending = end === pending.length ? EMPTY : pending.subarray(end);
      if (inTrailers) now.trailers.push(part);
      else if (part.length > 0 && !origin.write(part)) client.pause();
    }
    if (request.done && now.trailers.length > 0) {
      const { bytes, cut } = toOriginTrailers(Buffer.concat(now.trailers.splice(0)));
      origin.leaveOut(cut);
      origin.write(bytes);
    }
    if (request.broken !== null) breakOff(now, text(request.broken));
    // The phone's side ended before its body did, and this was the last of it.
    else if (clientEnded && !now.request.done) now.origin.end();
  };

  /** The rest of a request whose end is lost goes nowhere: it may hold the next one, for another server. */
  const breakOff = (now: Exchange, why: Text) => {
    exchange = null;
    drop(now.origin, 'client-garbage', why);
    if (!now.origin.response?.begun) {
      reply(httpReply(400, `phonehome: ${say(why)}`));
      return;
    }
    leave();
    resetSocket(client);
  };

  const finish = ({ origin, clientWantsClose }: Exchange) => {
    const serverWantsClose = origin.response?.wantsClose ?? true;
    exchange = null;
    origin.response = null;
    if (serverWantsClose) drop(origin, 'ended');
    if (serverWantsClose || clientWantsClose) endClient();
    else goOn();
  };

  /** True when something changed: an exchange began, or the connection was given away. */
  const takeHead = (): boolean => {
    pending = pending.subarray(skipEmptyLines(pending, 0));
    const end = pending.length === 0 ? -1 : findHeadEnd(pending);
    if (end < 0) {
      if (clientEnded) {
        if (pending.length > 0) recordGarbage(options, visitor, CUT, pending);
        endClient();
      } else if (pending.length > MAX_HEAD) refuseHead(431, text('ended.large-head'));
      else setTimer(pending.length === 0 ? 'request' : 'head');
      return false;
    }
    setTimer(null);
    const bytes = pending.subarray(0, end);
    pending = pending.subarray(end);
    begin(parseHead(bytes), bytes);
    return true;
  };

  const begin = (head: Head, bytes: Buffer): void => {
    const routed = route(options, visitor, head);
    if (routed.to === 'connect') {
      const rest = pending;
      leave();
      client.pause();
      options.onConnect(visitor, routed.authority, rest);
      return;
    }
    if (routed.to === 'reply') {
      if (routed.garbage) recordGarbage(options, visitor, routed.garbage, bytes);
      reply(routed.bytes);
      return;
    }
    if (options.engine.plain) {
      const early = Buffer.concat([bytes, pending]);
      leave();
      client.pause();
      options.engine.plain(plainConnection(options, visitor, early));
      return;
    }
    const start = (origin: Origin) => {
      // The one used last stays longest.
      origins.delete(origin.key);
      origins.set(origin.key, origin);
      const clientWantsClose = wantsClose(head) || isLast(routed.framing);
      exchange = { origin, request: createMeter(routed.framing, true), trailers: [], clientWantsClose };
      origin.begin(routed);
      if (clientEnded && !exchange.request.done && pending.length === 0) origin.end();
    };
    const known = origins.get(routed.key);
    if (known) {
      start(known);
      return;
    }
    dialling = true;
    client.pause();
    void routed
      .open(() => client.destroy())
      .then((opened) => {
        dialling = false;
        if (!opened.ok) {
          if (!over) reply(opened.reply);
          return;
        }
        const origin = createOrigin(routed.key, client, opened.dialled, opened.flow, options.now, events);
        if (over) return origin.close('client-reset', text('ended.while-dialled'));
        start(origin);
        const idle = origins.size > MAX_ORIGINS ? origins.values().next().value : undefined;
        if (idle) drop(idle, 'ended', text('ended.room'));
        goOn();
        pump();
      });
  };

  client.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose).on('drain', onDrain);
  client.resume();
  pump();
}

const CUT = text('ended.in-head');
const LATE = text('ended.late-head');

function recordGarbage(options: ForwardOptions, visitor: Visitor, detail: Text, sent: Buffer): void {
  const deviceId = options.identify({ ip: visitor.from.ip, proxyUser: visitor.user });
  recordEnd(options.engine, visitor, flowFacts(visitor, deviceId, NOWHERE), 'client-garbage', detail, sent);
}

/** A request whose end others may see elsewhere: what follows it is taken for no other request. */
const isLast = (framing: Framing): boolean => framing.kind === 'chunked' && framing.last !== null;

function wantsClose(head: Head): boolean {
  const tokens = [...tokensOf(head, 'connection'), ...tokensOf(head, 'proxy-connection')];
  if (tokens.includes('close')) return true;
  return parseRequestLine(head.start)?.minor === 0 && !tokens.includes('keep-alive');
}

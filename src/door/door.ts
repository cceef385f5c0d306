/**
 * The lab's one port for phones: HTTP proxy, SOCKS, TLS straight on the port, told apart by the first bytes.
 * Promise: only admitted clients are served; every accepted connection leads to at least one flow, whatever it does (of those beyond
 * a phone's share one a second stands for all);
 * no phone can hold the door with silence (time limits) or with size (bounds); closing ends everything that is open.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from '../formats/address.ts';
import { resetSocket } from '../formats/tcp-reset.ts';
import type { Decide, Engine, Log } from '../model/connection.ts';
import { faultOf } from '../model/fault.ts';
import { type Text, text } from '../model/text.ts';
import { type Crowd, type CrowdOptions, createCrowd, UNBOUNDED } from './crowd.ts';
import { forward } from './forwarder.ts';
import { turnAwayEarly } from './gate.ts';
import { listenProblem } from './listen-problem.ts';
import { peek } from './peek.ts';
import { CONNECTED, endWith, failureReply } from './replies.ts';
import type { Authority, ForwardOptions } from './route.ts';
import { greetSocks } from './socks-greeting.ts';
import { classifyFirst, enterTunnel, MAX_PEEK, type TunnelAnswer, type TunnelOptions } from './tunnel.ts';
import { createTurns } from './turns.ts';
import { flowFacts, type Named, NOWHERE, recordEnd, type Visitor } from './visitor.ts';

export interface DoorOptions {
  host: string;
  /** 0 = any free port. */
  port: number;
  engine: Engine;
  /** Only private-range clients, unless the operator allows more. */
  admit: (clientIp: string) => boolean;
  decide: Decide;
  /** Registered device id of a client, by address or by the user name of its proxy login; null when nobody knows it. */
  identify: (who: { ip: string; proxyUser: string | null }) => string | null;
  /** Of the client's network hardware; null when it is not known. Default: never known. */
  macOf?: (clientIp: string) => string | null;
  /** Resolves when `macOf` and `identify` know a new address as well as they can; null: they do. */
  meet?: (clientIp: string) => Promise<void> | null;
  /** The name a phone last looked an address up as; null when it never did. For redirected connections, which name none. */
  nameOf?: (clientIp: string, address: string) => string | null;
  now: () => number;
  log: Log;
  /** One line for a person who opens the proxy port in a browser. */
  hint?: string;
  /** Ask HTTP clients for a login, so that phones behind one address can be told apart. Default false. */
  challenge?: boolean;
  /** Milliseconds. */
  timeouts?: Partial<DoorTimeouts>;
  /** How many connections there may be, and of each phone. Default: 20,000, whoever holds them. */
  places?: CrowdOptions;
  /** A phone is beyond its share; told at most once a second. */
  onCrowded?: (clientIp: string, turnedAway: number) => void;
}

export interface DoorTimeouts {
  /** Until the first byte of a connection. Browsers open spare connections long before they use them. */
  silenceMs: number;
  /** For a ClientHello or a first head, from its first byte. */
  helloMs: number;
  /** Between requests on a kept-alive proxy connection. */
  keepAliveMs: number;
}

export interface Redirected {
  arrival: 'transparent';
  /** An address. */
  host: string;
  port: number;
}

export interface Door {
  /** Where it listens. */
  host: string;
  port: number;
  /** For another port that leads here: a connection from this address would be turned away, and that need not be told. */
  isTurnedAway(ip: string): boolean;
  /** A connection redirected here by the gateway, with the destination it had. */
  accept(socket: Socket, at: Redirected): void;
  /** One that may not go where it wants: recorded, then reset. */
  refuse(socket: Socket, at: Redirected, why: Text): void;
  /** Stops listening, closes the engine, ends what is open. Resolves when all is closed; safe to call twice. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUTS: DoorTimeouts = { silenceMs: 120_000, helloMs: 15_000, keepAliveMs: 120_000 };
const HINT = 'phonehome: this is the proxy port; enter it as HTTP proxy in the Wi-Fi settings of the phone';
/** Of connections that wait to be accepted: beyond it the system drops them, and a phone tries again after a second. */
const BACKLOG = 4096;
const NOTHING = Buffer.alloc(0);

type Kind = 'tls' | 'http' | 'socks4' | 'socks5' | 'garbage';

/** Rejects with one line that says what to do when the port cannot be had. */
export function createDoor(options: DoorOptions): Promise<Door> {
  const { log } = options;
  const crowd = createCrowd(options.places ?? UNBOUNDED, options.now, (ip) => options.onCrowded?.(ip, 1));
  const turns = createTurns();
  const engine = crowd.counted(options.engine);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const tunnelOptions: TunnelOptions = {
    engine,
    decide: options.decide,
    helloTimeoutMs: timeouts.helloMs,
    silenceMs: timeouts.silenceMs,
    run: (visitor, task) => run(visitor, task),
  };
  const forwardOptions: ForwardOptions = {
    engine,
    decide: options.decide,
    identify: options.identify,
    now: options.now,
    challenge: options.challenge ?? false,
    headTimeoutMs: timeouts.helloMs,
    keepAliveMs: timeouts.keepAliveMs,
    hint: options.hint ?? HINT,
    onConnect: (visitor, authority, rest) => run(visitor, connect(visitor, authority, rest)),
  };

  const device = (visitor: Visitor) => options.identify({ ip: visitor.from.ip, proxyUser: visitor.user });

  const arrive = (socket: Socket): Visitor | null => {
    socket.on('error', ignore);
    const { remoteAddress } = socket;
    const ip = remoteAddress === undefined ? 'unknown' : plainAddress(remoteAddress);
    const isAdmitted = remoteAddress !== undefined && options.admit(ip);
    const turnedAway = !isAdmitted || crowd.enter(ip, socket) ? 0 : crowd.turnAway(ip);
    // Of those that are not told one by one nothing is made: a flood costs as little as it can.
    if (turnedAway === null) {
      resetSocket(socket);
      return null;
    }
    const visitor: Visitor = {
      socket,
      openedAt: options.now(),
      from: { ip, port: socket.remotePort ?? 0 },
      user: null,
      seen: false,
    };
    if (remoteAddress === undefined) {
      recordEnd(engine, visitor, flowFacts(visitor, null, NOWHERE), 'client-reset', text('ended.unseen'));
      socket.destroy();
      return null;
    }
    if (!isAdmitted) turnAway(visitor, text('treated.stranger'));
    else if (turnedAway === 0) return visitor;
    else {
      options.onCrowded?.(ip, turnedAway);
      turnAway(visitor, text('treated.crowded-closed', { count: turnedAway }));
    }
    return null;
  };
  const turnAway = (visitor: Visitor, reason: Text): void => {
    const facts = flowFacts(visitor, null, NOWHERE, { treatment: 'refuse', reason });
    recordEnd(engine, visitor, facts, 'refused-by-policy', reason);
    resetSocket(visitor.socket);
  };

  /** Learns which hardware stands behind an address, before anything is recorded of its connection. */
  const meet = async (visitor: Visitor): Promise<void> => {
    const meeting = options.meet?.(visitor.from.ip);
    if (meeting) await meeting;
    const mac = options.macOf?.(visitor.from.ip);
    if (mac) visitor.from = { ...visitor.from, mac };
  };

  /** The last net under a connection: it is closed and recorded whatever goes wrong. */
  const run = (visitor: Visitor, task: Promise<void>): void => {
    task.catch((error: unknown) => {
      log.error({ ...faultOf(error) }, 'a connection failed in the door');
      leaveUnseen(visitor, 'error', text('ended.internal'));
      visitor.socket.destroy();
    });
  };
  const leaveUnseen = (
    visitor: Visitor,
    reason: Parameters<typeof recordEnd>[3],
    detail: Text | null,
    sent: Buffer | null = null,
  ) => {
    if (visitor.seen) return;
    recordEnd(engine, visitor, flowFacts(visitor, device(visitor), NOWHERE), reason, detail, sent);
  };

  /** All that the phone says, up to a bound, where nobody answers it. */
  const hearOut = async (socket: Socket, bytes: Buffer): Promise<Buffer> => {
    socket.unshift(bytes);
    return (await peek(socket, { test: () => null, maxBytes: MAX_PEEK, timeoutMs: timeouts.helloMs })).bytes;
  };

  const welcome = async (visitor: Visitor): Promise<void> => {
    const { socket } = visitor;
    await meet(visitor);
    const first = await peek(socket, { test: kindOf, maxBytes: 1, timeoutMs: timeouts.silenceMs });
    if (!first.ok) {
      const reason = first.why === 'reset' ? 'client-reset' : first.why === 'timeout' ? 'idle-timeout' : 'ended';
      leaveUnseen(visitor, reason, text('ended.nothing-said'));
      socket.destroy();
      return;
    }
    switch (first.value) {
      case 'tls':
        return direct(visitor, first.bytes);
      case 'http':
        // A connection that ends without any request still has to be recorded.
        socket.once('close', () => leaveUnseen(visitor, 'ended', text('ended.no-request')));
        return forward(forwardOptions, visitor, first.bytes);
      case 'socks4':
      case 'socks5':
        return socks(visitor, first.value, first.bytes);
      case 'garbage':
        leaveUnseen(visitor, 'client-garbage', text('ended.no-protocol'), await hearOut(socket, first.bytes));
        resetSocket(socket);
    }
  };

  const connect = (visitor: Visitor, authority: Authority, rest: Buffer): Promise<void> =>
    tunnel(visitor, { arrival: 'http-connect', ...authority }, rest, {
      success: CONNECTED,
      failure: (reason, detail) => endWith(visitor.socket, failureReply(reason, detail)),
    });

  const socks = async (visitor: Visitor, version: 'socks4' | 'socks5', bytes: Buffer): Promise<void> => {
    visitor.socket.unshift(bytes);
    const greeted = await greetSocks(visitor.socket, version, timeouts.helloMs);
    if (!greeted.ok) {
      visitor.socket.write(greeted.last);
      // One that stopped in the middle was waited for already.
      const more = greeted.last.length > 0 ? await hearOut(visitor.socket, NOTHING) : NOTHING;
      leaveUnseen(visitor, greeted.reason, greeted.detail, Buffer.concat([greeted.sent, more]));
      endWith(visitor.socket, NOTHING);
      return;
    }
    visitor.user = greeted.user;
    await tunnel(visitor, { arrival: 'socks5', host: greeted.host, port: greeted.port }, greeted.rest, {
      success: greeted.reply(null),
      failure: (reason) => endWith(visitor.socket, greeted.reply(reason)),
    });
  };

  /** TLS without a proxy request before it: the server name says where to, the port is 443. */
  const direct = async (visitor: Visitor, bytes: Buffer): Promise<void> => {
    const { socket } = visitor;
    socket.unshift(bytes);
    const hello = await peek(socket, { test: classifyFirst, maxBytes: MAX_PEEK, timeoutMs: timeouts.helloMs });
    const sni = hello.ok && hello.value !== 'other' ? hello.value.facts.sni : null;
    if (!hello.ok || hello.value === 'other' || sni === null) {
      const isTls = hello.ok && hello.value !== 'other';
      const why = text(isTls ? 'ended.no-name' : 'ended.no-hello');
      const facts = flowFacts(visitor, device(visitor), { ...NOWHERE, arrival: 'tls-direct' });
      const reason = !hello.ok && hello.why === 'reset' ? 'client-reset' : 'client-garbage';
      const sent = hello.ok && !isTls ? await hearOut(socket, hello.bytes) : hello.bytes;
      // What is no TLS can be read as it stands.
      if (isTls) recordEnd(engine, visitor, { ...facts, encrypted: true, intercepted: false }, reason, why);
      else recordEnd(engine, visitor, facts, reason, why, sent);
      resetSocket(socket);
      return;
    }
    await tunnel(
      visitor,
      { arrival: 'tls-direct', host: sni, port: 443 },
      hello.bytes,
      resetOnFailure(socket),
      hello.value,
    );
  };

  const redirected = async (visitor: Visitor, at: Redirected): Promise<void> => {
    await meet(visitor);
    const lookedUpAs = options.nameOf?.(visitor.from.ip, at.host);
    const named = lookedUpAs === undefined ? at : { ...at, lookedUpAs };
    await tunnel(visitor, named, NOTHING, resetOnFailure(visitor.socket));
  };

  const tunnel = (
    visitor: Visitor,
    named: Named,
    early: Buffer,
    answer: TunnelAnswer,
    known: Parameters<typeof enterTunnel>[6] = null,
  ): Promise<void> => enterTunnel(tunnelOptions, visitor, device(visitor), named, answer, early, known);

  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    // Read when its turn comes.
    pauseOnConnect: true,
  });
  server.on('connection', (socket) => {
    const visitor = arrive(socket);
    if (visitor) turns.begin(visitor.from.ip, () => run(visitor, welcome(visitor)));
  });

  return listen(server, options, crowd.isTurnedAway).then(({ host, port }) => ({
    host,
    port,
    isTurnedAway: crowd.isTurnedAway,
    accept(socket, at) {
      const visitor = arrive(socket);
      if (!visitor) return;
      turns.begin(visitor.from.ip, () => run(visitor, redirected(visitor, at)));
    },
    refuse(socket, at, why) {
      const visitor = arrive(socket);
      if (!visitor) return;
      const decision = { treatment: 'refuse', reason: why } as const;
      recordEnd(engine, visitor, flowFacts(visitor, device(visitor), at, decision), 'refused-by-policy', why);
      resetSocket(socket);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      turns.close();
      engine.close();
      for (const socket of crowd.all()) socket.destroy();
      await closed;
    },
  }));
}

function ignore(): void {}

function resetOnFailure(socket: Socket): TunnelAnswer {
  return { success: NOTHING, failure: () => resetSocket(socket) };
}

/** By the first byte alone: no protocol served here shares one with another. */
function kindOf(bytes: Buffer): Kind | null {
  const byte = bytes[0];
  if (byte === undefined) return null;
  if (byte === 0x16) return 'tls';
  if (byte === 4) return 'socks4';
  if (byte === 5) return 'socks5';
  const letter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
  // Empty lines before a request are allowed (RFC 9112 2.2).
  return letter || byte === 13 || byte === 10 ? 'http' : 'garbage';
}

function listen(
  server: Server,
  { host, port }: DoorOptions,
  isTurnedAway: Crowd['isTurnedAway'],
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem(error, host, port, '--proxy-port')));
    server.listen({ host, port, backlog: BACKLOG }, () => {
      turnAwayEarly(server, isTurnedAway);
      const bound = server.address();
      resolve(bound && typeof bound === 'object' ? { host: bound.address, port: bound.port } : { host, port });
    });
  });
}

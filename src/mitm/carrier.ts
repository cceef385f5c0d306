/**
 * The second engine: http-mitm-proxy carries HTTP/1.1 and WebSockets in place of the relay, behind the same door, the
 * same dial and the same TLS, and tells the same flow events itself. What it cannot carry goes through the wire.
 * Promise: every flow given to it is closed exactly once with a reason; a side that breaks is passed on as a break.
 */

import type { IncomingMessage } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { codeOf } from '../formats/error-line.ts';
import { resetSocket } from '../formats/tcp-reset.ts';
import type { Carrier, Leg, LiveFlow, Log, PairOptions, PlainConnection, Tunnel } from '../model/connection.ts';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { createCore, createGivenServer } from './core.ts';

export interface MitmOptions {
  now: () => number;
  log: Log;
}

/** One phone connection; `find` gives the conversation a request belongs to, or answers the phone itself. */
interface Visit {
  find(request: IncomingMessage): Promise<Conversation | null> | Conversation;
  /** Resets both sides of a conversation that broke. */
  broke(conversation: Conversation, side: 'phone' | 'server', error: NodeJS.ErrnoException): void;
  garbage(): void;
  connect(target: string, socket: Duplex, rest: Buffer): void;
}

/** Within this time a phone reads its answer and leaves. */
const LINGER_MS = 3000;
/** Servers of one phone connection: a browser uses one connection for one host. */
const MAX_SERVERS = 8;
/** TLS without a protocol list on these ports is taken for HTTP. */
const WEB_PORTS = new Set([443, 8443]);
/** `PRI *` begins HTTP/2. */
const HTTP_START = /^(?!PRI )[A-Z]{3,20} [/*]/;

export function createMitmCarrier({ now, log }: MitmOptions): Carrier {
  const visits = new WeakMap<Duplex, Visit>();
  const owners = new WeakMap<Conversation, Visit>();
  const core = createCore((conversation, side, error) => owners.get(conversation)?.broke(conversation, side, error));
  const server = createGivenServer();

  const found = (request: IncomingMessage, use: (conversation: Conversation) => void): void => {
    const visit = visits.get(request.socket);
    if (!visit) {
      request.socket.destroy();
      return;
    }
    const run = (conversation: Conversation | null) => {
      if (!conversation) return;
      owners.set(conversation, visit);
      try {
        use(conversation);
      } catch (error) {
        // Node's client refuses some heads Node's server took.
        visit.broke(conversation, 'server', error as Error);
      }
    };
    const answer = visit.find(request);
    if (!(answer instanceof Promise)) run(answer);
    else
      answer.then(run, (error: unknown) => {
        log.error({ error: String(error) }, 'http-mitm-proxy: a request failed');
        request.socket.destroy();
      });
  };

  server.on('request', (request, response) => found(request, (flow) => core.request(flow, request, response)));
  server.on('upgrade', (request, socket, head) => found(request, (flow) => core.upgrade(flow, request, socket, head)));
  server.on('connect', (request, socket, head) => visits.get(socket)?.connect(request.url ?? '', socket, head));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_')) visits.get(socket)?.garbage();
    else socket.destroy(error);
  });

  const give = (socket: Socket, visit: Visit): void => {
    visits.set(socket, visit);
    // Node would close at once behind the last answer: a phone that still uploads would meet a reset before it reads it.
    Object.assign(socket, {
      destroySoon() {
        socket.end();
        const timer = setTimeout(() => socket.destroy(), LINGER_MS);
        socket.once('close', () => clearTimeout(timer));
      },
    });
    server.emit('connection', socket);
    socket.resume();
  };

  function carry(phone: Leg, serverLeg: Leg, flow: LiveFlow, told: PairOptions): void {
    const conversation = createConversation({ flow, server: serverLeg, phone: phone.stream, now });
    let first = told.onFirstUp;
    let over = false;
    const finish = (reason: CloseReason, detail: Text | null) => {
      if (over) return;
      over = true;
      const better = told.explain?.(reason);
      conversation.end(better?.reason ?? reason, better?.detail ?? detail);
    };
    const abort = (reason: CloseReason, detail: Text | null) => {
      finish(reason, detail);
      resetSocket(phone.raw);
    };
    const phoneBroke = (error: NodeJS.ErrnoException) => finish(reasonOf(error, 'client'), codeOf(error));
    const serverBroke = (error: NodeJS.ErrnoException) => {
      const reason = reasonOf(error, 'server');
      // The last words of its answer may be on their way through the pipe.
      setImmediate(() => {
        if (conversation.busy && conversation.answered) finish(reason, codeOf(error));
        else abort(reason, codeOf(error));
      });
    };
    const serverGone = () => {
      if (!conversation.busy) phone.stream.end();
    };
    // What happened before: an end already read, an error already told, a close nobody will tell again.
    if (phone.stream.readableEnded) told.onClientEnd?.();
    if (phone.stream.errored) phoneBroke(phone.stream.errored);
    else if (phone.stream.closed) finish(phone.stream.readableEnded ? 'ended' : 'client-reset', null);
    else if (serverLeg.stream.errored) serverBroke(serverLeg.stream.errored);
    if (over) return;
    phone.stream.once('end', () => told.onClientEnd?.());
    phone.stream.on('error', phoneBroke);
    phone.stream.once('close', () => finish('ended', null));
    serverLeg.stream.on('error', serverBroke);
    serverLeg.stream.once('end', serverGone);
    serverLeg.stream.once('close', () => (conversation.busy ? phone.stream.end() : serverGone()));
    if (serverLeg.stream.readableEnded || serverLeg.stream.closed) serverGone();
    give(phone.stream, {
      find() {
        first?.();
        first = undefined;
        return conversation;
      },
      broke(_conversation, side, error) {
        if (side === 'phone') return finish('client-reset', codeOf(error));
        abort('server-reset', text('ended.code', { code: error.code ?? error.message }));
      },
      garbage() {
        conversation.unreadable('unheard.mitm');
        abort('client-garbage', text('ended.mitm-form'));
      },
      // A proxy request to a server, not to the lab: only the wire can carry what follows it.
      connect: () => abort('client-garbage', text('ended.mitm-connect')),
    });
  }

  function plain({ client, early, open, connect }: PlainConnection): void {
    const servers = new Map<string, Promise<Conversation | null>>();
    const live = new Set<Conversation>();
    const leave = (reason: CloseReason, detail: Text | null) => {
      for (const conversation of live) conversation.end(reason, detail);
      live.clear();
    };
    const reach = async (target: { host: string; port: number }): Promise<Conversation | null> => {
      const opened = await open(target, () => client.destroy());
      if (!opened.ok) {
        client.end(opened.reply);
        return null;
      }
      const { socket } = opened.dialled;
      const leg = { stream: socket, raw: socket };
      const conversation = createConversation({ flow: opened.flow, server: leg, phone: null, now });
      if (client.destroyed) {
        conversation.end('client-reset', text('ended.while-dialled'));
        return null;
      }
      live.add(conversation);
      const gone = (reason: CloseReason, detail: Text | null) => {
        servers.delete(keyOf(target));
        live.delete(conversation);
        conversation.end(reason, detail);
      };
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const isBroken = conversation.busy && !conversation.answered;
        gone(reasonOf(error, 'server'), codeOf(error));
        if (isBroken) resetSocket(client);
      });
      socket.once('end', () => {
        if (!conversation.busy) gone('ended', null);
      });
      socket.once('close', () => gone('ended', null));
      const idle = [...live].find((one) => one !== conversation && !one.busy);
      if (live.size > MAX_SERVERS && idle) {
        live.delete(idle);
        idle.end('ended', text('ended.room'));
      }
      return conversation;
    };
    client.on('error', (error: NodeJS.ErrnoException) => leave(reasonOf(error, 'client'), codeOf(error)));
    client.once('close', () => leave('ended', null));
    if (early.length > 0) client.unshift(early);
    give(client, {
      find(request) {
        const target = targetOf(request.url ?? '');
        if (!target) {
          client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          return Promise.resolve(null);
        }
        const key = keyOf(target);
        const known = servers.get(key) ?? reach(target);
        servers.set(key, known);
        return known;
      },
      broke(conversation, side, error) {
        live.delete(conversation);
        conversation.end(side === 'phone' ? 'client-reset' : 'server-reset', codeOf(error));
        if (side === 'server') resetSocket(client);
      },
      garbage() {
        for (const conversation of live) conversation.unreadable('unheard.mitm');
        leave('client-garbage', text('ended.mitm-form'));
        resetSocket(client);
      },
      connect(text, _socket, rest) {
        leave('ended', null);
        const target = targetOf(`http://${text}`, 443);
        if (!target) return void resetSocket(client);
        client.pause();
        connect(target, rest);
      },
    });
  }

  return { engine: 'http-mitm-proxy', alpn: ['http/1.1', 'http/1.0'], takes, carry, plain };
}

/** HTTP/1 by the protocols offered, by the port, or by the first bytes in clear. */
function takes({ hello, port, early }: Tunnel): boolean {
  if (!hello) return HTTP_START.test(early.toString('latin1', 0, 40));
  return hello.alpn.length > 0 ? hello.alpn.includes('http/1.1') : WEB_PORTS.has(port);
}

function reasonOf(error: NodeJS.ErrnoException, side: 'client' | 'server'): CloseReason {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? `${side}-reset` : 'error';
}

/** Where an absolute-form request goes. Not by the library, which splits IPv6 addresses at their first colon. */
function targetOf(url: string, defaultPort = 80): { host: string; port: number } | null {
  const match = /^(?:http|ws):\/\/(?:[^/?#@]*@)?(?:\[([0-9a-f:.]+)\]|([^/?#:@]+))(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(url);
  if (!match) return null;
  const host = match[1] ?? match[2] ?? '';
  if (match[1] !== undefined && !isIPv6(host)) return null;
  const port = match[3] ? Number(match[3]) : defaultPort;
  return port > 0 && port < 65536 ? { host, port } : null;
}

function keyOf({ host, port }: { host: string; port: number }): string {
  return `${host.toLowerCase()}:${port}`;
}

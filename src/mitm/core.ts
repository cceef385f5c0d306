/**
 * http-mitm-proxy without its sockets: its way of carrying one request, one answer, one WebSocket, and nothing of its
 * listening, dialling, certificate files and printing, which the door and the wire do.
 * Promise: an error is told to the conversation it belongs to and never written into an answer; what is carried is shown.
 */
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type IContext, type IWebSocketContext, Proxy as MitmProxy } from 'http-mitm-proxy';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Conversation, Exchange } from './conversation.ts';
import { createTap } from './tap.ts';

export interface Core {
  /** Carries one request of a conversation. */
  request(conversation: Conversation, request: IncomingMessage, response: ServerResponse): void;
  /** Answers a WebSocket handshake and carries the WebSocket; refuses other upgrades. */
  upgrade(conversation: Conversation, request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** `failed`: carrying went wrong; `side` says whose doing it was. */
export type OnFailed = (conversation: Conversation, side: 'phone' | 'server', error: Error) => void;

/** What the library adds to the socket's WebSocket. */
type Upgraded = WebSocket & { upgradeReq?: IncomingMessage; _socket?: Duplex };

export function createCore(onFailed: OnFailed): Core {
  const carried = new WeakMap<IncomingMessage, { conversation: Conversation; exchange: Exchange }>();
  const sockets = new WeakMap<WebSocket, { conversation: Conversation; exchange: Exchange }>();

  class QuietProxy extends MitmProxy {
    /** The original prints, and ends the answer with the error's text: a phone would take that for the server's words. */
    override _onError(kind: string, context: IContext | null, error: Error): void {
      const about = context && carried.get(context.clientToProxyRequest);
      if (!about) return;
      const side = kind.startsWith('CLIENT_TO_PROXY') || kind.startsWith('PROXY_TO_CLIENT') ? 'phone' : 'server';
      onFailed(about.conversation, side, error);
    }
  }
  const proxy = new QuietProxy();
  // What `listen` would set before it opens a port and makes an RSA authority on disk.
  proxy.options = {};
  proxy.keepAlive = true;
  proxy.timeout = 0;
  proxy.connectRequests = {};

  proxy.onRequest((context, next) => {
    const about = carried.get(context.clientToProxyRequest);
    const options = context.proxyToServerRequestOptions;
    if (!about || !options) return next(new Error('a request nobody knows'));
    const { conversation, exchange } = about;
    const request = context.clientToProxyRequest;
    options.agent = conversation.agent;
    options.host = conversation.host;
    options.port = conversation.port;
    if (exchange.authority !== null) {
      options.headers.host = exchange.authority;
      options.path = exchange.target;
    }
    context.requestFilters.push(
      createTap(
        () => context.proxyToServerRequest,
        (chunk) => exchange.body('request', chunk),
        () => exchange.bodyEnd('request', request.rawTrailers),
      ),
    );
    return next();
  });
  proxy.onResponse((context, next) => {
    const about = carried.get(context.clientToProxyRequest);
    const answer = context.serverToProxyResponse;
    if (!about || !answer) return next(new Error('an answer nobody knows'));
    const { exchange } = about;
    exchange.responseHead(answer.statusCode ?? 0, answer.rawHeaders);
    let goesOn = false;
    // Not by `addResponseFilter`: that would replace the content length by chunks.
    context.responseFilters.push(
      createTap(
        () => context.proxyToClientResponse,
        (chunk) => {
          goesOn = true;
          exchange.body('response', chunk);
        },
        () => {
          goesOn = true;
          exchange.bodyEnd('response', answer.rawTrailers);
        },
      ),
    );
    // Node keeps a head back until the first byte of its body; an event stream may have none for minutes.
    setImmediate(() => {
      if (!goesOn) context.proxyToClientResponse.flushHeaders();
    });
    return next();
  });
  proxy.onWebSocketConnection((context, next) => {
    const about = aboutSocket(context);
    const options = context.proxyToServerWebSocketOptions;
    if (!about || !options) return next(new Error('a WebSocket nobody knows'));
    const { conversation, exchange } = about;
    options.agent = conversation.agent;
    // The Host field says the name; the library's own address is wrong for IPv6.
    options.url = `${conversation.secure ? 'wss' : 'ws'}://server${exchange.target}`;
    next();
    // `next` made it: the library offers no hook of its own for the server's answer.
    context.proxyToServerWebSocket?.once('upgrade', (answer: IncomingMessage) =>
      exchange.upgraded(answer.statusCode ?? 101, answer.rawHeaders),
    );
  });
  proxy.onWebSocketFrame((context, type, fromServer, data, flags, next) => {
    const label = type === 'message' ? (flags ? 'binary' : 'text') : String(type);
    aboutSocket(context)?.exchange.message(fromServer ? 'response' : 'request', label, Buffer.from(data as Buffer));
    next(null, data, flags);
  });
  proxy.onWebSocketError((context, error) => {
    const about = aboutSocket(context);
    if (about && error) onFailed(about.conversation, 'server', error);
  });

  function aboutSocket(context: IWebSocketContext) {
    const socket = context.clientToProxyWebSocket;
    return socket ? sockets.get(socket) : undefined;
  }

  const handshakes = new WebSocketServer({ noServer: true });

  return {
    request(conversation, request, response) {
      carried.set(request, { conversation, exchange: conversation.begin(request) });
      proxy._onHttpServerRequest(conversation.secure, request, response);
    },
    upgrade(conversation, request, socket, head) {
      const exchange = conversation.begin(request);
      handshakes.handleUpgrade(request, socket, head, (upgraded: Upgraded) => {
        upgraded.upgradeReq = request;
        sockets.set(upgraded, { conversation, exchange });
        proxy._onWebSocketServerConnect(conversation.secure, upgraded, request);
      });
    },
  };
}

/** An HTTP server that never listens: connections are given to it. As tolerant as Node's parser is by its own choice. */
export function createGivenServer(): Server {
  const server = new Server({
    noDelay: true,
    requireHostHeader: false,
    keepAliveTimeout: 120_000,
    requestTimeout: 0,
    maxHeaderSize: 64 * 1024,
  });
  // A phone that has said all it wants still waits for its answer. Known to Node, not to its types.
  return Object.assign(server, { httpAllowHalfOpen: true });
}

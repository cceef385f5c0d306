/**
 * What one flow says while http-mitm-proxy carries it, told as flow events: the same words the readers use.
 * Promise: events of one exchange come in order, every head has exactly one `body-end`, nothing comes after the flow
 * was closed, and bytes are counted as they came from each side.
 */

import type { Agent, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { urlHost } from '../formats/address.ts';
import { resetSocket } from '../formats/tcp-reset.ts';
import { EN } from '../model/catalogue/en.ts';
import type { Leg, LiveFlow } from '../model/connection.ts';
import type { CloseReason, Direction } from '../model/flow.ts';
import { type PlainKey, type Text, text } from '../model/text.ts';
import { createAgent } from './agent.ts';

export interface Exchange {
  /** Origin form. */
  readonly target: string;
  /** What `Host` has to say, where the request named its server itself; else null. */
  readonly authority: string | null;
  body(direction: Direction, bytes: Buffer): void;
  bodyEnd(direction: Direction, trailers: string[]): void;
  responseHead(status: number, rawHeaders: string[]): void;
  /** From here on the exchange is a WebSocket. */
  upgraded(status: number, rawHeaders: string[]): void;
  message(direction: Direction, label: string, bytes: Buffer): void;
}

export interface Conversation {
  readonly flow: LiveFlow;
  readonly agent: Agent;
  /** Where requests go, whatever their Host says. */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  begin(request: IncomingMessage): Exchange;
  /** Exchanges that are not whole. */
  readonly busy: boolean;
  /** All that was asked has its whole answer, though requests may still go on. */
  readonly answered: boolean;
  unreadable(why: PlainKey): void;
  /** Ends the server's connection and closes the flow; safe to call twice. */
  end(reason: CloseReason, detail: Text | null): void;
}

export interface ConversationOptions {
  flow: LiveFlow;
  server: Leg;
  /** Null where several flows share the phone's connection: then what goes to the server is counted. */
  phone: Socket | null;
  now: () => number;
}

export function createConversation({ flow, server, phone, now }: ConversationOptions): Conversation {
  const { id, destination, encrypted } = flow.flow;
  const agent = createAgent(server.stream, encrypted);
  const upBefore = phone ? phone.bytesRead - phone.readableLength : 0;
  const downBefore = server.stream.bytesRead - server.stream.readableLength;
  const open = new Set<{ exchange: number; request: boolean; response: boolean }>();
  let exchanges = 0;
  let over = false;

  const bodyEnd = (exchange: number, direction: Direction, trailers: [string, string][], complete: boolean) =>
    flow.emit({ type: 'body-end', flowId: id, exchange, direction, time: now(), trailers, complete });

  return {
    flow,
    agent,
    host: destination.host,
    port: destination.port,
    secure: encrypted,
    get busy() {
      return open.size > 0;
    },
    get answered() {
      return [...open].every(({ response }) => !response);
    },
    begin(request) {
      const exchange = ++exchanges;
      const state = { exchange, request: true, response: true };
      open.add(state);
      const headers = pairs(request.rawHeaders).filter(([name]) => !/^proxy-/i.test(name));
      const scheme = encrypted ? 'https' : 'http';
      const url = request.url ?? '/';
      const target = originForm(url);
      // In a tunnel the request is the server's to understand.
      const named = phone === null ? ABSOLUTE.exec(url) : null;
      const authority = named?.[2] ?? null;
      if (named) leaveOut(flow, now(), [named[1], named[3], ...hostsBeside(request, authority)]);
      flow.emit({
        type: 'request-head',
        flowId: id,
        exchange,
        time: now(),
        protocol: `http/${request.httpVersion}`,
        method: request.method ?? '',
        target,
        scheme,
        authority: authority ?? request.headers.host ?? authorityOf(destination, scheme),
        headers,
      });
      const close = (direction: Direction, trailers: string[], complete: boolean) => {
        const half = direction === 'request' ? 'request' : 'response';
        if (!state[half]) return;
        state[half] = false;
        bodyEnd(exchange, direction, pairs(trailers), complete);
        if (!state.request && !state.response) open.delete(state);
      };
      const responseHead = (status: number, rawHeaders: string[]) =>
        flow.emit({
          type: 'response-head',
          flowId: id,
          exchange,
          time: now(),
          status,
          headers: pairs(rawHeaders),
        });
      return {
        target,
        authority,
        body: (direction, bytes) =>
          flow.emit({ type: 'body-chunk', flowId: id, exchange, direction, time: now(), bytes }),
        bodyEnd: (direction, trailers) => close(direction, trailers, true),
        responseHead,
        upgraded(status, rawHeaders) {
          close('request', [], true);
          responseHead(status, rawHeaders);
          close('response', [], true);
          flow.emit({ type: 'upgraded', flowId: id, exchange, time: now(), protocol: 'websocket' });
        },
        message: (direction, label, bytes) =>
          flow.emit({
            type: 'message',
            flowId: id,
            exchange,
            direction,
            time: now(),
            protocol: 'websocket',
            label,
            bytes,
            final: true,
          }),
      };
    },
    unreadable: (why) =>
      flow.emit({
        type: 'unreadable',
        flowId: id,
        direction: 'request',
        time: now(),
        reason: EN[why],
        text: text(why),
      }),
    end(reason, detail) {
      if (over) return;
      over = true;
      for (const { exchange, request, response } of open) {
        if (request) bodyEnd(exchange, 'request', [], false);
        if (response) bodyEnd(exchange, 'response', [], false);
      }
      open.clear();
      flow.count('request', phone ? phone.bytesRead - upBefore : server.stream.bytesWritten);
      flow.count('response', server.stream.bytesRead - downBefore);
      flow.close(reason, detail);
      // The server must not take a request that broke off for one that ended.
      if (reason === 'client-reset') resetSocket(server.raw);
      agent.destroy();
      server.stream.destroy();
      server.raw.destroy();
    },
  };
}

/** User, authority, fragment. */
const ABSOLUTE = /^[a-z]+:\/\/(?:([^/?#@]*)@)?([^/?#@]*)[^#]*(#.*)?$/i;

/** What the server does not get of what the phone wrote is searched all the same. */
function leaveOut(flow: LiveFlow, time: number, parts: (string | undefined)[]): void {
  const text = parts.filter(Boolean).join('\n');
  if (text === '') return;
  flow.emit({
    type: 'raw-bytes',
    flowId: flow.flow.id,
    direction: 'request',
    time,
    bytes: Buffer.from(`${text}\n`, 'latin1'),
  });
}

/** `Host` fields that name another server. */
function hostsBeside(request: IncomingMessage, authority: string | null): string[] {
  return pairs(request.rawHeaders)
    .filter(([name, value]) => name.toLowerCase() === 'host' && value.toLowerCase() !== authority?.toLowerCase())
    .map(([, value]) => value);
}

/** Node's `rawHeaders` as the model's pairs. */
function pairs(raw: string[]): [string, string][] {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at]!, raw[at + 1]!]);
  return headers;
}

/** What the server is asked for: the default engine's door writes absolute targets to it in this form, too. */
function originForm(target: string): string {
  const match = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(target);
  if (!match) return target;
  return match[1]!.startsWith('/') ? match[1]! : `/${match[1]}`;
}

function authorityOf({ host, port }: { host: string; port: number }, scheme: string): string {
  const name = urlHost(host);
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

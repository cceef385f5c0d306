/**
 * What to do with one head on the proxy port: hand over a CONNECT, forward an absolute-form request, or answer it here.
 * Promise: policy is asked before any server is dialled, and every refusal or failed dial leaves a closed flow.
 */

import { type Framing, frameRequest } from '../formats/http1-framing.ts';
import { asksUpgrade, parseRequestLine, type RequestLine } from '../formats/http1-head.ts';
import { say } from '../formats/say.ts';
import type { Decide, Dialled, Engine, LiveFlow, PlainConnection } from '../model/connection.ts';
import { type Text, text } from '../model/text.ts';
import { type Head, parseAbsoluteTarget, parseAuthority, proxyUser, toOriginForm } from './http-head.ts';
import { CHALLENGE, failureReply, httpReply } from './replies.ts';
import { flowFacts, type Named, recordEnd, type Visitor } from './visitor.ts';

export interface Authority {
  host: string;
  port: number;
}

export interface ForwardOptions {
  engine: Engine;
  decide: Decide;
  identify: (who: { ip: string; proxyUser: string | null }) => string | null;
  now: () => number;
  /** Ask for a proxy login before anything is relayed. */
  challenge: boolean;
  /** Time for a whole head once it began, and for a new request on a kept-alive connection, milliseconds. */
  headTimeoutMs: number;
  keepAliveMs: number;
  /** What a person sees who opens the proxy port in a browser. */
  hint: string;
  /** Takes the connection over for a CONNECT; `rest` came after its head. */
  onConnect: (visitor: Visitor, authority: Authority, rest: Buffer) => void;
}

export type Opened = { ok: true; dialled: Dialled & { ok: true }; flow: LiveFlow } | { ok: false; reply: Buffer };

export type Routed =
  | { to: 'connect'; authority: Authority }
  | { to: 'reply'; bytes: Buffer; garbage: Text | null }
  | {
      to: 'server';
      key: string;
      method: string;
      head: Buffer;
      /** What was taken out of it, to be looked into all the same; latin1. */
      cut: string;
      asksUpgrade: boolean;
      framing: Framing;
      open: (stop: () => void) => Promise<Opened>;
    };

export function route(options: ForwardOptions, visitor: Visitor, head: Head): Routed {
  const line = parseRequestLine(head.start);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no target holds them, and servers part words at them
  if (!line || /[\x00-\x20\x7f]/.test(line.target)) return reject(400, text('ended.no-request-line'));
  visitor.user = proxyUser(head) ?? visitor.user;
  if (options.challenge && visitor.user === null) {
    const bytes = httpReply(407, 'phonehome: give the device name as user and any password', CHALLENGE);
    return { to: 'reply', bytes, garbage: null };
  }
  if (line.method === 'CONNECT') {
    const authority = parseAuthority(line.target, 443);
    return authority ? { to: 'connect', authority } : reject(400, text('ended.no-authority'));
  }
  const target = parseAbsoluteTarget(line.target, line.method);
  if (!target) return misdirected(options, line);
  if (head.isOdd) return reject(400, text('ended.odd-head'));
  const framing = frameRequest(head.fields, line.minor, line.method);
  // Sent on until the close, it would take the phone's next request along, which may be for another server.
  if (framing.kind === 'ambiguous') return reject(400, text('ended.no-end', { why: text(framing.reason) }));
  const { bytes, cut } = toOriginForm(head, line, target);
  return {
    to: 'server',
    key: `${target.host.toLowerCase()}:${target.port}`,
    method: line.method,
    head: bytes,
    cut,
    asksUpgrade: asksUpgrade(head.fields.headers),
    framing,
    open: (stop) => open(options, visitor, { arrival: 'http-absolute', host: target.host, port: target.port }, stop),
  };
}

function reject(status: number, why: Text): Routed {
  return { to: 'reply', bytes: httpReply(status, `phonehome: ${say(why)}`), garbage: why };
}

function misdirected(options: ForwardOptions, line: RequestLine): Routed {
  if (line.target.startsWith('/') || line.target === '*') {
    return { to: 'reply', bytes: httpReply(400, options.hint), garbage: text('ended.to-proxy') };
  }
  return reject(501, text('ended.absolute'));
}

/** For an engine that serves absolute-form requests itself. `early` begins with a head that was routed to a server. */
export function plainConnection(options: ForwardOptions, visitor: Visitor, early: Buffer): PlainConnection {
  return {
    client: visitor.socket,
    early,
    open: (target, stop) => open(options, visitor, { arrival: 'http-absolute', ...target }, stop),
    connect: (target, rest) => options.onConnect(visitor, target, rest),
  };
}

async function open(options: ForwardOptions, visitor: Visitor, named: Named, stop: () => void): Promise<Opened> {
  const deviceId = options.identify({ ip: visitor.from.ip, proxyUser: visitor.user });
  const decision = options.decide({ ...named, sni: null, deviceId, clientIp: visitor.from.ip, isTls: false });
  if (decision.treatment === 'refuse') {
    const detail = decision.reason ?? text('treated.policy');
    recordEnd(options.engine, visitor, flowFacts(visitor, deviceId, named, decision), 'refused-by-policy', detail);
    return { ok: false, reply: failureReply('refused-by-policy', detail) };
  }
  const dialled = await options.engine.dial({ host: named.host, port: named.port, client: visitor.from.ip });
  if (!dialled.ok) {
    const refused = { treatment: 'refuse', reason: dialled.detail } as const;
    const facts = flowFacts(
      visitor,
      deviceId,
      named,
      dialled.reason === 'refused-by-policy' ? refused : decision,
      dialled,
    );
    recordEnd(options.engine, visitor, facts, dialled.reason, dialled.detail);
    return { ok: false, reply: failureReply(dialled.reason, dialled.detail) };
  }
  visitor.seen = true;
  const flow = options.engine.openFlow(flowFacts(visitor, deviceId, named, decision, dialled), () => {
    dialled.socket.destroy();
    stop();
  });
  return { ok: true, dialled, flow };
}

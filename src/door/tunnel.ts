/**
 * The way into the engine for everything that is one phone connection to one destination: CONNECT, SOCKS, TLS straight
 * on the port, redirected connections. Dials first, answers the phone, peeks at its first bytes, asks policy.
 * Promise: a server that speaks first is relayed as soon as it speaks; two that stay silent are waited for, within a limit; what
 * looks like a ClientHello and is none is relayed as it is.
 */
import { isIP } from 'node:net';
import { type ParsedHello, readClientHello } from '../formats/client-hello.ts';
import { parseRequestLine } from '../formats/http1-head.ts';
import { resetSocket } from '../formats/tcp-reset.ts';
import type { Decide, Decision, Dialled, Engine } from '../model/connection.ts';
import type { CloseReason } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { findHeadEnd, parseAuthority, parseHead, valuesOf } from './http-head.ts';
import { type Peeked, peek } from './peek.ts';
import { flowFacts, type Named, recordEnd, tunnelFor, type Visitor } from './visitor.ts';

/** One-byte records make a hello six times as long as its content. */
export const MAX_PEEK = 6 * 64 * 1024;

export interface TunnelOptions {
  engine: Engine;
  decide: Decide;
  /** Time for the rest of a ClientHello once its first byte came, milliseconds. */
  helloTimeoutMs: number;
  /** For the first word of either side, milliseconds. */
  silenceMs: number;
  /** Looks after a task that goes on once the tunnel was handed over. */
  run: (visitor: Visitor, task: Promise<void>) => void;
}

export interface TunnelAnswer {
  /** Sent when the destination is connected; empty for arrivals that expect nothing. */
  success: Buffer;
  failure: (reason: CloseReason, detail: Text) => void;
}

const NOTHING = Buffer.alloc(0);

type Hello = ParsedHello & { state: 'hello' };
/** What the first bytes are: a whole ClientHello, or anything else. */
type First = Hello | 'other';

export async function enterTunnel(
  options: TunnelOptions,
  visitor: Visitor,
  deviceId: string | null,
  named: Named,
  answer: TunnelAnswer,
  early: Buffer,
  /** Already read where the destination came from the ClientHello itself. */
  known: Hello | null = null,
): Promise<void> {
  const { engine } = options;
  const ask = (hello: { sni: string | null } | null): Decision =>
    options.decide({
      host: named.host,
      port: named.port,
      sni: hello?.sni ?? null,
      deviceId,
      clientIp: visitor.from.ip,
      arrival: named.arrival,
      isTls: hello !== null,
    });
  const refuse = (decision: Decision) => {
    const detail = decision.reason ?? text('treated.policy');
    recordEnd(engine, visitor, flowFacts(visitor, deviceId, named, decision), 'refused-by-policy', detail);
    answer.failure('refused-by-policy', detail);
  };
  const first = ask(null);
  if (first.treatment === 'refuse') return refuse(first);

  const dialled = await engine.dial({ host: named.host, port: named.port, client: visitor.from.ip });
  if (!dialled.ok) {
    const refused: Decision = { treatment: 'refuse', reason: dialled.detail };
    const decision = dialled.reason === 'refused-by-policy' ? refused : first;
    const facts = { ...flowFacts(visitor, deviceId, named, decision, dialled), hello: known?.facts ?? null };
    recordEnd(engine, visitor, facts, dialled.reason, dialled.detail);
    return answer.failure(dialled.reason, dialled.detail);
  }
  const { socket: client } = visitor;
  if (client.destroyed) {
    dialled.socket.destroy();
    const facts = flowFacts(visitor, deviceId, named, first, dialled);
    return recordEnd(engine, visitor, facts, 'client-reset', text('ended.while-dialled'));
  }
  if (answer.success.length > 0) client.write(answer.success);

  await handOver({ options, visitor, deviceId, named, dialled, first, ask }, early, known);
}

/** A connection whose destination answered. */
interface Entered {
  options: TunnelOptions;
  visitor: Visitor;
  deviceId: string | null;
  named: Named;
  dialled: Dialled & { ok: true };
  /** What policy said before the phone's first bytes. */
  first: Decision;
  ask: (hello: { sni: string | null } | null) => Decision;
}

/** Peeks at what the phone says and gives the connection to the engine; once more where both sides start TLS later on. */
async function handOver(entered: Entered, early: Buffer, known: Hello | null, continues = false): Promise<void> {
  const { options, visitor, deviceId, named, dialled, first, ask } = entered;
  const { engine } = options;
  let hello = known;
  let bytes = early;
  if (!hello) {
    const peeked = await peekFirst(options, visitor, dialled, early);
    bytes = peeked.bytes;
    if (!peeked.ok && peeked.why === 'timeout' && bytes.length === 0) return leaveSilent(entered, continues);
    if (peeked.ok && peeked.value !== 'other') hello = peeked.value;
  }
  const told = isIP(named.host) === 0 ? named : { ...named, ...hostOf(named, nameFrom(hello, bytes)) };
  const decision = hello ? ask(hello.facts) : first;
  if (decision.treatment === 'refuse') {
    dialled.socket.destroy();
    const facts = flowFacts(visitor, deviceId, told, decision, dialled);
    recordEnd(
      engine,
      visitor,
      { ...facts, encrypted: hello !== null, hello: hello?.facts ?? null },
      'refused-by-policy',
      decision.reason,
    );
    resetSocket(visitor.socket);
    return;
  }
  visitor.seen = true;
  engine.tunnel(
    tunnelFor(visitor, deviceId, told, {
      early: bytes,
      upstream: dialled,
      decision,
      hello: hello?.facts ?? null,
      offer: hello?.offer ?? null,
      ...(continues ? { continues } : {}),
      ...(hello || !mayStartTls(bytes)
        ? {}
        : { startTls: () => options.run(visitor, handOver(entered, NOTHING, null, true)) }),
    }),
  );
}

/** Neither side ever spoke: a place that somebody else may need. */
function leaveSilent({ options, visitor, deviceId, named, dialled, first }: Entered, continues: boolean): void {
  dialled.socket.destroy();
  visitor.socket.destroy();
  if (continues) return;
  const facts = flowFacts(visitor, deviceId, named, first, dialled);
  recordEnd(options.engine, visitor, facts, 'idle-timeout', text('ended.both-silent'));
}

/** What the phone itself named, else the name it last looked the address up by, else the address. */
function hostOf({ host, lookedUpAs }: Named, said: string | null): Pick<Named, 'host' | 'guessed'> {
  if (said !== null && said !== '') return { host: said };
  return lookedUpAs ? { host: lookedUpAs, guessed: true } : { host };
}

/** The server has the first word (SMTP, IMAP, POP3), or the phone begins with XML (XMPP). */
function mayStartTls(early: Buffer): boolean {
  return early.length === 0 || early[0] === 0x3c;
}

export function classifyFirst(bytes: Buffer): First | null {
  const reading = readClientHello(bytes);
  return reading.state === 'more' ? null : reading.state === 'hello' ? reading : 'other';
}

async function peekFirst(
  options: TunnelOptions,
  visitor: Visitor,
  dialled: Dialled & { ok: true },
  early: Buffer,
): Promise<Peeked<First>> {
  if (early.length > 0) {
    const value = classifyFirst(early);
    if (value !== null) return { ok: true, value, bytes: early };
    visitor.socket.unshift(early);
  }
  const { socket: upstream } = dialled;
  let cancel = () => {};
  const speaks = () => cancel();
  // 'readable' also tells the server's end; an error must end the wait as well.
  upstream.on('readable', speaks);
  upstream.on('close', speaks);
  const peeked = await peek<First>(visitor.socket, {
    test: classifyFirst,
    maxBytes: MAX_PEEK,
    timeoutMs: options.helloTimeoutMs,
    firstByteMs: options.silenceMs,
    interrupt: (end) => {
      cancel = end;
      if (upstream.readableLength > 0 || upstream.destroyed) end();
    },
  });
  upstream.off('readable', speaks);
  upstream.off('close', speaks);
  upstream.pause();
  return peeked;
}

/** The name behind an address: the SNI, or the Host field when a whole head already came. */
function nameFrom(hello: Hello | null, bytes: Buffer): string | null {
  if (hello) return hello.facts.sni;
  const end = findHeadEnd(bytes.subarray(0, 16 * 1024));
  if (end < 0) return null;
  const head = parseHead(bytes.subarray(0, end));
  if (!parseRequestLine(head.start)) return null;
  return parseAuthority(valuesOf(head, 'host')[0] ?? '', 80)?.host ?? null;
}

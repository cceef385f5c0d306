/**
 * One intercepted TLS connection: server first, with the phone's own name and protocols, then the phone, then the join.
 * A server that showed its protocol and a valid certificate a moment ago is asked while the phone is already answered;
 * one that then turns out to be another is asked once more.
 * Promise: the phone is never shown a trusted certificate for a server whose own is bad; every way out closes the flow
 * with its reason, and what the failure says about app or server is counted (phone-verdict.ts).
 */
import { isIP } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Dialled, Leg, LiveFlow, Tunnel } from '../model/connection.ts';
import type { ClientHelloFacts, CloseReason } from '../model/flow.ts';
import type { LeafKey } from '../model/leaf-key.ts';
import { type Text, text } from '../model/text.ts';
import { type JoinOptions, reset } from './join.ts';
import type { LeafRequest } from './leaf-contexts.ts';
import { answerPhone, type PhoneTlsResult, refusalAlert } from './phone-tls.ts';
import { createVerdict, type PhoneVerdict } from './phone-verdict.ts';
import { type Pins, RESET, SILENT, saidOf } from './pins.ts';
import type { Trial } from './trial.ts';
import {
  ASKED,
  nameToCheck,
  type Secured,
  type Shown,
  type UpstreamTls,
  type UpstreamTlsRequest,
} from './upstream-tls.ts';

export interface InterceptOptions {
  pins: Pins;
  upstreamTls: UpstreamTls;
  leafContext: (request: LeafRequest) => SecureContext;
  /** Dials the same address once more. */
  dialAgain: (ip: string, port: number) => Promise<Dialled>;
  /** What carries the bytes once both legs are secured. */
  join: (phone: Leg, server: Leg, flow: LiveFlow, options: JoinOptions) => void;
  now: () => number;
  handshakeTimeoutMs: number;
  halfOpenMs: number;
  /** A phone that ends within this time after the handshake without having sent anything refused the certificate. */
  silentCloseMs: number;
  onKeylog: ((line: Buffer) => void) | undefined;
}

/** What a phone may send before it was answered; a ClientHello and perhaps early data. */
const MAX_EARLY = 128 * 1024;

/** One connection under way. */
interface Interception {
  options: InterceptOptions;
  tunnel: Tunnel;
  flow: LiveFlow;
  request: UpstreamTlsRequest;
  verdict: PhoneVerdict;
  /** The certificate's key. */
  key: LeafKey;
  trial: Trial | null;
}

export async function intercept(
  options: InterceptOptions,
  tunnel: Tunnel,
  hello: ClientHelloFacts,
  flow: LiveFlow,
  given: { key: LeafKey; trial: Trial | null },
): Promise<void> {
  const { client } = tunnel;
  const server = tunnel.upstream.socket;
  const request: UpstreamTlsRequest = {
    socket: server,
    sni: hello.sni,
    host: tunnel.host,
    alpn: hello.alpn,
    offer: tunnel.offer,
  };
  const begin = (problem: string | null): Interception => {
    // A server whose own certificate is bad shows the phone a bad one anyway, and what it tells is about the server.
    const trial = problem === null ? given.trial : null;
    if (!trial) given.trial?.unclear();
    const verdict = createVerdict({ pins: options.pins, now: options.now, tunnel, hello, flow, trial }, problem);
    return { options, tunnel, flow, request, verdict, key: given.key, trial };
  };
  const asked = options.upstreamTls.connect(request);
  const known = options.upstreamTls.recall(request);
  if (known && !client.readableEnded && !client.destroyed) {
    client.unshift(tunnel.early);
    answer(begin(null), known, asked);
    return;
  }
  const waiting = holdClient(tunnel, () => server.destroy());
  const secured = await asked;
  const early = waiting.release();
  if (waiting.gone) {
    if (secured.ok) secured.stream.destroy();
    given.trial?.unclear();
    flow.close('client-reset', text('ended.before-certificate'));
    client.destroy();
    return;
  }
  if (!secured.ok) {
    serverFailed(begin(null), secured);
    flow.close('upstream-tls-failed', secured.detail);
    reset({ stream: client, raw: client });
    return;
  }
  client.unshift(early);
  answer(begin(secured.problem), secured, asked);
}

function serverFailed({ verdict, trial }: Interception, failed: Secured & { ok: false }): void {
  trial?.unclear();
  if (failed.asksCertificate) verdict.failed({ kind: 'client-certificate' });
  else if (!failed.isNetwork) verdict.failed({ kind: 'server-tls', how: failed.detail });
}

/** While the server is being asked: notices a phone that leaves, keeps what it sends. */
function holdClient({ client, early }: Tunnel, onGone: () => void): { readonly gone: boolean; release(): Buffer } {
  const held = [early];
  let size = early.length;
  let gone = client.readableEnded || client.destroyed;
  const onData = (chunk: Buffer) => {
    held.push(chunk);
    size += chunk.length;
    if (size > MAX_EARLY) client.pause();
  };
  const onEnd = () => {
    if (gone) return;
    gone = true;
    onGone();
  };
  client.on('data', onData).on('end', onEnd).on('close', onEnd);
  if (gone) onGone();
  else client.resume();
  return {
    get gone() {
      return gone;
    },
    release() {
      client.off('data', onData).off('end', onEnd).off('close', onEnd);
      client.pause();
      return Buffer.concat(held);
    },
  };
}

/** The server's leg once it is secured, or why it never will be. */
type ServerLeg = { ok: true; leg: Leg } | { ok: false; reason: CloseReason; detail: Text };

/**
 * The server that fits what the phone is told. Another one than a moment ago, behind the same address, is left, and the
 * address asked once more; from then on each connection asks before the phone is answered.
 */
async function fittingServer(
  { options, request, verdict }: Interception,
  shown: Shown,
  asked: Promise<Secured>,
): Promise<ServerLeg> {
  const fits = (one: Secured) => one.ok && one.problem === shown.problem && one.alpn === shown.alpn;
  const { remoteAddress, remotePort } = request.socket;
  const first = await asked;
  if (fits(first) && first.ok) return { ok: true, leg: { stream: first.stream, raw: request.socket } };
  options.upstreamTls.differs(request);
  if (first.ok) first.stream.destroy();
  if (first.ok ? remoteAddress === undefined : first.isNetwork) {
    return { ok: false, reason: 'upstream-tls-failed', detail: first.ok ? CHANGED : first.detail };
  }
  const dialled = await options.dialAgain(remoteAddress ?? '', remotePort ?? 0);
  if (!dialled.ok) return { ok: false, reason: dialled.reason, detail: dialled.detail };
  const alpn = shown.alpn === null ? [] : [shown.alpn];
  const second = await options.upstreamTls.connect({ ...request, socket: dialled.socket, alpn });
  if (fits(second) && second.ok) return { ok: true, leg: { stream: second.stream, raw: dialled.socket } };
  if (second.ok) {
    second.stream.destroy();
    verdict.problem = second.problem;
  }
  return { ok: false, reason: 'upstream-tls-failed', detail: second.ok ? CHANGED : second.detail };
}

const CHANGED = text('ended.changed');

/** `shown`: what the phone is told; `asked` must turn out the same before a byte is relayed. */
function answer(interception: Interception, shown: Shown, asked: Promise<Secured>): void {
  const { options, tunnel, flow, verdict, request } = interception;
  const { client } = tunnel;
  let server: Leg | null = null;
  /** Until the join has both ends, this function answers for them. */
  let waiting = true;
  const giveUp = (reason: CloseReason, detail: Text | null) => {
    waiting = false;
    verdict.over();
    flow.close(reason, detail);
    reset({ stream: phone, raw: client });
    reset(server ?? { stream: request.socket, raw: request.socket });
  };
  /** When the phone's handshake was over; null before. */
  let since: number | null = null;
  const left = () => {
    if (waiting) giveUp('server-reset', text('ended.server-closed-tls'));
  };
  const meet = () => {
    if (since === null || !server) return;
    waiting = false;
    server.stream.off('close', left);
    joinBoth(interception, shown, { stream: phone, raw: client }, server, since);
  };
  const onResult = (result: PhoneTlsResult) => {
    // Our own reset of the phone is no answer of the phone.
    if (!waiting) return;
    if (result.outcome === 'secured') {
      if (shown.asksCertificate && phone.getPeerX509Certificate()) {
        verdict.failed({ kind: 'client-certificate' });
        return giveUp('upstream-tls-failed', ASKED);
      }
      since = options.now();
      return meet();
    }
    giveUp(...phoneFailed(interception, result));
  };
  const phone: TLSSocket = answerPhone(
    {
      client,
      context: contextFor(interception, shown),
      alpn: shown.alpn,
      requestCertificate: shown.asksCertificate,
      handshakeTimeoutMs: options.handshakeTimeoutMs,
      onKeylog: options.onKeylog,
    },
    onResult,
  );
  void fittingServer(interception, shown, asked).then((found) => {
    if (!waiting) {
      if (found.ok) found.leg.stream.destroy();
      return;
    }
    if (!found.ok) return giveUp(found.reason, found.detail);
    server = found.leg;
    if (server.stream.destroyed) return left();
    server.stream.once('close', left);
    meet();
  });
}

function contextFor({ options, request, verdict, trial, key }: Interception, shown: Shown): SecureContext {
  if (trial) return trial.context;
  const host = request.sni !== null && isIP(request.sni) ? nameToCheck(request) : (request.sni ?? request.host);
  return options.leafContext({ host, mirror: shown.certificate, untrusted: verdict.problem !== null, key });
}

/** Counts what the end of the phone's handshake says about the app, and gives the reason the flow closes with. */
function phoneFailed(
  { verdict, trial }: Interception,
  result: Exclude<PhoneTlsResult, { outcome: 'secured' }>,
): [CloseReason, Text | null] {
  switch (result.outcome) {
    case 'certificate-rejected':
      return verdict.refused(result.how)
        ? ['client-rejected-certificate', saidOf(result.how)]
        : ['client-reset', text('ended.phone-left-tls')];
    case 'reset':
      return ['client-reset', text('ended.during-tls')];
    case 'timeout':
      return ['idle-timeout', text('ended.phone-late-tls')];
    case 'failed':
      if (!trial) verdict.failed({ kind: 'phone-tls', how: text('ended.code', { code: result.code }) });
      return ['error', text('ended.phone-tls', { code: result.code })];
  }
}

function joinBoth(interception: Interception, shown: Shown, phoneLeg: Leg, server: Leg, since: number): void {
  const { options, flow, verdict, trial } = interception;
  const phone = phoneLeg.stream as TLSSocket;
  let spoke = false;
  let refused = false;
  flow.emit({
    type: 'tls-established',
    flowId: flow.flow.id,
    time: since,
    alpn: shown.alpn,
    version: phone.getProtocol(),
    cipher: phone.getCipher()?.name ?? null,
    certificate: shown.certificate,
  });
  phone.removeAllListeners('_tlsError');
  phone.on('_tlsError', (error: NodeJS.ErrnoException) => {
    const how = spoke ? null : refusalAlert(error.code);
    if (how) refused = verdict.refused(how);
    phone.destroy(error);
  });
  const isSilent = () => !spoke && !refused && options.now() - since <= options.silentCloseMs;
  options.join(phoneLeg, server, flow, {
    halfOpenMs: options.halfOpenMs,
    onFirstUp: () => {
      spoke = true;
      verdict.spoke();
    },
    onClientEnd: () => {
      if (isSilent()) refused = verdict.refused(SILENT);
    },
    explain: (reason) => {
      if (reason === 'client-reset' && isSilent() && !trial && verdict.problem === null)
        refused = verdict.refused(RESET);
      verdict.over();
      return refused ? { reason: 'client-rejected-certificate', detail: null } : null;
    },
  });
}

/**
 * One intercepted TLS connection: server first, with the phone's own name and protocols, then the phone, then the join.
 * A server that showed its protocol and a valid certificate a moment ago is asked while the phone is already answered.
 * Promise: the phone is never shown a trusted certificate for a server whose own is bad; a refused certificate is
 * counted for the app that refused it and for nothing else; every way out closes the flow with its reason.
 */
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Leg, LiveFlow, Tunnel } from '../model/connection.ts';
import type { ClientHelloFacts, CloseReason } from '../model/flow.ts';
import { type JoinOptions, reset } from './join.ts';
import type { LeafRequest } from './leaf-contexts.ts';
import { answerPhone, certificateAlert, type PhoneTlsResult, refusalAlert } from './phone-tls.ts';
import { type Pins, SILENT } from './pins.ts';
import type { Trial } from './trial.ts';
import type { Secured, Shown, UpstreamTls, UpstreamTlsRequest } from './upstream-tls.ts';

export interface InterceptOptions {
  pins: Pins;
  upstreamTls: UpstreamTls;
  leafContext: (request: LeafRequest) => SecureContext;
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

export async function intercept(
  options: InterceptOptions,
  tunnel: Tunnel,
  hello: ClientHelloFacts,
  flow: LiveFlow,
  trial: Trial | null = null,
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
  const asked = options.upstreamTls.connect(request);
  const known = options.upstreamTls.recall(request);
  if (known && !client.readableEnded && !client.destroyed) {
    client.unshift(tunnel.early);
    answer(options, tunnel, hello, flow, trial, known, asked);
    return;
  }
  const waiting = holdClient(tunnel, () => server.destroy());
  const secured = await asked;
  const early = waiting.release();
  if (waiting.gone) {
    if (secured.ok) secured.stream.destroy();
    trial?.unclear();
    flow.close('client-reset', 'the phone left before it was shown a certificate');
    client.destroy();
    return;
  }
  if (!secured.ok) {
    trial?.unclear();
    flow.close('upstream-tls-failed', secured.detail);
    reset({ stream: client, raw: client });
    return;
  }
  client.unshift(early);
  answer(options, tunnel, hello, flow, trial, secured, asked);
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

function answer(
  options: InterceptOptions,
  tunnel: Tunnel,
  hello: ClientHelloFacts,
  flow: LiveFlow,
  /** A bad certificate on purpose in place of the usual one. */
  wanted: Trial | null,
  /** What the phone is told; `asked` must turn out the same before a byte is relayed. */
  shown: Shown,
  asked: Promise<Secured>,
): void {
  const { client } = tunnel;
  const rawServer = tunnel.upstream.socket;
  let server: TLSSocket | null = null;
  let { problem } = shown;
  const device = tunnel.deviceId ?? tunnel.from.ip;
  const name = hello.sni ?? tunnel.host;
  // A server whose own certificate is bad shows the phone a bad one anyway, and what it tells is about the server.
  const trial = problem === null ? wanted : null;
  if (!trial) wanted?.unclear();

  /** Of a bad server certificate: said once, when it is clear what the phone made of it. */
  let verdictGiven = problem === null;
  const giveVerdict = (acceptedByClient: boolean) => {
    if (verdictGiven || problem === null) return;
    verdictGiven = true;
    flow.emit({
      type: 'upstream-certificate-invalid',
      flowId: flow.flow.id,
      time: options.now(),
      problem,
      acceptedByClient,
    });
  };
  /** False when it does not count as a refusal. */
  const reject = (how: string): boolean => {
    giveVerdict(false);
    if (trial) {
      trial.refused(how);
      return true;
    }
    // Refusing a certificate that is bad is what an app should do: no sign of a pin.
    if (problem !== null) return true;
    const count = options.pins.rejected(device, name, how);
    if (count === 0) return false;
    flow.emit({ type: 'certificate-rejected', flowId: flow.flow.id, time: options.now(), sni: hello.sni, how, count });
    return true;
  };
  /** Until the join has both ends, this function answers for them. */
  let waiting = true;
  const giveUp = (reason: CloseReason, detail: string | null) => {
    waiting = false;
    giveVerdict(false);
    trial?.unclear();
    flow.close(reason, detail);
    reset({ stream: phone, raw: client });
    reset({ stream: server ?? rawServer, raw: rawServer });
  };

  /** When the phone's handshake was over; null before. */
  let since: number | null = null;
  const meet = () => {
    if (since === null || !server) return;
    waiting = false;
    const phoneSince = since;
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
      const how = spoke ? null : trial ? refusalAlert(error.code) : certificateAlert(error);
      if (how) refused = reject(how);
      phone.destroy(error);
    });
    options.join({ stream: phone, raw: client }, { stream: server, raw: rawServer }, flow, {
      halfOpenMs: options.halfOpenMs,
      onFirstUp: () => {
        spoke = true;
        giveVerdict(true);
        if (trial) trial.accepted();
        else if (problem === null) options.pins.accepted(device, name);
      },
      onClientEnd: () => {
        if (spoke || refused || options.now() - phoneSince > options.silentCloseMs) return;
        refused = reject(SILENT);
      },
      explain: () => {
        giveVerdict(spoke);
        trial?.unclear();
        return refused ? { reason: 'client-rejected-certificate', detail: null } : null;
      },
    });
  };

  const onResult = (result: PhoneTlsResult) => {
    // Our own reset of the phone is no answer of the phone.
    if (!waiting) return;
    switch (result.outcome) {
      case 'secured':
        since = options.now();
        return meet();
      case 'certificate-rejected':
        return reject(result.how)
          ? giveUp('client-rejected-certificate', result.how)
          : giveUp('client-reset', 'the phone left during the TLS handshake');
      case 'reset':
        return giveUp('client-reset', 'during the TLS handshake');
      case 'timeout':
        return giveUp('idle-timeout', 'the phone did not finish the TLS handshake');
      case 'failed': {
        const alert = trial && refusalAlert(result.detail);
        if (alert && reject(alert)) return giveUp('client-rejected-certificate', alert);
        return giveUp('error', `TLS with the phone failed: ${result.detail}`);
      }
    }
  };
  const context =
    trial?.context ?? options.leafContext({ host: name, mirror: shown.certificate, untrusted: problem !== null });
  const phone: TLSSocket = answerPhone(
    { client, context, alpn: shown.alpn, handshakeTimeoutMs: options.handshakeTimeoutMs, onKeylog: options.onKeylog },
    onResult,
  );
  void asked.then((secured) => {
    if (!waiting) {
      if (secured.ok) secured.stream.destroy();
      return;
    }
    if (!secured.ok) return giveUp('upstream-tls-failed', secured.detail);
    server = secured.stream;
    if (secured.problem !== problem || secured.alpn !== shown.alpn) {
      if (secured.problem !== problem) {
        problem = secured.problem;
        verdictGiven = false;
      }
      return giveUp(
        'upstream-tls-failed',
        'the server is not what it was a moment ago; the next connection follows it',
      );
    }
    const left = () => {
      if (waiting) giveUp('server-reset', 'the server closed during the TLS handshake with the phone');
    };
    if (server.destroyed) return left();
    server.once('close', left);
    meet();
  });
}

/**
 * One intercepted TLS connection: server first, with the phone's own name and protocols, then the phone, then the join.
 * Promise: the phone is never shown a trusted certificate for a server whose own is bad; a refused certificate is
 * counted for the app that refused it and for nothing else; every way out closes the flow with its reason.
 */
import type { SecureContext, TLSSocket } from 'node:tls';
import type { LiveFlow, Tunnel } from '../model/connection.ts';
import type { ClientHelloFacts, CloseReason } from '../model/flow.ts';
import { join, reset } from './join.ts';
import type { LeafRequest } from './leaf-contexts.ts';
import { answerPhone, certificateAlert, type PhoneTlsResult } from './phone-tls.ts';
import { type Pins, SILENT } from './pins.ts';
import type { Secured, UpstreamTlsRequest } from './upstream-tls.ts';

export interface InterceptWays {
  pins: Pins;
  upstreamTls: (request: UpstreamTlsRequest) => Promise<Secured>;
  leafContext: (request: LeafRequest) => SecureContext;
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
  ways: InterceptWays,
  tunnel: Tunnel,
  hello: ClientHelloFacts,
  flow: LiveFlow,
): Promise<void> {
  const { client } = tunnel;
  const server = tunnel.upstream.socket;
  const waiting = holdClient(tunnel, () => server.destroy());
  const secured = await ways.upstreamTls({
    socket: server,
    sni: hello.sni,
    host: tunnel.host,
    alpn: hello.alpn,
    offer: tunnel.offer,
  });
  const early = waiting.release();
  if (waiting.gone) {
    if (secured.ok) secured.stream.destroy();
    flow.close('client-reset', 'the phone left before it was shown a certificate');
    client.destroy();
    return;
  }
  if (!secured.ok) {
    flow.close('upstream-tls-failed', secured.detail);
    client.resetAndDestroy();
    return;
  }
  client.unshift(early);
  answer(ways, tunnel, hello, flow, secured);
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
  ways: InterceptWays,
  tunnel: Tunnel,
  hello: ClientHelloFacts,
  flow: LiveFlow,
  secured: Secured & { ok: true },
): void {
  const { client } = tunnel;
  const { stream: server, certificate, problem } = secured;
  const device = tunnel.deviceId ?? tunnel.from.ip;
  const name = hello.sni ?? tunnel.host;

  /** Of a bad server certificate: said once, when it is clear what the phone made of it. */
  let verdictGiven = problem === null;
  const giveVerdict = (acceptedByClient: boolean) => {
    if (verdictGiven || problem === null) return;
    verdictGiven = true;
    flow.emit({
      type: 'upstream-certificate-invalid',
      flowId: flow.flow.id,
      time: ways.now(),
      problem,
      acceptedByClient,
    });
  };
  /** False when it does not count as a refusal. */
  const reject = (how: string): boolean => {
    giveVerdict(false);
    // Refusing a certificate that is bad is what an app should do: no sign of a pin.
    if (problem !== null) return true;
    const count = ways.pins.rejected(device, name, how);
    if (count === 0) return false;
    flow.emit({ type: 'certificate-rejected', flowId: flow.flow.id, time: ways.now(), sni: hello.sni, how, count });
    return true;
  };
  /** Until the join has both ends, this function answers for them. */
  let waiting = true;
  const giveUp = (reason: CloseReason, detail: string | null) => {
    waiting = false;
    giveVerdict(false);
    flow.close(reason, detail);
    reset({ stream: phone, raw: client });
    reset({ stream: server, raw: tunnel.upstream.socket });
  };

  const secure = () => {
    waiting = false;
    const since = ways.now();
    let spoke = false;
    let refused = false;
    flow.emit({
      type: 'tls-established',
      flowId: flow.flow.id,
      time: since,
      alpn: secured.alpn,
      version: phone.getProtocol(),
      cipher: phone.getCipher()?.name ?? null,
      certificate,
    });
    phone.removeAllListeners('_tlsError');
    phone.on('_tlsError', (error: NodeJS.ErrnoException) => {
      const how = spoke ? null : certificateAlert(error);
      if (how) refused = reject(how);
      phone.destroy(error);
    });
    join({ stream: phone, raw: client }, { stream: server, raw: tunnel.upstream.socket }, flow, {
      halfOpenMs: ways.halfOpenMs,
      onFirstUp: () => {
        spoke = true;
        giveVerdict(true);
        if (problem === null) ways.pins.accepted(device, name);
      },
      onClientEnd: () => {
        if (spoke || refused || ways.now() - since > ways.silentCloseMs) return;
        refused = reject(SILENT);
      },
      explain: () => {
        giveVerdict(spoke);
        return refused ? { reason: 'client-rejected-certificate', detail: null } : null;
      },
    });
  };

  const onResult = (result: PhoneTlsResult) => {
    switch (result.outcome) {
      case 'secured':
        return secure();
      case 'certificate-rejected':
        return reject(result.how)
          ? giveUp('client-rejected-certificate', result.how)
          : giveUp('client-reset', 'the phone left during the TLS handshake');
      case 'reset':
        return giveUp('client-reset', 'during the TLS handshake');
      case 'timeout':
        return giveUp('idle-timeout', 'the phone did not finish the TLS handshake');
      case 'failed':
        return giveUp('error', `TLS with the phone failed: ${result.detail}`);
    }
  };
  const context = ways.leafContext({ host: name, mirror: certificate, untrusted: problem !== null });
  const phone: TLSSocket = answerPhone(
    { client, context, alpn: secured.alpn, handshakeTimeoutMs: ways.handshakeTimeoutMs, onKeylog: ways.onKeylog },
    onResult,
  );
  server.once('close', () => {
    if (waiting) giveUp('server-reset', 'the server closed during the TLS handshake with the phone');
  });
}

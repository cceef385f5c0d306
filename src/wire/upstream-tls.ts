/**
 * TLS towards the server: the phone's own server name and protocol list, sessions resumed, the certificate judged.
 * Promise: an invalid certificate never passes for a valid one (`problem` says why) and its session is never kept;
 * failures are values; contexts, sessions and certificate facts live in bounded LRUs.
 */

import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { LRUCache } from 'lru-cache';
import { readOutBeforeFailing } from '../formats/tcp-reset.ts';
import type { TlsOffer } from '../model/connection.ts';
import type { ServerCertificate } from '../model/flow.ts';
import { certificateFacts } from './server-certificate.ts';
import { plainProfileOf, profileOf, type TlsProfile } from './tls-profile.ts';

export interface UpstreamTlsOptions {
  /** PEM certificates trusted besides the built-in ones; another list than last time empties the caches. */
  upstreamCa: () => readonly string[];
  handshakeTimeoutMs: number;
  onKeylog?: (line: Buffer) => void;
}

export interface UpstreamTlsRequest {
  socket: Socket;
  /** Name the phone sent; null: it sent none, and none is sent. */
  sni: string | null;
  /** Judged against the certificate when there is no `sni`. */
  host: string;
  alpn: string[];
  offer: TlsOffer | null;
}

/** What a server showed: enough to answer the phone with. */
export interface Shown {
  alpn: string | null;
  certificate: ServerCertificate;
  /** Null when the certificate is valid, else OpenSSL's reason. */
  problem: string | null;
}

export type Secured = ({ ok: true; stream: TLSSocket } & Shown) | { ok: false; detail: string };

export interface UpstreamTls {
  connect(request: UpstreamTlsRequest): Promise<Secured>;
  /** What this server, asked the same way, showed a moment ago; only valid certificates are remembered. */
  recall(request: UpstreamTlsRequest): Shown | null;
}

/** A session is 1 to 3 KB; a phone meets a few hundred servers. */
const MAX_SESSIONS = 2000;
/** Servers seldom change their protocol; when one does, one connection is reset and the next one follows it. */
const RECALL_MS = 600_000;
/** A context with its trust store is the most expensive object here; phones have a handful of TLS stacks. */
const MAX_CONTEXTS = 16;

export function createUpstreamTls(options: UpstreamTlsOptions): UpstreamTls {
  const contexts = new LRUCache<string, SecureContext>({ max: MAX_CONTEXTS });
  const sessions = new LRUCache<string, { session: Buffer; certificate: ServerCertificate }>({ max: MAX_SESSIONS });
  const shown = new LRUCache<string, Shown>({ max: MAX_SESSIONS, ttl: RECALL_MS });
  let extra: readonly string[] | null = null;
  let trusted: string[] | null = null;

  const create = (profile: TlsProfile): SecureContext =>
    createSecureContext({ ...(trusted ? { ca: trusted } : {}), ...profile.options });
  const contextFor = (offer: TlsOffer | null): { profile: TlsProfile; context: SecureContext } => {
    const profile = profileOf(offer);
    const given = options.upstreamCa();
    if (extra !== given) {
      extra = given;
      // Without additions the built-in store is shared by all contexts; a store of one's own costs 35 ms and 1 MB.
      trusted = given.length > 0 ? [...getCACertificates('default'), ...given] : null;
      contexts.clear();
      sessions.clear();
      shown.clear();
    }
    let context = contexts.get(profile.key);
    if (!context) {
      try {
        context = create(profile);
      } catch {
        // The phone's lists hold nothing this OpenSSL accepts.
        context = create(plainProfileOf(offer));
      }
      contexts.set(profile.key, context);
    }
    return { profile, context };
  };

  const placeOf = ({ socket, sni, alpn }: UpstreamTlsRequest, profile: TlsProfile) =>
    `${socket.remoteAddress} ${socket.remotePort} ${sni} ${alpn.join()} ${profile.key}`;

  const connectTo = (request: UpstreamTlsRequest): Promise<Secured> =>
    new Promise((resolve) => {
      const { socket, sni, host, alpn } = request;
      const { profile, context } = contextFor(request.offer);
      const place = placeOf(request, profile);
      const kept = sessions.get(place);
      const stream = connect({
        socket,
        secureContext: context,
        servername: sni ?? '',
        ...(alpn.length > 0 ? { ALPNProtocols: alpn } : {}),
        ...(kept ? { session: kept.session } : {}),
        requestOCSP: profile.requestOcsp,
        // The verdict is passed on to the phone, not acted on here.
        rejectUnauthorized: false,
        checkServerIdentity: (_name, certificate) => checkServerIdentity(sni ?? host, certificate),
      });
      readOutBeforeFailing(stream);
      if (options.onKeylog) stream.on('keylog', options.onKeylog);
      let settled = false;
      const settle = (result: Secured) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (result.ok && result.problem === null) {
          shown.set(place, { alpn: result.alpn, certificate: result.certificate, problem: null });
        } else shown.delete(place);
        if (!result.ok) stream.destroy();
        resolve(result);
      };
      const timer = setTimeout(
        () => settle({ ok: false, detail: 'the server did not finish the TLS handshake in time' }),
        options.handshakeTimeoutMs,
      );
      // Stays: an error before the relay takes over must not be unhandled.
      stream.on('error', (error: NodeJS.ErrnoException) => settle({ ok: false, detail: error.code ?? error.message }));
      stream.once('close', () => settle({ ok: false, detail: 'the server closed the connection' }));
      stream.once('secureConnect', () => {
        const problem = stream.authorized ? null : reasonOf(stream.authorizationError);
        const resumed = stream.isSessionReused() && kept !== undefined;
        const certificate = resumed ? kept.certificate : certificateFacts(stream.getPeerCertificate(), problem);
        if (problem === null) stream.on('session', (session) => sessions.set(place, { session, certificate }));
        settle({ ok: true, stream, alpn: stream.alpnProtocol || null, certificate, problem });
      });
    });

  return {
    connect: connectTo,
    recall: (request) => shown.get(placeOf(request, contextFor(request.offer).profile)) ?? null,
  };
}

/** Node's types say Error, the value is OpenSSL's code. */
function reasonOf(error: Error | string | null): string {
  if (typeof error === 'string') return error;
  return (error as NodeJS.ErrnoException | null)?.code ?? error?.message ?? 'UNKNOWN';
}

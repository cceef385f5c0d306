/**
 * TLS towards the server: the phone's own server name and protocol list, sessions resumed, the certificate judged.
 * Promise: an invalid certificate never passes for a valid one (`problem` says why) and its session is never kept;
 * failures are values; a server that asks for a certificate is noticed; contexts, sessions and certificate facts live
 * in bounded LRUs.
 */
import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { LRUCache } from 'lru-cache';
import { readOutBeforeFailing } from '../formats/tcp-reset.ts';
import type { TlsOffer } from '../model/connection.ts';
import type { ServerCertificate } from '../model/flow.ts';
import { type Text, text } from '../model/text.ts';
import { createIntermediates, type Intermediates } from './intermediates.ts';
import type { FetchIssuer } from './issuer-fetch.ts';
import { certificateFacts } from './server-certificate.ts';
import { plainProfileOf, profileOf, type TlsProfile } from './tls-profile.ts';

export interface UpstreamTlsOptions {
  /** PEM certificates trusted besides the built-in ones; another list than last time empties the caches. */
  upstreamCa: () => readonly string[];
  /** PEM of certificate and key to show the server of this name, for who has it. */
  clientCertificate?: (name: string) => string | null;
  /** Asks the network for an intermediate that a server left out. */
  fetchIssuer?: FetchIssuer;
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
  /** It asks the app for a certificate that the lab does not have; perhaps it also does without. */
  asksCertificate: boolean;
}

export type Secured =
  | ({ ok: true; stream: TLSSocket } & Shown)
  /** `isNetwork`: it did not answer in time. */
  | { ok: false; detail: Text; asksCertificate: boolean; isNetwork: boolean };

export interface UpstreamTls {
  connect(request: UpstreamTlsRequest): Promise<Secured>;
  /** What this server, asked the same way, showed a moment ago; only valid certificates are remembered. */
  recall(request: UpstreamTlsRequest): Shown | null;
  /** Behind this address stand several that differ: each connection asks its own, for a while. */
  differs(request: UpstreamTlsRequest): void;
}

/** A session is 1 to 3 KB; a phone meets a few hundred servers. */
const MAX_SESSIONS = 2000;
const RECALL_MS = 600_000;
/** A context with its trust store is the most expensive object here; phones have a handful of TLS stacks. */
const MAX_CONTEXTS = 16;

export function createUpstreamTls(options: UpstreamTlsOptions): UpstreamTls {
  const contexts = new LRUCache<string, SecureContext>({ max: MAX_CONTEXTS });
  const sessions = new LRUCache<string, { session: Buffer; shown: Shown }>({ max: MAX_SESSIONS });
  const shown = new LRUCache<string, Shown>({ max: MAX_SESSIONS, ttl: RECALL_MS });
  const unsteady = new LRUCache<string, true>({ max: MAX_SESSIONS, ttl: RECALL_MS });
  let extra: readonly string[] | null = null;
  let trusted: string[] | null = null;
  const newIntermediates = (): Intermediates =>
    createIntermediates({ fetchIssuer: options.fetchIssuer, roots: () => trusted ?? getCACertificates('default') });
  let intermediates = newIntermediates();

  const create = (profile: TlsProfile, own: string | null): SecureContext =>
    createSecureContext({
      ...(trusted ? { ca: trusted } : {}),
      ...(own === null ? {} : { cert: own, key: own }),
      ...profile.options,
    });
  /** Asked twice for every connection. */
  const profiles = new WeakMap<TlsOffer, TlsProfile>();
  const profileFor = (offer: TlsOffer | null): TlsProfile => {
    const profile = (offer && profiles.get(offer)) ?? profileOf(offer);
    if (offer) profiles.set(offer, profile);
    return profile;
  };
  const contextFor = ({ offer, sni, host }: UpstreamTlsRequest): { profile: TlsProfile; context: SecureContext } => {
    const profile = profileFor(offer);
    const own = options.clientCertificate?.(sni ?? host) ?? null;
    const given = options.upstreamCa();
    if (extra !== given) {
      extra = given;
      // Without additions the built-in store is shared by all contexts; a store of one's own costs 35 ms and 1 MB.
      trusted = given.length > 0 ? [...getCACertificates('default'), ...given] : null;
      contexts.clear();
      sessions.clear();
      shown.clear();
      intermediates = newIntermediates();
    }
    const key = own === null ? profile.key : `${profile.key} ${own}`;
    let context = contexts.get(key);
    if (!context) {
      try {
        context = create(profile, own);
      } catch {
        // The phone's lists hold nothing this OpenSSL accepts.
        context = create(plainProfileOf(offer), own);
      }
      contexts.set(key, context);
    }
    return { profile, context };
  };

  const placeOf = ({ socket, sni, alpn }: UpstreamTlsRequest, profile: TlsProfile) =>
    `${socket.remoteAddress} ${socket.remotePort} ${sni} ${alpn.join()} ${profile.key}`;

  const connectTo = (request: UpstreamTlsRequest): Promise<Secured> =>
    new Promise((resolve) => {
      const { socket, sni, host, alpn } = request;
      const { profile, context } = contextFor(request);
      const place = placeOf(request, profile);
      let kept = sessions.get(place);
      const stream = connect({
        socket,
        secureContext: context,
        // An address is no server name (RFC 6066 3), and Node sends none.
        servername: sni === null || isIP(sni) ? '' : sni,
        ...(alpn.length > 0 ? { ALPNProtocols: alpn } : {}),
        ...(kept ? { session: kept.session } : {}),
        requestOCSP: profile.requestOcsp,
        // The verdict is passed on to the phone, not acted on here.
        rejectUnauthorized: false,
        checkServerIdentity: (_name, certificate) => checkServerIdentity(nameToCheck(request), certificate),
      });
      readOutBeforeFailing(stream);
      readCertificateOnce(stream);
      const { _handle: handle } = stream as unknown as { _handle: Asked | null };
      if (options.onKeylog) stream.on('keylog', options.onKeylog);
      let settled = false;
      const settle = (result: Secured) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        kept = undefined;
        forgetSession(stream);
        if (!result.ok) {
          shown.delete(place);
          stream.destroy();
        }
        resolve(result);
      };
      const fail = (detail: Text, isNetwork = false) => {
        const asksCertificate = !isNetwork && asks(handle);
        settle({ ok: false, detail: asksCertificate ? ASKED : detail, asksCertificate, isNetwork });
      };
      const timer = setTimeout(() => fail(text('ended.server-late-tls'), true), options.handshakeTimeoutMs);
      // Stays: an error before the relay takes over must not be unhandled.
      stream.on('error', (error: NodeJS.ErrnoException) =>
        fail(text('ended.code', { code: error.code ?? error.message })),
      );
      stream.once('close', () => fail(text('ended.server-closed')));
      stream.once('secureConnect', () => {
        const alpn = stream.alpnProtocol || null;
        const resumed = stream.isSessionReused() ? kept?.shown : undefined;
        const facts = resumed ?? judge(stream, request, intermediates);
        const asksCertificate = resumed
          ? resumed.asksCertificate
          : !options.clientCertificate?.(sni ?? host) && asks(handle);
        const all: Shown = { ...facts, alpn, asksCertificate };
        if (all.problem === null) {
          stream.on('session', (session) => sessions.set(place, { session, shown: all }));
          if (!unsteady.has(place)) shown.set(place, all);
        } else shown.delete(place);
        settle({ ok: true, stream, ...all });
      });
    });

  return {
    connect: connectTo,
    recall: (request) => shown.get(placeOf(request, contextFor(request).profile)) ?? null,
    differs(request) {
      const place = placeOf(request, contextFor(request).profile);
      unsteady.set(place, true);
      shown.delete(place);
    },
  };
}

/** How a server's question for a certificate is called where a flow ends because of it. */
export const ASKED = text('ended.asks-certificate');

interface Asked {
  getSharedSigalgs(): unknown[];
}

/**
 * Whether the server asked for a certificate: only with that question it says which signatures it takes (RFC 8446
 * 4.3.2, RFC 5246 7.4.4). The handle outlives a failed handshake.
 */
function asks(handle: Asked | null): boolean {
  try {
    return (handle?.getSharedSigalgs().length ?? 0) > 0;
  } catch {
    return false;
  }
}

/** An address sent as a server name is judged as the destination: the server never saw it. */
export function nameToCheck({ sni, host }: Pick<UpstreamTlsRequest, 'sni' | 'host'>): string {
  return sni === null || isIP(sni) ? host : sni;
}

/** What a server's certificate is worth, completed by intermediates of other servers where it sent none. */
function judge(
  stream: TLSSocket,
  request: UpstreamTlsRequest,
  intermediates: Intermediates,
): Pick<Shown, 'certificate' | 'problem' | 'asksCertificate'> {
  const given = stream.authorized ? null : reasonOf(stream.authorizationError);
  const peer = stream.getPeerCertificate();
  if (given === null) intermediates.learn(stream);
  const problem =
    given === INCOMPLETE && intermediates.complete(stream)
      ? ((checkServerIdentity(nameToCheck(request), peer) as NodeJS.ErrnoException | undefined)?.code ?? null)
      : given;
  return { certificate: certificateFacts(peer, problem), problem, asksCertificate: false };
}

/**
 * Takes the server's certificate apart once: Node does it for the whole chain where it checks the name, and the chain is of no use
 * there. A tenth of the processor time of a connection to a host that is met for the first time.
 */
function readCertificateOnce(stream: TLSSocket): void {
  let known: PeerCertificate | null = null;
  const read = stream.getPeerCertificate.bind(stream) as () => PeerCertificate;
  const once = (): PeerCertificate => (known ??= read());
  stream.getPeerCertificate = once as TLSSocket['getPeerCertificate'];
}

/** Node keeps what a connection was asked with for as long as it stands: a session is 2 KB that nobody needs once it was taken up. */
function forgetSession(stream: TLSSocket): void {
  const asked = Object.getOwnPropertySymbols(stream).find((one) => one.description === 'connect-options');
  const options = asked && (stream as unknown as Record<symbol, { session?: Buffer } | undefined>)[asked];
  if (options?.session) options.session = undefined;
}

/** OpenSSL's word for a chain that ends before a root. */
const INCOMPLETE = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/** Node's types say Error, the value is OpenSSL's code. */
function reasonOf(error: Error | string | null): string {
  if (typeof error === 'string') return error;
  return (error as NodeJS.ErrnoException | null)?.code ?? error?.message ?? 'UNKNOWN';
}

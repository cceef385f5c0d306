/**
 * TLS towards the phone: answers its ClientHello with the given leaf and protocol, and says how it went.
 * Promise: exactly one result; a refused certificate is told apart from a bad network, because only the first means
 * that the app pins.
 */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

export interface PhoneTlsRequest {
  /** Paused; its first bytes are the ClientHello. */
  client: Socket;
  context: SecureContext;
  /** What the server chose; null: it chose none, so none is told. */
  alpn: string | null;
  /** As the server does: an app that has a certificate shows it, others go on without. */
  requestCertificate: boolean;
  handshakeTimeoutMs: number;
  onKeylog: ((line: Buffer) => void) | undefined;
}

export type PhoneTlsResult =
  | { outcome: 'secured' }
  /** `how` is the TLS alert's name, or `silent-close`. */
  | { outcome: 'certificate-rejected'; how: string }
  | { outcome: 'reset' }
  | { outcome: 'timeout' }
  | { outcome: 'failed'; code: string };

export function answerPhone(request: PhoneTlsRequest, done: (result: PhoneTlsResult) => void): TLSSocket {
  const stream = new TLSSocket(request.client, {
    isServer: true,
    secureContext: request.context,
    ...(request.requestCertificate ? { requestCert: true, rejectUnauthorized: false } : {}),
    ...(request.alpn === null ? {} : { ALPNProtocols: [request.alpn] }),
  });
  if (request.onKeylog) stream.on('keylog', request.onKeylog);
  // Let go of with the result: some of the listeners stay for as long as the connection stands.
  let tell: typeof done | null = done;
  const settle = (result: PhoneTlsResult) => {
    const told = tell;
    if (told === null) return;
    tell = null;
    clearTimeout(timer);
    told(result);
  };
  const timer = setTimeout(() => settle({ outcome: 'timeout' }), request.handshakeTimeoutMs);
  const onError = (error: NodeJS.ErrnoException) => {
    const how = refusalAlert(error.code);
    if (how) settle({ outcome: 'certificate-rejected', how });
    else if (error.code === 'ECONNRESET' || error.code === 'EPIPE') settle({ outcome: 'reset' });
    else settle({ outcome: 'failed', code: error.code ?? error.message });
  };
  stream.on('error', onError);
  // Node tells failures of a server-side handshake here first, and later alerts only here.
  stream.on('_tlsError', onError);
  stream.once('secure', () => settle({ outcome: 'secured' }));
  // A clean end in the middle of our handshake: the phone read the certificate and left.
  stream.once('end', () => settle({ outcome: 'certificate-rejected', how: 'silent-close' }));
  stream.once('close', () => settle({ outcome: 'certificate-rejected', how: 'silent-close' }));
  return stream;
}

/** The alerts that say "not this certificate", or what is wrong with it (RFC 8446 6.2). */
export function refusalAlert(code: string | undefined): string | null {
  const match = /ALERT_((?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:UNKNOWN|EXPIRED|REVOKED)|UNKNOWN_CA)$/.exec(
    code ?? '',
  );
  return match ? match[1]!.toLowerCase() : null;
}

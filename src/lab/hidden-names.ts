/**
 * Names that a phone or a server gave itself and that may hold a value: protocol lists, certificates. They are hidden
 * before any room sees them, because flow records, alerts and owners are made of them; nothing is searched in them.
 */
import { LRUCache } from 'lru-cache';
import { maskHost, maskText, type SecretTest } from '../alert/masked-url.ts';
import type { Flow, FlowEvent, ServerCertificate } from '../model/flow.ts';

/** Registered at IANA, or in use for years: words, no values. */
const KNOWN_PROTOCOL =
  /^(?:h2|h3|h2c|http\/[\d.]{3}|spdy\/[\d.]+|mqtt|grpc-exp|acme-tls\/1|dot|doq|webrtc|c-webrtc|imap|pop3|smtp|xmpp-client|stun\.turn)$/;

export function hideInFlow(flow: Flow, secrets: () => SecretTest): Flow {
  const { hello } = flow;
  if (hello === null || hello.alpn.every((name) => KNOWN_PROTOCOL.test(name))) return flow;
  const test = secrets();
  const alpn = hello.alpn.map((name) => (KNOWN_PROTOCOL.test(name) ? name : maskText(name, test)));
  return { ...flow, hello: { ...hello, alpn } };
}

type Established = Extract<FlowEvent, { type: 'tls-established' }>;

export function hideInTls(event: Established, secrets: () => SecretTest): Established {
  const { alpn, certificate } = event;
  if (certificate === null && (alpn === null || KNOWN_PROTOCOL.test(alpn))) return event;
  const test = secrets();
  return {
    ...event,
    alpn: alpn === null || KNOWN_PROTOCOL.test(alpn) ? alpn : maskText(alpn, test),
    certificate: certificate && hideInCertificate(certificate, test),
  };
}

/** Of one phone's connections: the same certificate comes with each to the same server. */
const hidden = new WeakMap<SecretTest, LRUCache<string, ServerCertificate>>();
const MAX_CERTIFICATES = 500;

function hideInCertificate(certificate: ServerCertificate, test: SecretTest): ServerCertificate {
  let known = hidden.get(test);
  if (known === undefined) {
    known = new LRUCache({ max: MAX_CERTIFICATES });
    hidden.set(test, known);
  }
  const key = JSON.stringify(certificate);
  let shown = known.get(key);
  if (shown === undefined) {
    shown = hiddenIn(certificate, test);
    known.set(key, shown);
  }
  return shown;
}

function hiddenIn(certificate: ServerCertificate, test: SecretTest): ServerCertificate {
  const text = (given: string | null): string | null => given && maskText(given, test);
  return {
    ...certificate,
    names: certificate.names.map((name) => maskHost(name, test, false)),
    organization: text(certificate.organization),
    issuer: text(certificate.issuer),
  };
}

/**
 * The closed lists of words in what the lab says to other programs. Apart from the schemas that are made of them,
 * because the road needs the words and must not load a schema library for them.
 */

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;

export const ALERT_TYPES = ['leak', 'opaque', 'contact', 'pinned', 'weak-tls', 'quic', 'coverage', 'system'] as const;

export { KINDS } from './kinds.ts';

export const CONFIDENCES = ['certain', 'likely', 'possible'] as const;

export const WHERES = ['path', 'query', 'header', 'cookie', 'body', 'message', 'dns', 'sni', 'raw'] as const;

/** `request` is what the phone sends, `response` what the server sends. */
export const DIRECTIONS = ['request', 'response'] as const;

/** Which engine relays a flow; `gateway`: seen on the lab network beside the relay (look-ups, UDP, refused, not intercepted). */
export const FLOW_ENGINES = ['wire', 'http-mitm-proxy', 'gateway'] as const;

/** How the phone reached the lab. `socks5` stands for SOCKS4 as well; `unknown`: it never said anything that tells. */
export const ARRIVALS = ['http-connect', 'http-absolute', 'tls-direct', 'socks5', 'transparent', 'unknown'] as const;

/** What policy decided for a connection. */
export const TREATMENTS = ['intercept', 'passthrough', 'refuse'] as const;

export const CLOSE_REASONS = [
  'ended', // both sides finished
  'client-reset',
  'server-reset',
  'client-rejected-certificate',
  'upstream-refused',
  'upstream-unresolvable',
  'upstream-timeout',
  'upstream-tls-failed',
  'refused-by-policy',
  'idle-timeout',
  'client-garbage',
  'lab-stopped',
  'lab-killed', // its end was never seen: the lab, or the half of it that reads, ended first
  'error',
] as const;

export const COVERAGE_CLASSES = [
  'read', // decrypted (or plain) and understood by a reader
  'unreadable', // decrypted, but no reader understood it; raw bytes were searched
  'opaque', // understood, but the payload stayed closed to every decoder
  'partially-scanned',
  'pinned',
  'passed',
  'refused', // by the lab's policy
  'failed', // for a reason of the phone's or the server's own
  'lab-failed', // would have gone through without the lab: its certificate was refused, its TLS did not fit
  'unwatched', // relayed while nobody looked into it
  'udp', // plain datagrams, searched as raw bytes
  'quic', // refused attempts, so that apps fall back to what can be read
  'bypassing', // went through the gateway past every reader: VPNs, other protocols, look-ups hidden in HTTPS
] as const;

/** `always` passes through, `never` intercepts whatever happens, `auto` follows what the app does. */
export const PIN_OVERRIDES = ['auto', 'always', 'never'] as const;

/** Why a connection is passed through unread, where policy would have read it. */
export const PASS_CAUSES = [
  'operator', // asked for it
  'pinned', // the app insists on a certificate of its own
  'no-certificate', // the phone never trusted the lab's certificate
  'own-root', // the app knows a certificate of the server that the lab cannot verify
  'client-certificate', // the server asks the app for one
  'phone-tls', // the app speaks no TLS that the lab can answer
  'server-tls', // the lab and the server could not agree on TLS
  'silent', // the connection before said nothing after the handshake: this one shows whether the app speaks unobserved
] as const;

/** Bad certificates on purpose: an app that goes on with one does not check. */
export const TRUST_TESTS = ['self-signed', 'wrong-name', 'expired'] as const;

/** Has the phone ever finished a handshake with the lab's certificate and then said something? */
export const TRUSTS = ['trusts', 'refuses', 'unknown'] as const;

/** What a case is divided into; any other words may be used too. */
export const PHASES = [
  'unboxed',
  'first-boot',
  'before-consent',
  'consent-given',
  'after-consent', // the same
  'idle',
  'account-signed-in',
  'service-off',
  'app-removed',
  'after-update',
] as const;

/** What is done to a phone within a phase; any other words may be used too. */
export const CASE_EVENTS = [
  'boot',
  'screen-on',
  'unlock',
  'message-sent',
  'contact-added',
  'photo-taken',
  'app-opened',
] as const;

/** What the lab could not see for a time. */
export const GAP_KINDS = [
  'lab-down', // it did not run
  'unwatched', // it relayed, and nobody looked into it
  'not-counted', // something beside the relay could not be seen, for want of a right or a tool
] as const;

/** Who may do what, from little to everything: see src/sinks/live/roles.ts. */
/** What connections can be put together by. */
export const FLOW_GROUPS = ['host', 'owner', 'country', 'app'] as const;
export const ROLES = ['viewer', 'operator', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** What content of connections is kept (`start --keep`). */
export const KEEPS = ['none', 'findings', 'all'] as const;

/** Why content of a connection is not there. */
export const NOT_KEPT_REASONS = [
  'not-asked', // the lab was told to keep none
  'no-finding', // nothing was found in it
  'unread', // it could not be read in the first place
  'outside-window', // too far from what was found
  'too-long', // of one body, stream or connection more than is kept of one
  'too-much', // more came at once than could be written
  'disk', // the disk took no more
  'gone', // it gave way to newer content, or to age, or its phone was forgotten
] as const;

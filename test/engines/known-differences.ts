/**
 * Where the two engines differ, as far as a phone, a server or an operator can notice: one row each, and what is seen
 * with either. Tests ask this table what to expect (`KNOWN[row][engine]`), on both engines; `npm test` prints it at the
 * end. What is not in it is the same with both. Why each is so: docs/decisions/0008.
 */
import type { ENGINES } from '../../src/model/lab.ts';

export type EngineName = (typeof ENGINES)[number];

export const KNOWN = {
  // Asked of the engines themselves (contract.test.ts).
  'HTTP/2': { wire: 'curl --http2 speaks HTTP/2', 'http-mitm-proxy': 'curl --http2 speaks HTTP/1.1' },
  'header names of a request, at the server': {
    wire: 'Host: a.test, X-IMEI-Hash: 1, x-low: 2',
    'http-mitm-proxy': 'host: a.test, x-imei-hash: 1, x-low: 2',
  },
  'header names of an answer, at the phone': { wire: 'X-Odd-CASE', 'http-mitm-proxy': 'x-odd-case' },
  'a field sent twice, at the server': {
    wire: 'x-a: 1, x-a: 2, user-agent: a, user-agent: b',
    'http-mitm-proxy': 'x-a: 1, 2, user-agent: a',
  },
  'Public-Key-Pins of an answer, at the phone': { wire: 'kept', 'http-mitm-proxy': 'removed' },
  'trailers of an answer, at the phone': { wire: 'kept', 'http-mitm-proxy': 'removed' },
  'an interim answer (103 Early Hints), at the phone': { wire: 'kept', 'http-mitm-proxy': 'removed' },
  'WebSocket: compression the phone asks for': { wire: 'permessage-deflate', 'http-mitm-proxy': 'none' },
  'WebSocket: subprotocol the phone asks for, at the server': { wire: 'chat', 'http-mitm-proxy': 'none' },
  'an upgrade to another protocol': { wire: 'works', 'http-mitm-proxy': 'refused: 400' },
  'a request with both Content-Length and Transfer-Encoding': {
    wire: 'left to the server',
    'http-mitm-proxy': 'refused: client-garbage',
  },
  'a request with bare line feeds': { wire: 'left to the server', 'http-mitm-proxy': 'refused: client-garbage' },
  'what is not HTTP, under TLS on port 443 without a protocol list': { wire: 'pong', 'http-mitm-proxy': 'refused' },

  // Asked of the whole product with real clients (test/e2e).
  'product: curl --http2, at the server': { wire: 'HTTP/2.0', 'http-mitm-proxy': 'HTTP/1.1' },
  'product: an alert about an app that offers HTTP/2 says': { wire: 'h2', 'http-mitm-proxy': 'http/1.1' },
  'product: fields of curl with three odd ones, at the server': {
    wire: 'X-Twice: 1, x-twice: 2, X-Odd-CASE: kept',
    'http-mitm-proxy': 'x-twice: 1, 2, x-odd-case: kept, Connection: keep-alive',
  },
  'product: MQTT over TLS on port 443': { wire: 'published', 'http-mitm-proxy': 'refused' },
  'product: flows are filed as carried by': { wire: 'wire', 'http-mitm-proxy': 'http-mitm-proxy, wire' },
  'product: limits said at start': { wire: '0', 'http-mitm-proxy': '7' },
} as const satisfies Record<string, Record<EngineName, string>>;

/** Lines of the table; columns as wide as their widest cell. */
export function drawKnown(): string[] {
  const rows = [
    ['', 'wire', 'http-mitm-proxy'],
    ...Object.entries(KNOWN).map(([name, seen]) => [name, seen.wire, seen['http-mitm-proxy']]),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([name = '', wire = '', mitm = '']) =>
    `${name.padEnd(widths[0]!)}  ${wire.padEnd(widths[1]!)}  ${mitm}`.trimEnd(),
  );
}

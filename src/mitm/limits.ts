/**
 * What `--engine http-mitm-proxy` cannot do, said when it is chosen. Each line but the last, which is rare, is
 * proven by a row of the table that `npm test` prints (test/engines/known-differences.ts) and explained in docs/decisions.
 */
export const MITM_LIMITS: readonly string[] = [
  'http-mitm-proxy speaks HTTP/1.1 only: HTTP/2 is not offered to servers, gRPC and other protocols go through the wire',
  'http-mitm-proxy rewrites requests and answers: header names in lower case, repeated fields joined or dropped',
  'http-mitm-proxy passes on no trailers, no interim answers (103) and no Public-Key-Pins',
  'http-mitm-proxy passes WebSocket messages on whole, uncompressed, without their subprotocol; other upgrades are refused',
  'http-mitm-proxy refuses requests that Node’s strict parser refuses (bare line feeds, ambiguous lengths, odd characters)',
  'http-mitm-proxy takes TLS on ports 443 and 8443 without a protocol list for HTTP, and refuses what turns out to be none',
  'http-mitm-proxy loses now and then the answer of a server that answers and leaves while an upload over TLS goes on (one of thirty)',
];

/**
 * How much a reader may keep in memory. Every buffer of this room has its bound here, with its reason.
 * Past a bound the direction is called `unreadable` once and its bytes are still handed on as they are:
 * a bound costs understanding, never bytes.
 */
export interface ReaderLimits {
  /** One request or response head, or one trailer section, bytes. Servers take 8 to 64 KB; sloppy SDKs send big cookies. */
  maxHeadBytes: number;
  /** One chunk-size line with its extensions, bytes. Real ones have under 20. */
  maxChunkLineBytes: number;
  /** Requests sent ahead of their answers on one HTTP/1 connection. Browsers that pipelined sent 8. */
  maxPipelined: number;
  /** Bytes held back while the answer to an upgrade or CONNECT is awaited. Polite clients send none. */
  maxHeldBytes: number;
  /** First bytes of a connection kept while it is not clear what they are: one long request line. */
  maxSniffBytes: number;
  /** CONNECT inside CONNECT (or an upgrade inside it), levels. */
  maxTunnelDepth: number;
}

export const DEFAULT_LIMITS: ReaderLimits = {
  maxHeadBytes: 256 * 1024,
  maxChunkLineBytes: 16 * 1024,
  maxPipelined: 1000,
  maxHeldBytes: 256 * 1024,
  maxSniffBytes: 16 * 1024,
  maxTunnelDepth: 4,
};

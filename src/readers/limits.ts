/**
 * How much a reader may keep in memory. Every buffer of this room has its bound here, with its reason.
 * Past a bound the direction is called `unreadable` once and its bytes are still handed on as they are:
 * a bound costs understanding, never bytes.
 */
import { MAX_CHUNK_LINE_BYTES } from '../formats/http1-framing.ts';
import { MAX_SECTION_BYTES } from '../formats/http1-head.ts';

export interface ReaderLimits {
  /** One request or response head, or one trailer section, bytes. */
  maxHeadBytes: number;
  /** From the first byte of a request head, chunk line or trailer section to its last, ms. Lossy networks repeat within a few seconds. */
  maxHeadMs: number;
  /** One chunk-size line with its extensions, bytes. */
  maxChunkLineBytes: number;
  /** Requests sent ahead of their answers on one HTTP/1 connection. Browsers that pipelined sent 8. */
  maxPipelined: number;
  /** Bytes held back while the answer to an upgrade or CONNECT is awaited, and then read at once. Polite clients send none. */
  maxHeldBytes: number;
  /** First bytes of a connection kept while it is not clear what they are: one long request line. */
  maxSniffBytes: number;
  /** One HTTP/2 header block as sent (HEADERS or PUSH_PROMISE with CONTINUATIONs), bytes. Servers take 8 to 64 KB. */
  maxHeaderBlockBytes: number;
  /** One HTTP/2 header list as decoded, by RFC 9113 6.5.2's count (32 more per field). A block can unpack to 4,000 times its size. */
  maxHeaderListBytes: number;
  /** HPACK dynamic table per direction, by RFC 7541 4.1's count. Browsers ask for 64 KB. */
  maxHeaderTableBytes: number;
  /** Open streams of one HTTP/2 connection that are told apart. Servers allow 100 to 1,000. */
  maxStreams: number;
  /** The named fields of one MQTT packet (a CONNECT with its will; a PUBLISH before its payload), bytes: two fields of 64 KB. */
  maxMqttHeaderBytes: number;
  /** MQTT 5 topic aliases remembered per direction. Brokers allow 10 to 100. */
  maxMqttAliases: number;
  /** CONNECT inside CONNECT (or an upgrade inside it), levels. */
  maxTunnelDepth: number;
}

export const DEFAULT_LIMITS: ReaderLimits = {
  maxHeadBytes: MAX_SECTION_BYTES,
  maxHeadMs: 10_000,
  maxChunkLineBytes: MAX_CHUNK_LINE_BYTES,
  maxPipelined: 1000,
  maxHeldBytes: 16 * 1024,
  maxSniffBytes: 16 * 1024,
  maxHeaderBlockBytes: 256 * 1024,
  maxHeaderListBytes: 256 * 1024,
  maxHeaderTableBytes: 256 * 1024,
  maxStreams: 16 * 1024,
  maxMqttHeaderBytes: 256 * 1024,
  maxMqttAliases: 1000,
  maxTunnelDepth: 4,
};

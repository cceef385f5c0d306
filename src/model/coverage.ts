/** How much of a phone's traffic could be looked into. Silence must be distinguishable from innocence. */

export const COVERAGE_CLASSES = [
  'read', // decrypted (or plain) and understood by a reader
  'unreadable', // decrypted, but no reader understood it; raw bytes were searched
  'opaque', // understood, but the payload stayed closed to every decoder
  'partially-scanned',
  'pinned',
  'passed',
  'refused',
  'failed',
  'udp', // plain datagrams, searched as raw bytes
  'quic', // refused attempts, so that apps fall back to what can be read
  'bypassing', // went through the gateway past every reader: VPNs, other protocols, look-ups hidden in HTTPS
] as const;
export type CoverageClass = (typeof COVERAGE_CLASSES)[number];

export interface CoverageRow {
  class: CoverageClass;
  connections: number;
  bytesUp: number;
  bytesDown: number;
}

export interface DeviceCoverage {
  deviceId: string;
  rows: CoverageRow[];
  /** Share of the bytes the phone sent that could be read, 0 to 1; null when it sent nothing. */
  readShare: number | null;
  /** A sentence a layman understands. */
  sentence: string;
  /** Where the rest went, biggest first. */
  unseen: { host: string; country: string | null; owner: string | null; bytesUp: number; class: CoverageClass }[];
}

/** One byte string to search for, and what finding it means. */
import type { Spelling } from '../../kinds/kind.ts';
import type { Kind } from '../../model/identifier.ts';

/** Longer texts are searched by their beginning. */
export const MAX_NEEDLE = 256;

export interface Pattern {
  /** What must stand there for a hit; at most MAX_NEEDLE. */
  bytes: Buffer;
  /** For a truncated digest: all of it, to tell how much of it was sent; else `bytes` itself. */
  full: Buffer;
  /** ASCII letters in either case. */
  fold: boolean;
  /** Only between neighbours that are neither letters nor digits. */
  bounded: boolean;
  /** Of its spelling: only a part of a longer value, by what stands around it. */
  isPart?: Spelling['isPart'];
  /** Only in layers that are not text. */
  binary: boolean;
  kind: Kind;
  /** As a person would write it: what the alert masks. Secret. */
  value: string;
  /** Which spelling, for people. */
  label: string;
  /** Chain entry, e.g. `base64`; null for the text itself and for digests. */
  encoding: string | null;
  /** For base64 encodings: bytes of the first quantum that belong to what stands before. */
  shift: number;
  /** `from`: which character of the whole digest comes first; `before`: those in front of it. */
  digest: { name: string; form: DigestForm; from: number; before: Buffer } | null;
  /** A 32-bit checksum: likely, not certain. */
  weak: boolean;
}

export type DigestForm = 'hex' | 'base64' | 'base64url' | 'raw' | 'decimal';

/** Bounds of one exchange's search: past each of them the rest is said to be partially scanned. */

export interface Limits {
  /** Decoders (gzip, base64, …) inside one another; structures (JSON, form) do not count. */
  depth: number;
  /** Layers of any sort inside one another. */
  levels: number;
  /** Findings per exchange. */
  findings: number;
  /** Runs offered to shapes per exchange. */
  candidates: number;
  /** Values per exchange handed out for comparing phones: a report of thousands of rows is content. */
  tokens: number;
  /** Decoded bytes per encoded byte, over the whole layer. */
  ratio: number;
  /** Bytes of one picture kept for looking at it. */
  imageBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  depth: 4,
  levels: 10,
  findings: 1000,
  candidates: 10_000,
  tokens: 400,
  ratio: 128,
  imageBytes: 8 << 20,
};

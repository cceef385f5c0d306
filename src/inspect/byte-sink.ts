/** Anything bytes are poured into. `end` comes exactly once; `complete` is false when the stream broke off. */
export interface ByteSink {
  /** The bytes are the caller's again after the call. */
  write(bytes: Buffer): void;
  end(complete: boolean): void;
}

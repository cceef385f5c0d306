/** The small face every streaming decoder shows: bytes in; what they decode to goes to the function it was made with. */

export interface Codec {
  /** Null while the stream goes on; else it is over, or nothing more of it is wanted, and these bytes are not part of it. */
  push(bytes: Buffer): Buffer | null;
  /** No more bytes will come: hands out what waited for more, and frees what is not garbage-collected. */
  end(): void;
}

/** Takes a block of decoded bytes, which are the codec's again after the call; false when no more is wanted. */
export type Emit = (bytes: Buffer) => boolean;

/** Most decoded bytes handed out at once: between two blocks the receiver can say that it is enough. */
export const BLOCK = 64 << 10;

export const NOTHING: Buffer = Buffer.alloc(0);

/** The small face every streaming decoder shows: bytes in; what they decode to goes to the function it was made with. */

export interface Codec {
  /** True when the compressed stream is over; what follows is not part of it. */
  push(bytes: Buffer): boolean;
  /** No more bytes will come: hands out what waited for more, and frees what is not garbage-collected. */
  end(): void;
}

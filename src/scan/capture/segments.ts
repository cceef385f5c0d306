/**
 * One direction of a TCP connection (RFC 9293 3.4) put in order: segments as captured in, bytes as sent out.
 * Promise: pure; every byte once, whatever came twice, late or overlapping; bytes that are not in the capture are told with
 * their number, when the other side has acknowledged what came after them, or when more is held than an honest gap needs.
 */

export interface Piece {
  bytes: Buffer;
  /** So many bytes before these are missing. */
  missingBefore: number;
}

export interface Segments {
  /** `syn`: the segment opens the connection; its number is one before the first byte. */
  open(seq: number): void;
  /** @param bytes as captured @param length as sent; larger when the capture cut the packet */
  push(seq: number, bytes: Buffer, length: number): Piece[];
  /** The other side has all before this number. */
  acknowledged(ack: number): Piece[];
  /** The capture ends: what is held comes out. */
  end(): { pieces: Piece[]; missingAfter: number };
}

/** Segments wait for at most so many bytes; windows on phones are of this size. */
const MAX_HELD = 4 << 20;

/** Distance from `b` to `a` on the circle of 2^32. */
const distance = (a: number, b: number): number => (a - b) | 0;

export function createSegments(): Segments {
  /** Number of the next byte; null before the first. */
  let next: number | null = null;
  let acked: number | null = null;
  let held: { seq: number; bytes: Buffer; length: number }[] = [];
  let heldBytes = 0;
  let owed = 0;

  function take(seq: number, bytes: Buffer, length: number): Piece[] {
    const known = distance(next!, seq);
    if (known >= length) return [];
    const fresh = bytes.subarray(Math.max(0, known));
    next = (seq + length) >>> 0;
    const missingBefore = owed;
    // What the capture cut off the end of the packet.
    owed = length - Math.max(known, bytes.length, 0);
    if (fresh.length === 0) {
      owed += missingBefore;
      return [];
    }
    return [{ bytes: fresh, missingBefore }];
  }

  /** Held segments that fit now; with `until`, also those behind a gap that ends before it. */
  function release(until: number | null): Piece[] {
    const out: Piece[] = [];
    held.sort((a, b) => distance(a.seq, b.seq));
    while (held.length > 0) {
      const [segment] = held;
      if (!segment) break;
      const gap = distance(segment.seq, next!);
      if (gap > 0) {
        const isLost = (until !== null && distance(until, segment.seq) >= 0) || heldBytes > MAX_HELD;
        if (!isLost) break;
        owed += gap;
        next = segment.seq;
      }
      held.shift();
      heldBytes -= segment.bytes.length;
      out.push(...take(segment.seq, segment.bytes, segment.length));
    }
    return out;
  }

  return {
    open(seq) {
      next ??= (seq + 1) >>> 0;
    },
    push(seq, bytes, length) {
      if (length === 0) return [];
      next ??= seq;
      if (distance(seq, next) > 0) {
        held.push({ seq, bytes, length });
        heldBytes += bytes.length;
        return release(acked);
      }
      const pieces = take(seq, bytes, length);
      return held.length === 0 ? pieces : [...pieces, ...release(acked)];
    },
    acknowledged(ack) {
      if (acked === null || distance(ack, acked) > 0) acked = ack;
      return held.length === 0 || next === null ? [] : release(acked);
    },
    end() {
      if (next === null) return { pieces: [], missingAfter: 0 };
      const lastHeld = held.reduce((end, { seq, length }) => Math.max(end, distance(seq + length, next!)), 0);
      const pieces = release((next + lastHeld) >>> 0);
      // The acknowledgement of a FIN counts one more.
      const behind = acked === null ? 0 : distance(acked, next);
      held = [];
      return { pieces, missingAfter: owed + (behind > 1 ? behind : 0) };
    },
  };
}

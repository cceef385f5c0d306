/**
 * LZ4 frames (lz4_Frame_format.md 1.6), block by block. No package decodes them synchronously in pieces.
 * Promise: at most one block (4 MB) and 64 KB of history are kept; anything that is no LZ4 throws.
 */
import type { Codec } from './codec.ts';

const HISTORY = 64 << 10;
const MAX_BLOCK = 4 << 20;
const MAGIC = 0x184d2204;

export function lz4(emit: (bytes: Buffer) => void): Codec {
  let rest: Buffer = Buffer.alloc(0);
  let state: 'header' | 'block' | 'over' = 'header';
  let hasBlockChecksum = false;
  let history: Buffer = Buffer.alloc(0);

  function step(): boolean {
    if (state === 'over') return false;
    return state === 'header' ? readHeader() : readBlock();
  }

  function readHeader(): boolean {
    if (rest.length < 7) return false;
    if (rest.readUInt32LE(0) !== MAGIC || rest[4]! >> 6 !== 1) throw new Error('not an LZ4 frame');
    const flags = rest[4]!;
    hasBlockChecksum = (flags & 0x10) !== 0;
    const length = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    if (rest.length < length) return false;
    rest = rest.subarray(length);
    state = 'block';
    return true;
  }

  function readBlock(): boolean {
    if (rest.length < 4) return false;
    const size = rest.readUInt32LE(0) & 0x7fffffff;
    if (size === 0) {
      state = 'over';
      return false;
    }
    if (size > MAX_BLOCK) throw new Error('LZ4 block too large');
    const whole = 4 + size + (hasBlockChecksum ? 4 : 0);
    if (rest.length < whole) return false;
    const body = rest.subarray(4, 4 + size);
    const out = rest[3]! & 0x80 ? Buffer.from(body) : expandBlock(body, history);
    history = Buffer.from(Buffer.concat([history, out]).subarray(-HISTORY));
    rest = rest.subarray(whole);
    emit(out);
    return true;
  }

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      while (step());
      rest = Buffer.from(rest);
      return state === 'over';
    },
    end() {},
  };
}

/** lz4_Block_format.md: literals, then a match in what was already written. */
function expandBlock(bytes: Buffer, history: Buffer): Buffer {
  const out = Buffer.allocUnsafe(history.length + MAX_BLOCK);
  let to = history.copy(out);
  let at = 0;
  const length = (start: number): number => {
    let total = start;
    if (start < 15) return total;
    while (at < bytes.length) {
      const more = bytes[at++]!;
      total += more;
      if (more !== 255) break;
    }
    return total;
  };
  while (at < bytes.length) {
    const token = bytes[at++]!;
    const literals = length(token >> 4);
    if (at + literals > bytes.length || to + literals > out.length) throw new Error('LZ4 literals too long');
    to += bytes.copy(out, to, at, at + literals);
    at += literals;
    if (at >= bytes.length) break;
    if (at + 2 > bytes.length) throw new Error('LZ4 match cut off');
    const distance = bytes.readUInt16LE(at);
    at += 2;
    const count = length(token & 15) + 4;
    if (distance === 0 || distance > to || to + count > out.length) throw new Error('LZ4 match out of range');
    for (let i = 0; i < count; i++, to++) out[to] = out[to - distance]!;
  }
  return Buffer.from(out.subarray(history.length, to));
}

/**
 * LZ4 frames (lz4_Frame_format.md 1.6), block by block. No package decodes them synchronously in pieces.
 * Promise: at most one packed block (4 MB) and 128 KB of what came out are kept, and no more than BLOCK comes out at once;
 * anything that is no LZ4 throws.
 */
import { BLOCK, type Codec, type Emit, NOTHING } from './codec.ts';

/** How far back a match may reach. */
const HISTORY = 64 << 10;
const MAX_BLOCK = 4 << 20;
const MAGIC = 0x184d2204;
const HEAD = 7;

type State = 'header' | 'size' | 'block' | 'over';

export function lz4(emit: Emit): Codec {
  const output = new Output(emit);
  let state: State = 'header';
  let hasBlockChecksum = false;
  let isStored = false;
  /** What the next step needs, and what of it is there. */
  let needed = HEAD;
  let held: Buffer[] = [];
  let length = 0;

  function step(bytes: Buffer): void {
    switch (state) {
      case 'header': {
        if (bytes.readUInt32LE(0) !== MAGIC || bytes[4]! >> 6 !== 1) throw new Error('not an LZ4 frame');
        const flags = bytes[4]!;
        const whole = HEAD + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
        needed = whole;
        if (bytes.length < whole) return;
        hasBlockChecksum = (flags & 0x10) !== 0;
        state = 'size';
        needed = 4;
        return;
      }
      case 'size': {
        const size = bytes.readUInt32LE(0) & 0x7fffffff;
        if (size > MAX_BLOCK) throw new Error('LZ4 block too large');
        isStored = (bytes[3]! & 0x80) !== 0;
        state = size === 0 ? 'over' : 'block';
        needed = size + (hasBlockChecksum ? 4 : 0);
        return;
      }
      default: {
        const body = hasBlockChecksum ? bytes.subarray(0, -4) : bytes;
        const goesOn = isStored ? output.literals(body, 0, body.length) : expand(body, output);
        state = goesOn && output.flush() ? 'size' : 'over';
        needed = 4;
      }
    }
  }

  return {
    push(bytes) {
      let rest = bytes;
      while (state !== 'over' && length + rest.length >= needed) {
        const part = rest.subarray(0, needed - length);
        rest = rest.subarray(part.length);
        const before = state;
        const whole = held.length === 0 ? part : Buffer.concat([...held, part]);
        step(whole);
        // A header that turned out to be longer stays.
        held = state === 'header' && before === 'header' ? [Buffer.from(whole)] : [];
        length = held.length === 0 ? 0 : whole.length;
      }
      if (state === 'over') return rest;
      if (rest.length > 0) held.push(Buffer.from(rest));
      length += rest.length;
      return null;
    },
    end() {
      held = [];
    },
  };
}

/** What came out: the end of it, which matches may repeat, and what was not yet handed on. */
class Output {
  #bytes: Buffer = NOTHING;
  #to = 0;
  #emitted = 0;
  readonly #emit: Emit;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** False when no more is wanted. */
  literals(bytes: Buffer, from: number, to: number): boolean {
    for (let at = from; at < to; ) {
      if (!this.#makeRoom()) return false;
      const count = Math.min(to - at, this.#bytes.length - this.#to);
      bytes.copy(this.#bytes, this.#to, at, at + count);
      this.#to += count;
      at += count;
    }
    return true;
  }

  match(distance: number, length: number): boolean {
    if (distance === 0 || distance > this.#to) throw new Error('LZ4 match out of range');
    for (let left = length; left > 0; ) {
      if (!this.#makeRoom()) return false;
      const bytes = this.#bytes;
      const end = Math.min(this.#to + left, bytes.length);
      left -= end - this.#to;
      for (let to = this.#to; to < end; to++) bytes[to] = bytes[to - distance]!;
      this.#to = end;
    }
    return true;
  }

  flush(): boolean {
    const bytes = this.#bytes.subarray(this.#emitted, this.#to);
    this.#emitted = this.#to;
    return bytes.length === 0 || this.#emit(bytes);
  }

  #makeRoom(): boolean {
    if (this.#to < this.#bytes.length) return true;
    if (this.#bytes.length === 0) this.#bytes = Buffer.allocUnsafeSlow(HISTORY + BLOCK);
    else {
      if (!this.flush()) return false;
      this.#bytes.copyWithin(0, this.#to - HISTORY, this.#to);
      this.#to = HISTORY;
      this.#emitted = HISTORY;
    }
    return true;
  }
}

/** lz4_Block_format.md: literals, then a match in what was already written. False when no more is wanted. */
function expand(bytes: Buffer, output: Output): boolean {
  let at = 0;
  const lengthFrom = (start: number): number => {
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
    const literals = lengthFrom(token >> 4);
    if (at + literals > bytes.length) throw new Error('LZ4 literals too long');
    if (!output.literals(bytes, at, at + literals)) return false;
    at += literals;
    if (at >= bytes.length) break;
    if (at + 2 > bytes.length) throw new Error('LZ4 match cut off');
    const distance = bytes.readUInt16LE(at);
    at += 2;
    if (!output.match(distance, lengthFrom(token & 15) + 4)) return false;
  }
  return true;
}

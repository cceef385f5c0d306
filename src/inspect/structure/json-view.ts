/**
 * JSON text with its escapes resolved, so that what is searched is what a person would read.
 * Promise: bytes without a backslash pass through uncopied; `literals` are the offsets (absolute, in the view) of quotes
 * that belong to a string and do not end it. Nothing is refused: what is no valid escape stays as it is.
 * Source: RFC 8259 section 7.
 */

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const U = 0x75;
/** By the byte after a backslash; zero where it stands for itself. */
const SIMPLE = new Uint8Array(256);
for (const [char, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) SIMPLE[char.charCodeAt(0)] = byte;
/** Of `0-9`, `a-f` and `A-F`; 255 for no digit. */
const DIGIT = new Uint8Array(256).fill(255);
for (const [value, char] of [...'0123456789abcdef'].entries()) {
  DIGIT[char.charCodeAt(0)] = value;
  DIGIT[char.toUpperCase().charCodeAt(0)] = value;
}
const NOTHING = Buffer.alloc(0);
/** `\uXXXX`. */
const LONGEST_ESCAPE = 6;

export class JsonView {
  /** Absolute offsets of resolved quotes, oldest first; the reader drops what it has passed. */
  literals: number[] = [];
  #written = 0;
  /** An unfinished escape, from its backslash on, as it stands. */
  #escape: Buffer = NOTHING;
  #escapeLength = 0;
  /** High surrogate waiting for its other half. */
  #high = 0;

  /** The view of the next bytes. */
  push(bytes: Buffer): Buffer {
    const first = this.#escapeLength === 0 && this.#high === 0 ? bytes.indexOf(BACKSLASH) : 0;
    if (first < 0) {
      this.#written += bytes.length;
      return bytes;
    }
    if (this.#escape.length === 0) this.#escape = Buffer.alloc(LONGEST_ESCAPE);
    // Longest growth: a pending escape of 5 bytes and a pending surrogate come out as they are.
    const out = Buffer.allocUnsafe(bytes.length + 12);
    let to = bytes.copy(out, 0, 0, first);
    for (let at = first; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#escapeLength > 0) to = this.#continue(out, to, byte);
      else if (byte === BACKSLASH) this.#begin();
      else {
        if (this.#high !== 0) to = this.#flushHigh(out, to);
        const next = bytes.indexOf(BACKSLASH, at);
        const end = next < 0 ? bytes.length : next;
        to += bytes.copy(out, to, at, end);
        at = end - 1;
      }
    }
    this.#written += to;
    return out.subarray(0, to);
  }

  /** What an unfinished escape leaves at the end of the stream; null for nothing. */
  end(): Buffer | null {
    if (this.#escapeLength === 0 && this.#high === 0) return null;
    const out = Buffer.alloc(12);
    const to = this.#asItStands(out, this.#flushHigh(out, 0));
    this.#written += to;
    return out.subarray(0, to);
  }

  #begin(): void {
    this.#escape[0] = BACKSLASH;
    this.#escapeLength = 1;
  }

  #continue(out: Buffer, to: number, byte: number): number {
    if (this.#escapeLength === 1 && byte !== U) return this.#simple(out, to, byte);
    if (this.#escapeLength > 1 && DIGIT[byte] === 255) {
      // Not an escape after all: as it stood, and the byte is looked at as an ordinary one.
      const after = this.#asItStands(out, this.#flushHigh(out, to));
      if (byte === BACKSLASH) {
        this.#begin();
        return after;
      }
      out[after] = byte;
      return after + 1;
    }
    this.#escape[this.#escapeLength++] = byte;
    if (this.#escapeLength < LONGEST_ESCAPE) return to;
    this.#escapeLength = 0;
    let unit = 0;
    for (let i = 2; i < LONGEST_ESCAPE; i++) unit = (unit << 4) | DIGIT[this.#escape[i]!]!;
    return this.#unit(out, to, unit);
  }

  #simple(out: Buffer, to: number, byte: number): number {
    this.#escapeLength = 0;
    const at = this.#flushHigh(out, to);
    if (byte === QUOTE) this.literals.push(this.#written + at);
    out[at] = SIMPLE[byte]! === 0 ? byte : SIMPLE[byte]!;
    return at + 1;
  }

  #unit(out: Buffer, to: number, unit: number): number {
    if (this.#high !== 0 && unit >= 0xdc00 && unit <= 0xdfff) {
      const text = String.fromCharCode(this.#high, unit);
      this.#high = 0;
      return to + out.write(text, to, 'utf8');
    }
    const at = this.#flushHigh(out, to);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#high = unit;
      return at;
    }
    if (unit === QUOTE) this.literals.push(this.#written + at);
    if (unit >= 0x80) return at + out.write(String.fromCharCode(unit), at, 'utf8');
    out[at] = unit;
    return at + 1;
  }

  #asItStands(out: Buffer, to: number): number {
    const length = this.#escapeLength;
    this.#escapeLength = 0;
    return to + this.#escape.copy(out, to, 0, length);
  }

  #flushHigh(out: Buffer, to: number): number {
    if (this.#high === 0) return to;
    this.#high = 0;
    return to + out.write('\ufffd', to, 'utf8');
  }
}

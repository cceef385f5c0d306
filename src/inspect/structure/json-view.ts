/**
 * JSON text with its escapes resolved, so that what is searched is what a person would read.
 * Promise: bytes without a backslash pass through uncopied; `literals` are the offsets (absolute, in the view) of quotes
 * that belong to a string and do not end it. Nothing is refused: what is no valid escape stays as it is.
 * Source: RFC 8259 section 7.
 */

const BACKSLASH = 0x5c;
const SIMPLE: Record<string, number> = { b: 8, f: 12, n: 10, r: 13, t: 9 };

export class JsonView {
  /** Absolute offsets of resolved quotes, oldest first; the reader drops what it has passed. */
  literals: number[] = [];
  #written = 0;
  /** Characters of an unfinished escape, from its backslash on (at most `\uXXXX`). */
  #escape = '';
  /** High surrogate waiting for its other half. */
  #high = 0;

  /** The view of the next bytes. */
  push(bytes: Buffer): Buffer {
    const first = this.#escape === '' && this.#high === 0 ? bytes.indexOf(BACKSLASH) : 0;
    if (first < 0) {
      this.#written += bytes.length;
      return bytes;
    }
    // Longest growth: a pending escape of 5 bytes and a pending surrogate come out as they are.
    const out = Buffer.allocUnsafe(bytes.length + 12);
    let to = bytes.copy(out, 0, 0, first);
    for (let at = first; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#escape !== '') to = this.#continue(out, to, byte);
      else if (byte === BACKSLASH) this.#escape = '\\';
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
    if (this.#escape === '' && this.#high === 0) return null;
    const out = Buffer.alloc(12);
    let to = this.#flushHigh(out, 0);
    to += out.write(this.#escape, to, 'latin1');
    this.#escape = '';
    this.#written += to;
    return out.subarray(0, to);
  }

  #continue(out: Buffer, to: number, byte: number): number {
    const char = String.fromCharCode(byte);
    if (this.#escape === '\\') {
      if (char === 'u') {
        this.#escape = '\\u';
        return to;
      }
      this.#escape = '';
      if (this.#high !== 0) to = this.#flushHigh(out, to);
      if (char === '"') this.literals.push(this.#written + to);
      out[to] = SIMPLE[char] ?? byte;
      return to + 1;
    }
    if (!/[0-9a-fA-F]/.test(char)) {
      // Not an escape after all: as it stood, and the byte is looked at as an ordinary one.
      if (this.#high !== 0) to = this.#flushHigh(out, to);
      to += out.write(this.#escape, to, 'latin1');
      this.#escape = '';
      if (byte === BACKSLASH) {
        this.#escape = '\\';
        return to;
      }
      out[to] = byte;
      return to + 1;
    }
    this.#escape += char;
    if (this.#escape.length < 6) return to;
    const unit = Number.parseInt(this.#escape.slice(2), 16);
    this.#escape = '';
    return this.#unit(out, to, unit);
  }

  #unit(out: Buffer, to: number, unit: number): number {
    if (this.#high !== 0 && unit >= 0xdc00 && unit <= 0xdfff) {
      const text = String.fromCharCode(this.#high, unit);
      this.#high = 0;
      return to + out.write(text, to, 'utf8');
    }
    if (this.#high !== 0) to = this.#flushHigh(out, to);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#high = unit;
      return to;
    }
    if (unit === 0x22) this.literals.push(this.#written + to);
    return to + out.write(String.fromCharCode(unit), to, 'utf8');
  }

  #flushHigh(out: Buffer, to: number): number {
    if (this.#high === 0) return to;
    this.#high = 0;
    return to + out.write('\ufffd', to, 'utf8');
  }
}

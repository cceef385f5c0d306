/**
 * `application/x-www-form-urlencoded` text, also in queries: name by name, each value a stream of its own.
 * Promise: percent escapes are undone across any cutting; `+` stays, because careless senders put raw base64 there
 * (spellings with spaces are searched with `+` as well); names are kept to MAX_NAME characters, what is longer is a stream of
 * its own besides; values are unbounded.
 */
import type { ByteSink } from '../byte-sink.ts';

/** Longer names are payload without a name. */
const MAX_NAME = 200;

export interface FormEvents {
  /** A value begins; null leaves it unread. */
  value(name: string): ByteSink | null;
  /** Text between separators without `=`. */
  bare(text: string): void;
  /** A name, or such a text, that is too long to be one begins: it comes as a stream. */
  long(): ByteSink;
  /** Asked at each pair; at a no the rest is left lying. */
  mayGoOn(): boolean;
}

export class FormReader implements ByteSink {
  #name: Buffer[] = [];
  #nameLength = 0;
  #value: ByteSink | null = null;
  #inValue = false;
  /** Reads a name that is too long for one. */
  #long: ByteSink | null = null;
  #isOver = false;
  readonly #percent = new PercentDecoder();
  readonly #events: FormEvents;

  constructor(events: FormEvents) {
    this.#events = events;
  }

  write(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#isOver) {
      const amp = bytes.indexOf(0x26, at);
      const end = amp < 0 ? bytes.length : amp;
      if (!this.#inValue) {
        const nameEnd = equalsIn(bytes, at, end);
        if (nameEnd < end && this.#nameLength === 0 && isPlainName(bytes, at, nameEnd)) {
          this.#inValue = true;
          this.#value = this.#events.value(bytes.toString('utf8', at, nameEnd));
          at = nameEnd + 1;
          continue;
        }
        this.#takeName(bytes.subarray(at, nameEnd));
        if (nameEnd < end) {
          this.#inValue = true;
          this.#value = this.#events.value(this.#takenName());
          at = nameEnd + 1;
          continue;
        }
      } else if (end > at) this.#value?.write(this.#percent.push(bytes.subarray(at, end)));
      if (amp >= 0) {
        this.#finish(true);
        this.#isOver = !this.#events.mayGoOn();
      }
      at = end + 1;
    }
  }

  end(complete: boolean): void {
    this.#finish(complete);
  }

  #takeName(bytes: Buffer): void {
    const part = bytes.subarray(0, MAX_NAME - this.#nameLength);
    if (part.length < bytes.length && this.#long === null) {
      this.#long = this.#events.long();
      for (const kept of this.#name) this.#long.write(this.#percent.push(kept));
    }
    this.#long?.write(this.#percent.push(bytes));
    if (part.length === 0) return;
    this.#name.push(Buffer.from(part));
    this.#nameLength += part.length;
  }

  #takenName(): string {
    this.#endLong();
    const name = decodePercent(Buffer.concat(this.#name)).toString('utf8');
    this.#name = [];
    this.#nameLength = 0;
    return name;
  }

  #endLong(): void {
    if (this.#long === null) return;
    const rest = this.#percent.end();
    if (rest.length > 0) this.#long.write(rest);
    this.#long.end(true);
    this.#long = null;
  }

  #finish(complete: boolean): void {
    if (this.#inValue) {
      const rest = this.#percent.end();
      if (rest.length > 0) this.#value?.write(rest);
      this.#value?.end(complete);
    } else if (this.#long) this.#takenName();
    else if (this.#nameLength > 0) this.#events.bare(this.#takenName());
    this.#value = null;
    this.#inValue = false;
  }
}

/** Nearly all names are shorter than this: a loop finds their end before the search of a buffer has begun. */
const SHORT_NAME = 48;

/** Where the name ends that begins at `at`: at its `=`, or at `end`. */
function equalsIn(bytes: Buffer, at: number, end: number): number {
  const near = Math.min(end, at + SHORT_NAME);
  for (let i = at; i < near; i++) if (bytes[i] === 0x3d) return i;
  if (near === end) return end;
  const found = bytes.subarray(near, end).indexOf(0x3d);
  return found < 0 ? end : near + found;
}

/** Without escapes, and not too long for a name. */
function isPlainName(bytes: Buffer, at: number, end: number): boolean {
  if (end - at > MAX_NAME) return false;
  for (let i = at; i < end; i++) if (bytes[i] === 0x25) return false;
  return true;
}

/** RFC 3986 2.1; what is no valid escape stays as it is. */
export class PercentDecoder {
  #pending = '';

  push(bytes: Buffer): Buffer {
    if (this.#pending === '' && bytes.indexOf(0x25) < 0) return bytes;
    const out = Buffer.allocUnsafe(bytes.length + 2);
    let to = 0;
    for (const byte of bytes) {
      if (this.#pending === '') {
        if (byte === 0x25) this.#pending = '%';
        else out[to++] = byte;
        continue;
      }
      if (isHexDigit(byte)) {
        this.#pending += String.fromCharCode(byte);
        if (this.#pending.length < 3) continue;
        out[to++] = Number.parseInt(this.#pending.slice(1), 16);
        this.#pending = '';
        continue;
      }
      to += out.write(this.#pending, to, 'latin1');
      this.#pending = byte === 0x25 ? '%' : '';
      if (byte !== 0x25) out[to++] = byte;
    }
    return out.subarray(0, to);
  }

  end(): Buffer {
    const rest = Buffer.from(this.#pending, 'latin1');
    this.#pending = '';
    return rest;
  }
}

export function decodePercent(bytes: Buffer): Buffer {
  const decoder = new PercentDecoder();
  return Buffer.concat([decoder.push(bytes), decoder.end()]);
}

function isHexDigit(byte: number): boolean {
  const low = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x66);
}

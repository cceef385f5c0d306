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
      const equals = this.#inValue ? -1 : bytes.subarray(at, end).indexOf(0x3d);
      if (!this.#inValue) {
        const nameEnd = equals < 0 ? end : at + equals;
        this.#takeName(bytes.subarray(at, nameEnd));
        if (equals >= 0) {
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

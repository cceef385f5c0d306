/**
 * Multipart bodies (RFC 2046, RFC 7578): part by part, each a stream of its own.
 * Promise: the boundary is found across any cutting; part heads are kept to MAX_HEAD bytes; a body without its boundary
 * is one part. The bytes that might begin a boundary are held back, nothing else is.
 */
import type { ByteSink } from '../byte-sink.ts';

/** Real part heads stay under 500 bytes. */
const MAX_HEAD = 8192;

export interface PartHead {
  /** `name`, else `filename`, of Content-Disposition; null when there is none. */
  name: string | null;
  contentType: string | null;
  /** All of it, as Latin-1: every byte of it was sent. */
  text: string;
  /** Content-Transfer-Encoding, lower case. */
  transferEncoding: string | null;
}

export interface MultipartEvents {
  /** A part begins. */
  part(head: PartHead): ByteSink;
  /** What belongs to no part begins: preamble, epilogue, a first line that shows the boundary. */
  between(): ByteSink;
  /** Asked at each part; at a no the rest is left lying. */
  mayGoOn(): boolean;
}

export class MultipartReader implements ByteSink {
  /** `\r\n--boundary`, or null until the first line has shown it. */
  #delimiter: Buffer | null;
  #rest: Buffer = Buffer.alloc(0);
  #state: 'first-line' | 'preamble' | 'head' | 'body' | 'epilogue';
  /** Reads the part under way, or what stands before the first or after the last one. */
  #part: ByteSink | null = null;
  readonly #events: MultipartEvents;

  /** `contentType` may name the boundary; else the first line is it. */
  constructor(contentType: string | null, events: MultipartEvents) {
    const named = /boundary="?([^";]{1,200})/i.exec(contentType ?? '')?.[1];
    this.#delimiter = named ? Buffer.from(`\r\n--${named.trim()}`, 'latin1') : null;
    this.#state = named ? 'preamble' : 'first-line';
    // The first boundary has no line break before it.
    if (named) this.#rest = Buffer.from('\r\n');
    this.#events = events;
  }

  write(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step(false));
    this.#rest = Buffer.from(this.#rest);
  }

  end(complete: boolean): void {
    while (this.#step(true));
    this.#part?.end(complete);
    this.#part = null;
  }

  /** One transition; false when more bytes are needed. */
  #step(final: boolean): boolean {
    switch (this.#state) {
      case 'first-line':
        return this.#readFirstLine(final);
      case 'preamble':
      case 'body':
        return this.#readUntilDelimiter(final);
      case 'head':
        return this.#readHead(final);
      default:
        this.#write(this.#rest);
        this.#rest = Buffer.alloc(0);
        return false;
    }
  }

  /** To the part under way, or to what belongs to none. */
  #write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#part ??= this.#events.between();
    this.#part.write(bytes);
  }

  #readFirstLine(final: boolean): boolean {
    const end = this.#rest.subarray(0, 256).indexOf(0x0a);
    if (end < 0 && this.#rest.length < 256 && !final) return false;
    const line = this.#rest.toString('latin1', 0, Math.max(0, end)).trimEnd();
    if (end < 0 || !line.startsWith('--')) {
      this.#state = 'body';
      this.#delimiter = Buffer.from('\r\n--\0none');
      this.#part = this.#events.part({ name: null, contentType: null, text: '', transferEncoding: null });
      return this.#rest.length > 0;
    }
    this.#delimiter = Buffer.from(`\r\n${line}`, 'latin1');
    this.#write(this.#rest.subarray(0, end));
    this.#part?.end(true);
    this.#part = null;
    this.#rest = this.#rest.subarray(end + 1);
    this.#state = 'head';
    return true;
  }

  #readUntilDelimiter(final: boolean): boolean {
    const delimiter = this.#delimiter!;
    const at = this.#rest.indexOf(delimiter);
    if (at < 0) {
      const keep = final ? 0 : Math.min(this.#rest.length, delimiter.length - 1);
      const ready = this.#rest.subarray(0, this.#rest.length - keep);
      this.#write(ready);
      this.#rest = this.#rest.subarray(ready.length);
      return false;
    }
    // The line after the boundary tells a part from the end.
    const after = at + delimiter.length;
    if (this.#rest.length < after + 2 && !final) {
      this.#write(this.#rest.subarray(0, at));
      this.#rest = this.#rest.subarray(at);
      return false;
    }
    this.#write(this.#rest.subarray(0, at));
    this.#part?.end(true);
    this.#part = null;
    const isLast = this.#rest[after] === 0x2d && this.#rest[after + 1] === 0x2d;
    // A line break stays in front, so that an empty head is found as well.
    this.#rest = this.#rest.subarray(after);
    this.#state = isLast || !this.#events.mayGoOn() ? 'epilogue' : 'head';
    return true;
  }

  #readHead(final: boolean): boolean {
    const end = headEnd(this.#rest.subarray(0, MAX_HEAD));
    if (end < 0 && this.#rest.length < MAX_HEAD) {
      if (final && this.#rest.length > 0) this.#openPart(this.#rest.length);
      return false;
    }
    this.#openPart(end < 0 ? MAX_HEAD : end);
    return true;
  }

  #openPart(headLength: number): void {
    this.#part = this.#events.part(parseHead(this.#rest.toString('latin1', 0, headLength)));
    this.#rest = this.#rest.subarray(headLength);
    this.#state = 'body';
  }
}

/** Length of a part head with its empty line; -1 when it is not complete. */
function headEnd(bytes: Buffer): number {
  const crlf = bytes.indexOf('\r\n\r\n');
  const lf = bytes.indexOf('\n\n');
  if (crlf < 0) return lf < 0 ? -1 : lf + 2;
  return lf >= 0 && lf < crlf ? lf + 2 : crlf + 4;
}

const DISPOSITION = /^content-disposition:[ \t]*([^\r\n]*)/im;
const TYPE = /^content-type:[ \t]*([^\r\n]*)/im;
const TRANSFER_ENCODING = /^content-transfer-encoding:[ \t]*([^\r\n]*)/im;

function parseHead(text: string): PartHead {
  const field = (pattern: RegExp): string | null => pattern.exec(text)?.[1]?.trim() ?? null;
  const disposition = field(DISPOSITION) ?? '';
  const name =
    /;\s*name="?([^";\r\n]{1,120})/i.exec(disposition)?.[1] ??
    /filename="?([^";\r\n]{1,120})/i.exec(disposition)?.[1] ??
    null;
  return {
    name: name === null ? null : Buffer.from(name, 'latin1').toString('utf8'),
    text,
    contentType: field(TYPE),
    transferEncoding: field(TRANSFER_ENCODING)?.toLowerCase() ?? null,
  };
}

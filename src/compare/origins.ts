/**
 * Who said a value first, phone or server: a session the server handed out is no identifier of the phone, an id of the
 * phone that the server merely repeats is one. Reads Set-Cookie, ETag, Location, and the beginning of readable answers.
 * Promise: keeps hashes, at most MAX_REMEMBERED per phone; of an answer at most MAX_ANSWER bytes until it ends.
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';

const MAX_PHONES = 100;
const MAX_REMEMBERED = 4096;
/** What hands out a session is short; the rest of a long answer is content. */
const MAX_ANSWER = 32 << 10;
const MAX_UNPACKED = 128 << 10;
const MAX_RUNS = 1000;
const RUN = /[0-9A-Za-z_\-.~+/=%]{8,256}/g;
const READABLE = /json|text|javascript|xml|urlencoded/i;

export type Quick = (text: string) => number;

export class Origins {
  readonly #phones = new LRUCache<string, LRUCache<number, 'phone' | 'server'>>({ max: MAX_PHONES });
  readonly #quick: Quick;

  constructor(quick: Quick) {
    this.#quick = quick;
  }

  /** True when the server said it first. */
  sent(device: string, quick: number): boolean {
    const known = this.#of(device);
    const origin = known.get(quick);
    if (origin === undefined) known.set(quick, 'phone');
    return origin === 'server';
  }

  head(device: string, headers: readonly (readonly [string, string])[]): void {
    for (const [name, value] of headers) {
      const lower = name.toLowerCase();
      if (lower === 'set-cookie')
        this.#issued(
          device,
          value
            .slice(value.indexOf('=') + 1)
            .split(';', 1)[0]!
            .trim(),
        );
      else if (lower === 'etag' || lower === 'location' || lower.startsWith('x-')) this.text(device, value);
    }
  }

  text(device: string, text: string): void {
    let runs = 0;
    for (const [run] of text.matchAll(RUN)) {
      if (++runs > MAX_RUNS) return;
      this.#issued(device, run);
      // `token=abc`, and paths of addresses.
      if (run.includes('=') || run.includes('/'))
        for (const part of run.split(/[=/]/)) if (part.length >= 8) this.#issued(device, part);
    }
  }

  #issued(device: string, value: string): void {
    if (value.length < 8) return;
    const known = this.#of(device);
    for (const spelling of value.includes('%') ? [value, decoded(value)] : [value]) {
      const quick = this.#quick(spelling);
      if (!known.has(quick)) known.set(quick, 'server');
    }
  }

  #of(device: string): LRUCache<number, 'phone' | 'server'> {
    let known = this.#phones.get(device);
    if (!known) {
      known = new LRUCache({ max: MAX_REMEMBERED });
      this.#phones.set(device, known);
    }
    return known;
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The beginning of one answer, gathered. */
export class Answer {
  #parts: Buffer[] = [];
  #length = 0;
  readonly #coding: string;

  /** Null for an answer nobody need read. */
  static begin(headers: readonly (readonly [string, string])[]): Answer | null {
    const field = (name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
    return READABLE.test(field('content-type')) ? new Answer(field('content-encoding').trim().toLowerCase()) : null;
  }

  constructor(coding: string) {
    this.#coding = coding;
  }

  push(bytes: Buffer): void {
    const room = MAX_ANSWER - this.#length;
    if (room <= 0) return;
    const part = Buffer.from(bytes.subarray(0, room));
    this.#parts.push(part);
    this.#length += part.length;
  }

  text(): string {
    return unpack(Buffer.concat(this.#parts), this.#coding)?.toString('latin1') ?? '';
  }
}

function unpack(bytes: Buffer, coding: string): Buffer | null {
  if (bytes.length === 0 || coding === '' || coding === 'identity') return bytes;
  const options = { maxOutputLength: MAX_UNPACKED };
  try {
    if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(bytes, options);
    if (coding === 'deflate') return inflateSync(bytes, options);
    if (coding === 'br') return brotliDecompressSync(bytes, options);
  } catch {
    // Cut off, too large, or damaged: then nothing is known about who said it first.
  }
  return null;
}

/**
 * What a run of base64 or hex digits holds, as a layer of its own.
 * Promise: every run is decoded and searched for registered values; a layer is opened for those that hold one, hold
 * text, hold a known format, or are big enough to be a payload. Ordinary words decode to noise and end here.
 */
import type { Alphabet } from '../scan/runs.ts';
import { type Place, placeInside, type Scope } from '../scope.ts';
import { holdsKnown } from '../search/known.ts';
import type { ByteSink } from './sink.ts';
import { hasMagic } from './sniff.ts';

/** Up to here a run is collected before it is judged; longer ones are streamed. */
const HOLD = 4096;
/** From here on undecodable bytes may be an encrypted payload. */
const PAYLOAD = 64;
/** Below this share of readable characters it is not text. */
const READABLE = 0.9;

export class Unwrapper {
  #held: Buffer[] = [];
  #length = 0;
  #rest = '';
  #child: ByteSink | null = null;
  #ignore = false;
  #inner: string | null = null;
  #key: string | null = null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #alphabet: Alphabet;
  readonly #open: (place: Place) => ByteSink;

  constructor(scope: Scope, place: Place, alphabet: Alphabet, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    this.#place = place;
    this.#alphabet = alphabet;
    this.#open = open;
  }

  /** A run begins at the thing with this locator and key; `ignore` when another layer looks into it. */
  begin(inner: string | null, key: string | null, ignore: boolean): void {
    this.#held = [];
    this.#length = 0;
    this.#rest = '';
    this.#child = null;
    this.#inner = inner;
    this.#key = key;
    this.#ignore = ignore;
  }

  take(chars: Buffer): void {
    if (this.#ignore) return;
    let left = chars;
    if (!this.#child) {
      const held = left.subarray(0, HOLD - this.#length);
      // The caller's buffer is reused.
      this.#held.push(Buffer.from(held));
      this.#length += held.length;
      if (this.#length < HOLD) return;
      const text = Buffer.concat(this.#held).toString('latin1');
      this.#held = [];
      this.#child = this.#openChild(this.#entry(text, true));
      this.#feed(text);
      left = left.subarray(held.length);
    }
    this.#feed(left.toString('latin1'));
  }

  end(padded: boolean): void {
    if (this.#ignore) return;
    if (this.#child) {
      if (this.#rest !== '') this.#child.write(Buffer.from(this.#rest, this.#alphabet));
      this.#child.end(true);
      this.#child = null;
      return;
    }
    const text = Buffer.concat(this.#held).toString('latin1');
    this.#held = [];
    const decoded = Buffer.from(text, this.#alphabet);
    const known = this.#scope.known;
    const isPayload = decoded.length >= PAYLOAD && this.#alphabet === 'base64' && !isIdentifierLike(text);
    if (!isPayload && !isReadable(decoded) && !hasMagic(decoded) && !(known && holdsKnown(known, decoded))) return;
    const child = this.#openChild(this.#entry(text, padded));
    child.write(decoded);
    child.end(true);
  }

  #feed(chars: string): void {
    const all = this.#rest + chars;
    const unit = this.#alphabet === 'base64' ? 4 : 2;
    const whole = all.length - (all.length % unit);
    this.#rest = all.slice(whole);
    if (whole > 0) this.#child!.write(Buffer.from(all.slice(0, whole), this.#alphabet));
  }

  #entry(text: string, padded: boolean): string {
    if (this.#alphabet === 'hex') return 'hex';
    if (/[-_]/.test(text)) return 'base64url';
    return /[+/]/.test(text) || padded || text.length % 4 === 0 ? 'base64' : 'base64url';
  }

  #openChild(entry: string): ByteSink {
    const inside = placeInside(this.#place, entry, this.#inner, this.#key);
    return this.#open({ ...inside, depth: this.#place.depth + 1, unwrapped: this.#alphabet });
  }
}

/** Hex and UUID-like text also consists of base64 characters; decoding it as such says nothing. */
function isIdentifierLike(text: string): boolean {
  return /^[0-9a-fA-F-]+$/.test(text);
}

/** Mostly printable ASCII, line breaks, or UTF-8 sequences. */
export function isReadable(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  const most = bytes.length * (1 - READABLE);
  let bad = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    const follow = byte >= 0xc3 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : 0;
    if (follow > 0 && continues(bytes, i + 1, follow)) i += follow;
    else if (++bad > most) return false;
  }
  return true;
}

function continues(bytes: Buffer, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (i < bytes.length && (bytes[i]! & 0xc0) !== 0x80) return false;
  return true;
}

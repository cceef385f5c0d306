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
  /** Characters not yet handed on; null when nobody wants them. */
  #held: Buffer[] | null = [];
  #length = 0;
  #rest = '';
  #child: ByteSink | null = null;
  #hasBegun = false;
  #closed: { padded: boolean } | null = null;
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

  /** Where the run stands has become known. Comes once, before or after the characters. */
  begin(inner: string | null, key: string | null): void {
    this.#inner = inner;
    this.#key = key;
    this.#hasBegun = true;
    this.#proceed();
  }

  /** In place of `begin`: another layer looks into this run. */
  ignore(): void {
    this.#held = null;
  }

  take(chars: Buffer): void {
    if (this.#held === null) return;
    if (this.#child) {
      this.#feed(chars.toString('latin1'));
      return;
    }
    // The caller's buffer is reused.
    this.#held.push(Buffer.from(chars));
    this.#length += chars.length;
    if (this.#length >= HOLD) this.#proceed();
  }

  end(padded: boolean): void {
    this.#closed = { padded };
    this.#proceed();
  }

  #proceed(): void {
    if (!this.#hasBegun || this.#held === null) return;
    if (!this.#child && this.#length >= HOLD) {
      if (this.#isTooDeep()) {
        this.#refuse();
        this.#held = null;
        return;
      }
      const text = Buffer.concat(this.#held).toString('latin1');
      this.#held = [];
      // The beginning decides, so that it is the same for every cutting.
      this.#child = this.#openChild(this.#entry(text.slice(0, HOLD), true));
      this.#feed(text);
    }
    if (!this.#closed) return;
    if (this.#child) {
      if (this.#rest !== '') this.#child.write(Buffer.from(this.#rest, this.#alphabet));
      this.#child.end(true);
    } else this.#judge(Buffer.concat(this.#held).toString('latin1'), this.#closed.padded);
    this.#held = null;
    this.#child = null;
  }

  #judge(text: string, padded: boolean): void {
    const decoded = Buffer.from(text, this.#alphabet);
    const known = this.#scope.known;
    if (this.#isTooDeep()) {
      if (isReadable(decoded) || hasMagic(decoded)) this.#refuse();
      return;
    }
    const isPayload = decoded.length >= PAYLOAD && this.#alphabet === 'base64' && !isIdentifierLike(text);
    if (!isPayload && !isReadable(decoded) && !hasMagic(decoded) && !(known && holdsKnown(known, decoded))) return;
    const child = this.#openChild(this.#entry(text, padded));
    child.write(decoded);
    child.end(true);
  }

  #isTooDeep(): boolean {
    return this.#place.depth >= this.#scope.limits.depth || this.#place.level >= this.#scope.limits.levels;
  }

  #refuse(): void {
    this.#scope.partial(`${this.#alphabet} inside more than ${this.#scope.limits.depth} layers was not looked into`);
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

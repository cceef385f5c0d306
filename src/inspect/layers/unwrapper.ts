/**
 * What a run of base64 or hex digits holds, as a layer of its own.
 * Promise: every run is decoded and searched for registered values; a layer is opened for those that hold one, hold
 * text, hold a known format, or are big enough to be a payload. Ordinary words decode to noise and end here.
 */
import { text } from '../../model/text.ts';
import type { Alphabet } from '../anchors/runs.ts';
import type { ByteSink } from '../byte-sink.ts';
import { inflateWhole, mayBeShortDeflate } from '../decode/zlib-probe.ts';
import { hasMagic, widthOf } from '../format.ts';
import { type Place, placeInside } from '../place.ts';
import { isReadable } from '../readable.ts';
import type { Scope } from '../scope.ts';
import { holdsKnown } from '../search/known.ts';
import type { ReadBinary } from '../structure/binary-values.ts';
import { readCbor, readMsgpack } from '../structure/msgpack.ts';
import { readProtobuf } from '../structure/protobuf.ts';

/** Up to here a run is collected before it is judged; longer ones are streamed. */
const HOLD = 4096;
/** From here on undecodable bytes may be an encrypted payload; where a key may stand beside it, shorter ones as well. */
const PAYLOAD = 64;
const PAYLOAD_WITH_KEY = 24;
/** From here on they may be one for the operator's decoders: a cipher block. */
const BLOCK = 16;
/** Units of work. */
const PER_RUN = 80;
/** SHA-512. */
const LONGEST_DIGEST = 64;

const NOTHING = Buffer.alloc(0);

/** Shorter ones are one by chance. */
const LEAST_STRUCTURE = 16;
const STRUCTURES: readonly ReadBinary[] = [readProtobuf, readMsgpack, readCbor];

export class Unwrapper {
  /** Characters not yet handed on; null when nobody wants them. */
  #held: Buffer[] | null = [];
  #length = 0;
  #rest = '';
  #decoded = NOTHING;
  #child: ByteSink | null = null;
  #hasBegun = false;
  #closed: { padded: boolean } | null = null;
  #inner: string | null = null;
  #key: string | null = null;
  #around: readonly string[] = [];
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
  begin(inner: string | null, key: string | null, around: readonly string[]): void {
    this.#inner = inner;
    this.#key = key;
    this.#around = around;
    this.#hasBegun = true;
    this.#proceed();
  }

  /** In place of `begin`: another layer looks into this run. */
  ignore(): void {
    this.#held = null;
  }

  /** Past the budget: what was collected is searched for registered values, and that is all. */
  abandon(): void {
    const held = this.#held;
    this.#held = null;
    if (held === null || (this.#child === null && this.#isTooDeep())) return;
    const chars = this.#rest + Buffer.concat(held).toString('latin1');
    const child = this.#child ?? this.#openChild(this.#entry(chars, false));
    child.write(Buffer.from(chars, this.#alphabet));
    child.end(false);
    this.#child = null;
  }

  take(chars: Buffer): void {
    if (this.#held === null) return;
    if (this.#child) {
      this.#feed(chars);
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
      const chars = Buffer.concat(this.#held);
      this.#held = [];
      // The beginning decides, so that it is the same for every cutting.
      this.#child = this.#openChild(this.#entry(chars.toString('latin1', 0, HOLD), true));
      this.#feed(chars);
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
    const chars = Buffer.from(text, 'latin1');
    if (!isWorthOpening(chars, 0, chars.length, this.#alphabet, this.#scope, this.#place)) return;
    if (this.#isTooDeep()) {
      this.#refuse();
      return;
    }
    const child = this.#openChild(this.#entry(text, padded));
    child.write(Buffer.from(text, this.#alphabet));
    child.end(true);
  }

  #isTooDeep(): boolean {
    return this.#place.depth >= this.#scope.limits.depth || this.#place.level >= this.#scope.limits.levels;
  }

  #refuse(): void {
    this.#scope.partial(text('unseen.too-deep', { format: this.#alphabet, most: this.#scope.limits.depth }));
  }

  #feed(chars: Buffer): void {
    const unit = this.#alphabet === 'base64' ? 4 : 2;
    let from = 0;
    if (this.#rest !== '') {
      from = Math.min(unit - this.#rest.length, chars.length);
      this.#rest += chars.toString('latin1', 0, from);
      if (this.#rest.length < unit) return;
    }
    const to = chars.length - ((chars.length - from) % unit);
    const first = this.#rest;
    this.#rest = chars.toString('latin1', to);
    this.#write(first, chars, from, to);
  }

  /** What is decoded stays where it is until more comes: buffers of the size of the traffic would be garbage of that size. */
  #write(first: string, chars: Buffer, from: number, to: number): void {
    if (first.length + to - from === 0) return;
    if (this.#decoded.length < first.length + to - from) this.#decoded = Buffer.allocUnsafe(first.length + to - from);
    const length = this.#decoded.write(first, this.#alphabet);
    const whole = length + this.#decoded.write(chars.toString('latin1', from, to), length, this.#alphabet);
    this.#child!.write(this.#decoded.subarray(0, whole));
  }

  #entry(text: string, padded: boolean): string {
    if (this.#alphabet === 'hex') return 'hex';
    if (/[-_]/.test(text)) return 'base64url';
    return /[+/]/.test(text) || padded || text.length % 4 === 0 ? 'base64' : 'base64url';
  }

  #openChild(entry: string): ByteSink {
    const inside = placeInside(this.#place, entry, this.#inner, this.#key, this.#around);
    return this.#open({ ...inside, depth: this.#place.depth + 1, unwrapped: this.#alphabet });
  }
}

const HEX_VALUE = new Uint8Array(256).fill(255);
for (const [value, char] of [...'0123456789abcdef'].entries()) {
  HEX_VALUE[char.charCodeAt(0)] = value;
  HEX_VALUE[char.toUpperCase().charCodeAt(0)] = value;
}
const BASE64_VALUE = new Uint8Array(256);
for (const [value, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  BASE64_VALUE[char.charCodeAt(0)] = value;
}
BASE64_VALUE['-'.charCodeAt(0)] = 62;
BASE64_VALUE['_'.charCodeAt(0)] = 63;
/** Decoded bytes of the run in question; used within one call only. */
const scratch = Buffer.alloc(HOLD + 4);

/**
 * Whether a run in `bytes[from, to)` holds anything: text, a known format, a registered value, or enough for a payload.
 * Called for every longer word of every text, so the usual no must be quick.
 */
export function isWorthOpening(
  bytes: Buffer,
  from: number,
  to: number,
  alphabet: Alphabet,
  scope: Scope,
  place: Place,
): boolean {
  if (!scope.budget.spend(PER_RUN + to - from, alphabet)) return false;
  if (to - from > HOLD) return true;
  const least = scope.decoders.length > 0 ? BLOCK : place.keys ? PAYLOAD_WITH_KEY : PAYLOAD;
  if (alphabet === 'hex') {
    const length = decodeHex(bytes, from, to);
    // Digests are written in hex, too: only what is longer than any of them is a payload for that alone.
    const isPayload = length > LONGEST_DIGEST || (least < PAYLOAD && length >= least);
    const decoded = scratch.subarray(0, length);
    return isPayload || looksOpen(decoded) || (scope.known !== null && holdsKnown(scope.known, decoded));
  }
  // Hex and UUID-like text also consists of base64 characters; decoding it as such says nothing.
  let at = from;
  while (at < to && (HEX_VALUE[bytes[at]!] !== 255 || bytes[at] === 0x2d)) at++;
  if (at === to) return false;
  const length = decodeBase64(bytes, from, to);
  const decoded = scratch.subarray(0, length);
  if (length >= least || looksOpen(decoded)) return true;
  return scope.known !== null && holdsKnown(scope.known, decoded);
}

function looksOpen(decoded: Buffer): boolean {
  return (
    isReadable(decoded) ||
    hasMagic(decoded) ||
    widthOf(decoded) !== null ||
    isStructure(decoded) ||
    isShortDeflate(decoded)
  );
}

function isShortDeflate(decoded: Buffer): boolean {
  if (!mayBeShortDeflate(decoded)) return false;
  const inflated = inflateWhole(decoded);
  return inflated !== null && isReadable(inflated.subarray(0, 256));
}

/** A small message or record: noise is none. */
function isStructure(decoded: Buffer): boolean {
  return decoded.length >= LEAST_STRUCTURE && STRUCTURES.some((read) => read(decoded) !== null);
}

function decodeHex(bytes: Buffer, from: number, to: number): number {
  let length = 0;
  for (let i = from; i + 1 < to; i += 2) scratch[length++] = (HEX_VALUE[bytes[i]!]! << 4) | HEX_VALUE[bytes[i + 1]!]!;
  return length;
}

function decodeBase64(bytes: Buffer, from: number, to: number): number {
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    bits = (bits << 6) | BASE64_VALUE[bytes[i]!]!;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    scratch[length++] = (bits >> count) & 0xff;
    bits &= 0xff;
  }
  return length;
}

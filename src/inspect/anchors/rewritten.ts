/**
 * Values that are written in a roundabout way, read as what they mean: a number with an exponent or without a fraction, hex
 * digits in groups, and what `decode/armour.ts` opens. Asked for every value, so the usual no is quick.
 */
import { LONGEST_LETTERED, letteredPairAt } from '../../kinds/parts/degrees.ts';
import { openArmour } from '../decode/armour.ts';
import { openCodes, readCodes } from '../decode/codes.ts';

export interface Rewritten {
  /** Chain entry. */
  name: string;
  bytes: Buffer;
}

/** Nothing shorter is written in a roundabout way. */
export const LEAST_REWRITTEN = 11;
const NUMBER_LENGTH: readonly [least: number, most: number] = [LEAST_REWRITTEN, 26];
const EXPONENT = /^([1-9])(?:\.(\d{1,20}))?[eE]\+?(\d{1,2})$/;
const WHOLE = /^(\d{10,20})\.0{1,3}$/;
/**
 * Fifteen digits and more, as programs show numbers to people: `490,154,203,237,518` of Java's NumberFormat, `490_154_203_237_518`,
 * `49015|42032|37518`. Blanks, dashes, dots and slashes are looked for everywhere (`spread.ts`).
 */
const GROUPED_NUMBER = /^\d{1,3}([,'_])\d{3}(?:\1\d{3}){3,5}$|^\d{2,8}([_|#*~])\d{2,8}(?:\2\d{1,8})*$/;
const LEAST_GROUPED_NUMBER = 16;
const LONGEST_GROUPED_NUMBER = 32;
/** Real identifiers have no more digits. */
const MOST_DIGITS = 20;

/** Longer ones are files; shorter ones are found as they stand. */
const GROUPED_LENGTH: readonly [least: number, most: number] = [24, 16 << 10];
/** Apple's NSData and dumps: four to sixteen digits at a time, with blanks; or byte by byte. UUIDs and IPv6 addresses are neither. */
const GROUPED =
  /^[<[({\s]{0,3}(?:[0-9a-f]{4,16}(?: [0-9a-f]{2,16}){2,}|[0-9a-f]{2}(?:[ :,-][0-9a-f]{2}){7,})[>\])}\s]{0,3}$/i;

export function rewrite(bytes: Buffer, from: number, to: number): Rewritten | null {
  const length = to - from;
  const first = bytes[from]!;
  if (length >= NUMBER_LENGTH[0] && length <= NUMBER_LENGTH[1] && isDigit(first) && isRoundabout(bytes, to)) {
    const digits = wholeNumber(bytes.toString('latin1', from, to));
    if (digits !== null) return { name: 'number', bytes: Buffer.from(digits) };
  }
  if (length >= LEAST_GROUPED_NUMBER && length <= LONGEST_GROUPED_NUMBER && isDigit(first) && isDigit(bytes[to - 1]!)) {
    const text = bytes.toString('latin1', from, to);
    if (GROUPED_NUMBER.test(text)) return { name: 'number', bytes: Buffer.from(text.replace(/\D/g, '')) };
  }
  return openGroups(bytes, from, to) ?? openDegrees(bytes, from, to) ?? openArmour(bytes, from, to);
}

/** `21 1 42.60 N, 105 51 15.12 E`, alone in its value: as a geo URI (RFC 5870). */
function openDegrees(bytes: Buffer, from: number, to: number): Rewritten | null {
  if (to - from > LONGEST_LETTERED || (SIDE[bytes[from]!] !== 1 && SIDE[bytes[to - 1]!] !== 2)) return null;
  if (!isDigit(bytes[from]!) && !isDigit(bytes[from + 1]!) && !isDigit(bytes[from + 2]!)) return null;
  const text = bytes.toString('utf8', from, to);
  // Those are found as they stand.
  if (/^\D{0,3}\d{1,3}\.\d{3}|°/.test(text)) return null;
  const pair = letteredPairAt(text, 0);
  if (!pair || pair.end < text.trimEnd().length) return null;
  const [lat, lon] = [pair.lat, pair.lon].map((degrees) => String(Math.round(degrees * 1e7) / 1e7));
  return { name: 'degrees', bytes: Buffer.from(`geo:${lat},${lon}`) };
}

/** What a pair with letters begins with, and what one ends with. */
const SIDE = new Uint8Array(256);
for (const char of 'NS') SIDE[char.charCodeAt(0)] = 1;
for (const char of 'EW') SIDE[char.charCodeAt(0)] = 2;

function openGroups(bytes: Buffer, first: number, to: number): Rewritten | null {
  // `bytes = 0x34393031 35343230`: NSData since iOS 13.
  const from = bytes[first] === ZERO && bytes[first + 1] === X && bytes[first + 10] === BLANK ? first + 2 : first;
  const length = to - from;
  if (length < GROUPED_LENGTH[0] || length > GROUPED_LENGTH[1] || !mayBeGrouped(bytes, from)) return null;
  const text = bytes.toString('latin1', from, to);
  if (!GROUPED.test(text)) return null;
  const coded = openCodes(text);
  if (coded) return coded;
  const hex = text.replace(/[^0-9a-f]/gi, '');
  return hex.length % 2 === 0 ? { name: 'hex', bytes: Buffer.from(hex, 'hex') } : null;
}

/** `4.90154203237518E14` and `490154203237518.0`: programs without integers (Gson, Lua, JavaScript bridges). */
function wholeNumber(text: string): string | null {
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return whole;
  const [, first = '', fraction = '', power] = EXPONENT.exec(text) ?? [];
  const zeros = Number(power) - fraction.length;
  if (power === undefined || zeros < 0 || Number(power) >= MOST_DIGITS) return null;
  return first + fraction + '0'.repeat(zeros);
}

const DOT = 0x2e;
const ZERO = 0x30;
const X = 0x78;
const BLANK = 0x20;
const E = 0x65;

/** An exponent of one or two digits and a sign, or a fraction of zeros: measurements have neither. */
function isRoundabout(bytes: Buffer, to: number): boolean {
  const a = bytes[to - 2]!;
  const b = bytes[to - 3]!;
  const c = bytes[to - 4]!;
  if ((a | 0x20) === E || (b | 0x20) === E || (c | 0x20) === E) return true;
  return bytes[to - 1] === ZERO && (a === DOT || (a === ZERO && (b === DOT || (b === ZERO && c === DOT))));
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const HEX = new Uint8Array(256);
for (const char of '0123456789abcdefABCDEF') HEX[char.charCodeAt(0)] = 1;
for (const char of '<[({') HEX[char.charCodeAt(0)] = 2;
HEX[0x20] = 4;
for (const char of ':,-') HEX[char.charCodeAt(0)] = 8;

/** The beginning decides nearly always: hex digits, and a separator among the first of them. */
function mayBeGrouped(bytes: Buffer, from: number): boolean {
  let separated = false;
  for (let at = from; at < from + 20; at++) {
    const kind = HEX[bytes[at]!]!;
    if (kind === 0 || (kind === 2 && at > from + 2)) return false;
    // Between single bytes only.
    if (kind === 8 && HEX[bytes[at + 3]!] !== 8) return false;
    separated ||= kind >= 4;
  }
  return separated;
}

/**
 * Bytes written as a list of small numbers, which many languages do with them, or as an object that counts its members from
 * zero, as JSON.stringify writes a Uint8Array; of numbers, of hex digits, of single characters.
 */
export class ByteList {
  #list: number | null = null;
  #bytes: number[] = [];
  /** As they are written, where they are no list of numbers or may be something else as well. */
  #codes: string[] = [];
  /** Of its first element. */
  path = '';
  #isBroken = false;

  /** How many elements of this list were taken; 0 for another one. */
  lengthOf(list: number): number {
    return list === this.#list ? this.#codes.length : 0;
  }

  /** One more value of the list, or of another one; false when the list before it is whole and must be taken first. */
  add(list: number, bytes: Buffer, from: number, to: number, path: () => string): boolean {
    if (list !== this.#list) {
      if (this.#codes.length > 0) return false;
      this.#list = list;
      this.#isBroken = false;
      this.path = path();
    }
    if (this.#codes.length >= MOST_LISTED) return true;
    const value = this.#isBroken ? null : byteIn(bytes, from, to);
    if (value === null) this.#isBroken = true;
    else this.#bytes.push(value);
    this.#codes.push(bytes.toString('latin1', from, to));
    return true;
  }

  /** What the list held; null when it is no list of bytes, or a short one. */
  take(): Rewritten | null {
    const bytes = this.#isBroken ? NOTHING : Buffer.from(this.#bytes);
    const isLong = this.#codes.length >= LEAST_LISTED && this.#codes.length < MOST_LISTED;
    const coded = isLong ? readCodes(this.#codes) : null;
    this.#bytes = [];
    this.#codes = [];
    this.#list = null;
    if (coded) return coded;
    return bytes.length < LEAST_LISTED ? null : { name: 'bytes', bytes };
  }
}

const NOTHING = Buffer.alloc(0);
/** `-128`. */
export const LONGEST_LISTED = 4;
const LEAST_LISTED = 12;
const MOST_LISTED = 64 << 10;

/** 0 to 255, or, as Java's bytes, -128 to 127. */
function byteIn(bytes: Buffer, from: number, to: number): number | null {
  const isNegative = bytes[from] === 0x2d;
  const start = isNegative ? from + 1 : from;
  if (to - start < 1 || to - start > 3) return null;
  let value = 0;
  for (let at = start; at < to; at++) {
    if (!isDigit(bytes[at]!)) return null;
    value = 10 * value + bytes[at]! - 0x30;
  }
  if (isNegative) return value <= 128 ? (256 - value) & 255 : null;
  return value <= 255 ? value : null;
}

/**
 * Text that stands for other text or bytes: base32 in its four alphabets, base36, base58, base62, base85 in its three, base64 in short
 * lines, written backwards or turned by 13 letters, UTF-7 and uuencode, and texts in which every character is an escape or a number.
 * Promise: asked for every value, so the usual no costs a look at PROBE bytes; what is opened begins as readable text or as
 * gzip does, which noise hardly ever does; at most MOST bytes are read, of the bases that are numbers MOST_DIGITS.
 */
import { isReadable } from '../readable.ts';
import { openCodes } from './codes.ts';
import type { Opened } from './opened-text.ts';
import { openSevenBit } from './seven-bit.ts';
import { turn } from './turn.ts';
import { withoutEscapes } from './written-escapes.ts';

/** Shorter ones are found by the spellings of what is registered, or say nothing. */
export const LEAST_ARMOURED = 16;
const PROBE = 16;
const MOST = 16 << 10;
const MOST_DIGITS = 512;
/** Bytes that must be readable before the rest is looked at. */
const HEAD = 8;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const CAPITALS = LETTERS.toUpperCase();
const WORD = DIGITS + LETTERS + CAPITALS;

/** Five bits a character: RFC 4648 sections 6 and 7, Crockford's (crockford.com/base32.html), Zooko's z-base-32, which has small letters alone. */
const BASE32: readonly (readonly [name: string, alphabet: string])[] = [
  ['base32', `${CAPITALS}234567`],
  ['base32hex', `${DIGITS}${CAPITALS.slice(0, 22)}`],
  ['base32 crockford', `${DIGITS}ABCDEFGHJKMNPQRSTVWXYZ`],
  ['z-base-32', 'ybndrfg8ejkmcpqxot1uwisza345h769'],
];
/** Alphabets of four bytes in five characters: Adobe's (btoa; PDF 32000-1 7.4.3), ZeroMQ's (rfc.zeromq.org/spec/32), RFC 1924's as Python's b85encode and Git use it. */
const BASE85: readonly (readonly [name: string, alphabet: string])[] = [
  ['ascii85', Array.from({ length: 85 }, (_, at) => String.fromCharCode(33 + at)).join('')],
  ['z85', `${WORD}.-:+=^!/*?&<>()[]{}@%$#`],
  ['base85', `${DIGITS}${CAPITALS}${LETTERS}!#$%&()*+-;<=>?@^_\`{|}~`],
];
/** Whole texts as one number, the most significant digit first: Bitcoin's base58, Flickr's, base62 in its three orders, base36. */
const NUMBERS: readonly (readonly [name: string, alphabet: string])[] = [
  ['base58', '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'],
  ['base58', '123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'],
  ['base62', DIGITS + CAPITALS + LETTERS],
  ['base62', WORD],
  ['base62', CAPITALS + LETTERS + DIGITS],
  ['base36', DIGITS + LETTERS],
  ['base36', DIGITS + CAPITALS],
];

/** Value of each character, 255 for none. */
function valuesOf(alphabet: string): Uint8Array {
  const out = new Uint8Array(256).fill(255);
  for (let at = 0; at < alphabet.length; at++) out[alphabet.charCodeAt(at)] = at;
  return out;
}

function inEitherCase(values: Uint8Array): Uint8Array {
  for (const letter of LETTERS) {
    const [small, capital] = [letter.charCodeAt(0), letter.toUpperCase().charCodeAt(0)];
    const value = Math.min(values[small]!, values[capital]!);
    values[small] = value;
    values[capital] = value;
  }
  return values;
}

const FIVES = BASE32.map(([name, alphabet]) => ({ name, values: inEitherCase(valuesOf(alphabet)) }));
const DENSE = BASE85.map(([name, alphabet]) => ({ name, values: valuesOf(alphabet), zeros: name === 'ascii85' }));
const BIG = NUMBERS.map(([name, alphabet]) => ({ name, values: valuesOf(alphabet), base: alphabet.length }));
const BASE64 = valuesOf(`${CAPITALS}${LETTERS}${DIGITS}+/`);
BASE64[0x2d] = 62;
BASE64[0x5f] = 63;
const TURNED64 = BASE64.map((_, code) => BASE64[turn(String.fromCharCode(code)).charCodeAt(0)]!);

const BIT = { word: 4, b64: 8, dense: 16, hex: 32, codes: 64 };
const CLASS = new Uint8Array(256);
const mark = (chars: string, bit: number): void => {
  for (const char of chars) CLASS[char.charCodeAt(0)]! |= bit;
};
mark(WORD, BIT.word);
mark(`${WORD}+/-_=\r\n`, BIT.b64);
for (const [, alphabet] of BASE85) mark(alphabet, BIT.dense);
mark('z', BIT.dense);
mark(`${DIGITS}abcdefABCDEFxyteUu[](){}<>"'+-,;:._|/ \t\r\n`, BIT.codes);
mark(`${DIGITS}abcdefABCDEF-`, BIT.hex);

const ESCAPED = new Uint8Array(256);
for (const char of '&\\%=') ESCAPED[char.charCodeAt(0)] = 1;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const SMALL_B = 0x62;
const ZERO = 0x30;
const X = 0x78;

/** What the text in `bytes[from, to)` stands for; null for itself, as mostly. */
export function openArmour(bytes: Buffer, from: number, to: number): Opened | null {
  const length = to - from;
  if (length < LEAST_ARMOURED || length > MOST) return null;
  let all = 0xff;
  let isEscaped = ESCAPED[bytes[from]!] === 1 || (bytes[from] === ZERO && bytes[from + 1] === X);
  let isShifted = bytes[from] === SMALL_B;
  for (let at = from; at < from + PROBE; at++) {
    all &= CLASS[bytes[at]!]!;
    // A blank, as in most texts.
    if (all === 0) break;
    if (bytes[at] === AMPERSAND) isEscaped = true;
    else if (bytes[at] === PLUS) isShifted = true;
  }
  if (isEscaped) {
    const plain = withoutEscapes(bytes.toString('latin1', from, to));
    if (plain !== null) return plain;
  }
  if ((all & BIT.codes) !== 0 && mayBeCodes(bytes, from)) {
    const coded = openCodes(bytes.toString('latin1', from, to));
    if (coded) return coded;
  }
  const seven = isShifted || isEscaped ? openSevenBit(bytes, from, to) : null;
  if (seven) return seven;
  const last = bytes[to - 1]!;
  if (bytes[from] === CLOSE_BRACE && (last === 0x7b || last === 0x5b)) return backwards(bytes, from, to);
  if (all === 0 || (all & BIT.hex) !== 0) return null;
  return openBase32(bytes, from, to, all) ?? openTurned(bytes, from, to, all) ?? openDense(bytes, from, to, all);
}

const CLOSE_BRACE = 0x7d;

/** A separator, or nothing but digits, among the first characters, and no piece that is no code: words, dates and UUIDs have longer ones. */
function mayBeCodes(bytes: Buffer, from: number): boolean {
  let piece = 0;
  let isSeparated = false;
  let isAll = bytes[from] === ZERO || bytes[from] === ZERO + 1;
  let isOther = false;
  for (let at = from; at < from + PROBE; at++) {
    const byte = bytes[at]!;
    if (byte > NINE || byte < ZERO) isAll = false;
    if ((CLASS[byte]! & BIT.word) === 0) {
      isSeparated ||= at > from + 2;
      piece = 0;
      continue;
    }
    // Longer ones begin with a zero, hold a letter that is no hex digit, as in `U+0034` and `byte{`, or are bits.
    if (piece === 0) isOther = byte === ZERO;
    isOther ||= (CLASS[byte]! & BIT.hex) === 0;
    if (++piece > LONGEST_CODE && !isAll) return false;
    if (piece > LONGEST_NUMBER && !isOther && byte > ZERO + 1) return false;
  }
  return isSeparated || isAll;
}

/** `0x34`, `U+0034` and `00110100`. */
const LONGEST_CODE = 8;
/** `052`. */
const LONGEST_NUMBER = 3;
const NINE = 0x39;

function openBase32(bytes: Buffer, from: number, to: number, all: number): Opened | null {
  if ((all & BIT.word) === 0) return null;
  let other: Opened | null = null;
  for (const { name, values } of FIVES) {
    if (!mayBeFives(bytes, from, values)) continue;
    const text = bytes.toString('latin1', from, to);
    if (!/^(?:[A-Z0-9]+|[a-z0-9]+)={0,6}$/.test(text)) return null;
    const opened = whole(name, base32(bytes, from, to, values));
    // By chance another alphabet's text is nearly readable.
    if (opened?.bytes.every(isPlain)) return opened;
    other ??= opened;
  }
  return other;
}

/** The first three bytes, of five characters, decide nearly always. */
function mayBeFives(bytes: Buffer, from: number, values: Uint8Array): boolean {
  let bits = 0;
  for (let at = from; at < from + 5; at++) {
    const value = values[bytes[at]!]!;
    if (value === 255) return false;
    bits = (bits << 5) | value;
  }
  const two = bits >> 9;
  return two === GZIP_BEGINS || (isPlain(two >> 8) && isPlain(two & 255) && isPlain((bits >> 1) & 255));
}

const GZIP_BEGINS = 0x1f8b;

/** Either case; ends at what is no character of the alphabet, as the padding. */
function base32(bytes: Buffer, from: number, to: number, values: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(((to - from) * 5) >> 3);
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = from; at < to; at++) {
    const value = values[bytes[at]!]!;
    if (value === 255) break;
    bits = ((bits << 5) | value) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out[length++] = (bits >> count) & 0xff;
  }
  return out.subarray(0, length);
}

/** Base64 that is written backwards, turned by 13 letters, or in lines too short for a mail. */
function openTurned(bytes: Buffer, from: number, to: number, all: number): Opened | null {
  if ((all & BIT.b64) === 0) return null;
  let end = to;
  while (end > to - 3 && bytes[end - 1] === EQUALS) end--;
  if (mayBePlain(bytes, end - 1, -1, BASE64)) {
    const reversed = Buffer.from([...bytes.subarray(from, to)].reverse());
    if (holdsText(reversed.toString('latin1', to - end, to - end + LONG_HEAD)))
      return { name: 'reversed', bytes: reversed };
  }
  if (mayBePlain(bytes, from, 1, TURNED64)) {
    const turned = turn(bytes.toString('latin1', from, to));
    if (holdsText(turned.slice(0, LONG_HEAD)) && BASE64_TEXT.test(turned))
      return { name: 'rot13', bytes: Buffer.from(turned, 'latin1') };
  }
  return openLines(bytes, from, to);
}

const EQUALS = 0x3d;
const GZIP = 0x1f;

/** Do the first four characters of base64, read from `at` in steps of `step`, hold three bytes that a text or gzip begins with? */
function mayBePlain(bytes: Buffer, at: number, step: 1 | -1, values: Uint8Array): boolean {
  const [a, b, c, d] = [
    values[bytes[at]!]!,
    values[bytes[at + step]!]!,
    values[bytes[at + 2 * step]!]!,
    values[bytes[at + 3 * step]!]!,
  ];
  if ((a | b | c | d) > 63) return false;
  const first = (a << 2) | (b >> 4);
  return first === GZIP || (isPlain(first) && isPlain(((b & 15) << 4) | (c >> 2)) && isPlain(((c & 3) << 6) | d));
}

const BACKSLASH_SIGN = 0x5c;
/** Longest line of mails and certificates. */
const LONGEST_LINE = 100;

/** Lines of any width, indented or not, whose breaks may be escaped once more; or blanks in place of the plus signs that a form has turned into them. */
function openLines(bytes: Buffer, from: number, to: number): Opened | null {
  if (!mayBePlain(bytes, from, 1, BASE64)) return null;
  let at = from;
  const most = Math.min(to, from + LONGEST_LINE);
  while (at < most && bytes[at]! > 0x20 && bytes[at] !== BACKSLASH_SIGN) at++;
  if (at === most) return null;
  const text = bytes.toString('latin1', from, to);
  if (!BASE64_TEXT.test(text)) return null;
  const hasLines = /[\n\\]/.test(text);
  const joined = text.replace(/\s+|\\[rn]/g, '');
  const restored = hasLines ? joined : text.trimEnd().replaceAll(' ', '+');
  const chars = [restored, joined].find((each) => holdsText(each.slice(0, LONG_HEAD)));
  return chars === undefined ? null : { name: 'base64', bytes: Buffer.from(chars, 'base64') };
}

/** Its line breaks may be escaped once more. */
const BASE64_TEXT = /^(?:[\w+/\-=\s]|\\[rn])+$/;
/** Characters of base64 that must hold text: noise does once in a million times. */
const LONG_HEAD = 24;

function holdsText(chars: string): boolean {
  if (!/^[\w+/=-]{12,}$/.test(chars)) return false;
  const head = Buffer.from(chars, 'base64');
  return beginsWell(head, Math.max(HEAD, head.length));
}

function openDense(bytes: Buffer, from: number, to: number, all: number): Opened | null {
  if ((all & BIT.word) !== 0 && to - from <= MOST_DIGITS) {
    for (const alphabet of BIG) {
      const opened = mayBeNumber(bytes, from, to, alphabet) ? openNumber(bytes, from, to, alphabet) : null;
      if (opened) return opened;
    }
  }
  if ((all & BIT.dense) === 0) return null;
  const isFramed = bytes[from] === 0x3c && bytes[from + 1] === 0x7e;
  const start = isFramed ? from + 2 : from;
  let end = to;
  while (isFramed && end > start && bytes[end - 1]! <= 0x20) end--;
  if (isFramed && bytes[end - 1] === 0x3e && bytes[end - 2] === 0x7e) end -= 2;
  for (const alphabet of DENSE) {
    if (!beginsWell(base85(bytes, start, start + 5, alphabet).subarray(0, 4), 4)) continue;
    const opened = whole(alphabet.name, base85(bytes, start, end, alphabet));
    if (opened) return opened;
  }
  return null;
}

const NOTHING = Buffer.alloc(0);

/** Five characters hold four bytes; the last group may be short. Nothing where a character is none of the alphabet. */
function base85(bytes: Buffer, from: number, to: number, { values, zeros }: (typeof DENSE)[number]): Buffer {
  const out = Buffer.allocUnsafe(4 * (to - from) + 4);
  let length = 0;
  for (let at = from; at < to; ) {
    if (zeros && bytes[at] === Z) {
      length = out.writeUInt32BE(0, length);
      at++;
      continue;
    }
    const size = Math.min(5, to - at);
    let number = 0;
    for (let i = 0; i < 5; i++) {
      const value = i < size ? values[bytes[at + i]!]! : 84;
      if (value === 255) return NOTHING;
      number = number * 85 + value;
    }
    if (number > 0xffffffff || size === 1) return NOTHING;
    out.writeUInt32BE(number, length);
    length += size - 1;
    at += 5;
  }
  return out.subarray(0, length);
}

const Z = 0x7a;

function openNumber(
  bytes: Buffer,
  from: number,
  to: number,
  { name, values, base }: (typeof BIG)[number],
): Opened | null {
  const by = BigInt(base);
  let number = 0n;
  for (let at = from; at < to; at++) {
    const value = values[bytes[at]!]!;
    if (value === 255) return null;
    number = number * by + BigInt(value);
  }
  const hex = number.toString(16);
  return whole(name, Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** The first bytes of the number, from its first digits alone: whether they are readable decides nearly always. */
function mayBeNumber(bytes: Buffer, from: number, to: number, { values, base }: (typeof BIG)[number]): boolean {
  let lead = 0;
  for (let at = from; at < from + LEAD; at++) {
    const value = values[bytes[at]!]!;
    if (value === 255) return false;
    lead = lead * base + value;
  }
  if (lead === 0) return false;
  const bits = Math.log2(lead) + (to - from - LEAD) * Math.log2(base);
  let rest = 2 ** (bits - 8 * Math.floor(bits / 8));
  for (let i = 0; i < 3; i++) {
    const byte = Math.floor(rest);
    if (!isPlain(byte)) return false;
    rest = (rest - byte) * 256;
  }
  return true;
}

/** So many digits a double holds, and more than three bytes' worth. */
const LEAD = 8;

const isPlain = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Readable, or gzip's first bytes. */
function beginsWell(head: Buffer, least = HEAD): boolean {
  if (head.length >= 3 && head[0] === GZIP && head[1] === 0x8b && head[2] === 8) return true;
  const most = Math.min(head.length, least);
  for (let at = 0; at < most; at++) if (!isPlain(head[at]!)) return false;
  return most >= least;
}

function whole(name: string, bytes: Buffer): Opened | null {
  return beginsWell(bytes) && (bytes[0] === GZIP || isReadable(bytes)) ? { name, bytes } : null;
}

function backwards(bytes: Buffer, from: number, to: number): Opened {
  return { name: 'reversed', bytes: Buffer.from([...bytes.toString('utf8', from, to)].reverse().join('')) };
}

/**
 * The ways one text is written down without hiding it, as byte strings to search for.
 * Promise: whatever text stands before and after the value, one of the results stands in the bytes; parts that
 * depend on the neighbours (first and last base64 characters) are left out.
 */

import { turn } from '../decode/turn.ts';

export interface Encoded {
  bytes: Buffer;
  /** Chain entry for the alert; null for the text itself. */
  encoding: string | null;
  /** Letters may be in either case. */
  fold: boolean;
  /** For base64: how many bytes of the first quantum belong to what stands before (0, 1, 2); else 0. */
  shift: number;
  /** Looked for in layers that are not text. */
  binary: boolean;
  /** Only between neighbours that are neither letters nor digits, whatever the value. */
  bounded?: boolean;
}

/** Everything but hashes. `anyCase`: letters of the plain forms may be in either case. */
export function encodings(text: string, anyCase: boolean): Encoded[] {
  const plain = Buffer.from(text, 'utf8');
  const out: Encoded[] = [];
  const add = (bytes: Buffer, encoding: string | null, options: Partial<Encoded> = {}): void => {
    out.push({ bytes, encoding, fold: false, shift: 0, binary: false, ...options });
  };
  add(plain, null, { fold: anyCase });
  const le = Buffer.from(text, 'utf16le');
  add(le, 'utf-16le', { fold: anyCase, binary: true });
  add(Buffer.from(le).swap16(), 'utf-16be', { fold: anyCase, binary: true });
  for (const percent of new Set([UNRESERVED, COMPONENT, ADDRESS].map((asIs) => percentEncode(plain, asIs)))) {
    if (percent === text) continue;
    add(Buffer.from(percent), 'percent', { fold: true });
    add(Buffer.from(percentEncode(Buffer.from(percent), UNRESERVED)), 'percent twice', { fold: true });
  }
  const everyPercent = [...plain].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  add(Buffer.from(everyPercent), 'percent', { fold: true });
  add(Buffer.from(everyPercent.replaceAll('%', '%25')), 'percent twice', { fold: true });
  if (text.includes(' ')) add(Buffer.from(text.replaceAll(' ', '+'), 'utf8'), 'form', { fold: anyCase });
  if (plain.length > text.length) {
    // vCard 2.1 of Android: every byte of a name that is not ASCII (RFC 2045 6.7).
    const everyByte = [...plain].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join('');
    const needed = percentEncode(plain, QUOTED_AS_IS).replaceAll('%', '=');
    for (const quoted of new Set([everyByte, needed])) add(Buffer.from(quoted), 'quoted-printable', { fold: true });
  }
  const escaped = jsonEscape(text);
  if (escaped !== text) add(Buffer.from(escaped), 'json escapes', { fold: true });
  add(Buffer.from(everyUnit(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`)), 'json escapes', {
    fold: true,
  });
  for (const written of literals(text)) add(Buffer.from(written), 'string escapes', { fold: true });
  for (const digits of otherDigits(text)) add(Buffer.from(digits), 'other digits');
  for (const form of [(code: number): string => `&#${code};`, (code: number): string => `&#x${code.toString(16)};`]) {
    add(Buffer.from([...text].map((char) => form(char.codePointAt(0)!)).join('')), 'entities', { fold: true });
    const needed = text.replace(/[^ -~]|[&<>"'@]/gu, (char) => form(char.codePointAt(0)!));
    if (needed !== text) add(Buffer.from(needed), 'entities', { fold: true });
  }
  const named = text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
  if (named !== text) add(Buffer.from(named, 'utf8'), 'entities');
  for (const [shift, chars] of base64Cores(plain).entries()) {
    add(Buffer.from(chars), 'base64', { shift });
    const url = chars.replaceAll('+', '-').replaceAll('/', '_');
    if (url !== chars) add(Buffer.from(url), 'base64url', { shift });
  }
  add(Buffer.from(plain.toString('hex')), 'hex', { fold: true });
  for (const separator of [':', ' ', '-']) {
    add(Buffer.from(hexWith(plain, separator)), 'hex', { fold: true });
  }
  for (const core of base32Cores(plain)) add(Buffer.from(core), 'base32', { fold: true });
  add(Buffer.from(base58(plain)), 'base58');
  const reversed = [...text].reverse().join('');
  if (reversed !== text) {
    add(Buffer.from(reversed, 'utf8'), 'reversed', { fold: anyCase });
  }
  const rotated = turn(text);
  if (rotated !== text) add(Buffer.from(rotated, 'utf8'), 'rot13', { fold: anyCase });
  for (const [encoding, bytes] of asNumber(text)) {
    add(bytes, encoding, { binary: true });
    if (encoding !== 'bytes' && encoding !== 'int64') continue;
    if (encoding === 'bytes') add(Buffer.from(base32Cores(bytes)[0]!), 'bytes base32', { fold: true });
    if (bytes.length === 6) {
      // Bluetooth's controllers say the last byte first (Core specification, vol. 4 part E 5.2).
      const reversed = Buffer.from(bytes).reverse();
      add(reversed, 'bytes backwards', { binary: true });
      add(Buffer.from(hexWith(reversed, ':')), 'bytes backwards', { fold: true });
      for (const list of byteLists(bytes)) add(Buffer.from(list), 'bytes', { fold: true, bounded: true });
    }
    // In the middle of a longer run the layer that unwraps it finds the bytes.
    for (const form of ['base64', 'base64url'] as const)
      add(Buffer.from(bytes.toString(form).replaceAll('=', '')), `bytes ${form}`, { bounded: true });
  }
  for (const [encoding, digits] of inOtherRadix(text)) add(Buffer.from(digits), encoding, { fold: true });
  for (const form of exponents(text)) add(Buffer.from(form), 'exponent', { fold: true });
  if (/^\d{10,22}$/.test(text)) {
    for (const packed of packedDigits(text)) {
      add(packed, 'bcd', { binary: true });
      if (packed.length >= 8)
        add(Buffer.from(packed.toString('base64').replaceAll('=', '')), 'bcd base64', { bounded: true });
      // The digits as they stand are plain text, with a zero before them as well.
      const hex = packed.toString('hex');
      if (!hex.includes(text)) add(Buffer.from(hex), 'bcd hex', { fold: true });
    }
  }
  return out.filter((each) => each.bytes.length >= 4);
}

/** Longer texts are planted ones, which no program writes byte by byte. */
const LONGEST_LITERAL = 40;

/** As programs print bytes and old browsers escape them: `\\x34`, `\\u{34}`, `\\064`, `%u0034` (ECMA-262 B.2.1), lists of `0x34` and of `52`. */
function literals(text: string): string[] {
  const codes = [...text].map((char) => char.charCodeAt(0));
  if (text.length < 8 || text.length > LONGEST_LITERAL || codes.some((code) => code > 0x7e)) return [];
  const each = (form: (code: number) => string, by = ''): string => codes.map(form).join(by);
  const hex = (code: number): string => code.toString(16).padStart(2, '0');
  return [
    each((code) => `\\x${hex(code)}`),
    each((code) => `\\${code.toString(8).padStart(3, '0')}`),
    each((code) => `%u00${hex(code)}`),
    each((code) => `\\u{${hex(code)}}`),
    ...[',', ', ', ' '].flatMap((by) => [each((code) => `0x${hex(code)}`, by), each(String, by)]),
  ];
}

/** Arabic, Persian, Devanagari and full-width digits: numbers are written so where the phone's language does (Unicode 4.6, CLDR). */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0xff10];

function otherDigits(text: string): string[] {
  if (!/^\+?\d{8,}$/.test(text)) return [];
  return ZEROS.map((zero) => text.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit))));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function everyUnit(text: string, form: (unit: number) => string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) out += form(text.charCodeAt(i));
  return out;
}

/** A few bytes as programs print them: Java's are signed; of an SNMP index, of a JSON list of hex digits. */
function byteLists(bytes: Buffer): Set<string> {
  const each = (form: (byte: number) => string, by: string): string => [...bytes].map(form).join(by);
  const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
  const signed = (byte: number): string => String((byte << 24) >> 24);
  return new Set([
    ...[',', ', ', ' ', '.'].map((by) => each(String, by)),
    ...[',', ', '].flatMap((by) => [each(signed, by), each((byte) => `0x${hex(byte)}`, by)]),
    each(hex, '","'),
  ]);
}

/** Shorter ones stand anywhere. */
const LEAST_NUMBER = 13;

/** Digits as protobuf varint (of sint64 as well), 64-bit integers and floating point; hex digits (addresses, UUIDs) as the bytes they stand for. */
function asNumber(text: string): [string, Buffer][] {
  const out: [string, Buffer][] = [];
  // An IMSI of the test network begins with zeros.
  const number = text.replace(/^0{1,2}/, '');
  if (/^\d{14,19}$/.test(text) && number.length >= LEAST_NUMBER && BigInt(number) < 1n << 63n) {
    const value = BigInt(number);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    // MessagePack, CBOR and Java streams; protobuf's fixed64.
    out.push(['int64', bytes], ['int64 little-endian', Buffer.from(bytes).reverse()]);
    out.push(['varint', varint(value)]);
    // Thrift's compact protocol and Avro as well.
    out.push(['varint zigzag', varint(value << 1n)]);
    if (value <= Number.MAX_SAFE_INTEGER) {
      // AMF, BSON, and whatever JavaScript and Lua write.
      const double = Buffer.alloc(8);
      double.writeDoubleBE(Number(value));
      out.push(['float64', double], ['float64 little-endian', Buffer.from(double).reverse()]);
    }
    // DER, and CBOR's and MessagePack's for what fits.
    const hex = value.toString(16);
    const short = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
    if (short.length >= 6) out.push(['integer', short]);
  }
  const digits = text.replace(/[:.-]/g, '');
  // Of addresses, cells (7 to 9 bytes), Android IDs and UUIDs.
  if (/^(?:[0-9a-fA-F]{12}|(?:[0-9a-fA-F]{2}){7,10}|[0-9a-fA-F]{32})$/.test(digits) && /[a-fA-F:-]/.test(text)) {
    const bytes = Buffer.from(digits, 'hex');
    out.push(['bytes', bytes]);
    if (bytes.length === 16) out.push(['guid bytes', guidBytes(bytes)]);
  }
  return out;
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
  return Buffer.from(out);
}

/** As Windows and .NET store it: the first three groups with the last byte first (MS-DTYP 2.3.4.2). */
function guidBytes(bytes: Buffer): Buffer {
  const [a, b, c] = [bytes.subarray(0, 4), bytes.subarray(4, 6), bytes.subarray(6, 8)].map((group) =>
    Buffer.from(group).reverse(),
  );
  return Buffer.concat([a!, b!, c!, bytes.subarray(8)]);
}

/** Shorter numbers stand everywhere. */
const LEAST_DIGITS = 7;

/** A number of ten digits or more, and an address of hex digits, as a number in the bases that programs print. */
function inOtherRadix(text: string): [string, string][] {
  const digits = text.replace(/[:-]/g, '');
  const isDecimal = /^\d{10,22}$/.test(text);
  if (!isDecimal && !/^(?:[0-9a-fA-F]{12}|[0-9a-fA-F]{16})$/.test(digits)) return [];
  const number = BigInt(isDecimal ? text : `0x${digits}`);
  const out: [string, string][] = [['base36', number.toString(36)]];
  if (isDecimal) out.push(['number hex', number.toString(16)]);
  else out.push(['decimal', number.toString()]);
  return out.filter(([, written]) => written.length >= (isDecimal ? LEAST_DIGITS : 10));
}

/** As a JSON number of a program that knows no integers (Gson, Lua): `4.90154203237518E14`, `4.9e+14`. */
function exponents(text: string): string[] {
  if (!/^[1-9]\d{7,19}$/.test(text)) return [];
  const fraction = text.slice(1).replace(/0+$/, '');
  const mantissa = fraction === '' ? text.charAt(0) : `${text.charAt(0)}.${fraction}`;
  const power = String(text.length - 1);
  return [`${mantissa}e${power}`, `${mantissa}e+${power}`];
}

/** RFC 3986: unreserved characters. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** What encodeURIComponent and encodeURI leave as it is (ECMA-262 19.2.6). */
const COMPONENT = /[A-Za-z0-9\-._~!'()*]/;
const ADDRESS = /[A-Za-z0-9\-._~!'()*:/?#[\]@&=+$,;]/;
/** RFC 2045 6.7: printable ASCII but the equals sign; `%` is written as well, so that it can be told from an escape. */
const QUOTED_AS_IS = /[ -$&-<>-~]/;

function percentEncode(bytes: Uint8Array, asIs: RegExp): string {
  let out = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    out += asIs.test(char) ? char : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }
  return out;
}

/** RFC 8259 section 7, characters outside ASCII as `\uXXXX`: for JSON that no JSON reader sees as such. */
function jsonEscape(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x22 || unit === 0x5c) out += `\\${text[i]}`;
    else out += unit < 0x20 || unit > 0x7e ? `\\u${unit.toString(16).padStart(4, '0')}` : text[i];
  }
  return out;
}

/** RFC 4648 section 4 with 0, 1 and 2 unknown bytes before: only the characters that the text alone decides. */
export function base64Cores(plain: Uint8Array): string[] {
  return [0, 1, 2].map((shift) => {
    const padded = Buffer.alloc(shift + plain.length);
    padded.set(plain, shift);
    const chars = padded.toString('base64').replaceAll('=', '');
    const rest = padded.length % 3;
    return chars.slice(shift === 0 ? 0 : shift + 1, rest === 0 ? chars.length : chars.length - 1);
  });
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 section 6 with 0 to 4 unknown bytes before. */
function base32Cores(plain: Uint8Array): string[] {
  return [0, 1, 2, 3, 4].map((shift) => {
    const bits = plain.length * 8;
    let out = '';
    const first = Math.ceil((shift * 8) / 5) * 5 - shift * 8;
    for (let at = first; at + 5 <= bits; at += 5) {
      const pair = ((plain[at >> 3]! << 8) | (plain[(at >> 3) + 1] ?? 0)) >> (11 - (at & 7));
      out += BASE32[pair & 31];
    }
    return out;
  });
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Bitcoin alphabet, of the whole value alone: base58 does not embed. */
function base58(plain: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(plain).toString('hex') || '0'}`);
  let out = '';
  while (rest > 0n) {
    out = BASE58[Number(rest % 58n)]! + out;
    rest /= 58n;
  }
  for (const byte of plain) {
    if (byte !== 0) break;
    out = `1${out}`;
  }
  return out;
}

function hexWith(plain: Uint8Array, separator: string): string {
  return [...plain].map((byte) => byte.toString(16).padStart(2, '0')).join(separator);
}

/** Decimal digits two to a byte, plain and with swapped nibbles as SIM files hold them (3GPP TS 31.102 4.2.2). */
function packedDigits(digits: string): Buffer[] {
  const even = digits.length % 2 === 0 ? digits : `${digits}f`;
  const swapped = even.replace(/(.)(.)/g, '$2$1');
  const out = [Buffer.from(even, 'hex'), Buffer.from(swapped, 'hex')];
  if (digits.length % 2 === 1) {
    // EF_IMSI and the mobile identity element start with a half byte of their own, so digits sit one nibble later.
    out.push(Buffer.from(`${digits.slice(1)}`.replace(/(.)(.)/g, '$2$1'), 'hex'));
    out.push(Buffer.from(`0${digits}`, 'hex'));
  }
  return out;
}

/**
 * What a layer holds, from its first bytes and what was said about it.
 * Promise: depends on the first SNIFF bytes only, so it is the same for every cutting; a wrong guess costs a decoder that
 * gives up, never the search for registered values.
 */

import type { Wide } from './decode/codecs.ts';

/** Enough for every magic number and for the first key of a form. */
export const SNIFF = 64;

export type Format =
  | 'gzip'
  | 'zlib'
  | 'deflate'
  | 'br'
  | 'zstd'
  | 'lz4'
  | Wide
  | 'zip'
  | 'image'
  | 'media'
  | 'json'
  | 'form'
  | 'multipart'
  | 'text'
  | 'binary';

export interface Hint {
  /** Content codings not yet undone, innermost last. */
  codings?: readonly string[];
  /** Media type with parameters. */
  contentType?: string | null;
  /** A single value (of a parameter, a header, a field), not a document. */
  isValue?: boolean;
}

/** `application/grpc+proto`, `application/x-protobuf`, `application/vnd.google.protobuf`… */
const PROTOBUF = /^application\/(?:grpc\b(?!.*\+json)|(?:[\w.-]*[.-])?protobuf\b)/;

export function sniff(head: Buffer, hint: Hint): Format {
  const coding = hint.codings?.at(-1);
  if (coding !== undefined) {
    const format = codingFormat(coding, head);
    if (format) return format;
  }
  const compressed = magicOf(head, 0, head.length);
  if (compressed) return compressed;
  const type = hint.contentType?.toLowerCase() ?? '';
  if (type.startsWith('multipart/')) return 'multipart';
  const wide = widthOf(head);
  if (wide) return wide;
  if (looksJson(head)) return 'json';
  // A first field of 32 characters and more makes the beginning of a message look like text.
  if ((type !== '' && PROTOBUF.test(type)) || !isText(head)) return 'binary';
  if (
    !hint.isValue &&
    head.length > 4 &&
    head[0] === 0x2d &&
    head[1] === 0x2d &&
    /^--[\w'()+,./:=?-]{8,}\r?\n/.test(head.toString('latin1'))
  ) {
    return 'multipart';
  }
  if (type.startsWith('application/x-www-form-urlencoded')) return isFormWith(SEMICOLON, head) ? 'text' : 'form';
  return looksForm(head) && !isFormWith(OTHER_SEPARATOR, head) ? 'form' : 'text';
}

function codingFormat(coding: string, head: Buffer): Format | null {
  switch (coding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      // RFC 9110 8.4.1.2 says zlib; some senders leave its header away.
      return isZlib(head) ? 'zlib' : 'deflate';
    case 'br':
      return 'br';
    case 'zstd':
      return 'zstd';
    default:
      return null;
  }
}

/** True for formats that a magic number shows. */
export function hasMagic(bytes: Buffer, from = 0, to = bytes.length): boolean {
  return magicOf(bytes, from, to) !== null;
}

/** One that noise does not have by chance: not the two bytes of zlib and of MPEG audio frames. */
export function hasLongMagic(head: Buffer): boolean {
  const format = magicOf(head, 0, head.length);
  return format !== null && format !== 'zlib' && (head[0] !== 0xff || format === 'image');
}

function magicOf(bytes: Buffer, from: number, to: number): Format | null {
  if (to - from < 4) return null;
  const start =
    (bytes[from]! * 0x1000000 + ((bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!)) >>> 0;
  if (start >>> 8 === 0x1f8b08) return 'gzip';
  if (start === 0x28b52ffd) return 'zstd';
  if (start === 0x04224d18) return 'lz4';
  if (start === 0x504b0304) return 'zip';
  if (to - from > 8 && isZlib(bytes, from)) return 'zlib';
  if (start >>> 8 === 0xffd8ff || start === 0x89504e47) return 'image';
  if (MAY_BE_MAGIC[start >>> 24] === 0 && (to - from < 5 || bytes[from + 4] !== 0x66)) return null;
  const ascii = bytes.toString('latin1', from, Math.min(to, from + 16));
  if (ascii.startsWith('RIFF') && ascii.startsWith('WEBP', 8)) return 'image';
  if (/^ftyp(?:heic|heix|mif1|msf1|hevc|avif)/.test(ascii.slice(4))) return 'image';
  return isMedia(ascii) ? 'media' : null;
}

/** RFC 1950: method 8, window of 256 bytes to 32 KB, no dictionary, check bits. */
export function isZlib(bytes: Buffer, from = 0): boolean {
  if (bytes.length < from + 2) return false;
  const method = bytes[from]!;
  const flags = bytes[from + 1]!;
  return (method & 0x8f) === 8 && (flags & 0x20) === 0 && ((method << 8) | flags) % 31 === 0;
}

/** First bytes of formats that are compressed or coded by nature: their bytes are no secret payload. */
const MEDIA = [
  'wOFF',
  'wOF2',
  'OTTO',
  'true',
  '\0\x01\0\0',
  'OggS',
  'fLaC',
  'ID3',
  'GIF8',
  '%PDF',
  'PK\x03\x04',
  '7z\xbc\xaf',
  'Rar!',
  'BZh',
  '\xfd7zXZ',
  'RIFF',
  '\x1aE\xdf\xa3',
  '\x7fELF',
  'dex\n',
  '\0\0\x01\xba',
  'FLV\x01',
  'caff',
  '#!AMR',
  '\xff\xf1',
  '\xff\xf9',
  '\xff\xfb',
  '\xff\xf3',
  '\xff\xfa',
];

/** First bytes of all of these, and of WebP's `RIFF`. */
const MAY_BE_MAGIC = new Uint8Array(256);
for (const magic of MEDIA) MAY_BE_MAGIC[magic.charCodeAt(0)] = 1;

function isMedia(ascii: string): boolean {
  return ascii.startsWith('ftyp', 4) || MEDIA.some((magic) => ascii.startsWith(magic));
}

/** UTF-16 or UTF-32, by a byte order mark or by the bytes that are zero. */
export function widthOf(head: Buffer): Wide | null {
  return utf32Order(head) ?? utf16Order(head);
}

/** A byte order mark, or text of which three bytes of four are zero. */
function utf32Order(head: Buffer): 'utf-32le' | 'utf-32be' | null {
  if (head.length < 12) return null;
  if (head.readUInt32BE(0) === 0xfffe0000) return 'utf-32le';
  if (head.readUInt32BE(0) === 0x0000feff) return 'utf-32be';
  const at = head[0] === 0 ? 3 : 0;
  for (let i = 0; i + 3 < Math.min(head.length, 32); i++) {
    const byte = head[i]!;
    if ((i & 3) === at ? (byte < 0x20 && !isSpace(byte)) || byte === 0x7f : byte !== 0) return null;
  }
  return at === 3 ? 'utf-32be' : 'utf-32le';
}

/** A byte order mark, or text whose every second byte is zero. */
function utf16Order(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head.length < 8) return null;
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zero = head[0] === 0 ? 0 : 1;
  const end = Math.min(head.length & ~1, 32);
  for (let i = 0; i < end; i += 2) {
    const char = head[i + 1 - zero]!;
    if (head[i + zero] !== 0 || (char < 0x20 && !isSpace(char)) || char === 0x7f) return null;
  }
  return zero === 1 ? 'utf-16le' : 'utf-16be';
}

/** A JSON document: an object or array that begins like one. */
function looksJson(head: Buffer): boolean {
  let at = 0;
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) at = 3;
  // Against script inclusion: `)]}'` and `for(;;);` stand before real answers.
  while (at < head.length && isSpace(head[at]!)) at++;
  const first = head[at];
  if (first !== 0x7b && first !== 0x5b) return false;
  at++;
  while (at < head.length && isSpace(head[at]!)) at++;
  if (at >= head.length) return true;
  const next = head[at]!;
  return (first === 0x7b ? next === QUOTE || next === 0x7d : IN_ARRAY[next] === 1) && !isNoise(head);
}

/** Two characters stand together by chance as well. Text of old code pages is no UTF-8 either, but has no control characters. */
function isNoise(head: Buffer): boolean {
  let controls = 0;
  for (const byte of head) if (byte < 0x20 && !isSpace(byte)) controls++;
  return controls > MOST_CONTROLS && hasInvalidUtf8(head);
}

/** Of SNIFF random bytes seven are. */
const MOST_CONTROLS = 2;

const QUOTE = 0x22;
/** What an array may begin with. */
const IN_ARRAY = new Uint8Array(256);
for (const char of '"[{]0123456789-tfn') IN_ARRAY[char.charCodeAt(0)] = 1;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function looksForm(head: Buffer): boolean {
  const equals = head.indexOf(EQUALS);
  if (equals < 1 || equals > 49) return false;
  const text = head.toString('latin1');
  return /^[A-Za-z_][\w.\-[\]%]{0,48}=[^=\s<]/.test(text) && !/[\s<>"]/.test(text);
}

/** `lat=21.0278;lon=105.8342`: its second name would be lost in the first value. */
function isFormWith(separator: RegExp, head: Buffer): boolean {
  return head.indexOf(AND) < 0 && separator.test(head.toString('latin1'));
}

const SEMICOLON = /;\s{0,2}[A-Za-z_][\w.-]{0,48}=/;
const OTHER_SEPARATOR = /[;,|]\s{0,2}[A-Za-z_][\w.-]{0,48}=/;
const AND = 0x26;
const EQUALS = 0x3d;

/** No control characters but white space. */
function isText(head: Buffer): boolean {
  let isAscii = true;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i]!;
    if (byte < 0x20 && !isSpace(byte) && byte !== 0x0c && byte !== 0x1b) return false;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii || !hasInvalidUtf8(head);
}

/** Stray continuation or start bytes: latin-1 text has few, noise has many. */
function hasInvalidUtf8(head: Buffer): boolean {
  let bad = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i]!;
    if (byte < 0x80) continue;
    const follow = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : -1;
    let ok = follow > 0;
    for (let k = 1; k <= follow && i + k < head.length; k++) if ((head[i + k]! & 0xc0) !== 0x80) ok = false;
    if (ok) i += follow;
    else bad++;
  }
  // Text hardly begins with a stray byte; records of maps and arrays do.
  return bad > head.length / 8 || (bad > 0 && head[0]! >= 0x80 && head[0]! < 0xc0);
}

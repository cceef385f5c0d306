/**
 * Text in which every byte is written as a number or a character of its own: `[52, 57, 48]` of Java's Arrays.toString,
 * `[]byte{0x34, 0x39}` of Go, `34_39_30`, `064 071`, `U+0034 U+0039`, `00110100 00111001`, `["4","9"]`.
 * Promise: one separator throughout, and what is opened is readable text, gzip or zlib; linear.
 */
import { isZlib } from '../format.ts';
import { isReadable } from '../readable.ts';
import type { Opened } from './opened-text.ts';

/** Fewer say nothing. */
const LEAST_CODES = 8;
const HEADED = /^[\w.]{0,12}(?:\[\]|<)?\w{0,8}\]?[[({<]\s{0,3}|^[b"'[({<]{1,2}/;
const TAILED = /\s{0,3}["'\])}>]{1,2}[,;]?$/;
const FIRST = /^(-?(?:0x|U\+)?[0-9A-Za-z]{1,8}|[+@])([^0-9A-Za-z]{1,6}?)(?=-?(?:0x|U\+)?[0-9A-Za-z])/;
/** Three digits for each character, nothing between: 032 to 126. */
const JOINED = /^(?:0[3-9]\d|1[01]\d|12[0-6]){8,}$/;

const BITS = /^(?:[01]{8}){8,}$/;

interface Form {
  /** Chain entry. */
  name: string;
  code: RegExp;
  base: number;
}

/** In the order in which they are tried. */
const FORMS: readonly Form[] = [
  { name: 'bytes', code: /^0x[0-9a-f]{1,2}$/i, base: 16 },
  { name: 'string escapes', code: /^U\+[0-9a-f]{4}$/i, base: 16 },
  { name: 'binary digits', code: /^[01]{8}$/, base: 2 },
  // Digits, and what stands between them: read as hex digits, these are letters from H to W.
  { name: 'bytes', code: /^(?:4[3-9]|5[0-8])$/, base: 10 },
  { name: 'hex', code: /^[0-9a-f]{2}$/i, base: 16 },
  { name: 'bytes', code: /^-?\d{1,3}$/, base: 10 },
  { name: 'bytes', code: /^0?[0-3]?[0-7]{2}$/, base: 8 },
];

/** What a text of codes stands for; null when it is none. */
export function openCodes(text: string): Opened | null {
  if (BITS.test(text)) return readCodes(text.match(/[01]{8}/g) ?? []);
  if (JOINED.test(text)) return readCodes(text.match(/\d{3}/g) ?? []);
  const bare = text.trim().replace(HEADED, '').replace(TAILED, '');
  const separator = FIRST.exec(bare)?.[2];
  if (separator === undefined) return null;
  // Lists are broken into lines anywhere.
  const isListed = /[,;]/.test(separator);
  const by = isListed ? separator.trim() : separator;
  const codes = bare.split(by);
  if (codes.at(-1)?.trim() === '') codes.pop();
  return readCodes(isListed ? codes.map((code) => code.trim()) : codes);
}

/** The same for codes that stand apart. */
export function readCodes(codes: readonly string[]): Opened | null {
  if (codes.length < LEAST_CODES) return null;
  if (codes.every((code) => code.length === 1)) {
    const joined = Buffer.from(codes.join(''), 'latin1');
    return isReadable(joined) ? { name: 'characters', bytes: joined } : null;
  }
  for (const { name, code, base } of FORMS) {
    if (!code.test(codes[0]!)) continue;
    const bytes = bytesIn(codes, code, base);
    if (bytes !== null && begins(bytes)) return { name, bytes };
  }
  return null;
}

function bytesIn(codes: readonly string[], form: RegExp, base: number): Buffer | null {
  const out = Buffer.allocUnsafe(codes.length);
  for (const [at, code] of codes.entries()) {
    if (!form.test(code)) return null;
    const value = Number.parseInt(code.replace(/^(?:0x|U\+)/i, ''), base);
    if (value > 255 || value < -128) return null;
    out[at] = value & 255;
  }
  return out;
}

function begins(bytes: Buffer): boolean {
  return isReadable(bytes) || (bytes[0] === 0x1f && bytes[1] === 0x8b) || (bytes[0] === 0x78 && isZlib(bytes));
}

/**
 * Every way a value may be written that the detector claims to read, made independently of the detector's own code.
 * `text` forms fit anywhere text does; `bytes` forms need a place that carries bytes.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { zipSync } from 'fflate';

export interface Encoding {
  name: string;
  /** Text for `text`, anything for `bytes`. */
  form: 'text' | 'bytes';
  /** `key` is the name beside the value where the form is a document. */
  make(value: string, key?: string): Buffer;
  /** Not for these: they have no such form (letters to rotate, digits to pack). */
  fits?(value: string): boolean;
}

const text = (
  name: string,
  make: (value: string, key: string) => string,
  fits?: (value: string) => boolean,
): Encoding => ({
  name,
  form: 'text',
  make: (value, key = 'id') => Buffer.from(make(value, key), 'utf8'),
  ...(fits ? { fits } : {}),
});
const bytes = (
  name: string,
  make: (value: string, key: string) => Buffer,
  fits?: (value: string) => boolean,
): Encoding => ({
  name,
  form: 'bytes',
  make: (value, key = 'id') => make(value, key),
  ...(fits ? { fits } : {}),
});

const utf8 = (value: string): Buffer => Buffer.from(value, 'utf8');
const hasLetters = (value: string): boolean => /[a-z]/i.test(value);
const isDigits = (value: string): boolean => /^\d{10,22}$/.test(value);
const everyByte = (value: string, form: (byte: number) => string): string => [...utf8(value)].map(form).join('');
const hex2 = (byte: number): string => byte.toString(16).padStart(2, '0');
const document = (value: string, key: string): string =>
  JSON.stringify({ v: 2, data: { [key]: value }, list: [1, 2, 3] });
const filler = 'the quick brown fox jumps over the lazy dog. ';

function base32(input: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...input].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

function base58(input: Buffer): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let number = BigInt(`0x${input.toString('hex')}`);
  let out = '';
  for (; number > 0n; number /= 58n) out = alphabet[Number(number % 58n)] + out;
  return out;
}

function lz4(input: Buffer): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE((input.length | 0x80000000) >>> 0);
  return Buffer.concat([head, size, input, Buffer.alloc(4)]);
}

/** Field 1: a message with the value as field 2; field 3: a number. */
function protobuf(value: string): Buffer {
  const inner = utf8(value);
  const message = Buffer.concat([Buffer.from([0x12, inner.length]), inner]);
  return Buffer.concat([Buffer.from([0x0a, message.length]), message, Buffer.from([0x18, 0x96, 0x01])]);
}

function msgpack(value: string, key: string): Buffer {
  const inner = utf8(value);
  return Buffer.concat([Buffer.from([0x81, 0xa0 + key.length]), utf8(key), Buffer.from([0xd9, inner.length]), inner]);
}

function cbor(value: string, key: string): Buffer {
  const inner = utf8(value);
  return Buffer.concat([Buffer.from([0xa1, 0x60 + key.length]), utf8(key), Buffer.from([0x78, inner.length]), inner]);
}

function packed(value: string, isSwapped: boolean): Buffer {
  const even = value.length % 2 === 0 ? value : `${value}f`;
  return Buffer.from(isSwapped ? even.replace(/(.)(.)/g, '$2$1') : even, 'hex');
}

function jwt(value: string, key: string): string {
  const part = (object: object): string => Buffer.from(JSON.stringify(object)).toString('base64url');
  const signature = createHash('sha256').update(value).digest('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ [key]: value, iat: 1700000000 })}.${signature}`;
}

const digest = (name: string, input: string | Buffer): Buffer => createHash(name).update(input).digest();

export const plainForms: Encoding[] = [
  text('plain', (value) => value),
  text(
    'upper case',
    (value) => value.toUpperCase(),
    (value) => /^[0-9a-f:-]+$/i.test(value) && hasLetters(value),
  ),
  text('percent', (value) => encodeURIComponent(value)),
  text('percent, every byte', (value) => everyByte(value, (byte) => `%${hex2(byte)}`)),
  text('percent twice', (value) => encodeURIComponent(everyByte(value, (byte) => `%${hex2(byte)}`))),
  text('JSON in a JSON string', (value, key) => JSON.stringify(document(value, key)).slice(1, -1)),
  text('entities', (value) => [...value].map((char) => `&#${char.codePointAt(0)};`).join('')),
  text('entities, hex', (value) => [...value].map((char) => `&#x${char.codePointAt(0)!.toString(16)};`).join('')),
  text(
    'base64',
    (value) => utf8(value).toString('base64'),
    (value) => value.length >= 8,
  ),
  text(
    'base64, one byte before',
    (value) => utf8(`.${value}`).toString('base64'),
    (value) => value.length >= 10,
  ),
  text(
    'base64, two bytes before',
    (value) => utf8(`..${value}..`).toString('base64'),
    (value) => value.length >= 10,
  ),
  text('base64 of text', (value) => utf8(`${filler}${value} ${filler}`).toString('base64')),
  text('base64 without padding', (value) => utf8(`${filler}${value}`).toString('base64').replaceAll('=', '')),
  text('base64url', (value) => utf8(`??>>${value}??`).toString('base64url')),
  text('base64 in lines', (value) =>
    utf8(`${filler.repeat(3)}${value} ${filler}`)
      .toString('base64')
      .replace(/.{76}/g, '$&\r\n'),
  ),
  text('base64 of JSON', (value, key) => utf8(document(value, key)).toString('base64')),
  text('base64 of base64', (value) => utf8(utf8(`${filler}${value}`).toString('base64')).toString('base64')),
  text(
    'base32',
    (value) => base32(utf8(value)),
    (value) => value.length >= 8,
  ),
  text(
    'base58',
    (value) => base58(utf8(value)),
    (value) => value.length >= 8 && !value.includes(','),
  ),
  text('hex', (value) => utf8(value).toString('hex')),
  text('hex, upper case', (value) => utf8(value).toString('hex').toUpperCase()),
  text('hex with colons', (value) => everyByte(value, (byte) => `:${hex2(byte)}`).slice(1)),
  text('hex of JSON', (value, key) => utf8(document(value, key)).toString('hex')),
  text('reversed', (value) => [...value].reverse().join('')),
  text(
    'rot13',
    (value) =>
      value.replace(/[a-z]/gi, (char) =>
        String.fromCharCode(char.charCodeAt(0) + (char.toLowerCase() < 'n' ? 13 : -13)),
      ),
    hasLetters,
  ),
  text('JWT', jwt),
  text('gzip, base64', (value, key) => gzipSync(document(value, key)).toString('base64')),
  text('zlib, base64url', (value, key) => deflateSync(document(value, key)).toString('base64url')),
  text('base64 of base64 of gzip', (value, key) =>
    utf8(gzipSync(document(value, key)).toString('base64')).toString('base64'),
  ),
  text('protobuf, base64', (value) => protobuf(value).toString('base64')),
  text('packed decimal, hex', (value) => packed(value, true).toString('hex'), isDigits),
  bytes('utf-16le', (value) => Buffer.from(`x=${value};`, 'utf16le')),
  bytes('utf-16be', (value) => Buffer.from(`x=${value};`, 'utf16le').swap16()),
  bytes('packed decimal', (value) => packed(value, false), isDigits),
  bytes('packed decimal, swapped', (value) => packed(value, true), isDigits),
  bytes('gzip', (value, key) => gzipSync(document(value, key))),
  bytes('zlib', (value, key) => deflateSync(document(value, key))),
  bytes('zstd', (value, key) => zstdCompressSync(document(value, key))),
  bytes('lz4', (value, key) => lz4(utf8(document(value, key)))),
  bytes('zip', (value, key) => Buffer.from(zipSync({ 'report.json': utf8(document(value, key)) }))),
  bytes('gzip in gzip', (value, key) => gzipSync(gzipSync(document(value, key)))),
  bytes('gzip after other bytes', (value, key) =>
    Buffer.concat([Buffer.from([0, 1, 2, 3, 0xff, 0xfe]), gzipSync(document(value, key)), Buffer.alloc(40, 0x80)]),
  ),
  bytes('protobuf', protobuf),
  bytes('msgpack', msgpack),
  bytes('cbor', cbor),
  bytes(
    'xor with one byte',
    (value, key) => Buffer.from([...utf8(document(value, key))].map((byte) => byte ^ 0x5a)),
    (value) => value.length >= 10 && !value.includes(','),
  ),
];

/** Content codings of a body: not told by their first bytes. */
export const codings: { name: string; coding: string; make(value: string, key?: string): Buffer }[] = [
  { name: 'Content-Encoding: gzip', coding: 'gzip', make: (value, key = 'id') => gzipSync(document(value, key)) },
  {
    name: 'Content-Encoding: deflate',
    coding: 'deflate',
    make: (value, key = 'id') => deflateSync(document(value, key)),
  },
  {
    name: 'Content-Encoding: deflate, raw',
    coding: 'deflate',
    make: (value, key = 'id') => deflateRawSync(document(value, key)),
  },
  { name: 'Content-Encoding: br', coding: 'br', make: (value, key = 'id') => brotliCompressSync(document(value, key)) },
  {
    name: 'Content-Encoding: zstd',
    coding: 'zstd',
    make: (value, key = 'id') => zstdCompressSync(document(value, key)),
  },
];

const HASHES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'ripemd160'];

/** Digests in every form, whole and cut. */
export const hashForms: Encoding[] = [
  ...HASHES.flatMap((name): Encoding[] => [
    text(`${name}, hex`, (value) => digest(name, value).toString('hex')),
    text(`${name}, HEX`, (value) => digest(name, value).toString('hex').toUpperCase()),
    text(`${name}, base64`, (value) => digest(name, value).toString('base64')),
    text(`${name}, base64url`, (value) => digest(name, value).toString('base64url')),
    text(`${name}, first 16 of base64url`, (value) => digest(name, value).toString('base64url').slice(0, 16)),
    text(`${name}, first 16 of hex`, (value) => digest(name, value).toString('hex').slice(0, 16)),
    text(`${name} of upper case, hex`, (value) => digest(name, value.toUpperCase()).toString('hex')),
    text(`${name} of lower case, hex`, (value) => digest(name, value.toLowerCase()).toString('hex')),
    bytes(`${name}, raw`, (value) =>
      Buffer.concat([Buffer.from([0, 1, 0xff]), digest(name, value), Buffer.from([0xff, 0])]),
    ),
    bytes(`${name}, first 8 bytes`, (value) =>
      Buffer.concat([Buffer.from([0, 1, 0xff]), digest(name, value).subarray(0, 8), Buffer.from([0xff, 0])]),
    ),
  ]),
  text('md5, middle 16', (value) => digest('md5', value).toString('hex').slice(8, 24)),
  text('md5 of md5, hex', (value) => digest('md5', digest('md5', value).toString('hex')).toString('hex')),
  text('sha256 of md5, hex', (value) => digest('sha256', digest('md5', value).toString('hex')).toString('hex')),
  text('sha1 of sha256, hex', (value) => digest('sha1', digest('sha256', value).toString('hex')).toString('hex')),
  text('sha1 with a known salt, hex', (value) => digest('sha1', `pepper${value}`).toString('hex')),
];

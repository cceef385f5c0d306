/**
 * What a phone could send to make a reader of its bytes work: each small or ordinary on the wire, each built against one
 * reader, decoder or search. Used by the tests, which count work, and by bench/worst-call.ts, which measures time.
 * Promise: the same bytes every time; `size` scales the number of parts, pairs or values.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { IMEI, MAC } from '../inspect/lab-phone.ts';
import { MANY_TURNS, makePicture } from './costly-pictures.ts';

export interface CostlyRequest {
  name: string;
  target?: string;
  headers?: [string, string][];
  /** Made when it is asked for: all of them together take a while. */
  body(): Buffer;
}

/** Bytes that do not repeat and cannot be compressed. */
export function noise(length: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

function repeated(count: number, piece: (index: number) => string): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => piece(index)).join(''), 'latin1');
}

const JSON_TYPE: [string, string][] = [['Content-Type', 'application/json']];
const FORM_TYPE: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
const MULTIPART: [string, string][] = [['Content-Type', 'multipart/form-data; boundary=x']];
const coded = (coding: string): [string, string][] => [['Content-Encoding', coding]];

/** Letters that are no hex digits: a name or value that no search can skip by its beginning. */
const letters = (index: number): string => index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!);

/** Zeros, as brotli, gzip, zstd, LZ4 and zip: `megabytes` of them. */
export function bombs(megabytes: number): CostlyRequest[] {
  const zeros = (): Buffer => Buffer.alloc(megabytes << 20);
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
  return [
    { name: 'brotli of zeros', headers: coded('br'), body: () => brotliCompressSync(zeros(), quick) },
    { name: 'gzip of zeros', headers: coded('gzip'), body: () => gzipSync(zeros()) },
    { name: 'zstd of zeros', headers: coded('zstd'), body: () => zstdCompressSync(zeros()) },
    { name: 'gzip of gzip of zeros', headers: coded('gzip'), body: () => gzipSync(gzipSync(zeros())) },
    { name: 'LZ4 of zeros', body: () => lz4OfZeros(megabytes) },
    { name: 'zip of zeros', body: () => zipOf([deflateRawSync(zeros())]) },
    {
      name: 'many gzips of zeros in JSON',
      headers: JSON_TYPE,
      body: () => Buffer.from(`"${gzipSync(Buffer.alloc(1 << 20)).toString('base64')}",`.repeat(2000)),
    },
  ];
}

/** Blocks of 4 MB, each one long match. */
function lz4OfZeros(megabytes: number): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]);
  const runs = Buffer.alloc(16_000, 0xff);
  const body = Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), runs, Buffer.from([0, 0x10, 0])]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([head, ...Array.from({ length: megabytes >> 2 }, () => Buffer.concat([size, body]))]);
}

/** Local file headers and data, deflated (APPNOTE.TXT 4.3.7). */
export function zipOf(files: Buffer[]): Buffer {
  return Buffer.concat(
    files.flatMap((bytes, index) => {
      const name = Buffer.from(`f${index}`);
      const head = Buffer.alloc(30);
      head.writeUInt32LE(0x04034b50, 0);
      head.writeUInt16LE(20, 4);
      head.writeUInt16LE(8, 8);
      head.writeUInt32LE(bytes.length, 18);
      head.writeUInt16LE(name.length, 26);
      return [head, name, bytes];
    }),
  );
}

/** Structures of very many small parts. */
export function manyParts(size: number): CostlyRequest[] {
  const n = (count: number): number => Math.max(1, Math.round(count * size));
  const wrapped = (index: number): string => `"${gzipSync(`value number ${index}`).toString('base64')}",`;
  const sealed = (index: number): string => `"${noise(40, String(index)).toString('base64')}",`;
  return [
    {
      name: 'multipart of empty parts',
      headers: MULTIPART,
      body: () => Buffer.from(`${'--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n'.repeat(n(600_000))}--x--`),
    },
    {
      name: 'multipart of sealed parts',
      headers: MULTIPART,
      body: () =>
        repeated(
          n(20_000),
          (i) =>
            `--x\r\nContent-Disposition: form-data; name=${i}\r\n\r\n${noise(70, String(i)).toString('latin1')}\r\n`,
        ),
    },
    { name: 'form of pairs', headers: FORM_TYPE, body: () => repeated(n(1_500_000), (i) => `k${i}=${letters(i)}&`) },
    {
      name: 'form of telling pairs',
      headers: FORM_TYPE,
      body: () => repeated(n(200_000), (i) => `imei=${400_000_000_000_000 + i}&`),
    },
    {
      name: 'form of sealed values',
      headers: FORM_TYPE,
      body: () => repeated(n(50_000), (i) => `k${i}=${noise(30, String(i)).toString('base64url')}&`),
    },
    {
      name: 'JSON of base64 of gzip',
      headers: JSON_TYPE,
      body: () => Buffer.from(`[${repeated(n(100_000), wrapped)}0]`),
    },
    {
      name: 'JSON of sealed values',
      headers: JSON_TYPE,
      body: () => Buffer.from(`[${repeated(n(100_000), sealed)}0]`),
    },
    {
      name: 'JSON of distinct keys',
      headers: JSON_TYPE,
      body: () => Buffer.from(`{${repeated(n(400_000), (i) => `"some${letters(i)}Key":1,`)}"z":0}`),
    },
    {
      name: 'JSON of telling keys',
      headers: JSON_TYPE,
      body: () =>
        Buffer.from(`[${repeated(n(200_000), (i) => `{"imei":${400_000_000_000_000 + i},"lat":21.${i}},`)}0]`),
    },
    {
      name: 'JSON of documents in strings',
      headers: JSON_TYPE,
      body: () => Buffer.from(`[${repeated(n(400_000), () => '"[1",')}0]`),
    },
    {
      name: 'JSON of escapes',
      headers: JSON_TYPE,
      body: () => Buffer.from(`["${'\\u0041\\n\\"'.repeat(n(400_000))}"]`),
    },
    { name: 'JSON nested deep', headers: JSON_TYPE, body: () => Buffer.from(`${'{"a":['.repeat(n(800_000))}1`) },
    { name: 'NDJSON of lines', body: () => repeated(n(500_000), (i) => `{"a":${i}}\n`) },
    {
      name: 'zip of small files',
      body: () => zipOf(Array.from({ length: n(50_000) }, (_, i) => deflateRawSync(`file number ${i}`))),
    },
    {
      name: 'gzip members in a row',
      body: () => Buffer.concat(Array.from({ length: n(50_000) }, (_, i) => gzipSync(`member ${i}`))),
    },
    {
      name: 'protobuf of tiny fields',
      headers: [['Content-Type', 'application/x-protobuf']],
      body: () => repeated(Math.min(32_000, n(32_000)), () => '\x08\x01'),
    },
    { name: 'protobuf nested', headers: [['Content-Type', 'application/x-protobuf']], body: () => nestedProtobuf() },
    {
      name: 'MessagePack of small numbers',
      body: () => Buffer.concat([Buffer.from([0xdc, 0x4e, 0x00]), Buffer.alloc(19_968, 1)]),
    },
    {
      name: 'MessagePack of texts',
      body: () =>
        Buffer.concat([Buffer.from([0xdc, 0x1f, 0x40]), repeated(8000, (i) => `\xa5w${String(i).padStart(4, '0')}`)]),
    },
    { name: 'text of distinct keys', body: () => repeated(n(400_000), (i) => `${letters(i)}x:q\n`) },
    { name: 'text of escaped form', body: () => repeated(n(400_000), (i) => `%41%42=%4${i % 9}&`) },
  ];
}

function nestedProtobuf(): Buffer {
  let bytes: Buffer = Buffer.from('\x08\x01'.repeat(20_000), 'latin1');
  for (let i = 0; i < 30; i++) {
    const length: number[] = [];
    for (let rest = bytes.length; rest > 0; rest >>= 7) length.push((rest & 127) | (rest > 127 ? 128 : 0));
    bytes = Buffer.concat([Buffer.from([0x0a, ...length]), bytes]);
  }
  return bytes;
}

/** Text that is full of what the searches look for. */
export function fullOfAnchors(size: number): CostlyRequest[] {
  const n = (count: number): number => Math.max(1, Math.round(count * size));
  const text = (name: string, piece: (index: number) => string, count = 300_000): CostlyRequest => ({
    name,
    body: () => Buffer.from(`text: ${repeated(n(count), piece)}`, 'latin1'),
  });
  const base64 = Buffer.from(IMEI).toString('base64');
  return [
    text('registered values', () => `${IMEI} `),
    text('registered values in base64', () => `${base64} `),
    text(
      'registered values in long base64',
      () => `${Buffer.from(`padding ${IMEI} and`).toString('base64')} `,
      200_000,
    ),
    text('registered values in hex', () => `${Buffer.from(IMEI).toString('hex')} `, 200_000),
    text('beginnings of registered values', () => `${IMEI.slice(0, 14)}x`),
    text('addresses of phones', () => `${MAC}-`),
    text('numbers in groups', (i) => `${100 + (i % 800)} ${100_000 + (i % 800_000)} `),
    text('numbers that pass the check', () => '490154203237526,'),
    text('telling values', (i) => `imei=${400_000_000_000_000 + i}&`, 200_000),
    text('positions', (i) => `lat=21.${1000 + (i % 8000)},lng=105.${1000 + (i % 8000)};`, 200_000),
    text('mail addresses', (i) => `a${i}@b.cd `),
    text('signs of mail', () => '@'),
    text('UUIDs', (i) => `6fa459ea-ee8a-3ca4-894e-${String(i).padStart(12, '0')} `, 150_000),
    text(
      'digests',
      (i) =>
        `${createHash('md5')
          .update(String(i % 5000))
          .digest('hex')} `,
      150_000,
    ),
    text('words of base64', (i) => `Ab${String(i).padStart(14, 'Q')}x `, 200_000),
    text('phone numbers', (i) => `+84 91 ${100 + (i % 800)} ${1000 + (i % 8000)}, `, 200_000),
    text('messages', (i) => `{"body":"call me ${i}","address":"+8491234${1000 + (i % 9000)}"},`, 150_000),
    text('digits without end', () => '1234567890'),
    text('letters without end', () => 'AAAAAAAAAA'),
    text('beginnings of gzip', () => '\x1f\x8b\x08\x00'),
    text('beginnings of zlib', () => 'x\x9c'),
    {
      name: 'beginnings of zlib in noise',
      body: () =>
        Buffer.concat(
          Array.from({ length: n(400) }, (_, i) => Buffer.concat([noise(2048, String(i)), Buffer.from([0x78, 0x9c])])),
        ),
    },
    { name: 'noise', body: () => noise(n(8 << 20), 'noise') },
    { name: 'UTF-16', body: () => Buffer.from(`text ${`${IMEI} a@b.cd `.repeat(n(100_000))}`, 'utf16le') },
  ];
}

/** Request heads as large as a reader takes them. */
export function hugeHeads(): CostlyRequest[] {
  const full = (piece: (index: number) => string): string => repeated(200_000, piece).toString('latin1', 0, 250_000);
  return [
    { name: 'query of pairs', target: `/?${full((i) => `k${i}=${letters(i)}vv&`)}`, body: () => Buffer.alloc(0) },
    {
      name: 'query of sealed values',
      target: `/?${full((i) => `k=${noise(30, String(i)).toString('base64url')}&`)}`,
      body: () => Buffer.alloc(0),
    },
    { name: 'path of segments', target: full((i) => `/${letters(i)}vv`), body: () => Buffer.alloc(0) },
    { name: 'cookies', headers: [['Cookie', full((i) => `k${i}=${letters(i)}vv;`)]], body: () => Buffer.alloc(0) },
    {
      name: 'header fields',
      headers: Array.from({ length: 20_000 }, (_, i): [string, string] => [`x-${i}`, `${letters(i)}vv`]),
      body: () => Buffer.alloc(0),
    },
    {
      name: 'telling header fields',
      headers: Array.from({ length: 10_000 }, (_, i): [string, string] => ['x-imei', String(400_000_000_000_000 + i)]),
      body: () => Buffer.alloc(0),
    },
  ];
}

/** Pictures, of which the likeness with planted ones is sought. */
export function pictures(size: number): CostlyRequest[] {
  const n = (count: number): number => Math.max(1, Math.round(count * size));
  const jpeg: [string, string][] = [['Content-Type', 'image/jpeg']];
  return [
    { name: 'picture of 12 megapixels', headers: jpeg, body: () => makePicture(4000, 3000) },
    {
      name: 'picture that claims 200 megapixels',
      headers: jpeg,
      body: () => makePicture(400, 300, { width: 16_000, height: 12_000 }),
    },
    {
      name: 'small pictures that are nearly alike',
      headers: MULTIPART,
      body: () =>
        Buffer.concat(
          Array.from({ length: n(400) }, () =>
            Buffer.concat([
              Buffer.from('--x\r\nContent-Disposition: form-data; name=a\r\n\r\n'),
              MANY_TURNS,
              Buffer.from('\r\n'),
            ]),
          ),
        ),
    },
  ];
}

export function costlyRequests(size = 1): CostlyRequest[] {
  const megabytes = Math.max(8, Math.round(800 * size));
  return [...bombs(megabytes), ...manyParts(size), ...fullOfAnchors(size), ...hugeHeads(), ...pictures(size)];
}

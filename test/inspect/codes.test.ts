/** Registered values whose bytes are written as numbers, escapes and letters of other alphabets, in the places that carry text. */
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { placements } from '../../bench/detect-places.ts';
import { findingsOf } from '../../bench/detect-recall.ts';
import { createInspector } from '../../src/inspect/inspector.ts';
import { IMEI, labPhone, MAC } from './lab-phone.ts';

const inspector = createInspector({ deviceFor: () => labPhone });
const bytes = Buffer.from(IMEI);
const each = (form: (byte: number) => string, by = ''): string => [...bytes].map(form).join(by);
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const groups = (by: string): string => IMEI.replace(/\B(?=(?:\d{3})+$)/g, by);
/** Five bits a character. */
const fives = (alphabet: string): string =>
  (
    [...bytes]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .match(/.{1,5}/g) ?? []
  )
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');

function missedIn(value: Buffer | string, kind: string, carries: 'text' | 'bytes'): string[] {
  return placements
    .filter((place) => !['raw', 'header'].includes(place.name) && (carries === 'text' || place.carries === 'bytes'))
    .filter(({ events }) => {
      const found = findingsOf(inspector, events(Buffer.from(value), 'id'));
      return !found.some(({ identifier }) => identifier.known && identifier.kind === kind);
    })
    .map(({ name }) => name);
}

describe('a registered number is found', () => {
  it.each<[string, string]>([
    ['as a list of bytes', each(String, ',')],
    ["as Java's Arrays.toString", `[${each(String, ', ')}]`],
    ["as Go's %v", `[${each(String, ' ')}]`],
    ['as bytes with semicolons', each(String, ';')],
    ['as bytes with underscores', each(String, '_')],
    ['as three digits a byte', each((byte) => String(byte).padStart(3, '0'))],
    ['as hex digits with underscores', each(hex, '_')],
    ['as hex digits with commas and blanks', each(hex, ', ')],
    ['as 0x34:0x39', each((byte) => `0x${hex(byte)}`, ':')],
    ['as binary digits with blanks', each((byte) => byte.toString(2).padStart(8, '0'), ' ')],
    ['as escapes of Rust and Swift', each((byte) => `\\u{${hex(byte)}}`)],
    ['as long escapes of Python', each((byte) => `\\U000000${hex(byte)}`)],
    ['as escapes of JavaScript, written into a string', each((byte) => `\\\\u00${hex(byte)}`)],
    ['as short octal escapes', each((byte) => `\\${byte.toString(8)}`)],
    ['in base32hex', fives('0123456789ABCDEFGHIJKLMNOPQRSTUV')],
    ["in Crockford's base32", fives('0123456789ABCDEFGHJKMNPQRSTVWXYZ')],
    ['in z-base-32', fives('ybndrfg8ejkmcpqxot1uwisza345h769')],
    ['in UTF-7', `+${Buffer.from(IMEI, 'utf16le').swap16().toString('base64').replaceAll('=', '')}-`],
    ['with commas, as numbers are shown', groups(',')],
    ['with underscores, as numbers are written in programs', groups('_')],
  ])('%s', (_, value) => {
    expect(missedIn(value, 'imei', 'text')).toEqual([]);
  });

  it.each<[string, object]>([
    ['a Uint8Array that went through JSON', { data: { ...bytes } }],
    ['a list of hex digits', { data: [...bytes].map(hex) }],
    ['a list of characters', { data: [...IMEI] }],
    ['an object of characters', { data: { ...[...IMEI] } }],
  ])('in JSON as %s', (_, body) => {
    const post = placements.find(({ name }) => name === 'body');
    const found = findingsOf(inspector, post?.events(Buffer.from(JSON.stringify(body)), 'id') ?? []);
    expect(found.map(({ identifier }) => [identifier.kind, identifier.known])).toEqual([['imei', true]]);
  });

  const double = Buffer.alloc(8);
  double.writeDoubleBE(Number(IMEI));
  const zigzag: number[] = [0x08];
  for (let rest = BigInt(IMEI) << 1n; rest > 0n; rest >>= 7n)
    zigzag.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
  const wide = (at: number): Buffer =>
    Buffer.concat(
      [...`{"id":"${IMEI}"}`].map((char) => {
        const code = Buffer.alloc(4);
        code[at] = char.charCodeAt(0);
        return code;
      }),
    );
  it.each<[string, Buffer]>([
    ['as floating point among other bytes', Buffer.concat([Buffer.from([1, 0xff]), double, Buffer.from([0x81])])],
    ['as a number of sint64', Buffer.from(zigzag)],
    ['in UTF-32, last byte first', wide(0)],
    ['in UTF-32, first byte first', wide(3)],
    [
      'in brotli that nothing names',
      brotliCompressSync(`{"list":[${Array.from({ length: 99 }, (_, i) => i * 37)}],"id":"${IMEI}"}`),
    ],
  ])('%s', (_, value) => {
    expect(missedIn(value, 'imei', 'bytes')).toEqual([]);
  });
});

describe('a registered address is found', () => {
  const pairs = MAC.split(':');
  const signed = pairs.map((pair) => (Number.parseInt(pair, 16) << 24) >> 24);
  it.each<[string, string]>([
    ["as Java's Arrays.toString", `[${signed.join(', ')}]`],
    ['as an index of SNMP', pairs.map((pair) => Number.parseInt(pair, 16)).join('.')],
    ['with dots', pairs.join('.')],
    ['in two halves', MAC.replaceAll(':', '').replace(/^(.{6})/, '$1-')],
    ['with its last byte first', [...pairs].reverse().join(':')],
    ['as an EUI-64', [...pairs.slice(0, 3), 'ff', 'fe', ...pairs.slice(3)].join('-')],
  ])('%s', (_, value) => {
    expect(missedIn(value, 'wifi_mac', 'text')).toEqual([]);
  });
});

describe('nothing is found', () => {
  it.each<[string, string]>([
    [
      'in lists of small numbers',
      JSON.stringify({
        phone: [12, 15, 20, 33, 47, 52, 61, 73, 84, 95, 99, 104],
        version: '1.2.3.4.5.6.7.8.9.10.11.12',
      }),
    ],
    ['in a table of numbers', 'imei;1,2,3,4,5,6,7,8,9,10,11,12,13\nserial;120,340,560,780'],
    ['in base85 with a plus sign', JSON.stringify({ id: 'dm?aQa$#+AB05`pB5q-AWg<EvX>D_9A}k_yVQh6' })],
  ])('%s', (_, body) => {
    const post = placements.find(({ name }) => name === 'body');
    expect(findingsOf(inspector, post?.events(Buffer.from(body), 'id') ?? [])).toEqual([]);
  });
});

/**
 * MessagePack (github.com/msgpack/msgpack/blob/master/spec.md) and CBOR (RFC 8949) with locators.
 * Promise: takes bytes only when maps and arrays, one or several in a row, fill them; bounded nesting and number of values;
 * never throws.
 */
import { always, type BinaryValue, MAX_NESTING, MAX_VALUES, member } from './binary-values.ts';

class Malformed extends Error {}
/** Made once, because the place where it is made is written down each time. */
const MALFORMED = new Malformed();

/** Major types of CBOR (RFC 8949 3.1). */
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

interface Cursor {
  bytes: Buffer;
  at: number;
  values: BinaryValue[];
  mayGoOn(): boolean;
}

type Item = (cursor: Cursor, path: string, key: string | null, depth: number) => string | null;

export function readMsgpack(bytes: Buffer, mayGoOn = always): BinaryValue[] | null {
  return isMsgpackContainer(bytes[0]) ? readAll(bytes, msgpackItem, isMsgpackContainer, mayGoOn) : null;
}

export function readCbor(bytes: Buffer, mayGoOn = always): BinaryValue[] | null {
  const isContainer = isCborContainer(bytes[0]) && (bytes[0]! >> 5 !== TAG || bytes.length > 3);
  return isContainer ? readAll(bytes, cborItem, isCborContainer, mayGoOn) : null;
}

const isMsgpackContainer = (head = 0): boolean => (head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf);

const isCborContainer = (head = 0): boolean => head >> 5 === ARRAY || head >> 5 === MAP || head >> 5 === TAG;

function readAll(
  bytes: Buffer,
  item: Item,
  isContainer: (head: number) => boolean,
  mayGoOn: () => boolean,
): BinaryValue[] | null {
  const cursor: Cursor = { bytes, at: 0, values: [], mayGoOn };
  try {
    while (cursor.at < bytes.length) {
      // A number or a name by itself is what noise is full of.
      if (!isContainer(bytes[cursor.at]!)) return null;
      item(cursor, '$', null, 0);
    }
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return null;
    throw error;
  }
  return cursor.values.some((value) => value.key !== null || value.bytes.length >= 8) ? cursor.values : null;
}

/** Takes `length` bytes. */
function take(cursor: Cursor, length: number): Buffer {
  if (length > cursor.bytes.length - cursor.at) throw MALFORMED;
  cursor.at += length;
  return cursor.bytes.subarray(cursor.at - length, cursor.at);
}

function uint(cursor: Cursor, size: number): number {
  const bytes = take(cursor, size);
  return size === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, size);
}

function leaf(cursor: Cursor, path: string, key: string | null, bytes: Buffer): string {
  if (cursor.values.length >= MAX_VALUES) throw MALFORMED;
  if (bytes.length > 0) cursor.values.push({ path, key, bytes });
  return bytes.length <= 120 ? bytes.toString('utf8') : '';
}

function array(cursor: Cursor, path: string, key: string | null, depth: number, count: number, item: Item): null {
  if (depth >= MAX_NESTING || count > cursor.bytes.length - cursor.at) throw MALFORMED;
  for (let i = 0; i < count; i++) item(cursor, `${path}[${i}]`, key, depth + 1);
  return null;
}

function map(cursor: Cursor, path: string, depth: number, count: number, item: Item): null {
  if (depth >= MAX_NESTING || count > cursor.bytes.length - cursor.at) throw MALFORMED;
  for (let i = 0; i < count; i++) {
    const known = cursor.values.length;
    const name = item(cursor, path, null, depth + 1) ?? '';
    // A key is no value, unless it is a whole structure.
    if (cursor.values.length === known + 1 && name.length < 32) cursor.values.length = known;
    item(cursor, member(path, name), name === '' ? null : name, depth + 1);
  }
  return null;
}

function msgpackItem(cursor: Cursor, path: string, key: string | null, depth: number): string | null {
  if (!cursor.mayGoOn()) throw MALFORMED;
  const head = uint(cursor, 1);
  const text = (value: string): string => leaf(cursor, path, key, Buffer.from(value));
  const bytes = (length: number): string => leaf(cursor, path, key, take(cursor, length));
  if (head <= 0x7f) return text(String(head));
  if (head <= 0x8f) return map(cursor, path, depth, head & 15, msgpackItem);
  if (head <= 0x9f) return array(cursor, path, key, depth, head & 15, msgpackItem);
  if (head <= 0xbf) return bytes(head & 31);
  if (head >= 0xe0) return text(String(head - 256));
  switch (head) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return null;
    case 0xc4:
    case 0xd9:
      return bytes(uint(cursor, 1));
    case 0xc5:
    case 0xda:
      return bytes(uint(cursor, 2));
    case 0xc6:
    case 0xdb:
      return bytes(uint(cursor, 4));
    case 0xca:
      return text(String(take(cursor, 4).readFloatBE()));
    case 0xcb:
      return text(String(take(cursor, 8).readDoubleBE()));
    case 0xcc:
    case 0xcd:
    case 0xce:
      return text(String(uint(cursor, 1 << (head - 0xcc))));
    case 0xcf:
      return text(String(take(cursor, 8).readBigUInt64BE()));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return text(String(BigInt.asIntN(64, signed(take(cursor, 1 << (head - 0xd0))))));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return bytes(1 + (1 << (head - 0xd4)));
    case 0xc7:
      return bytes(1 + uint(cursor, 1));
    case 0xdc:
      return array(cursor, path, key, depth, uint(cursor, 2), msgpackItem);
    case 0xdd:
      return array(cursor, path, key, depth, uint(cursor, 4), msgpackItem);
    case 0xde:
      return map(cursor, path, depth, uint(cursor, 2), msgpackItem);
    case 0xdf:
      return map(cursor, path, depth, uint(cursor, 4), msgpackItem);
    default:
      throw MALFORMED;
  }
}

function signed(bytes: Buffer): bigint {
  return bytes.length === 8 ? bytes.readBigInt64BE() : BigInt(bytes.readIntBE(0, bytes.length));
}

function cborItem(cursor: Cursor, path: string, key: string | null, depth: number): string | null {
  if (depth > MAX_NESTING || !cursor.mayGoOn()) throw MALFORMED;
  const head = uint(cursor, 1);
  const major = head >> 5;
  const info = head & 31;
  if (info === 31) return cborIndefinite(cursor, major, path, key, depth);
  if (info > 27) throw MALFORMED;
  const size = info < 24 ? 0 : 1 << (info - 24);
  if (major === 7) return cborSimple(cursor, size, path, key);
  const value = size === 0 ? BigInt(info) : size === 8 ? take(cursor, 8).readBigUInt64BE() : BigInt(uint(cursor, size));
  switch (major) {
    case 0:
      return leaf(cursor, path, key, Buffer.from(String(value)));
    case 1:
      return leaf(cursor, path, key, Buffer.from(String(-1n - value)));
    case 2:
    case 3:
      return leaf(cursor, path, key, take(cursor, Number(value)));
    case 4:
      return array(cursor, path, key, depth, Number(value), cborItem);
    case 5:
      return map(cursor, path, depth, Number(value), cborItem);
    default:
      // A tag says something about the item that follows.
      return cborItem(cursor, path, key, depth + 1);
  }
}

function cborSimple(cursor: Cursor, size: number, path: string, key: string | null): string | null {
  const bytes = take(cursor, size);
  if (size === 4) return leaf(cursor, path, key, Buffer.from(String(bytes.readFloatBE())));
  if (size === 8) return leaf(cursor, path, key, Buffer.from(String(bytes.readDoubleBE())));
  return null;
}

/** Items up to a break (RFC 8949 3.2). */
function cborIndefinite(cursor: Cursor, major: number, path: string, key: string | null, depth: number): string | null {
  if (major < 2 || major > 5 || depth >= MAX_NESTING) throw MALFORMED;
  for (let i = 0; cursor.bytes[cursor.at] !== 0xff; i++) {
    if (cursor.at >= cursor.bytes.length) throw MALFORMED;
    if (major === 5) map(cursor, path, depth, 1, cborItem);
    else cborItem(cursor, major === 4 ? `${path}[${i}]` : path, key, depth + 1);
  }
  cursor.at++;
  return null;
}

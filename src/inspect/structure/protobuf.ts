/**
 * Protocol Buffers without a schema (protobuf.dev/programming-guides/encoding).
 * Promise: takes bytes only when all of them are fields and something readable, or enough structure, is among them, so
 * noise is not mistaken for a message; linear time for any input.
 */
import { isZlibStream } from '../decode/zlib-probe.ts';
import { hasMagic } from '../format.ts';
import { isReadable } from '../readable.ts';
import { always, type BinaryValue, MAX_NESTING, MAX_VALUES } from './binary-values.ts';

/** Field numbers in real schemas; noise has large ones. */
const MAX_FIELD = 4096;
const ENOUGH_FIELDS = 4;

export function readProtobuf(bytes: Buffer, mayGoOn = always): BinaryValue[] | null {
  if (bytes.length < 4) return null;
  const values: BinaryValue[] = [];
  const reading: Reading = { steps: 4 * bytes.length + 64, texts: 0, ids: 0, others: 0, mayGoOn };
  if (!readMessage(bytes, 'field ', 0, values, reading)) return null;
  // Ids and signatures in raw bytes: nothing else, with lengths that noise would have to hit.
  const isOfIds = reading.ids > 0 && reading.others === 0 && values.length > 1;
  return reading.texts > 0 || values.length >= ENOUGH_FIELDS || isOfIds || arePrecise(values) ? values : null;
}

/** Two or three numbers and nothing else, each with a fraction or as long as degrees times a million: a position, perhaps its height. */
function arePrecise(values: readonly BinaryValue[]): boolean {
  return (
    values.length >= 2 &&
    values.length <= 3 &&
    values.every(({ numbers }) => numbers?.some((one) => /\.\d{3}|^-?\d{7,11}$/.test(one)))
  );
}

/** UUIDs, digests, keys and signatures as bytes: 16, 20, 32, 33, 48, 64, 65, 96, 132; RSA of 1024 to 4096 bits. */
const ID_LENGTHS = new Set([16, 20, 32, 33, 48, 64, 65, 96, 128, 132, 256, 384, 512]);

interface Reading {
  steps: number;
  /** Fields that hold readable text of some length. */
  texts: number;
  /** Fields of bytes as long as ids and signatures are, and of other lengths. */
  ids: number;
  others: number;
  mayGoOn(): boolean;
}

/** True when `bytes` are fields from the first byte to the last. */
function readMessage(bytes: Buffer, path: string, depth: number, values: BinaryValue[], reading: Reading): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (--reading.steps < 0 || values.length >= MAX_VALUES || !reading.mayGoOn()) return false;
    const tag = small(bytes, at);
    if (tag < 0) return false;
    const field = Math.floor(tag / 8);
    if (field === 0 || field > MAX_FIELD) return false;
    const here = `${path}${field}`;
    const end = readField(bytes, endOfSmall, tag & 7, here, depth, values, reading);
    if (end < 0) return false;
    at = end;
  }
  return at === bytes.length;
}

/** Where the field ends, or -1. */
function readField(
  bytes: Buffer,
  at: number,
  wire: number,
  path: string,
  depth: number,
  values: BinaryValue[],
  reading: Reading,
): number {
  switch (wire) {
    case 0: {
      const number = small(bytes, at);
      if (number >= 0) {
        values.push(numberAt(path, String(number), smallForms(number)));
        return endOfSmall;
      }
      const large = varint(bytes, at);
      if (large) values.push(numberAt(path, String(large.value), signedForms(large.value)));
      return large ? large.end : -1;
    }
    case 1:
      if (at + 8 > bytes.length) return -1;
      values.push(
        numberAt(path, `${bytes.readBigUInt64LE(at)} ${decimal(bytes.readDoubleLE(at))}`, [
          decimal(bytes.readDoubleLE(at)),
          String(bytes.readBigInt64LE(at)),
        ]),
      );
      return at + 8;
    case 5:
      if (at + 4 > bytes.length) return -1;
      values.push(
        numberAt(path, `${bytes.readUInt32LE(at)} ${decimal(bytes.readFloatLE(at))}`, [
          decimal(bytes.readFloatLE(at)),
          String(bytes.readInt32LE(at)),
        ]),
      );
      return at + 4;
    case 2: {
      const length = small(bytes, at);
      const from = endOfSmall;
      if (length < 0 || length > bytes.length - from) return -1;
      const end = from + length;
      const inner = bytes.subarray(from, end);
      reading.steps -= inner.length >> 3;
      const before = values.length;
      const { ids, others } = reading;
      // Text hardly begins with a control character, messages mostly do: `0a` is field 1.
      const isText = inner.length > 0 && inner[0]! >= 0x20 && isReadable(inner) && !hasControl(inner);
      if (
        isText ||
        isPacked(inner) ||
        depth >= MAX_NESTING ||
        !readMessage(inner, `${path}.`, depth + 1, values, reading)
      ) {
        values.length = before;
        reading.ids = ids;
        reading.others = others;
        if (ID_LENGTHS.has(inner.length)) reading.ids++;
        else reading.others++;
        if (inner.length > 0) values.push({ path, key: null, bytes: inner });
        if (!isText && inner.length === 16) pushPair(inner, path, values);
        if (inner.length >= 4 && (isText || isReadable(inner))) reading.texts++;
      }
      return end;
    }
    default:
      // Groups are gone since 2010.
      return -1;
  }
}

/** Two doubles in one field (packed, protobuf.dev): of the magnitude of degrees. */
function pushPair(inner: Buffer, path: string, values: BinaryValue[]): void {
  const pair = [inner.readDoubleLE(0), inner.readDoubleLE(8)].map(decimal);
  if (!pair.every((one) => one !== '' && Math.abs(Number(one)) <= 180)) return;
  for (const [at, written] of pair.entries()) values.push(numberAt(`${path}.${at + 1}`, written, [written]));
}

const numberAt = (path: string, digits: string, numbers: readonly string[]): BinaryValue => ({
  path,
  key: null,
  bytes: Buffer.from(digits),
  numbers,
});

/** Where the number ends that `small` read last. */
let endOfSmall = 0;

/** A varint whose value a double holds exactly, as nearly all: those of seven bytes do. -1 for none, or one that is larger. */
function small(bytes: Buffer, at: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; i < at + 7 && i < bytes.length; i++) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      endOfSmall = i + 1;
      return value;
    }
    scale *= 128;
  }
  const large = varint(bytes, at);
  if (large === null || large.value > MAX_EXACT) return -1;
  endOfSmall = large.end;
  return Number(large.value);
}

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** Any varint. */
function varint(bytes: Buffer, at: number): { value: bigint; end: number } | null {
  let value = 0n;
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    const byte = bytes[at + i]!;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return null;
}

/** Lengths and tags of a message: its letters may make it look like text all the same. */
function hasControl(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 0x09 || (byte > 0x0d && byte < 0x20)) return true;
  return false;
}

/** A field that is a compressed stream or a file: its first bytes may read as fields all the same. */
function isPacked(inner: Buffer): boolean {
  if (inner.length < 12 || !hasMagic(inner)) return false;
  return inner[0] !== ZLIB || isZlibStream(inner);
}

const ZLIB = 0x78;

/** `signedForms` of a number that a double holds. */
function smallForms(value: number): readonly string[] {
  return [String(value), String(value % 2 === 0 ? value / 2 : -(value + 1) / 2)];
}

/** As int64 and as sint64 (zigzag). */
function signedForms(value: bigint): readonly string[] {
  const signed = BigInt.asIntN(64, value);
  return [String(signed), String((value >> 1n) ^ -(value & 1n))];
}

/** Positions are sent as floating point; other magnitudes are integers or noise. */
function decimal(value: number): string {
  return Number.isFinite(value) && Math.abs(value) >= 0.001 && Math.abs(value) < 1e6 ? String(value) : '';
}

/**
 * The cheap part of the question whether something beside a value says what it is: asked for every `id` and `value`.
 * Promise: whatever named-beside.ts would find a name in is told to be worth a look.
 */
import { hintsFor } from '../../kinds/key-names.ts';
import { mayName } from '../../kinds/named-beside.ts';
import type { Place } from '../place.ts';
import { Names } from '../structure/names.ts';

/** A value that is a text of its own: the names around it, or fields before it. */
export function mayBeNamedAround({ fields, within }: Place, key: string): boolean {
  if (within.length > 0 && hintsFor({ key, within }).length > 0) return true;
  return fields?.some(([name]) => mayName(name)) ?? false;
}

const TAG_END = 0x3e;
const SPACE = 0x20;

/** A tag ends directly before `start`, up to three blanks. */
export function endsTag(bytes: Buffer, start: number): boolean {
  let at = start - 1;
  while (at >= 0 && at > start - 4 && isBlank(bytes[at]!)) at--;
  return at >= 0 && bytes[at] === TAG_END;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;
const EQUALS = 0x3d;
/** As many blanks and quotes stand between a name and its sign at most. */
const BLANKS = 3;
const QUOTES = 2;
const LONGEST_NAME = 41;

/** Quotes and blanks between a value and the end of the object that says its type. */
const MOST_TO_CLOSE = 2;

/** A member whose value may be a name follows in the record that goes on at `from`, or around the object that says the value's type. */
export function holdsNaming(bytes: Buffer, from: number, to: number, names: Names): boolean {
  const close = bytes.subarray(0, to).indexOf(CLOSE, from);
  let depth = close >= 0 && close <= from + MOST_TO_CLOSE ? 1 : 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === OPEN) depth++;
    else if (byte === CLOSE && depth-- === 0) return false;
    else if (byte === TAG_END && depth === 0) return false;
    else if ((byte === COLON || byte === EQUALS) && nameEndsAt(bytes, from, at, names) && isNameAfter(bytes, at, to))
      return true;
  }
  return false;
}

/** Values that may be names are looked up apart from names: there are more of them. */
const words = new Names();
/** Longer ones are prose. */
const LONGEST_WORD = 60;

/** The value is the name of something that counts: few types and names of events are. */
export function isName(bytes: Buffer, from: number, to: number): boolean {
  return from >= 0 && to - from >= 2 && to - from <= LONGEST_WORD && words.lookUp(bytes, from, to).isKnown;
}

/** The same of the value after a sign, as far as it can be seen. */
function isNameAfter(bytes: Buffer, sign: number, to: number): boolean {
  let from = sign + 1;
  for (let i = 0; i < BLANKS && from < to && isBlank(bytes[from]!); i++) from++;
  if (from < to && QUOTE[bytes[from]!] === 1) from++;
  let end = from;
  while (end < to && end - from <= LONGEST_WORD && QUOTE[bytes[end]!] === 0) end++;
  return end === to || isName(bytes, from, end);
}

/** A name that may name, before the sign at `sign`. */
function nameEndsAt(bytes: Buffer, from: number, sign: number, names: Names): boolean {
  let end = sign;
  for (let i = 0; i < BLANKS && end > from && isBlank(bytes[end - 1]!); i++) end--;
  for (let i = 0; i < QUOTES && end > from && QUOTE[bytes[end - 1]!] === 1; i++) end--;
  let start = end;
  while (start > from && end - start < LONGEST_NAME && WORD[bytes[start - 1]!] === 1) start--;
  while (start < end && STARTS[bytes[start]!] === 0) start++;
  return start < end && names.lookUp(bytes, start, end).mayName;
}

const QUOTE = table('"\'\\]');
const STARTS = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$_');
const WORD = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$_0123456789-');

function table(chars: string): Uint8Array {
  const out = new Uint8Array(256);
  for (const char of chars) out[char.charCodeAt(0)] = 1;
  return out;
}

/**
 * Key names in text that no reader took apart: `imei=`, `"imei": "`, `<imei>`, `TN:IMEI1,`.
 * Promise: looks at REACH bytes before a value, or after a separator, only; so nothing depends on how the stream was cut.
 */
import { isKeyName } from '../../kinds/key-names.ts';
import { mayBeNamedBeside } from '../../kinds/named-beside.ts';
import { Members } from './sift.ts';

/** Bytes before and after a separator that are looked at. */
export const REACH = 80;

/** What a value ends with in free text. */
const VALUE = /^\s{0,2}(?:<!\[CDATA\[)?["'\\]{0,2}([^\s"'\\<>,;&|]{1,64})/;
/** Around the text of an element that is written without escapes (XML 1.0, 2.7). */
const CDATA = Buffer.from('<![CDATA');
const CDATA_START = `${CDATA}[`;
const CDATA_END = ']]';
const BRACKET = 0x5b;
const LAST_OF_CDATA = 0x41;

/** As written; null when none stands directly before `start`. A comma counts only after a name that is known to be one. */
export function keyBefore(bytes: Buffer, start: number, floor = 0): string | null {
  const least = Math.max(floor, start - REACH);
  let at = start;
  if (at > least && bytes[at - 1] === 0x2b) at--;
  at = skipBack(bytes, at, least, OPENING, 3);
  if (
    bytes[at] === BRACKET &&
    bytes[at - 1] === LAST_OF_CDATA &&
    bytes.subarray(least, at).subarray(-CDATA.length).equals(CDATA)
  )
    at -= CDATA.length;
  at = skipBack(bytes, at, least, SPACE, 2);
  // `=`, `:`, `>`, `,`, `=>`, `%3A`, `%3D`.
  if (at <= least) return null;
  const separator = bytes[at - 1]!;
  if (SEPARATORS.table[separator] === 1) at -= separator === 0x3e && bytes[at - 2] === 0x3d ? 2 : 1;
  else if (isEscapedSeparator(bytes, at, least)) at -= 3;
  else return null;
  at = skipBack(bytes, at, least, SPACE, 2);
  at = skipBack(bytes, at, least, CLOSING, 3);
  const end = at;
  while (at > least && NAME[bytes[at - 1]!]! & IN_NAME) at--;
  while (at < end && !(NAME[bytes[at]!]! & FIRST_OF_NAME)) at++;
  if (at === end || end - at > MAX_NAME) return null;
  const key = bytes.toString('latin1', at, end);
  return separator === 0x2c && !isKeyName(key) ? null : key;
}

function skipBack(bytes: Buffer, at: number, least: number, what: number, most: number): number {
  const stop = Math.max(least, at - most);
  while (at > stop && NAME[bytes[at - 1]!]! & what) at--;
  return at;
}

/** `%3A`, `%3D` in either case. */
function isEscapedSeparator(bytes: Buffer, at: number, least: number): boolean {
  const low = bytes[at - 1]! | 0x20;
  return at - 3 >= least && bytes[at - 3] === 0x25 && bytes[at - 2] === 0x33 && (low === 0x61 || low === 0x64);
}

const MAX_NAME = 60;
const IN_NAME = 1;
const FIRST_OF_NAME = 2;
const OPENING = 4;
const CLOSING = 8;
const SPACE = 16;
const NAME = new Uint8Array(256);
const mark = (chars: string, bit: number): void => {
  for (const char of chars) NAME[char.charCodeAt(0)]! |= bit;
};
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$', IN_NAME | FIRST_OF_NAME);
mark('0123456789.-', IN_NAME);
mark('"\'\\([', OPENING);
mark('"\'\\]', CLOSING);
mark(' \t\r\n', SPACE);
const EQUALS = 0x3d;
const MORE = 0x3e;
const COMMA = 0x2c;
const SEPARATORS = new Members(':=,>', 2);
/**
 * Values beside known key names whose separator stands in `[from, to)`; REACH bytes before and after it must be there
 * unless the text ends. `found` gets the key and the value's offsets. `mayGoOn` is asked at each name; past a no nothing is
 * looked at any more.
 */
export function findPairs(
  bytes: Buffer,
  from: number,
  to: number,
  found: (key: string, start: number, end: number) => void,
  mayGoOn: () => boolean,
): void {
  SEPARATORS.each(bytes, Math.max(1, from), to, (at) => {
    const separator = bytes[at]!;
    const before = separator === EQUALS && bytes[at - 1] === 0x20 ? at - 2 : at - 1;
    if (before < 0 || !(NAME[bytes[before]!]! & (IN_NAME | CLOSING))) return true;
    const key = keyBefore(bytes, at + 1);
    if (key === null) return true;
    const isName = isKeyName(key) || (separator === MORE && mayBeNamedBeside(key));
    if (!mayGoOn()) return false;
    const value = isName ? VALUE.exec(bytes.toString('latin1', at + 1, at + 1 + REACH)) : null;
    // `ssid,lang` are two names.
    if (!value || (separator === COMMA && !/\d/.test(value[1]!))) return true;
    const end = at + 1 + value[0].length;
    const cut = value[0].includes(CDATA_START) ? value[1]!.indexOf(CDATA_END) : -1;
    found(key, end - value[1]!.length, cut < 0 ? end : end - value[1]!.length + cut);
    return true;
  });
}

/**
 * Key names in text that no reader took apart: `imei=`, `"imei": "`, `<imei>`, `TN:IMEI1,`.
 * Promise: looks at REACH bytes before a value, or after a separator, only; so nothing depends on how the stream was cut.
 */
import { isKeyName } from '../key-names.ts';

/** Bytes before and after a separator that are looked at. */
export const REACH = 80;

const ASSIGNED = /([A-Za-z_$][\w.$:-]{0,60})["'\\\]]{0,3}\s{0,2}(=>|%3[aAdD]|[=:>,])\s{0,2}["'\\([]{0,3}\+?$/;
/** What a value ends with in free text. */
const VALUE = /^\s{0,2}["'\\]{0,2}([^\s"'\\<>,;&|]{1,64})/;

/** As written; null when none stands directly before `start`. A comma counts only after a name that is known to be one. */
export function keyBefore(bytes: Buffer, start: number, floor = 0): string | null {
  const text = bytes.toString('latin1', Math.max(floor, start - REACH), start);
  const match = ASSIGNED.exec(text);
  if (!match) return null;
  // `TN:IMEI1,`: the last name counts.
  const key = match[1]!.split(':').at(-1)!;
  return key === '' || (match[2] === ',' && !isKeyName(key)) ? null : key;
}

const SEPARATORS = new Uint8Array(256);
for (const char of ':=,>') SEPARATORS[char.charCodeAt(0)] = 1;
const NAME = new Uint8Array(256);
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') NAME[char.charCodeAt(0)] = 1;
for (const char of '"\'\\]') NAME[char.charCodeAt(0)] = 2;

/**
 * Values beside known key names whose separator stands in `[from, to)`; REACH bytes before and after it must be there
 * unless the text ends. `found` gets the key and the value's offsets.
 */
export function findPairs(
  bytes: Buffer,
  from: number,
  to: number,
  found: (key: string, start: number, end: number) => void,
): void {
  for (let at = Math.max(1, from); at < to; at++) {
    if (SEPARATORS[bytes[at]!] === 0 || NAME[bytes[at - 1]!] === 0) continue;
    const value = VALUE.exec(bytes.toString('latin1', at + 1, at + 1 + REACH));
    if (!value) continue;
    const end = at + 1 + value[0].length;
    const key = keyBefore(bytes, at + 1);
    if (key !== null && isKeyName(key)) found(key, end - value[1]!.length, end);
  }
}

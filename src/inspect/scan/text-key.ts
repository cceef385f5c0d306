/**
 * The key name standing before a value in text that no reader took apart: `imei=`, `"imei": "`, `<imei>`, `TN:IMEI1,`.
 * Promise: looks at the REACH bytes before the value only, so the answer does not depend on how the stream was cut.
 */

export const REACH = 80;

const ASSIGNED =
  /([A-Za-z_$][\w.$:-]{0,60})(?:["'\\\]]{0,3})\s{0,2}(?:=|:|>|,|=>|%3[aAdD])\s{0,2}(?:[([]\s?)?["'\\]{0,3}\+?$/;

/** As written; null when none stands directly before `start`. */
export function keyBefore(bytes: Buffer, start: number, floor = 0): string | null {
  const text = bytes.toString('latin1', Math.max(floor, start - REACH), start);
  const match = ASSIGNED.exec(text);
  if (!match) return null;
  // `TN:IMEI1,`: the last name counts.
  return match[1]!.split(':').at(-1) || null;
}

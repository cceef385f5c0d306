/**
 * One coordinate as people and programs write it: `21.0278`, `21,0278`, `2.10278E1`, `21.0278° N`, `N21.0278`, `21°1'40.1"N`, `2101.6680N`.
 * Promise: bounded patterns; null for anything else. Degrees are WGS 84, south and west negative.
 */

import { parseNmea } from './nmea.ts';

export interface Degrees {
  value: number;
  /** Digits after the point: how precise it is. */
  decimals: number;
  /** Which of the two it is, where a letter says so. */
  axis: 'latitude' | 'longitude' | null;
}

const PLAIN = /^([+-]?)(\d{1,3})(?:[.,](\d{1,17}))?°?$/;
const EXPONENT = /^([+-]?\d(?:\.\d{1,17})?)[eE]([+-]?\d{1,2})$/;
const SEXAGESIMAL =
  /^(\d{1,3})\s?°\s?(\d{1,2}(?:[.,]\d{1,10})?)\s?['’′]?(?:\s?(\d{1,2}(?:[.,]\d{1,10})?)\s?(?:"|″|”|''|’’)?)?$/;
const LETTER = /^([NSEW])\s?(.{1,40})$|^(.{1,40}?)\s?([NSEW])$/i;

export function parseDegrees(written: string): Degrees | null {
  const text = written.trim();
  if (text.length === 0 || text.length > 40) return null;
  const lettered = LETTER.exec(text);
  if (!lettered) return parseBare(text);
  const minutes = parseNmea(text);
  if (minutes) return { value: minutes.degrees, decimals: 4, axis: minutes.axis };
  const letter = (lettered[1] ?? lettered[4] ?? '').toUpperCase();
  const bare = parseBare((lettered[2] ?? lettered[3] ?? '').trim());
  if (!bare) return null;
  const sign = letter === 'S' || letter === 'W' ? -1 : 1;
  return { ...bare, value: sign * Math.abs(bare.value), axis: 'NS'.includes(letter) ? 'latitude' : 'longitude' };
}

/** Degrees, minutes and seconds of both, one after the other: `21°01'40.1"N 105°50'03.1"E`, as maps write them. */
const PAIR = /^(\d{1,2}\s?Â?°[^NSEW°]{0,30}[NS])[\s,;+]{0,3}(\d{1,3}\s?Â?°[^NSEW°]{0,30}[EW])(?![A-Za-z])/;

/** Degrees, minutes and seconds with whatever stands between them; the letter says which of the two it is. */
const UNIT = '\\s{0,2}(?:°|º|deg(?:rees)?\\.?|[dms:\'’′"″”]{1,2})?[\\s:]{0,2}';
const PARTS = `(\\d{1,3}(?:\\.\\d{1,10})?)${UNIT}(?:(\\d{1,2}(?:\\.\\d{1,10})?)${UNIT})?(?:(\\d{1,2}(?:\\.\\d{1,10})?)${UNIT})?`;
const GAP = '[\\s,;/|]{0,3}';
const BEHIND = new RegExp(`^${PARTS}([NS])${GAP}${PARTS}([EW])(?![A-Za-z])`);
const AHEAD = new RegExp(`^([NS])\\s{0,2}${PARTS}${GAP}([EW])\\s{0,2}${PARTS}(?![\\w.])`);
/** Such a pair is no longer. */
export const LONGEST_LETTERED = 80;

/** The pair that begins at `start`, with a letter for the side of the world before or behind each of the two; null when there is none. */
export function letteredPairAt(text: string, start: number): { lat: number; lon: number; end: number } | null {
  const window = text.slice(start, start + LONGEST_LETTERED);
  const behind = BEHIND.exec(window);
  const ahead = behind ? null : AHEAD.exec(window);
  const found = behind ?? ahead;
  if (!found) return null;
  const groups = found.slice(1);
  const [north, lat, east, lon] = behind
    ? [groups[3], groups.slice(0, 3), groups[7], groups.slice(4, 7)]
    : [groups[0], groups.slice(1, 4), groups[4], groups.slice(5, 8)];
  const [a, b] = [degreesIn(lat), degreesIn(lon)];
  // Whole degrees are a direction or a size.
  if (a === null || b === null || !/\d\.\d|\d\D+\d/.test(found[0])) return null;
  const isSigned = (side: string | undefined, letter: string): boolean => side?.toUpperCase() === letter;
  return { lat: isSigned(north, 'S') ? -a : a, lon: isSigned(east, 'W') ? -b : b, end: start + found[0].length };
}

/** Null where a minute or a second is none, or where what stands before the last one is no whole number. */
function degreesIn(parts: readonly (string | undefined)[]): number | null {
  const written = parts.filter((part) => part !== undefined);
  if (written.slice(0, -1).some((part) => part.includes('.'))) return null;
  const [degrees = 0, minutes = 0, seconds = 0] = written.map(Number);
  if (minutes >= 60 || seconds >= 60 || (written.length === 1 && !written[0]!.includes('.'))) return null;
  return degrees + minutes / 60 + seconds / 3600;
}

/** The pair that begins at `start` of a text read as Latin-1; null when there is none. */
export function degreesPairAt(text: string, start: number): { lat: number; lon: number; end: number } | null {
  const [whole, north, east] = PAIR.exec(text.slice(start, start + 96)) ?? [];
  if (whole === undefined || north === undefined || east === undefined) return null;
  const [lat, lon] = [north, east].map((one) => parseDegrees(one.replaceAll('\\', '').replaceAll('Â', '')));
  return lat && lon ? { lat: lat.value, lon: lon.value, end: start + whole.length } : null;
}

function parseBare(text: string): Degrees | null {
  const plain = PLAIN.exec(text);
  if (plain) {
    const [, sign, whole, fraction = ''] = plain;
    return { value: Number(`${sign}${whole}.${fraction || '0'}`), decimals: fraction.length, axis: null };
  }
  const exponent = EXPONENT.exec(text);
  if (exponent) {
    const digits = (exponent[1] ?? '').replace(/^[^.]*\.?/, '').length;
    return { value: Number(text), decimals: Math.max(0, digits - Number(exponent[2])), axis: null };
  }
  // A byte of UTF-8 read as Latin-1 stands before the sign of degrees.
  const parts = SEXAGESIMAL.exec(text.replaceAll('\u00c2°', '°'));
  if (!parts) return null;
  const [degrees = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number((part ?? '0').replace(',', '.')));
  if (minutes >= 60 || seconds >= 60) return null;
  return { value: degrees + minutes / 60 + seconds / 3600, decimals: 4, axis: null };
}

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

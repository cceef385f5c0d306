/**
 * Two numbers that stand together as a position: `21.02,105.83`, `[105.83,21.02]`, `geo:21.02,105.83`, `POINT(105.83 21.02)`.
 * Promise: at most WINDOW characters each way are looked at, with bounded patterns; a second or third number of a longer
 * list is no pair, so lists of measurements and prices are left alone.
 */
import { normaliseKey } from '../key-names.ts';
import type { Run } from '../kind.ts';

export interface Pair {
  start: number;
  end: number;
  /** As written. */
  lat: string;
  lon: string;
  /** What stands around the numbers says that they are a position, whatever the key. */
  saysSo: boolean;
}

const WINDOW = 40;
/** RFC 5870; a map link may give the place as a search, after a position of zeros. */
const GEO_URI = /\bgeo:(?:0,0\?q=)?$/i;
/** OGC 06-103r4 well-known text: longitude first. */
const POINT = /\bPOINT ?Z? ?\($/i;
/** How Android describes one: `Location[gps 21.028500,105.854200 hAcc=12 …` (Location.toString). */
const ANDROID = /\bLocation\[\w{1,20} $/;
/** The next pair of a list of pairs. */
const NEXT = /\]\s{0,2},\s{0,2}\[$/;
/** Maps write the place that is shown as `@latitude,longitude,15z` into their links. */
const MAP_LINK = /(?:^|\/)@$/;
const ZOOM = /^,\d{1,2}(?:\.\d{1,4})?z/;
const LONGITUDE_FIRST = new Set(['coordinates', 'lonlat', 'lnglat', 'longlat']);

/** What may stand before the first number when a whole value is offered. */
const LEAD = /^(?:geo:(?:0,0\?q=)?|POINT ?Z? ?\(|[[({]|["'\\\s]){0,4}/i;
const NUMBER = /^-?\d{1,3}\.\d{2,17}(?![\d.])/;
/** `%2C`: an address inside text that nobody took apart. */
const BETWEEN = '\\\\?["\'\\]]?[ \\t]{0,2}(?:[,;|/ ]|%2c)[ \\t]{0,2}\\\\?["\'[]?';
const SECOND = new RegExp(`^${BETWEEN}(-?\\d{1,3}\\.\\d{2,17})(?![\\d.])`, 'i');
const BEFORE = new RegExp(`-?\\d{1,3}\\.\\d{2,17}${BETWEEN}$`, 'i');

/** ISO 6709 annex H in degrees, as cameras write it into films: `+48.8584+002.2945+035.0/`, with the height and `/` or not. */
const ISO_6709 =
  /^([+-]\d{2}\.\d{2,8})([+-]\d{3}\.\d{2,8})(?:[+-]\d{1,5}(?:\.\d{1,6})?)?(?:CRS[\w:]{1,20})?(?:\/|(?![\w.+-]))/;

/** `<+21.02850000,+105.85420000> +/- 5.00m`: how iOS describes a position (CLLocation). */
const DESCRIBED = /^([+-]\d{1,2}\.\d{2,17}),([+-]\d{1,3}\.\d{2,17})>/;

/** The same of a run without its sign. */
export function iso6709At(run: Run): Pair | null {
  const start = /[+-]/.test(run.text.charAt(run.start)) ? run.start : run.start - 1;
  const text = run.text.slice(Math.max(0, start), start + 2 * WINDOW);
  const isDescribed = run.text.charAt(start - 1) === '<';
  const [whole, lat, lon] = (isDescribed ? DESCRIBED : ISO_6709).exec(text) ?? [];
  if (start < 0 || whole === undefined || lat === undefined || lon === undefined) return null;
  return { start, end: start + whole.length, lat: plain(lat), lon: plain(lon), saysSo: true };
}

/** `+002.2945` → `2.2945`. */
const plain = (signed: string): string => signed.replace('+', '').replace(/^(-?)0+(?=\d)/, '$1');

/** The pair whose first number the run is or begins with; null when there is none. */
export function pairAt(run: Run): Pair | null {
  const { text } = run;
  const lead = LEAD.exec(text.slice(run.start, Math.min(run.end, run.start + WINDOW)))?.[0].length ?? 0;
  const start = run.start + lead;
  const first = NUMBER.exec(text.slice(start, start + WINDOW))?.[0];
  if (first === undefined) return null;
  const before = text.slice(Math.max(0, start - WINDOW), start);
  if (/[\w.+]$/.test(before) || (BEFORE.test(before) && !NEXT.test(before))) return null;
  const after = SECOND.exec(text.slice(start + first.length, start + first.length + WINDOW));
  const second = after?.[1];
  if (!after || second === undefined) return null;
  const end = start + first.length + after[0].length;
  const rest = text.slice(end, end + WINDOW);
  if (SECOND.test(rest) && !/^\\?\]/.test(rest)) return null;
  const isPoint = POINT.test(before);
  const saysSo = isPoint || GEO_URI.test(before) || ANDROID.test(before) || (MAP_LINK.test(before) && ZOOM.test(rest));
  const swapped = isPoint || Math.abs(Number(first)) > 90 || LONGITUDE_FIRST.has(normaliseKey(run.key ?? ''));
  const [lat, lon] = swapped ? [second, first] : [first, second];
  return { start, end, lat, lon, saysSo };
}

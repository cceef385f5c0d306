/**
 * Degrees and minutes in one number, with a letter for the side of the world, as receivers and trackers write them (NMEA 0183:
 * `2101.6680,N,10550.0520,E`; TK103 and H02 leave commas out, others write the letter first). The letters tell them from every
 * other number.
 */
import type { Position } from './position.ts';

const LAT = '(\\d{2}[0-5]\\d\\.\\d{2,8})';
const LON = '(\\d{3}[0-5]\\d\\.\\d{2,8})';
const GAP = '[ ,]?';
const AFTER = new RegExp(`^${LAT}${GAP}([NS])[ ,;]{0,2}${LON}${GAP}([EW])(?![A-Za-z])`);
const BEFORE = new RegExp(`^([NS])${GAP}${LAT}[ ,;]{0,2}([EW])${GAP}${LON}(?!\\d)`);
const ONE = new RegExp(`^(?:(?:${LAT}|${LON})${GAP}([NSEW])|([NSEW])${GAP}(?:${LAT}|${LON}))$`);
/** The longest pair, and the letter that decides. */
const WINDOW = 48;

export interface NmeaPair {
  position: Position;
  start: number;
  end: number;
}

/** The pair whose latitude begins at `at`, with its letter before it or behind; null when there is none. */
export function nmeaPairAt(text: string, at: number): NmeaPair | null {
  const after = AFTER.exec(text.slice(at, at + WINDOW));
  if (after) {
    const [whole, lat = '', latSide, lon = '', lonSide] = after;
    return { position: positionOf(lat, latSide, lon, lonSide), start: at, end: at + whole.length };
  }
  for (const start of [at - 1, at - 2]) {
    const before = start < 0 ? null : BEFORE.exec(text.slice(start, start + WINDOW));
    if (!before) continue;
    const [whole, latSide, lat = '', lonSide, lon = ''] = before;
    return { position: positionOf(lat, latSide, lon, lonSide), start, end: start + whole.length };
  }
  return null;
}

/** One of the two alone, with its letter. */
export function parseNmea(text: string): { degrees: number; axis: 'latitude' | 'longitude' } | null {
  const match = ONE.exec(text);
  if (!match) return null;
  const side = match[3] ?? match[4] ?? '';
  const isLatitude = side === 'N' || side === 'S';
  const number = isLatitude ? (match[1] ?? match[5]) : (match[2] ?? match[6]);
  if (number === undefined) return null;
  return { degrees: degreesOf(number, side), axis: isLatitude ? 'latitude' : 'longitude' };
}

function positionOf(lat: string, latSide: string | undefined, lon: string, lonSide: string | undefined): Position {
  return { lat: degreesOf(lat, latSide), lon: degreesOf(lon, lonSide) };
}

/** To seven decimals, a centimetre. */
function degreesOf(number: string, side: string | undefined): number {
  const minutes = number.indexOf('.') - 2;
  const degrees = Number(number.slice(0, minutes)) + Number(number.slice(minutes)) / 60;
  return (Math.round(degrees * 1e7) / 1e7) * (side === 'S' || side === 'W' ? -1 : 1);
}

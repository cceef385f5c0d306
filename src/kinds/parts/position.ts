/** Positions: how a registered one is written, and whether another lies within its radius. Degrees are WGS 84. */
import type { RegisteredLocation } from '../../model/device.ts';
import type { Spelling } from '../kind.ts';
import { distinct, spelling } from './spelling.ts';

export interface Position {
  lat: number;
  lon: number;
}

/** Mean radius of the earth, metres. */
const EARTH_M = 6_371_009;
/** Great-circle distance in metres. */
export function distance(a: Position, b: Position): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** True when the position lies within the radius of a registered one. */
export function isWithin(position: Position, registered: RegisteredLocation[] | undefined): boolean {
  return (registered ?? []).some((place) => distance(position, place) <= place.radius_m);
}

/** A place on earth, and not the zeros that apps send without one. */
export function isPlausible({ lat, lon }: Position): boolean {
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return false;
  return Math.abs(lat) > 0.01 || Math.abs(lon) > 0.01;
}

/**
 * Rounded and cut to 2-7 decimals, as a pair in either order, and as a geohash. One coordinate alone is no place (a price has
 * as many digits): what stands apart in a record or a text is put together where its structure is known.
 */
export function spellPosition(place: RegisteredLocation): Spelling[] {
  if (!isPlausible(place)) return [];
  const value = `${place.lat},${place.lon}`;
  const spelled: Spelling[] = [];
  const add = (text: string, label: string, bounded: boolean): void => {
    spelled.push(spelling(text, value, label, { bounded, hashed: false }));
  };
  for (let decimals = 2; decimals <= 7; decimals++) {
    for (const write of [rounded, cut]) {
      const [lat, lon] = [write(place.lat, decimals), write(place.lon, decimals)];
      const label = `${decimals} decimals`;
      for (const by of [',', ', ', ';', ' ']) add(lat + by + lon, label, true);
      for (const by of [',', ', ', ' ']) add(lon + by + lat, `${label}, longitude first`, true);
    }
  }
  for (const power of [1e6, 1e7]) {
    const [lat, lon] = [place.lat, place.lon].map((degrees) => String(Math.round(degrees * power)));
    add(`${lat},${lon}`, `E${Math.log10(power)} integers`, true);
  }
  add(geohash(place, 7), 'geohash, 150 metres', false);
  return distinct(spelled);
}

function rounded(degrees: number, decimals: number): string {
  return degrees.toFixed(decimals);
}

function cut(degrees: number, decimals: number): string {
  const text = degrees.toFixed(10);
  return text.slice(0, text.indexOf('.') + 1 + decimals);
}

/** geohash.org: longitude and latitude bits interleaved, five to a letter. */
export function geohash({ lat, lon }: Position, length: number): string {
  const letters = '0123456789bcdefghjkmnpqrstuvwxyz';
  const range = { lon: [-180, 180] as [number, number], lat: [-90, 90] as [number, number] };
  let out = '';
  for (let bit = 0, letter = 0; out.length < length; bit++) {
    const axis = bit % 2 === 0 ? 'lon' : 'lat';
    const [low, high] = range[axis];
    const middle = (low + high) / 2;
    const upper = (axis === 'lon' ? lon : lat) >= middle;
    range[axis] = upper ? [middle, high] : [low, middle];
    letter = (letter << 1) | (upper ? 1 : 0);
    if (bit % 5 === 4) {
      out += letters.charAt(letter);
      letter = 0;
    }
  }
  return out;
}

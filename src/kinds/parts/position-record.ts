/**
 * A position whose two numbers stand apart in one object, message or form: named latitude and longitude at any distance,
 * or, under whatever names, the place registered for the phone within its radius, in any form of number.
 * Promise: one number alone is no place; a pair is told once, when its second number comes.
 */
import type { Device, RegisteredLocation } from '../../model/device.ts';
import { hintOf, isForeign, normaliseKey } from '../key-names.ts';
import type { Member, RecordShape, RecordVerdict } from '../kind.ts';
import { type Degrees, parseDegrees } from './degrees.ts';
import { isPlausible, isWithin, type Position } from './position.ts';
import { reason } from './verdict.ts';

type Axis = 'latitude' | 'longitude';

/** Integers of degrees: times a hundred thousand (encoded lines) to a hundred million. */
const POWERS = [1e5, 1e6, 1e7, 1e8];
/** An unnamed number with fewer decimals is a price or a size. */
const PRECISE = 3;
const METRES_PER_DEGREE = 111_195;

export const positionRecord: RecordShape = {
  named: 'location',
  leading: (device) => {
    const places = device?.identifiers.location ?? [];
    return new Set(places.flatMap((place) => [...leadingOf(place, 'latitude'), ...leadingOf(place, 'longitude')]));
  },
  judge(members, device) {
    const last = members.at(-1);
    if (!last) return null;
    const named = judgeNamed(members, last, device) ?? judgeListed(members, last, device);
    return named?.known ? named : (judgeNear(members, last, device) ?? named);
  },
};

/** The first two significant digits of numbers near a registered place: the same for degrees, E6 and E7 integers, and exponents. */
function leadingOf({ lat, lon, radius_m }: RegisteredLocation, axis: Axis): string[] {
  const centre = axis === 'latitude' ? lat : lon;
  const reach =
    radius_m / METRES_PER_DEGREE / (axis === 'latitude' ? 1 : Math.max(0.01, Math.cos((lat * Math.PI) / 180)));
  const found = new Set<string>();
  for (let step = -10; step <= 10; step++) {
    const digits = Math.abs(centre + (step / 10) * reach)
      .toFixed(8)
      .replace('.', '')
      .replace(/^0+/, '');
    found.add(digits.slice(0, 2));
  }
  return [...found];
}

function axisOf(member: Member): Axis | null {
  const group = hintOf(member, 'location')?.group;
  return group === 'latitude' || group === 'longitude' ? group : null;
}

function judgeNamed(members: readonly Member[], last: Member, device: Device | undefined): RecordVerdict | null {
  const axis = axisOf(last);
  if (axis === null) return null;
  const other = members.findLast(
    (one) => one !== last && axisOf(one) === (axis === 'latitude' ? 'longitude' : 'latitude'),
  );
  if (!other) return null;
  const [lat, lon] = axis === 'latitude' ? [last, other] : [other, last];
  const read = readNamed(lat, lon);
  return read && decide(read.position, read.written, lat, device);
}

const LISTED = new Set(['coordinates', 'coordinate', 'lonlat', 'lnglat', 'longlat']);

/** Two numbers of one list, the longitude first (RFC 7946 3.1.1), each an object that says its type. */
function judgeListed(members: readonly Member[], last: Member, device: Device | undefined): RecordVerdict | null {
  const [lon] = members;
  if (members.length !== 2 || !lon || lon.key !== last.key || !LISTED.has(normaliseKey(last.key ?? ''))) return null;
  const read = readNamed(last, lon);
  if (!read || !isPlausible(read.position) || isForeign(last)) return null;
  if (isWithin(read.position, device?.identifiers.location)) return decide(read.position, read.written, last, device);
  return { at: last, value: read.written, confidence: 'likely', reasoning: reason('location.named') };
}

function readNamed(lat: Member, lon: Member): { position: Position; written: string } | null {
  const scale = scaleOf(lat) ?? scaleOf(lon) ?? scaleOfSize(lat.text, lon.text);
  if (scale === null) {
    const [a, b] = [parseDegrees(lat.text), parseDegrees(lon.text)];
    if (!a || !b || Math.max(a.decimals, b.decimals) < 2) return null;
    return { position: { lat: a.value, lon: b.value }, written: `${shown(lat.text, a)},${shown(lon.text, b)}` };
  }
  if (!/^-?\d{1,10}$/.test(lat.text) || !/^-?\d{1,11}$/.test(lon.text)) return null;
  const position = { lat: Number(lat.text) / scale, lon: Number(lon.text) / scale };
  return { position, written: `${position.lat},${position.lon}` };
}

/** As written, when that is plain; else in plain degrees. */
function shown(text: string, { value }: Degrees): string {
  return /^-?\d{1,3}\.\d+$/.test(text) ? text : String(Math.round(value * 1e7) / 1e7);
}

/** By the name: `latE6`, `longitudeE7`. */
function scaleOf({ key }: Member): number | null {
  const power = /e([5-8])$/.exec(normaliseKey(key ?? ''))?.[1];
  return power === undefined ? null : 10 ** Number(power);
}

/** Because they are too large for degrees. */
function scaleOfSize(lat: string, lon: string): number | null {
  if (!/^-?\d{5,10}$/.test(lat) || !/^-?\d{4,11}$/.test(lon)) return null;
  return Math.abs(Number(lat)) <= 90e6 && Math.abs(Number(lon)) <= 180e6 ? 1e6 : 1e7;
}

/** Two numbers of the record that are the registered place. */
function judgeNear(members: readonly Member[], last: Member, device: Device | undefined): RecordVerdict | null {
  for (const place of device?.identifiers.location ?? []) {
    for (const axis of ['latitude', 'longitude'] as const) {
      const own = nearest(last, place, axis);
      if (own === null) continue;
      const other = axis === 'latitude' ? 'longitude' : 'latitude';
      for (const member of members) {
        const its = member === last ? null : nearest(member, place, other);
        if (its === null) continue;
        const position = axis === 'latitude' ? { lat: own, lon: its } : { lat: its, lon: own };
        const at = axis === 'latitude' ? last : member;
        const verdict = decide(position, `${position.lat},${position.lon}`, at, device);
        if (verdict?.known) return verdict;
      }
    }
  }
  return null;
}

/** The member as degrees, in whatever form it comes near the place; null when in none. */
function nearest({ text, numbers }: Member, place: RegisteredLocation, axis: Axis): number | null {
  const centre = axis === 'latitude' ? place.lat : place.lon;
  const reach = (place.radius_m / METRES_PER_DEGREE) * (axis === 'latitude' ? 1 : 100);
  for (const written of numbers ?? [text]) {
    const read = parseDegrees(written);
    if (read && read.decimals >= PRECISE && Math.abs(read.value - centre) <= reach) return read.value;
    if (!/^-?\d{6,11}$/.test(written)) continue;
    for (const power of POWERS) {
      const value = Number(written) / power;
      if (Math.abs(value - centre) <= reach) return value;
    }
  }
  return null;
}

function decide(position: Position, written: string, at: Member, device: Device | undefined): RecordVerdict | null {
  if (!isPlausible(position)) return null;
  if (isWithin(position, device?.identifiers.location)) {
    const reasoning = reason('location.registered');
    return { at, value: written, confidence: 'certain', reasoning, known: true };
  }
  if (axisOf(at) === null || isForeign(at)) return null;
  return { at, value: written, confidence: 'likely', reasoning: reason('location.named') };
}

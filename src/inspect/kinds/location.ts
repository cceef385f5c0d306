/**
 * Where the phone is. A registered place is searched in its written forms; any position within its radius counts as
 * registered too. Unregistered positions need a pair: named latitude and longitude, or two numbers with four decimals.
 */
import type { Device } from '../../model/device.ts';
import { hintOf, namesOf, normaliseKey } from '../key-names.ts';
import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { bareValue, siblings } from './parts/key-value.ts';
import { isPlausible, isWithin, type Position, spellPosition } from './parts/position.ts';
import { distinct } from './parts/spelling.ts';
import { found } from './parts/verdict.ts';

const DECIMAL = /^-?\d{1,3}\.\d{2,17}$/;
const SECOND = /^["'\]]?[ \t]{0,2}[,;|/ ][ \t]{0,2}["'[]?(-?\d{1,3}\.\d{2,17})(?![\d.])/;
const FIRST = /(-?\d{1,3}\.\d{2,17})["'\]]?[ \t]{0,2}[,;|/ ][ \t]{0,2}["'[]?$/;

export const location: IdentifierKind = {
  kind: 'location',
  title: 'position',
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.location ?? []).flatMap(spellPosition));
  },
  shape: { anchors: ['decimal', 'key'], key: namesOf('location'), judge },
  vectors: [
    {
      name: 'named latitude and longitude',
      text: '{"lat":21.0278,"lng":105.8342}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
    },
    {
      name: 'longitude first',
      text: 'gps_longitude=-0.12775&gps_latitude=51.50735',
      expect: { value: '51.50735,-0.12775', confidence: 'likely' },
    },
    {
      name: 'a pair beside a name',
      text: 'll=59.9139,10.7522&z=3',
      expect: { value: '59.9139,10.7522', confidence: 'likely' },
    },
    {
      name: 'GeoJSON has the longitude first',
      text: '{"coordinates":[105.8342,21.0278]}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'RFC 7946 3.1.1',
    },
    {
      name: 'integers of degrees times ten million',
      text: '{"latitudeE7":210278000,"longitudeE7":1058342000}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'Google location history',
    },
    {
      name: 'a pair without a name',
      text: 'at 59.91390,10.75220 now',
      expect: { value: '59.91390,10.75220', confidence: 'possible' },
    },
    { name: 'zeros of an app without a position', text: '{"lat":0.000000,"lon":0.000000}', expect: null },
    { name: 'outside the globe', text: '{"lat":121.0278,"lon":205.8342}', expect: null },
    { name: 'a price', text: '{"price":21.02,"lon":"no"}', expect: null },
    { name: 'version numbers', text: 'v 10.75,21.02', expect: null },
    { name: 'one coordinate without the other', text: '{"lat":21.0278}', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const value = bareValue(run);
  const hint = hintOf(run.key, 'location');
  if (hint?.group === 'latitude' || hint?.group === 'longitude') {
    return judgeNamed({ ...run, start: value.start, end: value.end }, hint.group, value.text);
  }
  if (!DECIMAL.test(value.text) || (run.key !== null && !hint && decimals(value.text) < 4)) return null;
  return judgePair(run, value);
}

function judgeNamed(run: Run, group: 'latitude' | 'longitude', text: string): Verdict | null {
  const other = siblings(run, 'location').find((one) => one.hint.group !== group && one.hint.group !== 'position');
  if (!other || !/^-?\d+(?:\.\d+)?$/.test(text) || !/^-?\d+(?:\.\d+)?$/.test(other.text)) return null;
  // One pair, one finding: the latitude reports it when it is offered as well.
  // Of two fields of a form the second sees the first.
  const together = other.at !== null;
  if (group === 'longitude' && together && (DECIMAL.test(other.text) || /e[67]$/.test(normaliseKey(other.hint.name))))
    return null;
  const [lat, lon] = group === 'latitude' ? [text, other.text] : [other.text, text];
  const scale = scaleOf(run.key ?? '', lat, lon);
  const position = { lat: Number(lat) / scale, lon: Number(lon) / scale };
  if (scale === 1 && decimals(lat) < 2 && decimals(lon) < 2) return null;
  const at = other.at ?? run;
  const span = { start: Math.min(run.start, at.start), end: Math.max(run.end, at.end) };
  const written = scale === 1 ? `${lat},${lon}` : `${position.lat},${position.lon}`;
  return decide(run, span, position, written, true);
}

/** Degrees as integers: by the name (`latE6`), or because they are too large for degrees. */
function scaleOf(key: string, lat: string, lon: string): number {
  const name = normaliseKey(key);
  if (name.endsWith('e7')) return 1e7;
  if (name.endsWith('e6')) return 1e6;
  if (lat.includes('.') || lon.includes('.') || Math.abs(Number(lat)) < 1000) return 1;
  return Math.abs(Number(lat)) <= 90e6 && Math.abs(Number(lon)) <= 180e6 ? 1e6 : 1e7;
}

function judgePair(run: Run, value: { text: string; start: number; end: number }): Verdict | null {
  const before = run.text.slice(Math.max(0, value.start - 32), value.start);
  const after = SECOND.exec(run.text.slice(value.end, value.end + 32));
  // The second number of a pair was judged with the first; a third makes it a list of numbers.
  const second = after?.[1];
  if (!after || second === undefined || FIRST.test(before) || /[\w.]$/.test(before)) return null;
  const end = value.end + after[0].length;
  const named = hintOf(run.key, 'location') !== null || /\bgeo:$/i.test(before);
  if (SECOND.test(run.text.slice(end, end + 32))) return null;
  // Without a name: as precise as receivers are, and no result of a calculation.
  const precise = [value.text, second].every((one) => decimals(one) >= 4 && decimals(one) <= 8);
  if (!named && !precise) return null;
  const swapped = Math.abs(Number(value.text)) > 90 || normaliseKey(run.key ?? '') === 'coordinates';
  const [lat, lon] = swapped ? [second, value.text] : [value.text, second];
  return decide(run, { start: value.start, end }, { lat: Number(lat), lon: Number(lon) }, `${lat},${lon}`, named);
}

function decide(
  run: Run,
  span: { start: number; end: number },
  position: Position,
  written: string,
  named: boolean,
): Verdict | null {
  if (!isPlausible(position)) return null;
  if (isWithin(position, run.device?.identifiers.location)) {
    return {
      ...found(span, written, 'certain', 'a position within the radius registered for this phone'),
      known: true,
    };
  }
  return named
    ? found(span, written, 'likely', 'a latitude and a longitude that say so')
    : found(span, written, 'possible', 'two numbers that could be a latitude and a longitude');
}

function decimals(number: string): number {
  const point = number.indexOf('.');
  return point < 0 ? 0 : number.length - point - 1;
}

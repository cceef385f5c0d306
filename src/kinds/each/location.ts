/**
 * Where the phone is. A registered place is searched in its written forms; any position within its radius counts as
 * registered too. Unregistered positions need a pair: named latitude and longitude, or two numbers with four decimals.
 */
import type { Device } from '../../model/device.ts';
import { hintOf, type KeyHint, normaliseKey } from '../key-names.ts';
import type { IdentifierKind, Member, Run, Spelling, Verdict } from '../kind.ts';
import { degreesPairAt, LONGEST_LETTERED, letteredPairAt } from '../parts/degrees.ts';
import { bareValue, siblings } from '../parts/key-value.ts';
import { nmeaPairAt } from '../parts/nmea.ts';
import { isPlausible, isWithin, type Position, spellPosition } from '../parts/position.ts';
import { iso6709At, pairAt } from '../parts/position-pair.ts';
import { positionRecord } from '../parts/position-record.ts';
import { distinct } from '../parts/spelling.ts';
import { found } from '../parts/verdict.ts';

const DECIMAL = /^-?\d{1,3}\.\d{2,17}$/;
/** Screens have positions and coordinates too: beside these names a rough pair, or two shares of a whole, say little. */
const AMBIGUOUS = new Set(['position', 'coords', 'coordinate', 'coordinates', 'center', 'll']);
const ROUGH = 4;

export const location: IdentifierKind = {
  kind: 'location',
  title: 'position',
  spell(device: Device): Spelling[] {
    return distinct((device.identifiers.location ?? []).flatMap(spellPosition));
  },
  shape: { anchors: ['decimal', 'key'], named: 'location', judge },
  record: positionRecord,
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
    {
      name: 'a pair in one quoted string, two decimals',
      text: '{"latlng":"21.02,105.83"}',
      expect: { value: '21.02,105.83', confidence: 'likely' },
    },
    {
      name: 'a pair in one quoted string, seven decimals and a space',
      text: '{"location": "21.0278123, 105.8342456"}',
      expect: { value: '21.0278123,105.8342456', confidence: 'likely' },
    },
    {
      name: 'southern and western in a string with a semicolon',
      text: '{"geo_position":"-33.86882;-70.64827"}',
      expect: { value: '-33.86882,-70.64827', confidence: 'likely' },
    },
    {
      name: 'a name that says longitude first',
      text: '{"lonlat":"10.7522,59.9139"}',
      expect: { value: '59.9139,10.7522', confidence: 'likely' },
      source: 'OpenLayers LonLat',
    },
    {
      name: 'a geo URI',
      text: '{"uri":"geo:21.02780,105.83420;u=35"}',
      expect: { value: '21.02780,105.83420', confidence: 'likely' },
      source: 'RFC 5870 3.3',
    },
    {
      name: 'a geo URI under a name, two decimals',
      text: '{"location":"geo:21.02,105.83"}',
      expect: { value: '21.02,105.83', confidence: 'likely' },
      source: 'RFC 5870 3.3',
    },
    {
      name: 'a geo URI as Android map intents write it',
      text: '{"uri":"geo:0,0?q=21.0278,105.8342(here)"}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'Android common intents: show a location on a map',
    },
    {
      name: 'well-known text has the longitude first',
      text: '{"p":"POINT(105.8342 21.0278)"}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'OGC 06-103r4 7.2.5',
    },
    {
      name: 'the link of a map',
      text: 'see /maps/@21.0278,105.8342,15z now',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'links of Google Maps',
    },
    {
      name: 'degrees and minutes of a receiver',
      text: '$GPRMC,101112,A,2101.6680,N,10550.0520,E,0.0,0.0,301126,,*1A',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
      source: 'NMEA 0183 RMC',
    },
    {
      name: 'degrees and minutes of a tracker, south and west, without commas',
      text: '080524A3352.1292S07038.8482W000.1101241323.87',
      expect: { value: '-33.86882,-70.64747', confidence: 'likely' },
      source: 'TK103 protocol',
    },
    {
      name: 'degrees and minutes with the letter first',
      text: '{"fix":"N2101.6680,E10550.0520"}',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
    },
    {
      name: 'ISO 6709, as cameras write it',
      text: '{"com.apple.quicktime.location.ISO6709":"+48.8584+002.2945+035.0/"}',
      expect: { value: '48.8584,2.2945', confidence: 'likely' },
      source: 'ISO 6709 annex H; Apple QuickTime metadata',
    },
    {
      name: 'degrees with letters and no signs',
      text: 'at 21.0285N 105.8542E now',
      expect: { value: '21.0285,105.8542', confidence: 'likely' },
    },
    {
      name: 'letters first, south and west, a comma between',
      text: '{"p":"S 33.86882, W 70.64827"}',
      expect: { value: '-33.86882,-70.64827', confidence: 'likely' },
    },
    {
      name: 'how iOS describes a position',
      text: '{"l":"<+21.02850000,+105.85420000> +/- 5.00m (speed -1.00 mps / course -1.00)"}',
      expect: { value: '21.02850000,105.85420000', confidence: 'likely' },
      source: 'iOS CLLocation description',
    },
    {
      name: 'how Android describes a position',
      text: 'fix=Location[gps 21.028500,105.854200 hAcc=12 et=+1d]',
      expect: { value: '21.028500,105.854200', confidence: 'likely' },
      source: 'Android Location.toString',
    },
    {
      name: 'a list of pairs',
      text: '{"path":[[21.02851,105.85421],[5.1,6.2]]}',
      expect: { value: '21.02851,105.85421', confidence: 'possible' },
    },
    { name: 'sizes with letters', text: '{"p":"12N 40E"}', expect: null },
    { name: 'minutes that are none', text: '{"p":"21 71.710 N 105 51.252 E"}', expect: null },
    { name: 'a size and a number', text: 'x 21.0285 N 205.8542 E y', expect: null },
    { name: 'a sum of signed numbers', text: 'x=+48.8584+2.2945+35.0', expect: null },
    { name: 'more than sixty minutes', text: 'x,2171.6680,N,10550.0520,E', expect: null },
    { name: 'prices with letters behind', text: '1299.95 S 10299.95 E2 x', expect: null },
    {
      name: 'elements of XML',
      text: '<p><lat>21.0278</lat><lon>105.8342</lon></p>',
      expect: { value: '21.0278,105.8342', confidence: 'likely' },
    },
    {
      name: 'a place on a screen is called position as well',
      text: '{"position":"45.20,80.10"}',
      expect: { value: '45.20,80.10', confidence: 'possible' },
    },
    {
      name: 'shares of a screen under the name of a position',
      text: '{"position":"0.51234,0.73321"}',
      expect: { value: '0.51234,0.73321', confidence: 'possible' },
    },
    { name: 'touch coordinates in pixels', text: '{"coords":"412.50,915.25"}', expect: null },
    { name: 'a range of prices in one string', text: '{"price":"12.50,99.90"}', expect: null },
    { name: 'shares of a width and a height', text: '{"focus":"0.51234,0.73321"}', expect: null },
    { name: 'a list of three measurements', text: '{"gps":"1.2345,2.3456,3.4567"}', expect: null },
    { name: 'zeros in one string', text: '{"location":"0.0000,0.0000"}', expect: null },
    { name: 'zeros of an app without a position', text: '{"lat":0.000000,"lon":0.000000}', expect: null },
    { name: 'outside the globe', text: '{"lat":121.0278,"lon":205.8342}', expect: null },
    { name: 'a price', text: '{"price":21.02,"lon":"no"}', expect: null },
    { name: 'version numbers', text: 'v 10.75,21.02', expect: null },
    { name: 'one coordinate without the other', text: '{"lat":21.0278}', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const hint = hintOf(run, 'location');
  if (hint?.group === 'latitude' || hint?.group === 'longitude') {
    // In a record the two find each other at any distance.
    if (run.isOfRecord) return null;
    const value = bareValue(run);
    return judgeNamed({ ...run, start: value.start, end: value.end }, hint.group, value.text);
  }
  return judgePair(run, hint);
}

/** In free text, markup and lists: the other of the two stands near it. */
function judgeNamed(run: Run, group: 'latitude' | 'longitude', text: string): Verdict | null {
  const other = siblings(run, 'location').find((one) => one.hint.group !== group && one.hint.group !== 'position');
  if (!other?.at) return null;
  // One pair, one finding: the latitude reports it when it is offered as well.
  if (group === 'longitude' && (DECIMAL.test(other.text) || /e[67]$/.test(normaliseKey(other.hint.name)))) return null;
  const own: Member = { key: run.key, within: run.within ?? [], text };
  const its: Member = { key: other.hint.name, text: other.text };
  const verdict = positionRecord.judge([its, own], run.device);
  if (!verdict) return null;
  const { value, confidence, reasoning, known } = verdict;
  const span = { start: Math.min(run.start, other.at.start), end: Math.max(run.end, other.at.end) };
  return { ...found(span, value, confidence, reasoning), ...(known && { known }) };
}

function judgePair(run: Run, hint: KeyHint | null): Verdict | null {
  const nmea = nmeaPairAt(run.text, run.start);
  if (nmea) return decide(run, nmea, nmea.position, `${nmea.position.lat},${nmea.position.lon}`, true);
  const signed = degreesPairAt(run.text, run.start) ?? letteredAt(run);
  if (signed) {
    const written = `${rounded(signed.lat)},${rounded(signed.lon)}`;
    return decide(run, { start: run.start, end: signed.end }, signed, written, true);
  }
  const pair = iso6709At(run) ?? pairAt(run);
  if (!pair) return run.isOfRecord ? null : judgeNear(run);
  const places = [pair.lat, pair.lon].map(decimals);
  // Off the coast of Africa, and every point of a picture measured in shares.
  const areShares = [pair.lat, pair.lon].every((one) => Math.abs(Number(one)) <= 1);
  const saysLittle = areShares || Math.max(...places) < ROUGH;
  const named = pair.saysSo || (hint !== null && !(saysLittle && AMBIGUOUS.has(normaliseKey(hint.name))));
  // Without a name: as precise as receivers are, and no result of a calculation.
  const precise = !areShares && places.every((count) => count >= 4 && count <= 8);
  if (!named && hint === null && !precise) return null;
  return decide(run, pair, { lat: Number(pair.lat), lon: Number(pair.lon) }, `${pair.lat},${pair.lon}`, named);
}

const SIDES = /[NS][^EW]{0,40}[EW]/;

/** A pair with letters that the run begins, or stands in behind a letter. */
function letteredAt(run: Run): ReturnType<typeof letteredPairAt> {
  const { text, start } = run;
  // Letters decide, and most numbers have none near them.
  if (!SIDES.test(text.slice(Math.max(0, start - 2), start + LONGEST_LETTERED))) return null;
  for (const at of [start, start - 1, start - 2]) {
    if (
      at < 0 ||
      (at < start && !/^[NS]\s?$/.test(text.slice(at, start))) ||
      /[\w.]$|\d\s$/.test(text.slice(Math.max(0, at - 2), at))
    )
      continue;
    const pair = letteredPairAt(text, at);
    if (pair) return pair;
  }
  return null;
}

const NUMBER = /(?<![\d.,])-?\d{1,3}[.,]\d{3,17}(?![\d.])/g;

/** Unnamed, in free text: two numbers near each other that are the registered place; the latitude reports it. */
function judgeNear(run: Run): Verdict | null {
  const text = run.text.slice(run.start, run.end);
  if (!run.device?.identifiers.location || !DECIMAL.test(text)) return null;
  const own: Member = { key: null, text };
  for (const [other] of run.text.matchAll(NUMBER)) {
    const verdict = positionRecord.judge([{ key: null, text: other }, own], run.device);
    if (verdict?.known && verdict.at === own)
      return { ...found(run, verdict.value, verdict.confidence, verdict.reasoning), known: true };
  }
  return null;
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
      ...found(span, written, 'certain', 'location.registered'),
      known: true,
    };
  }
  return named ? found(span, written, 'likely', 'location.named') : found(span, written, 'possible', 'location.bare');
}

/** A centimetre. */
const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;

function decimals(number: string): number {
  const point = number.indexOf('.');
  return point < 0 ? 0 : number.length - point - 1;
}

/**
 * Two phones, or two runs of one phone, from what the store holds: what appeared, what disappeared, what changed, what
 * survived; and of two phones which values tell them apart.
 * Promise: pure; the same input gives the same lists in the same order; no value is needed, hashes are.
 */
import type {
  Change,
  Claim,
  ComparedSide,
  Comparison,
  Difference,
  SideRecord,
  SideSummary,
  TokenRow,
  UnknownIdentifier,
} from '../model/comparison.ts';
import { judge } from './claims.ts';
import { isPassingName } from './shape.ts';
import { changesOf, streamsOf } from './streams.ts';

/** Once is chance, twice is a habit. */
const LEAST_REQUESTS = 2;

/** One place over all phones and phases of a side. */
interface Seen {
  row: TokenRow;
  hashes: Set<string>;
  isVolatile: boolean;
  isIssued: boolean;
  requests: number;
}

export function compareSides(a: SideRecord, b: SideRecord, claims: readonly Claim[] = []): Comparison {
  const devicesA = devicesOf(a);
  const devicesB = devicesOf(b);
  const of = devicesA.length > 0 && devicesA.every((device) => devicesB.includes(device)) ? 'runs' : 'phones';
  const placesA = placesOf(a.tokens);
  const placesB = placesOf(b.tokens);
  const values = of === 'runs' ? compareValues(placesA, placesB) : { differences: [], volatile: 0 };
  const differences = [
    ...compareDestinations(a, b),
    ...compareIdentifiers(a, b, placesA, placesB),
    ...values.differences,
  ];
  return {
    a: sideOf(a, devicesA),
    b: sideOf(b, devicesB),
    of,
    persistent: of === 'phones' ? findPersistent(placesA, placesB) : [],
    differences: differences.toSorted(byImportance),
    volatile: values.volatile,
    changes: changesOf(a, b),
    claims: claims.map((claim) => judge(claim, a, b)),
    watchedMs: { a: a.watchedMs, b: b.watchedMs },
  };
}

/** Several phones or runs side by side, for a table. */
export function summarize(side: SideRecord): SideSummary {
  const streams = streamsOf(side);
  const distinct = <T>(values: readonly (T | null)[]): T[] => [
    ...new Set(values.flatMap((value) => (value === null ? [] : [value]))),
  ];
  return {
    name: side.name,
    title: side.title,
    simulated: side.simulated,
    kinds: distinct(streams.map(({ kind }) => kind)),
    receivers: distinct(streams.map(({ owner, host }) => owner ?? host)),
    countries: distinct(streams.map(({ country }) => country)),
    hosts: hostsOf(side).size,
    clear: streams.some(({ clear }) => clear),
    beforeConsent: streams.some(({ beforeConsent }) => beforeConsent),
    sightings: streams.reduce((sum, { sightings }) => sum + sightings, 0),
    watchedMs: side.watchedMs,
  };
}

function sideOf(side: SideRecord, devices: string[]): ComparedSide {
  const { name, title, simulated } = side;
  return { name, title, devices, hosts: hostsOf(side).size, requests: requestsOf(side), simulated };
}

function devicesOf(side: SideRecord): string[] {
  const rows = [...side.flows, ...side.identifiers, ...side.tokens];
  return [...new Set(rows.map(({ device }) => device))].sort();
}

function requestsOf(side: SideRecord): number {
  return side.flows.reduce((sum, { requests }) => sum + requests, 0);
}

function hostsOf(side: SideRecord): Map<string, string | null> {
  const hosts = new Map<string, string | null>();
  for (const { host, owner } of side.flows) hosts.set(host, owner ?? hosts.get(host) ?? null);
  return hosts;
}

function compareDestinations(a: SideRecord, b: SideRecord): Difference[] {
  const [inA, inB] = [hostsOf(a), hostsOf(b)];
  const only = (these: typeof inA, those: typeof inA, change: Change): Difference[] =>
    [...these]
      .filter(([host]) => !those.has(host))
      .map(([host, owner]) => ({ ...NOTHING, change, what: 'destination', host, owner }));
  return [...only(inA, inB, 'disappeared'), ...only(inB, inA, 'appeared')];
}

const NOTHING = { kind: null, where: null, path: null, shape: null };

type Identifier = SideRecord['identifiers'][number];

function compareIdentifiers(
  a: SideRecord,
  b: SideRecord,
  placesA: Map<string, Seen>,
  placesB: Map<string, Seen>,
): Difference[] {
  const index = (side: SideRecord): Map<string, Identifier> =>
    new Map(side.identifiers.map((one) => [`${one.kind} ${placeKey(one)}`, one]));
  const [inA, inB] = [index(a), index(b)];
  return [...new Map([...inA, ...inB])].map(([key, one]) => {
    const { host, owner, kind, where, path } = one;
    const change =
      inA.has(key) && inB.has(key) ? changeOf(one, placesA, placesB) : inA.has(key) ? 'disappeared' : 'appeared';
    return { change, what: 'identifier', host, owner, kind, where, path: withoutPositions(path), shape: null };
  });
}

/** Alerts of both sides say the same; whether the value does, hashes know. */
function changeOf(one: Identifier, placesA: Map<string, Seen>, placesB: Map<string, Seen>): Change {
  const [before, after] = [placesA.get(placeKey(one)), placesB.get(placeKey(one))];
  return before && after && before.hashes.size > 0 && !meet(before, after) ? 'changed' : 'kept';
}

function compareValues(
  placesA: Map<string, Seen>,
  placesB: Map<string, Seen>,
): { differences: Difference[]; volatile: number } {
  const differences: Difference[] = [];
  let volatile = 0;
  for (const [key, { row }] of new Map([...placesA, ...placesB])) {
    const [before, after] = [placesA.get(key), placesB.get(key)];
    if (before?.isVolatile || after?.isVolatile) {
      volatile++;
      continue;
    }
    // What the detector knows is told as an identifier.
    if (before?.row.kind || after?.row.kind) continue;
    const change: Change = !before ? 'appeared' : !after ? 'disappeared' : meet(before, after) ? 'kept' : 'changed';
    const { host, where, path, shape } = row;
    differences.push({ change, what: 'token', host, owner: null, kind: null, where, path, shape });
  }
  return { differences, volatile };
}

function meet(one: Seen, other: Seen): boolean {
  for (const hash of one.hashes) if (other.hashes.has(hash)) return true;
  return false;
}

function findPersistent(placesA: Map<string, Seen>, placesB: Map<string, Seen>): UnknownIdentifier[] {
  const found: UnknownIdentifier[] = [];
  for (const [key, one] of placesA) {
    const other = placesB.get(key);
    if (!other || !isSteady(one) || !isSteady(other) || meet(one, other)) continue;
    const { host, where, path, shape, kind } = one.row;
    found.push({
      host,
      where,
      path,
      shape,
      kind: kind ?? other.row.kind,
      requests: { a: one.requests, b: other.requests },
    });
  }
  return found.sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
}

function isSteady({ hashes, isVolatile, isIssued, requests, row }: Seen): boolean {
  const name = row.path?.split(/[.:/]/).at(-1) ?? null;
  return hashes.size === 1 && !isVolatile && !isIssued && requests >= LEAST_REQUESTS && !isPassingName(name);
}

function placesOf(rows: readonly TokenRow[]): Map<string, Seen> {
  const places = new Map<string, Seen>();
  for (const row of rows) {
    const key = placeKey(row);
    let seen = places.get(key);
    if (!seen) {
      seen = { row, hashes: new Set(), isVolatile: false, isIssued: false, requests: 0 };
      places.set(key, seen);
    }
    if (row.hash === null) seen.isVolatile = true;
    else seen.hashes.add(row.hash);
    seen.isIssued ||= row.issued;
    seen.requests += row.requests;
    if (row.kind !== null || seen.row.shape === '') seen.row = row;
  }
  return places;
}

function placeKey({ host, where, path }: { host: string; where: string; path: string | null }): string {
  return `${host} ${where} ${withoutPositions(path)}`;
}

function withoutPositions(path: string | null): string | null {
  return path === null ? null : path.replace(/\[\d+\]/g, '[]');
}

const ORDER: Change[] = ['appeared', 'disappeared', 'changed', 'kept'];
const WHAT: Difference['what'][] = ['identifier', 'destination', 'token'];

function byImportance(a: Difference, b: Difference): number {
  const rank = (one: Difference): number => ORDER.indexOf(one.change) * WHAT.length + WHAT.indexOf(one.what);
  const text = (one: Difference): string => `${one.host} ${one.where} ${one.path} ${one.kind}`;
  return rank(a) - rank(b) || (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}

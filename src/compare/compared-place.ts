/**
 * One place of one phone's requests to one host: the values that stood there, as hashes, and how often.
 * Promise: at most MAX_VALUES values; a place with more of them is volatile (nonces, times, counters) and keeps nothing.
 */
import type { Kind, Where } from '../model/identifier.ts';

/** A value changes with a reset, an update, a consent; what changes more often is no identifier. */
const MAX_VALUES = 4;

/** In one phase of one case. */
export interface Sightings {
  caseId: string | null;
  phase: string | null;
  requests: number;
  connections: number;
  firstSeen: number;
  lastSeen: number;
  /** Not written to the store yet. */
  dirty: boolean;
}

export interface Value {
  /** Null for one read from the store, until it is met again. */
  quick: number | null;
  lasting: string;
  shape: string;
  sightings: Sightings[];
  /** Flow of the latest sighting: connections are counted by its changes. */
  flow: string | null;
  /** Reported as an unknown identifier. */
  isReported: boolean;
}

export interface ComparedPlace {
  where: Where;
  /** As it may be stored: without list positions, and names that may be ids left out. */
  path: string | null;
  values: Value[];
  /** Looked at lately and found to be no id. */
  refused: number | null;
  /** Milliseconds since the epoch of the latest request. */
  lastSeen: number;
  isVolatile: boolean;
  /** The store knows that it is volatile. */
  isVolatileKnown: boolean;
  /** What the detector says stands here. */
  kind: Kind | null;
  /** The server said one of the values first. */
  isIssued: boolean;
}

/** More phases than a case has; beyond, sightings count for the last one. */
const MAX_SIGHTINGS = 32;

export function newPlace(where: Where, path: string | null): ComparedPlace {
  return {
    where,
    path,
    values: [],
    refused: null,
    lastSeen: 0,
    isVolatile: false,
    isVolatileKnown: false,
    kind: null,
    isIssued: false,
  };
}

/** Null when this value makes the place volatile. */
export function valueFor(place: ComparedPlace, quick: number, lasting: () => string, shape: string): Value | null {
  for (const value of place.values) if (value.quick === quick) return value;
  const hash = lasting();
  const stored = place.values.find((value) => value.quick === null && value.lasting === hash);
  if (stored) {
    stored.quick = quick;
    return stored;
  }
  if (place.values.length >= MAX_VALUES) {
    place.isVolatile = true;
    place.values = [];
    return null;
  }
  const value: Value = { quick, lasting: hash, shape, sightings: [], flow: null, isReported: false };
  place.values.push(value);
  return value;
}

export function see(value: Value, flow: string, caseId: string | null, phase: string | null, time: number): void {
  let sightings = value.sightings.find((one) => one.caseId === caseId && one.phase === phase);
  if (!sightings) {
    sightings = { caseId, phase, requests: 0, connections: 0, firstSeen: time, lastSeen: time, dirty: true };
    if (value.sightings.length < MAX_SIGHTINGS) value.sightings.push(sightings);
    else sightings = value.sightings.at(-1)!;
  }
  sightings.requests++;
  if (value.flow !== flow || sightings.connections === 0) sightings.connections++;
  value.flow = flow;
  sightings.lastSeen = time;
  sightings.dirty = true;
}

export function requestsOf(value: Value): number {
  return value.sightings.reduce((sum, { requests }) => sum + requests, 0);
}

export function connectionsOf(value: Value): number {
  return value.sightings.reduce((sum, { connections }) => sum + connections, 0);
}

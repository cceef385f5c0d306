/**
 * Where a layer stands in a request: its structure, its locator, what was opened on the way to it.
 * Promise: plain values; a place is never changed, inner ones are made from it.
 */
import type { Where } from '../model/identifier.ts';

export interface Place {
  where: Where;
  /** Finished chain entries, outermost first. */
  chain: readonly string[];
  /** Name of the structure this layer is a part of or is (`json`, `form`, `multipart`); null for none. */
  container: string | null;
  /** Locator in the request that inner locators do not replace: `header:X-Id`, `repinfo`; null for bodies. */
  prefix: string | null;
  /** Locator of this layer; null for none. */
  path: string | null;
  /** Locator of this layer within its container; null when it is the container itself. */
  inner: string | null;
  /** Nearest key name. */
  key: string | null;
  /** Names around it, nearest first. */
  within: readonly string[];
  /** Fields before this one in the same form, query, cookie or record. */
  fields: Fields | null;
  /** Fields beside the one this layer came from, that may hold its key. */
  keys: Fields | null;
  /** Decoders opened so far. */
  depth: number;
  /** Layers so far. */
  level: number;
  /** Decompressors opened so far. */
  squeezed: number;
  /** The text form of raw digests is searched one layer up. */
  unwrapped: 'base64' | 'hex' | null;
  /** What it is was said beside it, and is random by nature: media, archives, certificates. */
  isCoded: boolean;
  /** For a second reading of the same bytes: what the first one told. Only what is new is told again. */
  told: Told | null;
}

/** Kind and value → how sure: as a number, the higher the surer. */
export type Told = ReadonlyMap<string, number>;

/** Names and values, nearest last; bounded by whoever fills it. */
export type Fields = [name: string, value: string][];

/** What shapes are told about one neighbour, and of how many. */
export const MAX_FIELD_TEXT = 128;
export const MAX_FIELDS = 32;

export function addField(fields: Fields, name: string, value: string): void {
  if (fields.length >= MAX_FIELDS) fields.shift();
  fields.push([name, value.slice(0, MAX_FIELD_TEXT)]);
}

const NO_CHAIN: readonly string[] = [];

export function placeAt(where: Where, path: string | null, key: string | null, fields: Fields | null = null): Place {
  return {
    where,
    chain: NO_CHAIN,
    container: null,
    prefix: path,
    path,
    inner: null,
    key,
    within: NOWHERE,
    fields,
    keys: fields,
    depth: 0,
    level: 0,
    squeezed: 0,
    unwrapped: null,
    told: null,
    isCoded: false,
  };
}

/** A piece of a request's head: all of them are noted together. */
export function isOfHead({ where, level }: Place): boolean {
  return level === 0 && (where === 'header' || where === 'query' || where === 'path' || where === 'cookie');
}

/** Locator of something inside `place`. */
export function locatorIn(place: Place, inner: string | null): string | null {
  if (inner === null) return place.path;
  return place.prefix === null ? inner : `${place.prefix}:${inner}`;
}

/** The chain of a thing found directly in `place`. */
export function chainOf(place: Place): string[] {
  return place.container === null ? [...place.chain] : [...place.chain, place.container];
}

/** `place` itself turns out to be a structure. */
export function asContainer(place: Place, name: string): Place {
  return { ...place, chain: outerChain(place, place.inner), container: name, inner: null, unwrapped: null };
}

const NOWHERE: readonly string[] = [];

/** Names of something in `place` that stands beside `key` in containers called `around`. */
function nameIn(place: Place, key: string | null, around: readonly string[]): Pick<Place, 'key' | 'within'> {
  if (key === null) return { key: place.key, within: place.within };
  return { key, within: place.key === null ? around : withinOf(place, around) };
}

/** Most names around a value that count. */
const MAX_WITHIN = 4;

/** Names around something in `place`, nearest first, where `around` are those within the place. */
export function withinOf(place: Place, around: readonly string[]): readonly string[] {
  if (place.key === null || around.length >= MAX_WITHIN) return around;
  return [...around, place.key, ...place.within].slice(0, MAX_WITHIN);
}

/** The part of a structure at `inner`; `around`: names of the containers it stands in, nearest first. */
export function partOf(
  place: Place,
  inner: string | null,
  key: string | null,
  fields: Fields | null = null,
  around: readonly string[] = NOWHERE,
): Place {
  const path = locatorIn(place, inner);
  const keys = fields ?? place.keys;
  const named = nameIn(place, key, around);
  return { ...place, inner, path, ...named, fields, keys, level: place.level + 1, unwrapped: null, isCoded: false };
}

/** One layer further in, through `entry`, from the thing at `inner`. */
export function placeInside(
  place: Place,
  entry: string,
  inner: string | null,
  key: string | null,
  around: readonly string[] = NOWHERE,
): Place {
  return {
    ...place,
    chain: [...outerChain(place, inner ?? place.inner), entry],
    container: null,
    path: locatorIn(place, inner),
    inner: null,
    ...nameIn(place, key, around),
    fields: null,
    level: place.level + 1,
    unwrapped: null,
    isCoded: false,
  };
}

/** The chain with the container as a finished entry. */
function outerChain(place: Place, inner: string | null): readonly string[] {
  if (place.container === null) return place.chain;
  return [...place.chain, inner === null ? place.container : `${place.container}:${inner}`];
}

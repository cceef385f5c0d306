/**
 * The places of all phones, by model, host and phone.
 * Promise: at most MAX_PLACES places in all and MAX_OWN per phone and host; what finds no room is counted, and the pairs
 * longest silent make room. Nothing but hashes is kept.
 */
import { LRUCache } from 'lru-cache';
import type { Where } from '../model/identifier.ts';
import { type ComparedPlace, newPlace } from './compared-place.ts';

/** About 300 bytes each: 6 MB. */
const MAX_PLACES = 20_000;
/** Real requests to one host have some dozen. */
const MAX_OWN = 400;
const MAX_PAIRS = 2000;

/** One phone and one host. */
export interface Pair {
  device: string;
  /** As it is shown. */
  model: string | null;
  host: string;
  /** What is simulated is held against what is simulated only. */
  simulated: boolean;
  /** By the quick hash of `where` and `path`. */
  places: Map<number, ComparedPlace>;
}

export class Memory {
  #places = 0;
  #turnedAway = 0;
  readonly #pairs: LRUCache<string, Pair>;
  /** Model and host to the phones that were there. */
  readonly #groups = new Map<string, Map<string, Pair>>();

  constructor() {
    this.#pairs = new LRUCache({ max: MAX_PAIRS, dispose: (pair) => this.#let(pair) });
  }

  /** Makes the pair when it is new. */
  pair(device: string, model: string | null, host: string, simulated: boolean): Pair {
    const key = `${device} ${host}${simulated ? ' simulated' : ''}`;
    let pair = this.#pairs.get(key);
    // A phone that is not registered tells its model later, if at all.
    if (pair && (model === null || pair.model === model)) return pair;
    pair = { device, model, host, simulated, places: new Map() };
    this.#pairs.set(key, pair);
    if (model !== null) {
      const group = groupKey(pair);
      const phones = this.#groups.get(group) ?? new Map<string, Pair>();
      this.#groups.set(group, phones);
      phones.set(device, pair);
    }
    return pair;
  }

  /** Null when there is no room. */
  place(pair: Pair, key: number, where: Where, path: string | null): ComparedPlace | null {
    const known = pair.places.get(key);
    if (known) return known;
    if (pair.places.size >= MAX_OWN || this.#places >= MAX_PLACES) {
      this.#turnedAway++;
      return null;
    }
    const place = newPlace(where, path);
    pair.places.set(key, place);
    this.#places++;
    return place;
  }

  /** Other phones of this model at this host. */
  twins(pair: Pair): Pair[] {
    if (pair.model === null) return [];
    const phones = this.#groups.get(groupKey(pair));
    return phones === undefined || phones.size < 2 ? [] : [...phones.values()].filter((other) => other !== pair);
  }

  forget(device: string): void {
    for (const [key, pair] of [...this.#pairs.entries()]) if (pair.device === device) this.#pairs.delete(key);
  }

  stats(): { pairs: number; places: number; turnedAway: number } {
    return { pairs: this.#pairs.size, places: this.#places, turnedAway: this.#turnedAway };
  }

  #let(pair: Pair): void {
    this.#places -= pair.places.size;
    if (pair.model === null) return;
    const group = groupKey(pair);
    const phones = this.#groups.get(group);
    if (phones?.get(pair.device) === pair) phones.delete(pair.device);
    if (phones?.size === 0) this.#groups.delete(group);
  }
}

function groupKey({ model, host, simulated }: Pair): string {
  return `${model?.trim().toLowerCase()}\u0000${host}${simulated ? '\u0000simulated' : ''}`;
}

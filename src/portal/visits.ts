/**
 * What each visitor of the set-up page has done so far, by the random number in the address of its page: a page loads small
 * images by the lab's own addresses, and whichever arrives proves its step. Bounded; nothing of it is stored or says who it was.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface Visit {
  /** Something of it came through the lab. */
  passed: boolean;
  downloaded: boolean;
  /** Something of it came over TLS under the lab's certificate. */
  trusted: boolean;
  /** Test values, by how they are written. */
  sent: Set<string>;
  found: Set<string>;
}

export interface Visits {
  newNumber(): string;
  /** Of somebody who has no number yet: kept only once its number is asked with. */
  blank(): Visit;
  /** Null for what is no number of a visit. */
  of(number: string | null): Visit | null;
}

const MAX_VISITS = 500;
const NUMBER = /^[0-9a-f]{12}$/;

export function createVisits(): Visits {
  const blank = (): Visit => ({
    passed: false,
    downloaded: false,
    trusted: false,
    sent: new Set(),
    found: new Set(),
  });
  const visits = new LRUCache<string, Visit>({ max: MAX_VISITS });
  return {
    blank,
    newNumber: () => randomBytes(6).toString('hex'),
    of(number) {
      if (number === null || !NUMBER.test(number)) return null;
      const known = visits.get(number);
      if (known) return known;
      const visit = blank();
      visits.set(number, visit);
      return visit;
    },
  };
}

/**
 * A number of places that many share, so that no one can take them all.
 * Promise: nobody holds more than `each`; when all are taken, a newcomer gets the oldest place of whoever holds most, if that is
 * more than the newcomer holds: who floods loses to who does not. Where places are renewed, one
 * that holds `each` loses its oldest. Costs two table look-ups, and a walk over the holders only
 * while all places are taken.
 */
import ipaddr from 'ipaddr.js';

export interface Places<T> {
  /** False: there is none for it. */
  enter(who: string, holder: T): boolean;
  /** False: it held none. */
  leave(who: string, holder: T): boolean;
  held(who: string): number;
  taken(): number;
  /** Everyone who holds a place. */
  all(): T[];
}

export interface PlacesOptions<T> {
  total: number;
  each: number;
  /** Its place is somebody else's now. */
  evict: (holder: T) => void;
  /** Whoever holds `each` gives its oldest place for its newest, in place of getting none. */
  renews?: boolean;
}

export function createPlaces<T>({ total, each, evict, renews = false }: PlacesOptions<T>): Places<T> {
  const held = new Map<string, Set<T>>();
  let taken = 0;

  const leave = (who: string, holder: T): boolean => {
    const own = held.get(who);
    if (!own?.delete(holder)) return false;
    taken--;
    if (own.size === 0) held.delete(who);
    return true;
  };
  /** Takes a place from whoever holds most. */
  const makeRoom = (newcomer: number): boolean => {
    let most: [who: string, Set<T>] | null = null;
    for (const entry of held) if (most === null || entry[1].size > most[1].size) most = entry;
    if (most === null || most[1].size <= newcomer) return false;
    const [oldest] = most[1];
    leave(most[0], oldest as T);
    evict(oldest as T);
    return true;
  };

  const giveOldest = (who: string): void => {
    const own = held.get(who);
    if (own === undefined || own.size < each) return;
    const [oldest] = own;
    leave(who, oldest as T);
    evict(oldest as T);
  };

  return {
    enter(who, holder) {
      if (renews) giveOldest(who);
      let own = held.get(who);
      const size = own?.size ?? 0;
      if (size >= each || (taken >= total && !makeRoom(size))) return false;
      if (own === undefined || own.size === 0) {
        own = new Set();
        held.set(who, own);
      }
      own.add(holder);
      taken++;
      return true;
    },
    leave,
    held: (who) => held.get(who)?.size ?? 0,
    taken: () => taken,
    all: () => [...held.values()].flatMap((own) => [...own]),
  };
}

/**
 * Who counts as one: an IPv4 address, or an IPv6 network of 64 bits, of which a phone takes as many addresses as it likes. In the
 * link-local network all phones are, so there each address counts.
 */
export function placeKey(ip: string): string {
  if (!ip.includes(':')) return ip;
  const bare = ip.replace(/%.*/, '');
  if (!ipaddr.IPv6.isValid(bare)) return ip;
  const address = ipaddr.IPv6.parse(bare);
  return address.range() === 'linkLocal' ? bare : address.parts.slice(0, 4).join(':');
}

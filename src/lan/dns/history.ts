/**
 * Which name a phone last asked for before it called an address: `42.62.48.10` becomes `zzhc.vnet.cn`.
 * Promise: an answer is a map look-up; a name is remembered at least ten minutes (apps keep addresses longer than the
 * TTL allows) and at most a day; memory is bounded per phone and over all phones.
 */
import { LRUCache } from 'lru-cache';

/** A busy phone meets some hundred addresses a day; 2,000 of some 200 bytes are 400 KB. */
const MAX_ADDRESSES = 2000;
const MAX_PHONES = 300;
const MIN_MS = 10 * 60_000;
const MAX_MS = 24 * 3_600_000;

export interface DnsHistory {
  learn(clientIp: string, name: string, addresses: readonly string[], ttlS: number): void;
  /** Lower case, or null when this phone asked for no name of this address, or too long ago. */
  nameOf(clientIp: string, address: string): string | null;
}

/** @param phoneOf MAC of an address, null when not known: a phone asks over IPv4 and calls over IPv6. */
export function createDnsHistory(options: {
  now: () => number;
  phoneOf: (clientIp: string) => string | null;
}): DnsHistory {
  const { now, phoneOf } = options;
  const phones = new LRUCache<string, LRUCache<string, { name: string; until: number }>>({ max: MAX_PHONES });

  const find = (phone: string | null, address: string): { name: string; until: number } | null => {
    const entry = phone === null ? undefined : phones.get(phone)?.get(address);
    // A clock set back makes an entry live longer, never an address of another phone known.
    return entry && entry.until > now() ? entry : null;
  };

  return {
    learn(clientIp, name, addresses, ttlS) {
      if (addresses.length === 0) return;
      const entry = { name: name.toLowerCase(), until: now() + Math.min(MAX_MS, Math.max(MIN_MS, ttlS * 1000)) };
      // By address as well: a phone's MAC may become known only later.
      for (const phone of new Set([clientIp, phoneOf(clientIp) ?? clientIp])) {
        let known = phones.get(phone);
        if (!known) {
          known = new LRUCache({ max: MAX_ADDRESSES });
          phones.set(phone, known);
        }
        for (const address of addresses) known.set(address, entry);
      }
    },
    nameOf(clientIp, address) {
      return (find(phoneOf(clientIp), address) ?? find(clientIp, address))?.name ?? null;
    },
  };
}

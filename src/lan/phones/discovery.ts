/**
 * Which phones are on the lab's network, from what they say to DHCP and from the kernel's neighbour table.
 * Promise: sans I/O; a phone is one entry however many addresses it has; a newcomer is told once; the table is bounded, the
 * phone silent longest is forgotten first.
 */
import type { DiscoveredPhone } from '../../model/device.ts';
import { isRandomised, type Lease, systemOf } from './lease.ts';

export type DiscoveryNews =
  | { type: 'new'; phone: DiscoveredPhone }
  /** Two phones use one address at the same time: a static address, or one that poses as the other. */
  | { type: 'conflict'; ip: string; macs: [string, string] };

export interface Discovery {
  lease(lease: Lease, time: number): DiscoveryNews[];
  /** All entries of the neighbour table that are in use now. */
  neighbours(entries: Iterable<[ip: string, mac: string]>, time: number): DiscoveryNews[];
  list(): DiscoveredPhone[];
}

interface Known {
  /** Address to when it was last met. */
  addresses: Map<string, number>;
  hostName: string | null;
  vendorClass: string | null;
  fingerprint: string | null;
  firstSeen: number;
  lastSeen: number;
  told: boolean;
}

const MAX_PHONES = 1000;
/** Android keeps several IPv6 addresses and changes them daily. */
const MAX_ADDRESSES = 12;
/** A lease that moves to another phone is not renewed by the first within this time. */
const CONFLICT_MS = 60_000;

export function createDiscovery(options: {
  makerOf: (mac: string) => string | null;
  deviceOf: (mac: string) => string | null;
  isPhone: (ip: string) => boolean;
  /** How long one that was only met may take to introduce itself before it is told, milliseconds. Default: none. */
  patienceMs?: number;
}): Discovery {
  const { patienceMs = 0 } = options;
  const phones = new Map<string, Known>();
  const owners = new Map<string, { mac: string; at: number; before: string | null; beforeAt: number }>();
  const conflicts = new Set<string>();

  function meet(mac: string, ip: string, time: number, said: Partial<Lease>): DiscoveryNews[] {
    const news: DiscoveryNews[] = [];
    let phone = phones.get(mac);
    phone ??= {
      addresses: new Map(),
      hostName: null,
      vendorClass: null,
      fingerprint: null,
      firstSeen: time,
      lastSeen: time,
      told: false,
    };
    phones.delete(mac);
    phones.set(mac, phone);
    if (phones.size > MAX_PHONES) phones.delete(phones.keys().next().value as string);
    phone.lastSeen = time;
    phone.hostName = said.hostName ?? phone.hostName;
    phone.vendorClass = said.vendorClass ?? phone.vendorClass;
    phone.fingerprint = said.fingerprint ?? phone.fingerprint;
    phone.addresses.delete(ip);
    phone.addresses.set(ip, time);
    if (phone.addresses.size > MAX_ADDRESSES) phone.addresses.delete(phone.addresses.keys().next().value as string);
    // It has an IPv6 address seconds before DHCP gave it one: its name is worth the wait.
    if (!phone.told && (said.mac !== undefined || Math.abs(time - phone.firstSeen) >= patienceMs)) {
      phone.told = true;
      news.push({ type: 'new', phone: view(mac, phone) });
    }
    const conflict = conflictOver(ip, mac, time);
    if (conflict) news.push({ type: 'conflict', ip, macs: conflict });
    return news;
  }

  /** The address went from A to B and back to A, or is claimed by both, within a minute. Told once per pair. */
  function conflictOver(ip: string, mac: string, time: number): [string, string] | null {
    const owner = owners.get(ip);
    if (!owner || owner.mac === mac) {
      owners.delete(ip);
      owners.set(ip, { mac, at: time, before: owner?.before ?? null, beforeAt: owner?.beforeAt ?? 0 });
      if (owners.size > MAX_PHONES * MAX_ADDRESSES) owners.delete(owners.keys().next().value as string);
      return null;
    }
    owners.set(ip, { mac, at: time, before: owner.mac, beforeAt: owner.at });
    if (owner.before !== mac || Math.abs(time - owner.beforeAt) > CONFLICT_MS) return null;
    const pair = [mac, owner.mac].toSorted() as [string, string];
    const key = `${ip} ${pair.join(' ')}`;
    if (conflicts.has(key) || conflicts.size >= MAX_PHONES) return null;
    conflicts.add(key);
    return pair;
  }

  function view(mac: string, phone: Known): DiscoveredPhone {
    const { hostName, vendorClass, fingerprint } = phone;
    return {
      mac,
      addresses: [...phone.addresses.keys()].toReversed(),
      hostName,
      vendorClass,
      fingerprint,
      system: systemOf(vendorClass, fingerprint),
      maker: options.makerOf(mac),
      randomised: isRandomised(mac),
      deviceId: options.deviceOf(mac),
      firstSeen: new Date(phone.firstSeen).toISOString(),
      lastSeen: new Date(phone.lastSeen).toISOString(),
    };
  }

  return {
    lease(lease, time) {
      return lease.what === 'del' ? [] : meet(lease.mac, lease.ip, time, lease);
    },
    neighbours(entries, time) {
      const news: DiscoveryNews[] = [];
      for (const [ip, mac] of entries) if (options.isPhone(ip)) news.push(...meet(mac, ip, time, {}));
      return news;
    },
    list: () => [...phones].map(([mac, phone]) => view(mac, phone)).toReversed(),
  };
}

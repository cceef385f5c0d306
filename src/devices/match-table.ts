/**
 * Which phone a connection comes from: all that the relay needs to know of the registered phones.
 * Promise: `resolve` answers from memory in constant time and runs no other program; a phone new to the network may take a
 * moment to be known (`meet`).
 */
import type { Device } from '../model/device.ts';
import { addressKey } from './address.ts';
import type { NeighbourTable } from './neighbours.ts';

export type PhoneMatch = Pick<Device, 'id' | 'match'>;

export interface MatchTable<Phone extends PhoneMatch = PhoneMatch> {
  /** By proxy user name (= device id), by address, by MAC, then the default device; else null. */
  resolve(client: { ip: string; proxyUser?: string | null }): Phone | null;
  /** `aa:bb:cc:dd:ee:ff`, or null when (not yet) known. */
  macOf(ip: string): string | null;
  /** Resolves when the neighbour table was asked for an address never met before; null: nothing to wait for. */
  meet(ip: string): Promise<void> | null;
  /** From now on these phones are known. */
  set(phones: readonly Phone[]): void;
}

export function createMatchTable<Phone extends PhoneMatch = PhoneMatch>(
  neighbours: Pick<NeighbourTable, 'macOf'> & Partial<Pick<NeighbourTable, 'meet'>>,
): MatchTable<Phone> {
  let byId = new Map<string, Phone>();
  let byIp = new Map<string, Phone>();
  let byMac = new Map<string, Phone>();
  let fallback: Phone | null = null;
  return {
    resolve({ ip, proxyUser }) {
      const named = proxyUser ? byId.get(proxyUser) : undefined;
      const found = named ?? byIp.get(addressKey(ip));
      if (found) return found;
      const mac = byMac.size > 0 ? neighbours.macOf(ip) : null;
      return (mac && byMac.get(mac)) || fallback;
    },
    macOf: (ip) => neighbours.macOf(ip),
    meet: (ip) => neighbours.meet?.(ip) ?? null,
    set(phones) {
      byId = new Map(phones.map((phone) => [phone.id, phone]));
      byIp = new Map(phones.flatMap((phone) => (phone.match.ip ? [[addressKey(phone.match.ip), phone]] : [])));
      byMac = new Map(phones.flatMap((phone) => (phone.match.mac ? [[phone.match.mac, phone]] : [])));
      fallback = phones.find(({ match }) => match.default) ?? null;
    },
  };
}

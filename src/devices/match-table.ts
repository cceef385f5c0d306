/**
 * Which phone a connection comes from: all that the relay needs to know of the registered phones.
 * Promise: `resolve` answers from memory in constant time and runs no other program; a phone new to the network may take a
 * moment to be known (`meet`). Anybody can type another phone's name as proxy login: it never outranks an address that is
 * registered, unless the operator gave that login to a phone; where the two disagree it is told.
 */

import { addressKey } from '../formats/address.ts';
import { type Device, REPLAY_PREFIX } from '../model/device.ts';
import type { NeighbourTable } from './neighbours.ts';

export type PhoneMatch = Pick<Device, 'id' | 'match' | 'ignore'>;

export interface Client {
  ip: string;
  /** What the connection said as proxy or SOCKS login. */
  proxyUser?: string | null;
  /** Of a tunnel: the peer whose key it holds. Nobody can pretend to be another one. */
  peer?: string | null;
}

/** A login and an address that belong to two phones. */
export interface LoginConflict {
  ip: string;
  login: string;
  /** The phone with this address, which it is filed under, and the one of that name. */
  filed: string;
  other: string;
}

export interface MatchTable<Phone extends PhoneMatch = PhoneMatch> {
  /**
   * By tunnel; by a login that the operator gave; by address; by MAC; by a login that is a device id; then the default
   * device; else null.
   */
  resolve(client: Client): Phone | null;
  /** `aa:bb:cc:dd:ee:ff`, or null when (not yet) known. */
  macOf(ip: string): string | null;
  /** Resolves when the neighbour table was asked for an address never met before; null: nothing to wait for. */
  meet(ip: string): Promise<void> | null;
  /** A bystander's. */
  isIgnored(id: string): boolean;
  /** From now on these phones are known. */
  set(phones: readonly Phone[]): void;
}

export function createMatchTable<Phone extends PhoneMatch = PhoneMatch>(
  neighbours: Pick<NeighbourTable, 'macOf'> & Partial<Pick<NeighbourTable, 'meet'>>,
  onConflict: (conflict: LoginConflict) => void = () => {},
): MatchTable<Phone> {
  let byId = new Map<string, Phone>();
  let byLogin = new Map<string, Phone>();
  let byIp = new Map<string, Phone>();
  let byMac = new Map<string, Phone>();
  let fallback: Phone | null = null;

  function byAddress(ip: string): Phone | null {
    const found = byIp.get(addressKey(ip));
    if (found) return found;
    const mac = byMac.size > 0 ? neighbours.macOf(ip) : null;
    return (mac && byMac.get(mac)) || null;
  }

  function byName(ip: string, login: string): Phone | null {
    const named = byId.get(login) ?? null;
    // The phones of replays are on this machine.
    return named?.id.startsWith(REPLAY_PREFIX) && !isOwn(ip) ? null : named;
  }

  return {
    resolve({ ip, proxyUser, peer }) {
      const sure = (peer && byId.get(peer)) || (proxyUser && byLogin.get(proxyUser)) || null;
      if (sure) return sure;
      const there = byAddress(ip);
      const named = proxyUser ? byName(ip, proxyUser) : null;
      if (proxyUser && named && there && named !== there && !named.id.startsWith(REPLAY_PREFIX)) {
        onConflict({ ip, login: proxyUser, filed: there.id, other: named.id });
        return there;
      }
      return named ?? there ?? fallback;
    },
    macOf: (ip) => neighbours.macOf(ip),
    meet: (ip) => neighbours.meet?.(ip) ?? null,
    isIgnored: (id) => byId.get(id)?.ignore === true,
    set(phones) {
      byId = new Map(phones.map((phone) => [phone.id, phone]));
      byLogin = new Map(phones.flatMap((phone) => (phone.match.login ? [[phone.match.login, phone]] : [])));
      byIp = new Map(phones.flatMap((phone) => (phone.match.ip ? [[addressKey(phone.match.ip), phone]] : [])));
      byMac = new Map(phones.flatMap((phone) => (phone.match.mac ? [[phone.match.mac, phone]] : [])));
      fallback = phones.find(({ match }) => match.default) ?? null;
    },
  };
}

const isOwn = (ip: string): boolean => addressKey(ip).startsWith('127.') || ip === '::1';

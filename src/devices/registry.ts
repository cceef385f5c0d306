/**
 * The phones under test, and which of them a connection comes from.
 * Promise: `resolve` answers from memory in constant time; listeners hear of every change, after it was saved;
 * a save that fails leaves the registry as it was.
 */
import type { Device } from '../model/device.ts';
import { createMatchTable, type MatchTable } from './match-table.ts';
import type { NeighbourTable } from './neighbours.ts';

export interface DeviceRegistry {
  resolve: MatchTable<Device>['resolve'];
  macOf(ip: string): string | null;
  get(id: string): Device | null;
  list(): readonly Device[];
  /** Adds a device or replaces the one of the same id. @throws what `save` throws */
  put(device: Device): void;
  /** False when there is none of this id. @throws what `save` throws */
  remove(id: string): boolean;
  /** Returns the function that ends it. */
  onChange(listener: (devices: readonly Device[]) => void): () => void;
}

export function createDeviceRegistry(options: {
  devices: readonly Device[];
  neighbours: Pick<NeighbourTable, 'macOf'>;
  save?: (devices: readonly Device[]) => void;
}): DeviceRegistry {
  const { neighbours, save } = options;
  const listeners = new Set<(devices: readonly Device[]) => void>();
  const matches = createMatchTable<Device>(neighbours);
  let devices: readonly Device[] = [];
  let byId = new Map<string, Device>();

  const index = (list: readonly Device[]): void => {
    devices = list;
    byId = new Map(list.map((device) => [device.id, device]));
    matches.set(list);
  };
  const change = (list: readonly Device[]): void => {
    save?.(list);
    index(list);
    for (const listener of listeners) listener(devices);
  };
  index([...options.devices]);

  return {
    resolve: matches.resolve,
    macOf: matches.macOf,
    get: (id) => byId.get(id) ?? null,
    list: () => devices,
    put(device) {
      const others = devices.filter(({ id }) => id !== device.id).map((other) => withoutClaimsOf(device, other));
      change([...others, device]);
    },
    remove(id) {
      if (!byId.has(id)) return false;
      change(devices.filter((device) => device.id !== id));
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The newest registration of an address is the true one: addresses are handed on from phone to phone. */
function withoutClaimsOf(newcomer: Device, other: Device): Device {
  const { ip, mac, login, default: isDefault } = other.match;
  const match = {
    ...(login && login !== newcomer.match.login ? { login } : {}),
    ip: ip !== null && ip === newcomer.match.ip ? null : ip,
    mac: mac !== null && mac === newcomer.match.mac ? null : mac,
    default: isDefault && !newcomer.match.default,
  };
  const unchanged = match.ip === ip && match.mac === mac && match.login === login && match.default === isDefault;
  return unchanged ? other : { ...other, match };
}

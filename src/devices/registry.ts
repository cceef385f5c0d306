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
  /** The same of several, saved once; of two with one address the later is known by it. @throws what `save` throws */
  putAll(devices: readonly Device[]): void;
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
  const putAll = (newcomers: readonly Device[]): void => {
    const newest = new Map(newcomers.map((device) => [device.id, device]));
    const claims = claimsOf([...newest.values()]);
    const others = devices.filter(({ id }) => !newest.has(id));
    change([...others, ...newest.values()].map((device) => withoutClaims(claims, device)));
  };
  index([...options.devices]);

  return {
    resolve: matches.resolve,
    macOf: matches.macOf,
    get: (id) => byId.get(id) ?? null,
    list: () => devices,
    put: (device) => putAll([device]),
    putAll,
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

/** Whose an address is: that of the newest registration, because addresses are handed on from phone to phone. */
interface Claims {
  ip: ReadonlyMap<string | null, string>;
  mac: ReadonlyMap<string | null, string>;
  login: ReadonlyMap<string | null | undefined, string>;
  /** The phone that every unknown address stands for. */
  default: string | undefined;
}

function claimsOf(newcomers: readonly Device[]): Claims {
  return {
    ip: new Map(newcomers.map(({ id, match }) => [match.ip, id])),
    mac: new Map(newcomers.map(({ id, match }) => [match.mac, id])),
    login: new Map(newcomers.map(({ id, match }) => [match.login, id])),
    default: newcomers.findLast(({ match }) => match.default)?.id,
  };
}

function withoutClaims(claims: Claims, device: Device): Device {
  const { ip, mac, login, default: isDefault } = device.match;
  const isOwn = (owner: string | undefined): boolean => owner === undefined || owner === device.id;
  const match = {
    ...(login && isOwn(claims.login.get(login)) ? { login } : {}),
    ip: isOwn(claims.ip.get(ip)) ? ip : null,
    mac: isOwn(claims.mac.get(mac)) ? mac : null,
    default: isDefault && isOwn(claims.default),
  };
  const unchanged = match.ip === ip && match.mac === mac && match.login === login && match.default === isDefault;
  return unchanged ? device : { ...device, match };
}

/**
 * One phone is registered: what is said of it is added to what is known, or takes its place.
 * Promise: adding loses nothing that was registered; whatever an operator may not have meant is told, and never by a value: a
 * value that may be mistyped or will not be searched for, an address that was another phone's, a value that another phone has.
 */
import type { Device } from '../model/device.ts';
import type { DeviceRegistry } from './registry.ts';

/** `add`: a phone of this id keeps what it has; `replace`: it is what is given now. */
export type How = 'add' | 'replace';

export interface Registered {
  device: Device;
  /** One sentence each. */
  notes: string[];
}

export function register(
  registry: Pick<DeviceRegistry, 'list' | 'get' | 'put'>,
  given: { device: Device; warnings: readonly string[] },
  how: How,
): Registered {
  const before = how === 'add' ? registry.get(given.device.id) : null;
  const device = before ? joined(before, given.device) : given.device;
  const others = registry.list().filter(({ id }) => id !== device.id);
  registry.put(device);
  return { device, notes: [...given.warnings, ...movedFrom(others, device), ...sharedWith(others, device)] };
}

function joined(before: Device, given: Device): Device {
  const identifiers: Record<string, unknown[]> = { ...before.identifiers };
  for (const [kind, values] of Object.entries(given.identifiers))
    identifiers[kind] = distinct([...(identifiers[kind] ?? []), ...values]);
  const canaries: Record<string, unknown[]> = { ...before.canaries };
  for (const [sort, planted] of Object.entries(given.canaries))
    canaries[sort] = distinct([...(canaries[sort] ?? []), ...planted]);
  const { ip, mac, login, default: isDefault } = given.match;
  const own = login ?? before.match.login;
  return {
    id: before.id,
    model: given.model ?? before.model,
    match: {
      ip: ip ?? before.match.ip,
      mac: mac ?? before.match.mac,
      default: isDefault || before.match.default,
      ...(own && { login: own }),
    },
    identifiers,
    canaries: canaries as unknown as Device['canaries'],
    salts: [...new Set([...before.salts, ...given.salts])],
  };
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** An address is one phone's: the newest registration counts, and the other phone is no longer known by it. */
function movedFrom(others: readonly Device[], { id, match }: Device): string[] {
  return others.flatMap((other) => {
    const taken = [
      match.ip !== null && match.ip === other.match.ip ? `the address ${match.ip}` : null,
      match.mac !== null && match.mac === other.match.mac ? `the MAC address ${match.mac}` : null,
      match.login && match.login === other.match.login ? `the login ${match.login}` : null,
      match.default && other.match.default ? 'every unknown address' : null,
    ].filter((one) => one !== null);
    return taken.length === 0
      ? []
      : [`${other.id} was known by ${taken.join(' and ')} until now: from now on that is ${id}`];
  });
}

/** What both send is found as either's. */
function sharedWith(others: readonly Device[], { id, identifiers }: Device): string[] {
  return Object.entries(identifiers).flatMap(([kind, values]) => {
    if (!SINGULAR.has(kind)) return [];
    const own = new Set(values.map((value: unknown) => JSON.stringify(value)));
    return others
      .filter((other) =>
        (Object.entries(other.identifiers).find(([name]) => name === kind)?.[1] ?? []).some((value: unknown) =>
          own.has(JSON.stringify(value)),
        ),
      )
      .map((other) => `${other.id} has the same ${kind} as ${id}: one of the two is mistyped`);
  });
}

/** No two phones share these; a network, a place or a mailbox they may. */
const SINGULAR = new Set([
  'imei',
  'imsi',
  'iccid',
  'eid',
  'serial',
  'wifi_mac',
  'bluetooth_mac',
  'udid',
  'android_id',
  'phone_number',
]);

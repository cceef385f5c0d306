/**
 * One phone is registered: what is said of it is added to what is known, or takes its place.
 * Promise: adding loses nothing that was registered; whatever an operator may not have meant is told, and never by a value: a
 * value that may be mistyped or will not be searched for, an address that was another phone's, a value that another phone has.
 */

import { labError } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import type { Device } from '../model/device.ts';
import { type Text, text } from '../model/text.ts';
import type { DeviceRegistry } from './registry.ts';

/**
 * `add`: a phone of this id keeps what it has; `replace`: it is what is given now; `set`: what is given takes the place of what it
 * has of that sort, the rest stays; `drop`: what is given is taken from it.
 */
export type How = 'add' | 'replace' | 'set' | 'drop';

export interface Registered {
  device: Device;
  /** One sentence each. */
  notes: string[];
  /** The same, one by one, for other languages. */
  texts: Text[];
}

export interface Given {
  device: Device;
  warnings: readonly Text[];
}

type Registry = Pick<DeviceRegistry, 'list' | 'get' | 'putAll'>;

/** @throws LabError for a change of a phone that nobody registered */
export function register(registry: Registry, given: Given, how: How): Registered {
  return registerAll(registry, [given], how)[0] as Registered;
}

/** Several at once: each is told of those before it. @throws as `register` */
export function registerAll(registry: Registry, given: readonly Given[], how: How): Registered[] {
  const owners = new Owners(registry.list());
  const registered = given.map(({ device: one, warnings }) => {
    const before = owners.get(one.id);
    const { device, missing } = changed(before, one, how);
    const texts = [...warnings, ...missing, ...owners.movedTo(device), ...owners.sharedWith(device)];
    owners.put(device);
    return { device, notes: texts.map((one) => say(one)), texts };
  });
  registry.putAll(registered.map(({ device }) => device));
  return registered;
}

function changed(before: Device | null, given: Device, how: How): { device: Device; missing: Text[] } {
  if (how === 'replace' || (how === 'add' && before === null)) return { device: given, missing: [] };
  if (before === null) throw labError(text('refused.no-phone', { id: given.id }));
  if (how === 'add') return { device: joined(before, given), missing: [] };
  return how === 'set' ? { device: replaced(before, given), missing: [] } : without(before, given);
}

/** What is given of a sort is all there is of it now. */
function replaced(before: Device, given: Device): Device {
  const planted = Object.entries(given.canaries).filter(([, values]) => values.length > 0);
  return {
    ...joined(before, given),
    identifiers: { ...before.identifiers, ...given.identifiers },
    canaries: { ...before.canaries, ...Object.fromEntries(planted) },
    salts: given.salts.length > 0 ? given.salts : before.salts,
  };
}

function without(before: Device, given: Device): { device: Device; missing: Text[] } {
  const missing: Text[] = [];
  const left = (sort: string, have: readonly unknown[], gone: readonly unknown[]): unknown[] => {
    const texts = new Set(gone.map((value) => JSON.stringify(value)));
    const kept = have.filter((value) => !texts.has(JSON.stringify(value)));
    if (have.length - kept.length < texts.size) missing.push(text('note.no-such', { id: before.id, sort }));
    return kept;
  };
  const identifiers: Record<string, readonly unknown[]> = { ...before.identifiers };
  for (const [kind, values] of Object.entries(given.identifiers)) {
    const kept = left(kind, identifiers[kind] ?? [], values);
    if (kept.length > 0) identifiers[kind] = kept;
    else delete identifiers[kind];
  }
  const canaries: Record<string, readonly unknown[]> = { ...before.canaries };
  for (const [sort, planted] of Object.entries(given.canaries))
    if (planted.length > 0) canaries[sort] = left(sort, canaries[sort] ?? [], planted);
  const { login, ...match } = before.match;
  for (const mark of ['ip', 'mac'] as const) {
    if (given.match[mark] === null) continue;
    if (given.match[mark] === match[mark]) match[mark] = null;
    else missing.push(text('note.not-known-by', { id: before.id, mark }));
  }
  const keepsLogin = login !== undefined && login !== given.match.login;
  return {
    device: {
      ...before,
      match: { ...match, default: match.default && !given.match.default, ...(keepsLogin && { login }) },
      identifiers,
      canaries: canaries as unknown as Device['canaries'],
    },
    missing,
  };
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
    ...(before.ignore || given.ignore ? { ignore: true } : {}),
  };
}

function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Who is known by what, and who has which number. */
class Owners {
  readonly #devices: Map<string, Device>;
  readonly #byMark = new Map<string, Set<string>>();

  constructor(devices: readonly Device[]) {
    this.#devices = new Map(devices.map((device) => [device.id, device]));
    for (const device of devices) this.#add(device);
  }

  get(id: string): Device | null {
    return this.#devices.get(id) ?? null;
  }

  put(device: Device): void {
    const before = this.#devices.get(device.id);
    if (before) for (const mark of marksOf(before)) this.#byMark.get(mark)?.delete(device.id);
    // An address is one phone's: the newest registration counts.
    for (const [mark] of addressesOf(device)) this.#byMark.delete(mark);
    this.#devices.set(device.id, device);
    this.#add(device);
  }

  /** The phones that are no longer known by what this one is known by. */
  movedTo(device: Device): Text[] {
    const taken = new Map<string, Text>();
    for (const [mark, words] of addressesOf(device))
      for (const other of this.#others(mark, device.id)) {
        const one = taken.get(other);
        taken.set(other, one ? text('note.and', { one, other: words }) : words);
      }
    return [...taken].map(([other, marks]) => text('note.moved', { other, marks, id: device.id }));
  }

  /** What both send is found as either's. */
  sharedWith(device: Device): Text[] {
    const notes = new Map<string, Text>();
    for (const [mark, kind] of numbersOf(device))
      for (const other of this.#others(mark, device.id))
        notes.set(`${other} ${kind}`, text('note.shared', { other, kind, id: device.id }));
    return [...notes.values()];
  }

  #others(mark: string, id: string): string[] {
    return [...(this.#byMark.get(mark) ?? [])].filter((other) => other !== id);
  }

  #add(device: Device): void {
    for (const mark of marksOf(device)) {
      const owners = this.#byMark.get(mark) ?? new Set();
      this.#byMark.set(mark, owners.add(device.id));
    }
  }
}

const marksOf = (device: Device): string[] => [...addressesOf(device), ...numbersOf(device)].map(([mark]) => mark);

/** Each with the words for it. */
function addressesOf({ match: { ip, mac, login, default: isDefault } }: Device): [mark: string, words: Text][] {
  const marks: [string, Text][] = [];
  if (ip !== null) marks.push([`ip ${ip}`, text('note.address', { ip })]);
  if (mac !== null) marks.push([`mac ${mac}`, text('note.mac', { mac })]);
  if (login) marks.push([`login ${login}`, text('note.login', { login })]);
  if (isDefault) marks.push(['default', text('note.default')]);
  return marks;
}

/** Each with its kind. */
function numbersOf({ identifiers }: Device): [mark: string, kind: string][] {
  return Object.entries(identifiers).flatMap(([kind, values]) =>
    SINGULAR.has(kind)
      ? values.map((value: unknown): [string, string] => [`${kind} ${JSON.stringify(value)}`, kind])
      : [],
  );
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

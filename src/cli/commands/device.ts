/** `phonehome device …`: the phones under test. Values are masked unless `--reveal` is given. */

import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { labError } from '../../formats/refusal.ts';
import { say } from '../../formats/say.ts';
import { problemText, readValues } from '../../formats/yaml-document.ts';
import { LabError } from '../../model/lab.ts';
import { type DeviceRow, type DeviceStore, type Note, oneOf, openDeviceStore } from '../device-store.ts';
import { UsageError } from '../errors.ts';
import { call, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { readGiven, writeNamed } from '../named-file.ts';
import { print, printFile, printJson } from '../output.ts';
import { table } from '../table.ts';
import { inWords, words } from '../words.ts';

interface DeviceFlags {
  data: string;
  json: boolean;
  reveal?: boolean;
}

interface AddFlags extends DeviceFlags {
  model: string | null;
  ip: string | null;
  mac: string | null;
  login: string | null;
  default: boolean;
  imei: string[];
  imsi: string[];
  iccid: string[];
  serial: string[];
  set: string[];
}

export async function list(given: Record<string, unknown>): Promise<number> {
  const { data, json, reveal } = given as unknown as DeviceFlags;
  const store = await openDeviceStore(data);
  const rows = await store.list(reveal === true);
  const met = await store.discovered();
  const unnamed = met.filter(({ deviceId }) => deviceId === null);
  // Who stands in the list above, or is registered under this address, has a name.
  const taken = new Set([...met.flatMap(({ addresses }) => addresses), ...rows.flatMap(({ match }) => match.ip ?? [])]);
  const seen = (await store.seen()).filter((address) => !taken.has(address));
  if (json) {
    for (const row of rows) printJson({ type: 'device', ...row });
    for (const phone of unnamed) printJson({ type: 'discovered', ...phone });
    for (const address of seen) printJson({ type: 'seen', address });
    return 0;
  }
  if (rows.length === 0) {
    print(words('device.none'));
  } else {
    print(
      ...table([
        (['id', 'model', 'known-by', 'identifiers'] as const).map((head) => words(`device.head.${head}`)),
        ...rows.map((row) => [row.id, row.model ?? '', knownBy(row), identifiersOf(row)]),
      ]),
    );
  }
  if (unnamed.length > 0) {
    print(
      '',
      words('device.unnamed', { mac: unnamed[0]?.mac ?? '' }),
      ...table([
        (['mac', 'address', 'calls-itself', 'system', 'maker'] as const).map((head) => words(`device.head.${head}`)),
        ...unnamed.map((phone) => [
          phone.mac,
          phone.addresses[0] ?? '',
          phone.hostName ?? '',
          phone.system ?? '',
          phone.maker ?? (phone.randomised ? words('device.made-up') : ''),
        ]),
      ]),
    );
  }
  if (seen.length > 0) print('', words('device.seen', { address: seen[0] ?? '' }), ...seen.map((one) => `  ${one}`));
  return 0;
}

/** Registers a phone met on the lab's network, by its MAC address or by the address or name it goes by there. */
export async function name(given: Record<string, unknown>, [phone = '', id = '']: string[]): Promise<number> {
  const { data, json, model } = given as unknown as DeviceFlags & { model: string | null };
  const store = await openDeviceStore(data);
  const wanted = phone.toLowerCase();
  const found = (await store.discovered()).filter(
    ({ mac, addresses, hostName }) =>
      mac === wanted || addresses.includes(wanted) || hostName?.toLowerCase() === wanted,
  );
  if (found.length > 1) throw new LabError(words('device.fits', { phone, count: found.length }));
  const mac = found[0]?.mac ?? (MAC.test(wanted) ? wanted : null);
  if (mac === null && isIP(phone) !== 0) return nameAddress(store, { id, phone, model, json });
  if (mac === null) throw new LabError(words('device.not-on-network', { phone }));
  const entry = { id, ...(model && { model }), match: { mac }, identifiers: { wifi_mac: [mac] } };
  tell(await store.put(entry, 'add'), json);
  if (json) printJson({ type: 'device', id });
  else print(words('device.named', { mac, id, note: found[0]?.randomised ? words('device.randomised') : '' }));
  return 0;
}

/** A bystander's phone, registered or known by an address only: passed through from now on, nothing kept but a count. */
export async function ignore(given: Record<string, unknown>, [phone = '']: string[]): Promise<number> {
  const { data, json, off } = given as unknown as DeviceFlags & { off?: boolean };
  const store = await openDeviceStore(data);
  const wanted = phone.toLowerCase();
  const known = (await store.list(false)).find(
    ({ id, match }) => id === phone || match.mac === wanted || match.ip === wanted,
  );
  const met = (await store.discovered()).find(({ mac, addresses }) => mac === wanted || addresses.includes(wanted));
  const mac = met?.mac ?? (MAC.test(wanted) ? wanted : null);
  const address = mac === null ? { ip: isIP(phone) === 0 ? null : phone } : { mac };
  if (!known && mac === null && address.ip === null) throw new LabError(words('device.not-registered', { phone }));
  if (off && !known?.ignored) throw new LabError(words('device.not-ignored', { phone }));
  const id = known?.id ?? `bystander-${phone.replace(/[^\w.-]/g, '-')}`;
  const match = Object.fromEntries(
    Object.entries(known?.match ?? address).filter(([, value]) => value !== null && value !== false),
  );
  tell(await store.put({ id, match, ...(off ? {} : { ignore: true }) }, 'replace'), json);
  if (json) printJson({ type: 'device', id, ignored: !off });
  else if (off) print(words('device.looked-into', { id }));
  else print(words('device.ignored', { id }));
  return 0;
}

/** Without a gateway nobody knows its MAC address: the address has to do. */
async function nameAddress(
  store: DeviceStore,
  { id, phone, model, json }: { id: string; phone: string; model: string | null; json: boolean },
): Promise<number> {
  const wasSeen = (await store.seen()).includes(phone);
  tell(await store.put({ id, ...(model && { model }), match: { ip: phone } }, 'add'), json);
  if (json) printJson({ type: 'device', id });
  else print(words('device.named-address', { phone, id, note: wasSeen ? '' : words('device.not-seen') }));
  return 0;
}

const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** What the flags say of a phone, as an item of the devices file. */
function entryOf(id: string, flags: AddFlags): { id: string; model?: string; match?: object; identifiers: object } {
  const identifiers: Record<string, string[]> = {};
  const learn = (kind: string, values: string[]) => {
    if (values.length) identifiers[kind] = [...(identifiers[kind] ?? []), ...values];
  };
  for (const kind of ['imei', 'imsi', 'iccid', 'serial'] as const) learn(kind, flags[kind]);
  for (const pair of flags.set) {
    const [, kind, value] = /^([a-z_]+)=(.+)$/s.exec(pair) ?? [];
    if (!kind || !value) throw new UsageError(words('device.set-form'));
    learn(kind, [value]);
  }
  const match = {
    ...(flags.ip && { ip: flags.ip }),
    ...(flags.mac && { mac: flags.mac }),
    ...(flags.login && { login: flags.login }),
    ...(flags.default && { default: true }),
  };
  return { id, ...(flags.model && { model: flags.model }), ...(Object.keys(match).length && { match }), identifiers };
}

export async function add(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as AddFlags;
  const entry = entryOf(id, flags);
  const identifiers = flags.mac ? { wifi_mac: [flags.mac], ...entry.identifiers } : entry.identifiers;
  const store = await openDeviceStore(flags.data);
  const isKnown = (await store.list(false)).some((row) => row.id === id);
  const notes = await store.put({ ...entry, identifiers }, 'add');
  if (flags.json) printJson({ type: 'device', id });
  else print(words(isKnown ? 'device.added' : entry.match ? 'device.registered' : 'device.registered-which', { id }));
  tell(notes, flags.json);
  return 0;
}

/** What is given takes the place of what is registered of that sort. */
export async function set(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as AddFlags;
  const entry = entryOf(id, flags);
  if (!saysSomething(entry)) throw new UsageError(words('device.nothing-to-set'));
  const notes = await (await openDeviceStore(flags.data)).put(entry, 'set');
  if (flags.json) printJson({ type: 'device', id });
  else print(words('device.changed', { id }));
  tell(notes, flags.json);
  return 0;
}

const saysSomething = ({ model, match, identifiers }: ReturnType<typeof entryOf>): boolean =>
  model !== undefined || match !== undefined || Object.keys(identifiers).length > 0;

/** What the operator may not have meant. */
function tell(notes: readonly Note[], json: boolean): void {
  for (const { note, text } of notes) {
    const said = text === null ? note : inWords(text);
    if (json) printJson({ type: 'note', note });
    else print(words('device.note', { note: `${said}${/[.?]$/.test(said) ? '' : '.'}` }));
  }
}

export async function importFile(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json } = given as unknown as DeviceFlags;
  const read = readValues(readGiven(file), 'text');
  if (!read.ok) throw labError(problemText(file, read.problem));
  const { devices } = (read.value ?? {}) as { devices?: unknown };
  if (!Array.isArray(devices)) throw new LabError(words('device.list-needed', { file }));
  const store = await openDeviceStore(data);
  try {
    tell(await store.putAll(devices.map((entry: unknown) => withPhotosBeside(entry, file))), json);
  } catch (error) {
    const found = oneOf(error);
    if (found === null) throw error;
    const line = read.lineOf('devices', found.index);
    throw labError(problemText(file, { line, field: null, problem: say(found.why), text: found.why }));
  }
  if (json) printJson({ type: 'imported', count: devices.length });
  else print(words('device.imported', { count: devices.length }));
  return 0;
}

export async function exportFile(given: Record<string, unknown>, [file]: string[]): Promise<number> {
  const { data, reveal } = given as unknown as DeviceFlags;
  if (!reveal) throw new UsageError(words('device.reveal'));
  const lab = await runningLabOf(data);
  // Revealing is an audited action: a running lab has to know of it.
  if (lab) await call(lab, 'GET', '/api/devices?reveal=true');
  const text = (await (await loadLab()).openDevices(data)).text(file?.endsWith('.json') ? 'json' : 'yaml');
  if (!file) {
    printFile(text);
    return 0;
  }
  writeNamed(file, text);
  print(words('device.exported', { file }));
  return 0;
}

export async function remove(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as AddFlags & { value: string[] };
  const { data, json } = flags;
  const entry = entryOf(id, { ...flags, model: null, set: flags.value });
  const store = await openDeviceStore(data);
  if (saysSomething(entry)) {
    const notes = await store.put(entry, 'drop');
    if (json) printJson({ type: 'device', id });
    else print(words('device.dropped', { id }));
    tell(notes, json);
    return 0;
  }
  if (!(await store.remove(id))) throw new LabError(words('device.unknown', { id }));
  if (json) printJson({ type: 'removed', id });
  else print(words('device.removed', { id }));
  return 0;
}

function knownBy({ match }: DeviceRow): string {
  return (
    [
      match.ip,
      match.mac,
      match.login && words('device.login', { login: match.login }),
      match.default ? words('device.every') : null,
    ]
      .filter(Boolean)
      .join(', ') || words('device.by-nothing')
  );
}

function identifiersOf({ identifiers, ignored }: DeviceRow): string {
  if (ignored)
    return ignored.connections === undefined
      ? words('device.is-ignored')
      : words('device.is-ignored-count', { count: ignored.connections });
  return Object.entries(identifiers)
    .map(([kind, values]) => `${kind} ${values.join(' ')}`)
    .join(', ');
}

/** File names of planted photos are meant relative to the devices file, not to where the lab runs. */
function withPhotosBeside(entry: unknown, file: string): object {
  const { canaries } = (entry ?? {}) as { canaries?: { photos?: unknown } };
  if (!Array.isArray(canaries?.photos)) return (entry ?? {}) as object;
  const photos = canaries.photos.map((photo: unknown) =>
    typeof photo === 'string' ? resolve(dirname(file), photo) : photo,
  );
  return { ...(entry as object), canaries: { ...canaries, photos } };
}

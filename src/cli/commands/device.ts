/** `phonehome device …`: the phones under test. Values are masked unless `--reveal` is given. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { problemLine, readValues } from '../../formats/yaml-document.ts';
import { LabError } from '../../model/lab.ts';
import { type DeviceRow, type DeviceStore, openDeviceStore } from '../device-store.ts';
import { UsageError } from '../errors.ts';
import { call, runningLabOf } from '../lab-client.ts';
import { loadLab } from '../main-module.ts';
import { print, printFile, printJson } from '../output.ts';
import { table } from '../table.ts';

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
    print(
      'No phone is registered: without one the lab recognises identifiers by their shape only. See phonehome device add --help.',
    );
  } else {
    print(
      ...table([
        ['id', 'model', 'known by', 'identifiers'],
        ...rows.map((row) => [row.id, row.model ?? '', knownBy(row), identifiersOf(row)]),
      ]),
    );
  }
  if (unnamed.length > 0) {
    print(
      '',
      `On the lab's network without a name (phonehome device name ${unnamed[0]?.mac} NAME):`,
      ...table([
        ['mac', 'address', 'calls itself', 'system', 'maker'],
        ...unnamed.map((phone) => [
          phone.mac,
          phone.addresses[0] ?? '',
          phone.hostName ?? '',
          phone.system ?? '',
          phone.maker ?? (phone.randomised ? 'made-up address' : ''),
        ]),
      ]),
    );
  }
  if (seen.length > 0)
    print(
      '',
      `Seen at the proxy without a name (phonehome device name ${seen[0]} NAME):`,
      ...seen.map((one) => `  ${one}`),
    );
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
  if (found.length > 1) throw new LabError(`${phone} fits ${found.length} phones: give the MAC address`);
  const mac = found[0]?.mac ?? (MAC.test(wanted) ? wanted : null);
  if (mac === null && isIP(phone) !== 0) return nameAddress(store, { id, phone, model, json });
  if (mac === null)
    throw new LabError(
      `no phone "${phone}" is on the lab's network: see phonehome device list, or give its MAC address`,
    );
  const entry = { id, ...(model && { model }), match: { mac }, identifiers: { wifi_mac: [mac] } };
  tell(await store.put(entry, 'add'), json);
  if (json) printJson({ type: 'device', id });
  else
    print(
      `${mac} is ${id} from now on.${
        found[0]?.randomised ? ' Its address is made up for this network: on another one it is another phone.' : ''
      } Add its identifiers with: phonehome device add ${id} --mac ${mac} --imei …`,
    );
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
  if (!known && mac === null && address.ip === null)
    throw new LabError(`no phone "${phone}" is registered: give its address, or its MAC address`);
  if (off && !known?.ignored) throw new LabError(`${phone} is not ignored: see phonehome device list`);
  const id = known?.id ?? `bystander-${phone.replace(/[^\w.-]/g, '-')}`;
  const match = Object.fromEntries(
    Object.entries(known?.match ?? address).filter(([, value]) => value !== null && value !== false),
  );
  tell(await store.put({ id, match, ...(off ? {} : { ignore: true }) }, 'replace'), json);
  if (json) printJson({ type: 'device', id, ignored: !off });
  else if (off) print(`${id} is a phone like any other again: what it sends is looked into.`);
  else
    print(
      `${id} is ignored from now on: passed through, and nothing is kept but how many connections it made. What was recorded before: phonehome forget ${id}. A recording of the whole network (--capture) holds its packets all the same.`,
    );
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
  else
    print(
      `${phone} is ${id} from now on, as long as it keeps that address.${wasSeen ? '' : ' Nothing of it was seen yet.'} Add its identifiers with: phonehome device add ${id} --imei …`,
    );
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
    if (!kind || !value) throw new UsageError('--set needs KIND=VALUE, e.g. --set email=lab@example.com');
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
  else
    print(
      isKnown
        ? `${id} is registered: this was added to what was known of it.`
        : `${id} is registered${entry.match ? '' : '; give --ip or --mac, or the lab cannot tell which traffic is its'}.`,
    );
  tell(notes, flags.json);
  return 0;
}

/** What is given takes the place of what is registered of that sort. */
export async function set(given: Record<string, unknown>, [id = '']: string[]): Promise<number> {
  const flags = given as unknown as AddFlags;
  const entry = entryOf(id, flags);
  if (!saysSomething(entry))
    throw new UsageError('nothing to set: give what is to take the place of what is registered, e.g. --imei …');
  const notes = await (await openDeviceStore(flags.data)).put(entry, 'set');
  if (flags.json) printJson({ type: 'device', id });
  else print(`${id} is changed: what was given took the place of what was registered of that sort.`);
  tell(notes, flags.json);
  return 0;
}

const saysSomething = ({ model, match, identifiers }: ReturnType<typeof entryOf>): boolean =>
  model !== undefined || match !== undefined || Object.keys(identifiers).length > 0;

/** What the operator may not have meant. */
function tell(notes: readonly string[], json: boolean): void {
  for (const note of notes) {
    if (json) printJson({ type: 'note', note });
    else print(`Note: ${note}${/[.?]$/.test(note) ? '' : '.'}`);
  }
}

export async function importFile(given: Record<string, unknown>, [file = '']: string[]): Promise<number> {
  const { data, json } = given as unknown as DeviceFlags;
  const read = readValues(readFileSync(file, 'utf8'), 'text');
  if (!read.ok) throw new LabError(problemLine(file, read.problem));
  const { devices } = (read.value ?? {}) as { devices?: unknown };
  if (!Array.isArray(devices)) throw new LabError(`${file}: a list "devices:" is needed`);
  const store = await openDeviceStore(data);
  try {
    tell(await store.putAll(devices.map((entry: unknown) => withPhotosBeside(entry, file))), json);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, index, problem = message] = /^devices\[(\d+)\]: (.*)$/s.exec(message) ?? [];
    if (index === undefined) throw error;
    const line = read.lineOf('devices', Number(index));
    throw new LabError(problemLine(file, { line, field: `devices[${index}]`, problem }));
  }
  if (json) printJson({ type: 'imported', count: devices.length });
  else print(`${devices.length} ${devices.length === 1 ? 'phone' : 'phones'} registered.`);
  return 0;
}

export async function exportFile(given: Record<string, unknown>, [file]: string[]): Promise<number> {
  const { data, reveal } = given as unknown as DeviceFlags;
  if (!reveal)
    throw new UsageError(
      'a devices file holds values in clear: add --reveal if you mean it (device list shows them masked)',
    );
  const lab = await runningLabOf(data);
  // Revealing is an audited action: a running lab has to know of it.
  if (lab) await call(lab, 'GET', '/api/devices?reveal=true');
  const text = (await (await loadLab()).openDevices(data)).text(file?.endsWith('.json') ? 'json' : 'yaml');
  if (!file) {
    printFile(text);
    return 0;
  }
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
  print(`${file} written, readable by you only.`);
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
    else print(`${id} is changed: what was given is no longer registered; the rest stays.`);
    tell(notes, json);
    return 0;
  }
  if (!(await store.remove(id))) throw new LabError(`no phone "${id}" is registered: see phonehome device list`);
  if (json) printJson({ type: 'removed', id });
  else print(`${id} is forgotten; its alerts stay.`);
  return 0;
}

function knownBy({ match }: DeviceRow): string {
  return (
    [match.ip, match.mac, match.login && `login ${match.login}`, match.default ? 'every unknown address' : null]
      .filter(Boolean)
      .join(', ') || 'nothing'
  );
}

function identifiersOf({ identifiers, ignored }: DeviceRow): string {
  if (ignored) return `ignored${ignored.connections === undefined ? '' : `: ${ignored.connections} connections`}`;
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

/**
 * Reads a devices file (YAML or JSON, shared contract "Devices file").
 * Promise: either every device in it, or every problem in it with its line and field; a typing error in a field's
 * name is a problem too, since a phone whose IMEI nobody searches for looks innocent. Messages never hold a value.
 */

import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, resolve } from 'node:path';
import { addressKey } from '../formats/address.ts';
import { canonicalMac } from '../formats/mac-address.ts';
import { type Field, type Problem, readDocument } from '../formats/yaml-document.ts';
import {
  type Canaries,
  type Device,
  type PlantedPhoto,
  REPLAY_PREFIX,
  type RegisteredCell,
  type RegisteredIdentifiers,
} from '../model/device.ts';
import { TEXT_KINDS } from '../model/kinds.ts';
import { text } from '../model/text.ts';
import { check } from './identifier-formats.ts';

export type ParsedDevices = { ok: true; devices: Device[]; warnings: Problem[] } | { ok: false; errors: Problem[] };

/** @throws any error, whose code becomes part of the problem. */
export type ReadPhoto = (path: string) => Buffer;

/** Photos are held in memory, to be searched for while they are uploaded. */
const MAX_PHOTO_BYTES = 20 * 1024 * 1024;
const DEFAULT_RADIUS_M = 1000;
const DEVICE_FIELDS = ['id', 'model', 'match', 'default', 'identifiers', 'canaries', 'salts', 'ignore'];
/**
 * An id is typed in commands, stands in addresses of the API (`.` and `..` would be taken out of them), and is a proxy
 * user name (no colon: RFC 7617).
 */
const ID = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** @param fileName where the text came from: photos are looked for beside it. */
export function parseDevices(written: string, fileName: string, readPhoto: ReadPhoto = readPhotoFile): ParsedDevices {
  const { root, problems, warnings } = readDocument(written);
  if (!root) return { ok: false, errors: problems };
  const list = root.entries(['devices']).get('devices');
  if (!list && problems.length === 0) root.fail(text('devices.no-list'));
  const fields = list?.items() ?? [];
  const devices = fields.map((field) => deviceOf(field, dirname(resolve(fileName)), readPhoto));
  refuseTwins(devices, fields);
  if (problems.length > 0) return { ok: false, errors: problems.sort((a, b) => a.line - b.line) };
  return { ok: true, devices, warnings };
}

/** An address of the API of its own: a phone of this name could not be asked for. */
const RESERVED = new Set(['discovered']);

function deviceOf(field: Field, directory: string, readPhoto: ReadPhoto): Device {
  const parts = field.entries(DEVICE_FIELDS);
  const id = parts.get('id')?.text() ?? null;
  if (id === null) field.fail(text('devices.no-id'));
  else if (!ID.test(id)) parts.get('id')?.fail(text('devices.id'));
  else if (RESERVED.has(id)) parts.get('id')?.fail(text('devices.reserved-id', { id }));
  else if (id.startsWith(REPLAY_PREFIX)) parts.get('id')?.fail(text('devices.replay-id', { prefix: REPLAY_PREFIX }));
  const device: Device = {
    id: id ?? '',
    model: parts.get('model')?.text() ?? null,
    match: matchOf(parts.get('match'), parts.get('default')),
    identifiers: identifiersOf(parts.get('identifiers')),
    canaries: canariesOf(parts.get('canaries'), directory, readPhoto),
    salts: textsOf(parts.get('salts')),
    ...(truth(parts.get('ignore')) ? { ignore: true } : {}),
  };
  const { ip, mac, default: isDefault } = device.match;
  if (!ip && !mac && !isDefault) {
    field.warn(text('devices.unaddressed'));
  }
  return device;
}

function matchOf(field: Field | undefined, topLevelDefault: Field | undefined): Device['match'] {
  const parts = field?.entries(['ip', 'mac', 'login', 'default']) ?? new Map<string, Field>();
  const ip = parts.get('ip')?.text() ?? null;
  const mac = parts.get('mac')?.text() ?? null;
  const login = parts.get('login')?.text() ?? null;
  if (login && !ID.test(login)) parts.get('login')?.fail(text('devices.login'));
  if (ip && isIP(ip) === 0) parts.get('ip')?.fail(text('devices.ip'));
  if (mac && !canonicalMac(mac)) parts.get('mac')?.fail(text('devices.mac'));
  return {
    ip: ip && addressKey(ip),
    mac: mac && canonicalMac(mac),
    ...(login ? { login } : {}),
    default: truth(parts.get('default')) || truth(topLevelDefault),
  };
}

function truth(field: Field | undefined): boolean {
  const given = field?.text()?.toLowerCase() ?? 'false';
  if (given !== 'true' && given !== 'false') field?.fail(text('devices.truth'));
  return given === 'true';
}

function identifiersOf(field: Field | undefined): RegisteredIdentifiers {
  const identifiers: RegisteredIdentifiers = {};
  const parts = field?.entries([...TEXT_KINDS, 'location', 'cell']) ?? new Map<string, Field>();
  for (const kind of TEXT_KINDS) {
    const values: string[] = [];
    for (const item of parts.get(kind)?.items() ?? []) {
      const given = item.text();
      if (given === null) {
        item.fail(text('devices.text-or-number'));
        continue;
      }
      const checked = check(kind, given);
      if (!checked.ok) item.fail(checked.problem);
      else {
        if (checked.warning) item.warn(checked.warning);
        values.push(checked.value);
      }
    }
    if (values.length > 0) identifiers[kind] = values;
  }
  const locations = parts.get('location')?.items().map(locationOf);
  if (locations?.length) identifiers.location = locations;
  const cells = parts.get('cell')?.items().map(cellOf);
  if (cells?.length) identifiers.cell = cells;
  return identifiers;
}

function locationOf(field: Field): { lat: number; lon: number; radius_m: number } {
  const parts = field.entries(['lat', 'lon', 'radius_m']);
  return {
    lat: numberOf(field, parts, 'lat', -90, 90),
    lon: numberOf(field, parts, 'lon', -180, 180),
    radius_m: numberOf(field, parts, 'radius_m', 1, 1_000_000, DEFAULT_RADIUS_M),
  };
}

/** Limits of 3GPP TS 23.003: LAC 16 bits, TAC 16 or (5G) 24; cell id 28 bits, in 5G 36. */
function cellOf(field: Field): RegisteredCell {
  const parts = field.entries(['mcc', 'mnc', 'lac', 'tac', 'cid', 'ci']);
  const whole = (name: string, otherName: string, max: number): number => {
    const given = parts.has(name) || !parts.has(otherName) ? name : otherName;
    const value = numberOf(field, parts, given, 0, max);
    if (value % 1 !== 0 && value <= max) parts.get(given)?.fail(text('devices.whole'));
    return value;
  };
  return {
    mcc: whole('mcc', 'mcc', 999),
    mnc: whole('mnc', 'mnc', 999),
    lac: whole('lac', 'tac', 2 ** 24 - 1),
    cid: whole('cid', 'ci', 2 ** 36 - 1),
  };
}

function numberOf(
  parent: Field,
  parts: Map<string, Field>,
  name: string,
  min: number,
  max: number,
  otherwise?: number,
): number {
  const field = parts.get(name);
  const given = field?.text() ?? null;
  if (given === null) {
    if (otherwise === undefined && parent.isMap()) parent.fail(text('devices.needs', { name }));
    return otherwise ?? 0;
  }
  const value = /^[+-]?\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= min && value <= max)) field?.fail(text('devices.number', { min, max }));
  return value;
}

const MORE_TEXTS = ['searches', 'visited', 'clipboard'] as const;

function canariesOf(field: Field | undefined, directory: string, readPhoto: ReadPhoto): Canaries {
  const parts = field?.entries(['contacts', 'messages', 'photos', ...MORE_TEXTS]) ?? new Map<string, Field>();
  const contacts: Canaries['contacts'] = [];
  for (const item of parts.get('contacts')?.items() ?? []) {
    const contact = item.entries(['name', 'phone']);
    const name = contact.get('name')?.text() ?? null;
    const phone = contact.get('phone')?.text() ?? null;
    if (name !== null && phone !== null) contacts.push({ name, phone });
    else if (item.isMap()) item.fail(text('devices.contact'));
  }
  const canaries: Canaries = {
    contacts,
    messages: textsOf(parts.get('messages')),
    photos: (parts.get('photos')?.items() ?? []).flatMap((item) => photoOf(item, directory, readPhoto) ?? []),
  };
  for (const name of MORE_TEXTS) {
    const texts = textsOf(parts.get(name));
    if (texts.length > 0) canaries[name] = texts;
  }
  return canaries;
}

function photoOf(field: Field, directory: string, readPhoto: ReadPhoto): PlantedPhoto | null {
  const given = field.text();
  if (given === null) {
    field.fail(text('devices.photo'));
    return null;
  }
  try {
    const bytes = readPhoto(resolve(directory, given));
    if (bytes.length > 0) return { name: basename(given), bytes };
    field.fail(text('devices.empty-file'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    field.fail(code === 'ENOENT' ? text('devices.no-file') : text('devices.unreadable', { error: code ?? message }));
  }
  return null;
}

function textsOf(field: Field | undefined): string[] {
  return (field?.items() ?? []).flatMap((item) => {
    const given = item.text();
    if (given === null) item.fail(text('devices.text'));
    return given ?? [];
  });
}

/** Two phones with one id, one address or both "default" would each be taken for the other. */
function refuseTwins(devices: Device[], fields: Field[]): void {
  const seen = new Map<string, number>();
  devices.forEach((device, i) => {
    const { ip, mac, login = null, default: isDefault } = device.match;
    const marks = {
      id: device.id,
      'match.ip': ip,
      'match.mac': mac,
      'match.login': login,
      default: isDefault ? 'true' : null,
    };
    for (const [name, value] of Object.entries(marks)) {
      if (!value) continue;
      const first = seen.get(`${name} ${value}`);
      if (first === undefined) seen.set(`${name} ${value}`, i);
      else fields[i]?.fail(text('devices.twin', { name, index: first }));
    }
  });
}

function readPhotoFile(path: string): Buffer {
  if (statSync(path).size > MAX_PHOTO_BYTES) throw new Error(`larger than ${MAX_PHOTO_BYTES >> 20} MB`);
  return readFileSync(path);
}

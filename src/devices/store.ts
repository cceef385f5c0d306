/**
 * The registered phones on disk: `DATA/devices.yaml`, with planted photos below `DATA/photos/`, all mode 0600 since
 * they hold what the lab exists to protect. Promise: a write is whole or did not happen (written beside, then renamed);
 * a file that cannot be understood is a one-line LabError and is never overwritten.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { replaceFile } from '../formats/replace-file.ts';
import { type Problem, problemLine, problemText } from '../formats/yaml-document.ts';
import type { Device, PlantedPhoto } from '../model/device.ts';
import { LabError, type StoredDevices } from '../model/lab.ts';
import { type Text, type TextKey, text } from '../model/text.ts';
import { formatDevices } from './format.ts';
import { type ParsedDevices, parseDevices, type ReadPhoto } from './parser.ts';
import { register, registerAll } from './registration.ts';
import { createDeviceRegistry } from './registry.ts';

export const devicesPath = (dataDir: string): string => join(dataDir, 'devices.yaml');

/** Empty when nothing was registered yet. @throws LabError naming line and field */
export function loadDevices(dataDir: string): Device[] {
  const path = devicesPath(dataDir);
  return existsSync(path) ? readDevicesFile(path).devices : [];
}

/**
 * The registered phones, and how to write them. An edit made by hand since they were read is never overwritten.
 * @throws LabError
 */
export function openDevicesFile(dataDir: string): { devices: Device[]; save: (devices: readonly Device[]) => void } {
  const path = devicesPath(dataDir);
  let known = writtenAt(path);
  return {
    devices: loadDevices(dataDir),
    save(devices) {
      if (writtenAt(path) !== known) throw labError(text('devices.edited', { path }));
      saveDevices(dataDir, devices);
      known = writtenAt(path);
    },
  };
}

/** Null when there is none. */
const writtenAt = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

/** A devices file of the operator's. @throws LabError naming line and field of the first problem and how many there are */
export function readDevicesFile(path: string): { devices: Device[]; warnings: string[] } {
  let written: string;
  try {
    written = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw labError(text('devices.file-unread', { path, error: code ?? message }));
  }
  const { devices, warnings } = accepted(parseDevices(written, path), path);
  return { devices, warnings: warnings.map((warning) => problemLine(path, warning)) };
}

/**
 * One device as an API or a command got it: an item of `devices:`.
 * @param readPhoto an API passes one that refuses: its clients may not name files of this machine.
 * @throws LabError naming the field
 */
export function deviceFromEntry(entry: unknown, directory: string, readPhoto?: ReadPhoto): Device {
  return readEntry(entry, directory, readPhoto).device;
}

/** Each by itself. @throws LabError that names the first that is not as it should be, as `devices[3]` */
export function readAll<T>(entries: readonly unknown[], read: (entry: unknown) => T): T[] {
  return entries.map((entry, index) => {
    try {
      return read(entry);
    } catch (error) {
      if (error instanceof LabError)
        throw labError(text('devices.of', { list: 'devices', index, problem: textOf(error) }));
      throw error;
    }
  });
}

/** The same, with what may be mistyped. */
export function readEntry(
  entry: unknown,
  directory: string,
  readPhoto?: ReadPhoto,
): { device: Device; warnings: Text[] } {
  let written: string;
  try {
    written = JSON.stringify({ devices: [entry] });
  } catch {
    throw labError(text('devices.not-plain'));
  }
  const parsed = parseDevices(written, join(directory, 'device'), readPhoto);
  // Everything stands on one made-up line: only the field is worth naming.
  if (!parsed.ok) parsed.errors = parsed.errors.map((error) => ({ ...error, line: 0, field: shortField(error.field) }));
  const { devices, warnings } = accepted(parsed, 'device');
  const device = devices[0];
  if (!device) throw labError(text('file.field', { field: 'device', problem: text('devices.no-id') }));
  // Of a phone that is known by its login or not at all a command says it in its own words.
  return { device, warnings: warnings.filter(({ text: why }) => why?.key !== UNADDRESSED).map(ownWarning) };
}

/** @throws LabError when the disk refuses */
export function saveDevices(dataDir: string, devices: readonly Device[]): void {
  try {
    const photoPath = (photo: PlantedPhoto): string => keepPhoto(dataDir, photo);
    replaceFile(devicesPath(dataDir), formatDevices(devices, 'yaml', photoPath));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw labError(text('devices.not-written', { path: devicesPath(dataDir), error: code ?? message }));
  }
}

/** For commands while no lab runs. @throws LabError */
export function openStoredDevices(dataDir: string): StoredDevices {
  const registry = createDeviceRegistry({
    ...openDevicesFile(dataDir),
    neighbours: { macOf: () => null },
  });
  return {
    list: () => [...registry.list()],
    putAll: (entries, how) =>
      registerAll(
        registry,
        readAll(entries, (entry) => readEntry(entry, process.cwd())),
        how,
      ),
    put: (entry, how) => register(registry, readEntry(entry, process.cwd()), how),
    remove: (id) => registry.remove(id),
    text: (format) => formatDevices(registry.list(), format, (photo) => photoFile(dataDir, photo)),
  };
}

function accepted(parsed: ParsedDevices, fileName: string): Extract<ParsedDevices, { ok: true }> {
  if (parsed.ok) return parsed;
  const [first = text('file.said', { problem: fileName }), ...others] = parsed.errors.map((error) =>
    problemText(fileName, error),
  );
  throw labError(
    others.length === 0 ? first : text('file.more', { first, number: others.length, others: others.slice(0, 3) }),
  );
}

const UNADDRESSED: TextKey = 'devices.unaddressed';

/** Of one phone alone: `imei: …` in place of `device: devices[0].identifiers.imei[0]: …`. */
function ownWarning({ field, problem, text: why }: Problem): Text {
  const said = why ?? text('file.said', { problem });
  const name = shortField(field)
    ?.replace(/^identifiers\./, '')
    .replace(/^(\w+)\[0\]/, '$1');
  return name ? text('file.field', { field: name, problem: said }) : said;
}

const textOf = ({ text: why, message }: LabError): Text => why ?? text('file.said', { problem: message });

const shortField = (field: string | null): string | null => field?.replace(/^devices\[0\]\.?/, '') || null;

/** By content: the same picture is kept once, and two pictures of one name do not overwrite each other. */
const photoFile = (dataDir: string, { name, bytes }: PlantedPhoto): string =>
  join(dataDir, 'photos', createHash('sha256').update(bytes).digest('hex').slice(0, 16), name);

/** Removes planted photos that belong to none of these devices (any more). */
export function sweepPhotos(dataDir: string, devices: readonly Device[]): void {
  const directory = join(dataDir, 'photos');
  if (!existsSync(directory)) return;
  const kept = new Set(devices.flatMap(({ canaries }) => canaries.photos.map((photo) => photoFile(dataDir, photo))));
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) rmSync(path);
  }
}

function keepPhoto(dataDir: string, photo: PlantedPhoto): string {
  const path = photoFile(dataDir, photo);
  if (!existsSync(path)) replaceFile(path, photo.bytes);
  return path.slice(dataDir.length).replace(/^[/\\]+/, '');
}

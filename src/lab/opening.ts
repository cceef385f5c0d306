/** Opens what the lab needs from disk before its first connection; every failure is one line that says what to do. */
import { readFileSync } from 'node:fs';
import { createNeighbourTable } from '../devices/neighbours.ts';
import { createDeviceRegistry, type DeviceRegistry } from '../devices/registry.ts';
import { openDevicesFile, readDevicesFile } from '../devices/store.ts';
import { type Geo, openGeo } from '../enrich/geo.ts';
import { prepareGeo } from '../enrich/preparation.ts';
import { labError } from '../formats/refusal.ts';
import { clean } from '../formats/terminal.ts';
import { LabError, type LabOptions } from '../model/lab.ts';
import { text } from '../model/text.ts';

/** A file given by flag is the operator's own: it is read, never written. Otherwise DATA/devices.yaml is both. */
export function openRegistry(options: LabOptions, warnings: string[]): DeviceRegistry {
  const neighbours = createNeighbourTable({ now: () => performance.now() });
  if (!options.devicesFile) {
    return createDeviceRegistry({ ...openDevicesFile(options.data), neighbours });
  }
  const registered = readDevicesFile(options.devicesFile);
  warnings.push(...registered.warnings);
  return createDeviceRegistry({ devices: registered.devices, neighbours });
}

/** The databases of places and networks; they can be exchanged while flows go on. */
export interface Places extends Geo {
  /** What lies in the directory now answers from the next look-up on. @throws LabError: then the old ones go on */
  reopen(): void;
}

/** Without its tables the lab runs and names no networks, and says so. */
/** @param ownersDir where a lab's own companies lie besides, and those of its hub */
export async function openPlaces(dir: string, warnings: string[], ownersDir: string | null = null): Promise<Places> {
  const show = progressLine();
  try {
    await prepareGeo(dir, ({ text, done }) => show(text, done));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    warnings.push(error.message);
  }
  const open = () => openGeo(dir, { now: Date.now, ...(ownersDir !== null && { ownersDir }) });
  let geo = open();
  warnings.push(...geo.sources.flatMap(({ advice }) => advice ?? []));
  return {
    get sources() {
      return geo.sources;
    },
    locate: (...asked) => geo.locate(...asked),
    close: () => geo.close(),
    reopen() {
      const next = open();
      geo.close();
      geo = next;
    },
  };
}

/** On stderr, because stdout may belong to NDJSON: one line written over on a terminal, else one line per text. */
function progressLine(): (text: string, done: number) => void {
  let last = '';
  return (given, done) => {
    const text = clean(given);
    const percent = Math.round(done * 100);
    if (process.stderr.isTTY) process.stderr.write(`\r${text} ${percent} %\u001b[K${percent === 100 ? '\n' : ''}`);
    else if (text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
}

/** @throws LabError when the file holds no PEM certificate */
export function readCertificates(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw labError(text('fault.flag-unread', { flag: '--upstream-ca', file: path, code }));
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw labError(text('fault.upstream-ca', { file: path }));
  return pem;
}

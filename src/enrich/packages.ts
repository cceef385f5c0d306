/** Where the databases lie, and of which day they are. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Text, text } from '../model/text.ts';

const require = createRequire(import.meta.url);

/** `geoip/` of this installation: owners.json, the compiled tables, and files the operator dropped in. */
export const INSTALLED_DIR = join(import.meta.dirname, '../../geoip');

/** How what belongs to the installation is put right: in a checkout, or wherever else it came from. */
export const INSTALL_AGAIN: Text = text(
  existsSync(join(import.meta.dirname, '../../package-lock.json')) ? 'geo.again.checkout' : 'geo.again.installed',
);

export interface DataPackage {
  name: string;
  directory: string;
  version: string;
  /** ISO date, from the version (`2.3.2026060120` = 1 June 2026, 20 h); null when it holds none. */
  date: string | null;
}

/** A package of @ip-location-db; null when it is not installed. */
export const dataPackage = (name: string): DataPackage | null => find(name, `@ip-location-db/${name}/package.json`);

/** The IEEE's registry of hardware makers. It exports its data only, not its package.json. */
export const vendorPackage = (): DataPackage | null => find('oui-data', 'oui-data');

function find(name: string, entry: string): DataPackage | null {
  try {
    const directory = dirname(require.resolve(entry));
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string };
    return { name, directory, version, date: dateOf(version) };
  } catch {
    return null;
  }
}

/** ISO date of a version as these packages have it; null when it holds none. */
export function dateOf(version: string): string | null {
  const stamp = /(\d{4})(\d{2})(\d{2})\d{2}$/.exec(version);
  const date = stamp && `${stamp[1]}-${stamp[2]}-${stamp[3]}`;
  return date && !Number.isNaN(Date.parse(date)) ? date : null;
}

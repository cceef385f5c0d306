/** Where npm put the databases, and of which day they are. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

export interface DataPackage {
  name: string;
  directory: string;
  version: string;
  /** ISO date, from the version (`2.3.2026060120` = 1 June 2026, 20 h); null when it holds none. */
  date: string | null;
}

/** Null when the package is not installed. */
export function dataPackage(name: string): DataPackage | null {
  try {
    const path = require.resolve(`@ip-location-db/${name}/package.json`);
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    return { name, directory: dirname(path), version, date: dateOf(version) };
  } catch {
    return null;
  }
}

function dateOf(version: string): string | null {
  const stamp = /(\d{4})(\d{2})(\d{2})\d{2}$/.exec(version);
  const date = stamp && `${stamp[1]}-${stamp[2]}-${stamp[3]}`;
  return date && !Number.isNaN(Date.parse(date)) ? date : null;
}

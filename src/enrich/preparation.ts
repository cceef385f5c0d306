/**
 * Makes ready what the lab needs to name networks and hardware makers: compiles their tables once after an installation
 * or an update. Promise: nothing to do costs a few milliseconds (checksums); otherwise a process of its own works for
 * some seconds, so that its memory is not the lab's, and a table is whole or not there. The tables follow from the
 * packages alone, so they lie with the installation and serve every data directory; where it is read-only, in that one.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { text as sentence } from '../model/text.ts';
import { asTableName } from './as-table.ts';
import type { Task } from './compile-main.ts';
import { type DataPackage, dataPackage, INSTALL_AGAIN, INSTALLED_DIR, vendorPackage } from './packages.ts';
import { sourceStamp, verifyTable } from './table-file.ts';
import { VENDORS_TABLE } from './vendors.ts';

export interface Progress {
  /** What is being done and why, for a progress line. */
  text: string;
  /** 0 to 1. */
  done: number;
}

/** Null for a package that is not installed. */
export interface Packages {
  asn: DataPackage | null;
  asCountry: DataPackage | null;
  vendors: DataPackage | null;
}

const installedPackages = (): Packages => ({
  asn: dataPackage('asn'),
  asCountry: dataPackage('iptoasn-country-mmdb'),
  vendors: vendorPackage(),
});

const MAIN = join(import.meta.dirname, `compile-main${extname(import.meta.filename)}`);
/** A slow single-board computer takes a minute. */
const TIMEOUT_MS = 10 * 60_000;

export interface PrepareOptions {
  packages?: Packages;
  /** `geoip/` of the installation. */
  installed?: string;
}

/**
 * @param dir the operator's geoip directory; tables are made there only when the installation cannot be written.
 * @throws LabError: the lab can run without, it then names no networks.
 */
export async function prepareGeo(
  dir: string,
  onProgress: (progress: Progress) => void,
  { packages = installedPackages(), installed = INSTALLED_DIR }: PrepareOptions = {},
): Promise<void> {
  const { asn, asCountry, vendors } = packages;
  if (!asn || !asCountry || !vendors) {
    // A package brings the tables and not what they were made from.
    if (isWhole(installed)) return;
    throw labError(sentence('geo.not-installed', { again: INSTALL_AGAIN }));
  }
  const present = { asn, asCountry, vendors };
  if (work(dir, present).tasks.length === 0) return;
  const target = canWrite(installed) ? installed : dir;
  const { tasks, why } = work(target, present);
  if (tasks.length === 0) return;
  const text = `geo data: compiling tables of ${tasks.map(({ table }) => table).join(' and ')} (${why})`;
  onProgress({ text, done: 0 });
  try {
    mkdirSync(target, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw labError(sentence('geo.unmade', { dir: target, code: code ?? '' }));
  }
  await compile(tasks, target, (done) => onProgress({ text, done }));
}

/** The tables of this directory can be read, whatever they were made from. */
function isWhole(dir: string): boolean {
  try {
    for (const name of [asTableName(4), asTableName(6), VENDORS_TABLE]) verifyTable(join(dir, name));
    return true;
  } catch {
    return false;
  }
}

/** What must be made in a directory, and why. */
function work(dir: string, packages: Record<keyof Packages, DataPackage>): { tasks: Task[]; why: string } {
  const { asn, asCountry, vendors } = packages;
  const tasks: Task[] = [];
  const reasons: string[] = [];
  const want = (reason: string | null, task: Task): void => {
    if (reason === null) return;
    tasks.push(task);
    reasons.push(reason);
  };
  const networkSource = sourceStamp(`${asn.version} ${asCountry.date ?? ''}`);
  want(
    staleness(
      [asTableName(4), asTableName(6)].map((name) => join(dir, name)),
      networkSource,
    ),
    {
      table: 'networks',
      asnPackage: asn.directory,
      countryPackage: asCountry.directory,
      source: networkSource,
      outDir: dir,
    },
  );
  const path = join(dir, VENDORS_TABLE);
  const source = sourceStamp(vendors.version);
  want(staleness([path], source), {
    table: 'vendors',
    registry: join(vendors.directory, 'index.json'),
    source,
    path,
  });
  return { tasks, why: reasons[0] ?? '' };
}

function canWrite(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return statSync(dir).isDirectory();
  } catch {
    return false;
  }
}

/** Why the tables must be made; null when they are there, whole, and of this source. */
function staleness(paths: readonly string[], source: string): string | null {
  for (const path of paths) {
    try {
      if (verifyTable(path).source !== source) return 'the data was updated';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'first start' : 'the old one is damaged';
    }
  }
  return null;
}

function compile(tasks: Task[], dir: string, onProgress: (done: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, JSON.stringify(tasks)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const done = Number(text.trim().split('\n').at(-1));
      if (done >= 0 && done <= 1) onProgress(done);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    const fail = (reason: string): void => reject(labError(sentence('geo.uncompiled', { reason, dir })));
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(complaint.trim().split('\n').at(-1) || (signal ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

/**
 * Makes ready what the lab needs to name networks: compiles the AS tables once after an installation or an update.
 * Promise: nothing to do costs a few milliseconds (a checksum); otherwise a process of its own works for some
 * seconds, so that its memory is not the lab's, and a table is whole or not there.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../model/lab.ts';
import { tableName, verifyAsTable } from './as-table.ts';
import type { CompileInput } from './compile-as-table.ts';
import { type DataPackage, dataPackage } from './packages.ts';

export interface Progress {
  /** What is being done and why, for a progress line. */
  text: string;
  /** 0 to 1. */
  done: number;
}

const MAIN = join(import.meta.dirname, 'compile-as-table-main.ts');
/** A slow single-board computer takes a minute. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * @param dir where the compiled tables lie; made when missing.
 * @throws LabError: the lab can run without, it then names no networks.
 */
export async function prepareGeo(
  dir: string,
  onProgress: (progress: Progress) => void,
  findPackage: (name: string) => DataPackage | null = dataPackage,
): Promise<void> {
  const asn = findPackage('asn');
  const country = findPackage('iptoasn-country-mmdb');
  if (!asn || !country) {
    throw new LabError("geo data: package @ip-location-db/asn is not installed: run 'npm ci' to name networks");
  }
  const source = `${asn.version} ${country.version.replace(/^.*\./, '')}`.slice(0, 28);
  const why = staleness(dir, source);
  if (why === null) return;
  const text = `geo data: compiling the table of networks (${why})`;
  onProgress({ text, done: 0 });
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new LabError(
      `geo data: ${dir} cannot be made (${(error as NodeJS.ErrnoException).code}): no networks are named`,
    );
  }
  const input = { asnPackage: asn.directory, countryPackage: country.directory, source, outDir: dir };
  await runCompiler(input, (done) => onProgress({ text, done }));
}

/** Why the tables must be made; null when they are there, whole, and of these sources. */
function staleness(dir: string, source: string): string | null {
  for (const family of [4, 6] as const) {
    try {
      const header = verifyAsTable(join(dir, tableName(family)));
      if (header.source !== source || header.family !== family) return 'the data was updated';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'first start' : 'the old one is damaged';
    }
  }
  return null;
}

function runCompiler(input: CompileInput, onProgress: (done: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, JSON.stringify(input)], {
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
    const fail = (reason: string): void =>
      reject(
        new LabError(
          `geo data: cannot be compiled (${reason}): no networks are named; check space and rights of ${input.outDir}`,
        ),
      );
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(complaint.trim().split('\n').at(-1) || (signal ? `ended by ${signal}` : `exit code ${code}`));
    });
  });
}

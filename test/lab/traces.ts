/**
 * What a laboratory leaves on the machine while it runs, marked so that it can be told from everybody else's: namespaces by
 * their name, processes by a word of their environment, directories by their place. `leftOf` lists what is still there.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runDirectory } from '../../src/gateway/state.ts';

const VARIABLE = 'PHONEHOME_LABORATORY';

/** One test run: all laboratories of all its workers. Set by `nothing-left.ts`; a worker without it stands for itself. */
export const thisRun = (): string => process.env[VARIABLE] ?? `alone${process.pid}`;

export function beginRun(): string {
  const run = `${process.pid.toString(36)}${Math.random().toString(36).slice(2, 6)}`;
  process.env[VARIABLE] = run;
  return run;
}

/** For every process of a laboratory; daemons inherit it. */
export const markedEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  [VARIABLE]: thisRun(),
  [MARK]: thisRun(),
});
/** Workers of the test run carry the first variable as well: only what a laboratory started carries this one. */
const MARK = 'PHONEHOME_LABORATORY_PROCESS';

let made = 0;
export const namespaceName = (host: string, id: number): string => `ph-${host}-${thisRun()}-${process.pid}-${id}`;
export const nextId = (): number => ++made;

const place = (run: string): string => path.join(tmpdir(), `ph-lab-${run}`);
const list = (run: string): string => path.join(place(run), 'made');

/** An empty directory for a gateway's data; the test removes it. */
export function labDirectory(): string {
  mkdirSync(place(thisRun()), { recursive: true });
  const directory = mkdtempSync(path.join(place(thisRun()), 'data-'));
  // Its gateway's other directory has a name of its own.
  appendFileSync(list(thisRun()), `${directory}\n`);
  return directory;
}

/** One line per thing; empty when everything is gone. */
export function leftOf(run: string): string[] {
  const directories = existsSync(list(run)) ? readFileSync(list(run), 'utf8').split('\n').filter(Boolean) : [];
  return [
    ...namespaces(run).map((name) => `namespace ${name}`),
    ...processes(run).map((command) => `process ${command}`),
    ...directories.filter((one) => existsSync(one)).map((one) => `directory ${one}`),
    ...directories
      .map(runDirectory)
      .filter((one) => existsSync(one))
      .map((one) => `directory ${one}`),
  ];
}

export function endRun(run: string): void {
  rmSync(place(run), { recursive: true, force: true });
}

/** A laboratory outside a test run (a bench) has nobody who ends the run after it. */
export function endOwnRun(): void {
  if (process.env[VARIABLE] === undefined) endRun(thisRun());
}

function namespaces(run: string): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.includes(`-${run}-`)) : [];
}

function processes(run: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${MARK}=${run}`)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`];
      } catch {
        return []; // ended meanwhile, or another user's
      }
    });
}

/** A gateway is up on this machine itself, outside any laboratory. */
export function isUpHere(): boolean {
  try {
    return execFileSync('nft', ['list', 'tables'], { encoding: 'utf8', stdio: 'pipe' }).includes('inet phonehome');
  } catch {
    return false; // no nft, no root: none was brought up
  }
}

/**
 * Turns whatever went wrong into one line that says what to do, and an exit code.
 * Promise: 0 done, 1 failed, 2 wrong usage, 3 findings present; no stack without `--verbose`.
 */

import { clean } from '../formats/terminal.ts';
import { LabError } from '../model/lab.ts';
import { tell } from './output.ts';
import { inWords, words } from './words.ts';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const ADVICE: Record<string, (error: NodeJS.ErrnoException & { port?: number; address?: string }) => string> = {
  EADDRINUSE: (e) => words('error.in-use', { port: e.port ?? '?' }),
  EADDRNOTAVAIL: (e) => words('error.no-such-address', { address: e.address ?? '?' }),
  EACCES: (e) =>
    e.syscall === 'listen'
      ? words('error.listen', { port: e.port ?? '?' })
      : words('error.access', { act: e.syscall ?? 'open', path: e.path ?? '?' }),
  EPERM: (e) => words('error.not-permitted', { act: e.syscall ?? 'operation', path: e.path ?? '' }).trim(),
  ENOENT: (e) => words('error.not-there', { path: e.path ?? '?' }),
  EISDIR: (e) => words('error.directory', { path: e.path ?? '?' }),
  ENOTDIR: (e) => words('error.no-directory', { path: e.path ?? '?' }),
  ENOSPC: () => words('error.full'),
  EROFS: (e) => words('error.read-only', { path: e.path ?? '?' }),
  ECONNREFUSED: () => words('error.no-answer'),
};

/** One line for people, without a stack and without line breaks. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return clean(String(error));
  const system = error as NodeJS.ErrnoException;
  const advice = system.code ? ADVICE[system.code] : undefined;
  const said = error instanceof LabError && error.text ? inWords(error.text) : error.message;
  const text = advice && error.constructor === Error ? advice(system) : said;
  return clean(text.replace(/\s*\n\s*/g, ' ').trim()) || error.name;
}

export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}

/** Writes the line to stderr, and the stack below it when `verbose`. */
export function report(error: unknown, verbose: boolean): void {
  tell(`phonehome: ${explain(error)}`);
  if (verbose && error instanceof Error) tell(error.stack ?? '');
}

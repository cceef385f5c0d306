/**
 * Turns whatever went wrong into one line that says what to do, and an exit code.
 * Promise: 0 done, 1 failed, 2 wrong usage, 3 findings present; no stack without `--verbose`.
 */

import { clean } from '../formats/terminal.ts';
import { tell } from './output.ts';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const ADVICE: Record<string, (error: NodeJS.ErrnoException & { port?: number; address?: string }) => string> = {
  EADDRINUSE: (e) =>
    `port ${e.port ?? '?'} is in use: stop the other program, or choose another port (0 = any free one)`,
  EADDRNOTAVAIL: (e) =>
    `this machine has no address ${e.address ?? '?'}: use --host 0.0.0.0, or one of its own addresses`,
  EACCES: (e) =>
    e.syscall === 'listen'
      ? `no right to listen on port ${e.port ?? '?'}: choose one above 1023`
      : `no right to ${e.syscall ?? 'open'} ${e.path ?? 'a file'}: check its owner and mode`,
  EPERM: (e) => `not permitted: ${e.syscall ?? 'operation'} ${e.path ?? ''}`.trim(),
  ENOENT: (e) => `there is no ${e.path ?? 'such file'}: check the path`,
  EISDIR: (e) => `${e.path ?? 'this'} is a directory, a file is needed`,
  ENOTDIR: (e) => `${e.path ?? 'this'} is not a directory`,
  ENOSPC: () => 'the disk is full: free some space, or choose another --data directory',
  EROFS: (e) => `${e.path ?? 'the disk'} is read-only: choose another --data directory`,
  ECONNREFUSED: () => 'nothing answers there: is the lab running? (phonehome doctor)',
};

/** One line for people, without a stack and without line breaks. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return clean(String(error));
  const system = error as NodeJS.ErrnoException;
  const advice = system.code ? ADVICE[system.code] : undefined;
  const text = advice && error.constructor === Error ? advice(system) : error.message;
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

/**
 * The machine as the gateway sees it: commands, files below /proc and /run, processes.
 * Promise: nothing here goes through a shell; a command that fails is a value with its first line of complaint.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../formats/replace-file.ts';

export type Ran = { ok: true; out: string } | { ok: false; why: string };

export interface Machine {
  platform: string;
  isRoot: boolean;
  /** `SSH_CONNECTION` of the operator's session (sshd(8)); sudo often drops it. */
  sshConnection: string | null;
  /** Path of a program, or null. */
  tool(name: string): string | null;
  /** Runs a program to its end, at most 20 s. */
  run(name: string, args: string[], input?: string): Ran;
  /** Null when it cannot be read. */
  read(path: string): string | null;
  /** Replaces a file at once or not at all, makes its directory; the owner is that of the directory. @throws */
  write(path: string, text: string, mode: number): void;
  /** Writes into an existing file of the kernel. */
  set(path: string, value: string): Ran;
  remove(path: string): void;
  /** Signal 0 asks whether it lives. False when there is no such process. */
  signal(pid: number, signal: NodeJS.Signals | 0): boolean;
  /** Blocks. */
  wait(ms: number): void;
}

const TIME_LIMIT_MS = 20_000;
/** Administrators' tools are often not in a user's PATH. */
const DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/bin', '/bin', '/usr/local/bin'];

export function thisMachine(): Machine {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    sshConnection: process.env.SSH_CONNECTION ?? null,
    tool: findTool,
    run(name, args, input = '') {
      const path = findTool(name);
      if (!path) return { ok: false, why: `${name} is not installed` };
      const done = spawnSync(path, args, { input, encoding: 'utf8', timeout: TIME_LIMIT_MS, maxBuffer: 64 << 20 });
      if (done.status === 0) return { ok: true, out: done.stdout };
      const said = `${done.stderr ?? ''}\n${done.stdout ?? ''}`.split('\n').find((line) => line.trim() !== '');
      return { ok: false, why: said?.trim() ?? done.error?.message ?? `${name} ended with ${done.status}` };
    },
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    // The helper runs as root, and what is written into the data directory must stay its owner's to read.
    write: (path, text, mode) => replaceFile(path, text, { mode, directoryMode: 0o755 }),
    set(path, value) {
      try {
        const file = openSync(path, 'w');
        try {
          writeSync(file, value);
        } finally {
          closeSync(file);
        }
        return { ok: true, out: '' };
      } catch (error) {
        return { ok: false, why: (error as NodeJS.ErrnoException).code ?? String(error) };
      }
    },
    remove: (path) => rmSync(path, { recursive: true, force: true }),
    signal(pid, signal) {
      try {
        process.kill(pid, signal);
        return true;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EPERM';
      }
    },
    wait: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  };
}

function findTool(name: string): string | null {
  for (const directory of DIRECTORIES) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not here.
    }
  }
  return null;
}

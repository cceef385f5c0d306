/**
 * The files that the user's words stand for: files, pipes, standard input, and what lies in directories.
 * Promise: every path is accounted for; links are followed, a circle of them once; nothing in a directory that could block
 * (a pipe, a device) is opened.
 */

import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine } from '../formats/error-line.ts';
import { LabError } from '../model/lab.ts';
import { isStandardInput } from './source.ts';

export interface RecordingFile {
  path: string;
  bytes: number;
  /** Found in a directory, not named by the user. */
  isListed: boolean;
  /** Can be read once, and forward only. */
  isStream: boolean;
}

export type Listed = RecordingFile | { path: string; why: string };

/** @throws LabError for a path that the user named and that is not there */
export function filesOf(paths: readonly string[]): Listed[] {
  return paths.flatMap((path): Listed[] => {
    if (isStandardInput(path)) return [{ path, bytes: 0, isListed: false, isStream: true }];
    const stat = statOf(path);
    if ('why' in stat)
      throw new LabError(stat.code === 'ENOENT' ? `there is no ${path}: check the path` : `${path}: ${stat.why}`);
    if (!stat.isDirectory()) return [{ path, bytes: stat.size, isListed: false, isStream: !stat.isFile() }];
    return within(path, new Set([realpathSync(path)]));
  });
}

function within(directory: string, seen: Set<string>): Listed[] {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    return [{ path: directory, why: whyOf(error) }];
  }
  return names.flatMap((name): Listed[] => {
    const path = join(directory, name);
    const stat = statOf(path);
    if ('why' in stat) return [{ path, why: stat.code === 'ENOENT' ? 'a link to what is not there' : stat.why }];
    const real = realpathSync(path);
    if (stat.isDirectory()) {
      if (seen.has(real)) return [{ path, why: 'a link to a directory that is read already' }];
      seen.add(real);
      return within(path, seen);
    }
    if (!stat.isFile()) return [{ path, why: 'no file: a pipe, socket or device' }];
    if (seen.has(real)) return [{ path, why: 'the same file as one that is read already' }];
    seen.add(real);
    return [{ path, bytes: stat.size, isListed: true, isStream: false }];
  });
}

function statOf(path: string): Stats | { why: string; code: string } {
  try {
    return statSync(path);
  } catch (error) {
    return { why: whyOf(error), code: (error as NodeJS.ErrnoException).code ?? '' };
  }
}

const WORDS: Partial<Record<string, string>> = {
  EACCES: 'must not be read: give yourself the right to (chmod u+r), or run as its owner',
  EPERM: 'must not be read',
  ELOOP: 'a link that leads to itself',
  EISDIR: 'a directory',
  ENOSPC: 'no room on the disk for its unpacked bytes: unpack it elsewhere first',
  ENXIO: 'a socket or device that cannot be read',
  Z_DATA_ERROR: 'its packed data are damaged: what came before was read',
  Z_BUF_ERROR: 'its packed data end in the middle: what came before was read',
};

/** Why a file could not be read, in a few words. */
export function whyOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && WORDS[code]) || `cannot be read (${errorLine(error)})`;
}

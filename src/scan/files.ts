/**
 * The files that the user's words stand for: files, pipes, standard input, and what lies in directories.
 * Promise: every path is accounted for; links are followed, a circle of them once; nothing in a directory that could block
 * (a pipe, a device) is opened.
 */

import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../formats/refusal.ts';
import { type Text, text } from '../model/text.ts';
import { isStandardInput } from './source.ts';
import { faultIn } from './told.ts';

export interface RecordingFile {
  path: string;
  bytes: number;
  /** Found in a directory, not named by the user. */
  isListed: boolean;
  /** Can be read once, and forward only. */
  isStream: boolean;
}

export type Listed = RecordingFile | { path: string; why: Text };

/** @throws LabError for a path that the user named and that is not there */
export function filesOf(paths: readonly string[]): Listed[] {
  return paths.flatMap((path): Listed[] => {
    if (isStandardInput(path)) return [{ path, bytes: 0, isListed: false, isStream: true }];
    const stat = statOf(path);
    if ('why' in stat)
      throw labError(
        stat.code === 'ENOENT' ? text('unread.not-there', { path }) : text('unread.at', { path, why: stat.why }),
      );
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
    if ('why' in stat) return [{ path, why: stat.code === 'ENOENT' ? text('unread.no-target') : stat.why }];
    const real = realpathSync(path);
    if (stat.isDirectory()) {
      if (seen.has(real)) return [{ path, why: text('unread.directory-again') }];
      seen.add(real);
      return within(path, seen);
    }
    if (!stat.isFile()) return [{ path, why: text('unread.no-file') }];
    if (seen.has(real)) return [{ path, why: text('unread.file-again') }];
    seen.add(real);
    return [{ path, bytes: stat.size, isListed: true, isStream: false }];
  });
}

function statOf(path: string): Stats | { why: Text; code: string } {
  try {
    return statSync(path);
  } catch (error) {
    return { why: whyOf(error), code: (error as NodeJS.ErrnoException).code ?? '' };
  }
}

const CODES = ['EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'ENOSPC', 'ENXIO', 'Z_DATA_ERROR', 'Z_BUF_ERROR'] as const;

/** Why a file could not be read, in a few words. */
export function whyOf(error: unknown): Text {
  const code = CODES.find((one) => one === (error as NodeJS.ErrnoException).code);
  return code === undefined ? faultIn(error) : text(`unread.code.${code}`);
}

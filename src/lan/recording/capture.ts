/**
 * A recording of the phones' networks: `dumpcap` into a ring of pcapng files, the oldest going first, so that evidence can be
 * looked at with other tools. Off unless asked for: it holds everything everybody on the network says.
 * Promise: never more than `maxMegabytes` on the disk; readable by its owner alone; a tool that cannot run is told.
 */

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Text, text } from '../../model/text.ts';
import { keepRunning, type Prefix, type Running } from '../tool.ts';

/** A ring of this many files: the oldest tenth goes at a time. */
const FILES = 10;
/** dumpcap takes the size of a file in units of 1,000 bytes. */
const UNITS_PER_MEGABYTE = 1000;

export const captureFiles = (directory: string) => ({
  /** dumpcap puts number and time before the ending. */
  ring: join(directory, 'lan.pcapng'),
  keys: join(directory, 'tls-keys.log'),
});

export function dumpcapArgs(interfaces: readonly string[], directory: string, maxMegabytes: number): string[] {
  const size = Math.max(1, Math.floor((maxMegabytes * UNITS_PER_MEGABYTE) / FILES));
  return [
    '-q',
    ...interfaces.flatMap((name) => ['-i', name]),
    '-B',
    '16',
    '-b',
    `filesize:${size}`,
    '-b',
    `files:${FILES}`,
    '-w',
    captureFiles(directory).ring,
  ];
}

export function startCapture(options: {
  interfaces: readonly string[];
  directory: string;
  maxMegabytes: number;
  prefix: Prefix;
  onTrouble: (trouble: Text | null) => void;
}): Running {
  const { interfaces, directory, maxMegabytes, prefix, onTrouble } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return keepRunning({
    name: 'dumpcap',
    args: dumpcapArgs(interfaces, directory, maxMegabytes),
    prefix,
    onData: () => {},
    onTrouble: (why) => onTrouble(why && text('net.not-recorded', { why })),
  });
}

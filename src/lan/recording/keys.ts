/**
 * The TLS key log (SSLKEYLOGFILE format, draft-ietf-tls-keylogfile) of what the lab decrypts, both legs: with it a capture can
 * be opened again. Kept only while a capture is on.
 * Promise: readable by its owner alone; a handshake costs a copy of its lines, they are written ten times a second; at most
 * two files of `maxBytes`, the older one goes.
 */

import { closeSync, fchmodSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Text, text } from '../../model/text.ts';

export interface KeyLog {
  /** One line with its line end, as Node's `keylog` event gives it. */
  write(line: Buffer): void;
  /** Lines that were lost because the disk failed. */
  lost(): number;
  close(): void;
}

/** A connection of TLS 1.3 is some 900 bytes a leg: a file holds the last 35,000 connections. */
const MAX_BYTES = 64 << 20;
const WRITE_EVERY_MS = 100;

/** The current file and the one before it, oldest first. */
export const keyLogFiles = (path: string): string[] => [`${path}.1`, path];

export function createKeyLog(
  path: string,
  options: { maxBytes?: number; onTrouble?: (trouble: Text) => void } = {},
): KeyLog {
  const { maxBytes = MAX_BYTES, onTrouble = () => {} } = options;
  let waiting: Buffer[] = [];
  let lost = 0;
  let told = false;
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    timer = null;
    const lines = waiting;
    waiting = [];
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      let file = openSync(path, 'a', 0o600);
      try {
        fchmodSync(file, 0o600);
        let { size } = fstatSync(file);
        for (const line of lines) {
          if (size + line.length > maxBytes) {
            renameSync(path, `${path}.1`);
            closeSync(file);
            file = openSync(path, 'a', 0o600);
            size = 0;
          }
          size += writeSync(file, line);
        }
      } finally {
        closeSync(file);
      }
      told = false;
    } catch (error) {
      lost += lines.length;
      const { code } = error as NodeJS.ErrnoException;
      if (!told) onTrouble(text('net.no-keys', { code: code ?? 'unknown' }));
      told = true;
    }
  }

  // At once: a file that cannot be written should be known before the first connection, and its rights be right.
  flush();
  return {
    write(line) {
      waiting.push(Buffer.from(line));
      timer ??= setTimeout(flush, WRITE_EVERY_MS).unref();
    },
    lost: () => lost,
    close() {
      if (timer) clearTimeout(timer);
      if (waiting.length > 0) flush();
    },
  };
}

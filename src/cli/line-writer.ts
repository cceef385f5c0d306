/**
 * Writes lines to an output that may be slow, stalled or gone, without ever waiting for it. Lines that do not fit into
 * `maxQueuedBytes` are dropped and counted; when there is room again, one line says which are missing. When the reader
 * has gone (EPIPE: `phonehome start --json | head`), writing stops quietly and `onGone` is told once.
 */

import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { cleanLines } from '../formats/terminal.ts';

export interface LineWriterOptions {
  /** A stalled reader may cost this much memory: about 700 alerts as JSON. */
  maxQueuedBytes?: number;
  /** The line that tells of lines `from` to `to` (as given to `write`) that are not there. */
  gapLine: (from: number, to: number) => string;
  onGone?: () => void;
}

export interface LineWriter {
  /** `seq` names the line in a gap. False when it was dropped or nobody reads any more. */
  write(line: string, seq: number): boolean;
  /** What must not be missing and is rare: a heading, an outcome. Text with its line ends. */
  say(text: string): void;
  stats(): { written: number; dropped: number; gone: boolean };
  /** Resolves when everything was written, or when a reader that stalls did not take it within `withinMs` (1,000). */
  end(withinMs?: number): Promise<void>;
}

export function createLineWriter(output: Writable, options: LineWriterOptions): LineWriter {
  const { gapLine, maxQueuedBytes = 1024 * 1024, onGone = () => {} } = options;
  let written = 0;
  let dropped = 0;
  let gone = false;
  let ending = false;
  let missing: { from: number; to: number } | null = null;

  const leave = () => {
    if (gone) return;
    gone = true;
    if (!ending) onGone();
  };
  output.on('error', leave);
  output.on('close', leave);
  const tellGap = () => {
    if (missing === null || gone) return;
    const { from, to } = missing;
    missing = null;
    output.write(`${gapLine(from, to)}\n`);
  };
  output.on('drain', tellGap);

  return {
    write(line, seq) {
      if (gone) return false;
      // Once behind, stay behind until `drain`: a gap is one range, not every other line.
      if (missing !== null || output.writableLength > maxQueuedBytes) {
        dropped++;
        missing = { from: missing?.from ?? seq, to: seq };
        return false;
      }
      written++;
      output.write(cleanLines(`${line}\n`));
      return true;
    },
    say(text) {
      tellGap();
      if (!gone) output.write(cleanLines(text));
    },
    stats: () => ({ written, dropped, gone }),
    end(withinMs = 1000) {
      tellGap();
      ending = true;
      return new Promise((resolve) => {
        if (gone || output.destroyed) {
          resolve();
          return;
        }
        const timer = setTimeout(() => {
          output.destroy();
          resolve(); // process.stdout on a terminal never closes
        }, withinMs);
        output.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        output.end();
      });
    },
  };
}

/**
 * Standard output that never blocks the event loop. `process.stdout` does on POSIX when it is a pipe or a terminal
 * (Node's "A note on process I/O"): a reader that stalls, or Ctrl-S, would stall every phone. A file stream would not
 * do for a pipe either: its blocked write keeps the process from ending.
 */
export function openStandardOutput(): Writable {
  if (process.stdout.isTTY) {
    // libuv opened the terminal anew: the shell's own descriptor stays as it is.
    const { _handle } = process.stdout as unknown as { _handle?: { setBlocking?(on: boolean): void } };
    _handle?.setBlocking?.(false);
    return process.stdout;
  }
  const kind = fstatSync(1);
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd: 1, readable: false, writable: true });
  if (kind.isFile()) return createWriteStream('', { fd: 1 });
  return process.stdout;
}

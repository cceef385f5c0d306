/**
 * Recorded traffic through the detector, a thread for each large file, as many at once as there are processors.
 * Promise: what is yielded comes file after file, in the order they were named; memory is bounded, because a thread that is
 * far ahead waits; a thread that dies costs its file, and that is told. One file alone needs no thread. A scan that is stopped
 * yields what was found until then, and names every file that was not read to its end.
 */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { heard } from '../formats/refusal.ts';
import { LabError } from '../model/lab.ts';
import type { Scanned, ScanOptions } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';
import { filesOf, type Listed } from '../scan/files.ts';
import { skipped } from '../scan/told.ts';
import { openPlaces } from './opening.ts';
import { type ScannedFile, scanFile } from './scan-file.ts';
import { GEO_DIR } from './scanner.ts';

export type { Scanned, Scanner, ScannerOptions, ScanOptions } from '../model/scan.ts';
export { createScanner } from './scanner.ts';

export interface ScanWorkerData {
  file: Listed;
  index: number;
  options: ScanOptions;
  /** Batches that may be sent before one was taken. */
  ahead: number;
}

/** To a thread: it may send another batch; it is to read no further. */
export type ScanOrder = 'more' | 'stop';
export type ScanMessage =
  | { batch: ScannedFile[] }
  | { isOver: true }
  | { fault: string; isExpected: boolean; text?: Text };

/** Of what is told at once. */
export const BATCH = 200;
/** An entry of a recording is some hundred bytes when its events are left out. */
const AHEAD = 20;

/**
 * What stands in these recordings (HAR, pcapng, NDJSON …; `-`: standard input), file after file. A finding carries the value itself.
 * @param stop ends it with what was found until then
 * @throws LabError for a path that is not there
 */
export async function* scan(
  paths: string[],
  options: ScanOptions,
  stop: AbortSignal | null = null,
): AsyncGenerator<Scanned> {
  const files = filesOf(paths);
  const totalBytes = files.reduce((sum, file) => sum + ('bytes' in file ? file.bytes : 0), 0);
  const readBytes = files.map(() => 0);
  const shown = (one: ScannedFile, index: number): Scanned => {
    if (one.type !== 'progress') return one;
    readBytes[index] = one.bytes;
    return { ...one, bytes: readBytes.reduce((sum, bytes) => sum + bytes, 0), totalBytes };
  };
  // Standard input is this thread's alone.
  const isSimple = files.length <= 1 || files.some((file) => 'isStream' in file && file.isStream);
  const scans = isSimple ? inTurn(files, options, stop) : inThreads(files, options, stop);
  for await (const [index, one] of scans) yield shown(one, index);
}

type Numbered = [index: number, one: ScannedFile];

const notBegun = ({ path }: Listed): ScannedFile => ({ type: 'stopped', file: path, entries: null });

async function* inTurn(
  files: readonly Listed[],
  options: ScanOptions,
  stop: AbortSignal | null,
): AsyncGenerator<Numbered> {
  for (const [index, file] of files.entries()) {
    if (stop?.aborted) yield [index, notBegun(file)];
    else for await (const one of scanFile(file, index, options, stop)) yield [index, one];
  }
}

async function* inThreads(
  files: readonly Listed[],
  options: ScanOptions,
  stop: AbortSignal | null,
): AsyncGenerator<Numbered> {
  // Compiled by one, before all of them want it.
  (await openPlaces(GEO_DIR, [])).close();
  const atOnce = Math.min(files.length, availableParallelism());
  const running = new Map<number, ScanThread>();
  const stopAll = (): void => {
    for (const thread of running.values()) thread.stop();
  };
  stop?.addEventListener('abort', stopAll);
  try {
    for (const [index, ofTurn] of files.entries()) {
      for (let next = index; next < index + atOnce; next++) {
        const file = files[next];
        if (file && !isSmall(file) && !running.has(next) && !stop?.aborted)
          running.set(next, inThread({ file, index: next, options, ahead: AHEAD }));
      }
      if (isSmall(ofTurn) && !stop?.aborted) {
        for await (const one of scanHere(ofTurn, index, options, stop)) yield [index, one];
        continue;
      }
      const thread = running.get(index);
      if (!thread) {
        yield [index, notBegun(ofTurn)];
        continue;
      }
      for await (const one of thread.messages()) yield [index, one];
      await thread.end();
      running.delete(index);
    }
  } finally {
    stop?.removeEventListener('abort', stopAll);
    for (const thread of running.values()) await thread.end();
  }
}

/** To begin a thread takes as long as to read so much. */
const SMALL = 256 << 10;
const isSmall = (file: Listed): boolean => 'bytes' in file && file.bytes <= SMALL;

/** A fault costs its file, as in a thread. */
async function* scanHere(
  file: Listed,
  index: number,
  options: ScanOptions,
  stop: AbortSignal | null,
): AsyncGenerator<ScannedFile> {
  try {
    yield* scanFile(file, index, options, stop);
  } catch (error) {
    if (error instanceof LabError) throw error;
    yield skipped(
      file.path,
      null,
      text('unread.fault', { error: error instanceof Error ? error.message : String(error) }),
    );
  }
}

/** One file in a thread of its own, which ends with the caller's interest. */
export async function* scanInThread(file: Listed, options: ScanOptions): AsyncGenerator<ScannedFile> {
  const thread = inThread({ file, index: 0, options, ahead: AHEAD });
  try {
    yield* thread.messages();
  } finally {
    await thread.end();
  }
}

interface ScanThread {
  messages(): AsyncGenerator<ScannedFile>;
  /** What it has read by then still comes. */
  stop(): void;
  end(): Promise<unknown>;
}

function inThread(data: ScanWorkerData): ScanThread {
  const worker = new Worker(new URL(`./scan-worker${extname(import.meta.url)}`, import.meta.url), { workerData: data });
  const order = (what: ScanOrder): void => worker.postMessage(what);
  const waiting: ScanMessage[] = [];
  let wake = (): void => {};
  const told = (message: ScanMessage): void => {
    waiting.push(message);
    wake();
  };
  worker.on('message', told);
  worker.on('error', (error: Error) => told({ fault: error.message, isExpected: false }));
  worker.on('exit', () => told({ isOver: true }));
  async function* messages(): AsyncGenerator<ScannedFile> {
    for (;;) {
      const message = waiting.shift();
      if (!message) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if ('isOver' in message) return;
      if ('fault' in message) {
        if (message.isExpected) throw heard(message);
        yield skipped(data.file.path, null, text('unread.fault', { error: message.fault }));
        return;
      }
      order('more');
      yield* message.batch;
    }
  }
  return { messages, stop: () => order('stop'), end: () => worker.terminate() };
}

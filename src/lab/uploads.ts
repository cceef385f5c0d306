/**
 * Recordings that come over the API. Promise: one at a time and no larger than stated; the file has no name on the disk from the
 * beginning, so nothing of it outlives the scan; the scan has a thread of its own, and what it says is masked.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { errorLine } from '../formats/error-line.ts';
import { refused } from '../formats/refusal.ts';
import { say } from '../formats/say.ts';
import { LabError } from '../model/lab.ts';
import type { ScanOptions } from '../model/scan.ts';
import { type Text, text } from '../model/text.ts';
import type { RecordedLine, UploadScan } from '../sinks/live/dependencies.ts';
import type { ScannedFile } from './scan-file.ts';
import { scanInThread } from './scanning.ts';

/** A day of a phone is some tens of megabytes. */
export const MAX_UPLOAD = 512 * 1024 * 1024;
/** Lines of each sort: a page shows no more. */
const MOST_LINES = 2000;

export interface UploadsOptions {
  /** Where the file lies while it has to. */
  directory: string;
  scanOptions: () => ScanOptions;
  maxBytes?: number;
}

export function createUploads(options: UploadsOptions): (body: AsyncIterable<Uint8Array>) => Promise<UploadScan> {
  const { directory, scanOptions, maxBytes = MAX_UPLOAD } = options;
  let isBusy = false;
  return async (body) => {
    if (isBusy) return { status: 409, ...refused(text('refused.uploading')) };
    isBusy = true;
    let file: FileHandle | null = null;
    const release = async (): Promise<void> => {
      isBusy = false;
      await file?.close();
    };
    try {
      file = await nameless(directory);
      const bytes = await receive(body, file, maxBytes);
      if (bytes === null) {
        await release();
        return { status: 413, ...refused(text('refused.upload-large', { most: maxBytes })) };
      }
      return { ok: true, lines: linesOf(file.fd, bytes, scanOptions(), release) };
    } catch (error) {
      await release();
      throw error;
    }
  };
}

/** A file that is gone when it is closed, however the process ends. */
export async function nameless(directory: string): Promise<FileHandle> {
  const name = path.join(directory, `upload-${randomBytes(8).toString('hex')}`);
  const file = await open(name, 'wx+', 0o600);
  unlinkSync(name);
  return file;
}

/** Null: too large. */
export async function receive(
  body: AsyncIterable<Uint8Array>,
  file: FileHandle,
  maxBytes: number,
): Promise<number | null> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    await file.write(chunk);
  }
  return bytes;
}

async function* linesOf(
  fd: number,
  bytes: number,
  options: ScanOptions,
  release: () => Promise<void>,
): AsyncGenerator<RecordedLine> {
  const counts: Counts = { entries: 0, findings: 0, contacts: 0, told: 0, missing: new Set() };
  try {
    const file = { path: `/dev/fd/${fd}`, bytes, isListed: false, isStream: false };
    for await (const one of scanInThread(file, options)) {
      const line = lineOf(one, counts);
      if (line) yield line;
      if (one.type === 'entry' && !one.contact) yield* unreadOf(one, counts);
    }
    yield {
      type: 'end',
      entries: counts.entries,
      findings: counts.findings,
      more: Math.max(0, counts.findings - MOST_LINES),
    };
  } catch (error) {
    yield withoutPath({ type: 'fault', reason: errorLine(error), ...(textOf(error) ? { text: textOf(error) } : {}) });
  } finally {
    await release();
  }
}

interface Counts {
  entries: number;
  findings: number;
  contacts: number;
  told: number;
  /** Of what phones sent: each reason is told once. */
  missing: Set<string>;
}

/**
 * What of an entry was not recorded, or not looked into, and was not told before. How it would have been kept is not said: no
 * file beside this one can be sent.
 */
function* unreadOf(entry: Extract<ScannedFile, { type: 'entry' }>, counts: Counts): Generator<RecordedLine> {
  const sent = entry.missing.filter(({ isAnswer }) => !isAnswer).map(({ why }) => why);
  for (const why of entry.partialText ? [...sent, entry.partialText] : sent) {
    const line = withoutPath({ type: 'skipped', reason: say(why), text: why } as const);
    if (counts.missing.has(line.reason) || counts.missing.size >= MOST_LINES) continue;
    counts.missing.add(line.reason);
    yield line;
  }
}

const textOf = (error: unknown): Text | undefined => (error instanceof LabError ? error.text : undefined);

/** The file has no name that anybody could use. */
const withoutPath = <T extends RecordedLine>(line: T): T =>
  JSON.parse(JSON.stringify(line).replaceAll(/\/dev\/fd\/\d+:? ?/g, ''));

/** Null: counted, and not told. */
function lineOf(one: ScannedFile, counts: Counts): RecordedLine | null {
  switch (one.type) {
    case 'finding': {
      if (++counts.findings > MOST_LINES) return null;
      const { value: _secret, ...finding } = one.finding;
      return { type: 'finding', entry: one.entry, app: one.app, finding };
    }
    case 'entry':
      counts.entries++;
      if (!one.contact) return null;
      if (++counts.contacts > MOST_LINES) return null;
      return { type: 'contact', entry: one.entry, host: one.contact.host, ...(one.facts ? { facts: one.facts } : {}) };
    case 'progress':
      return { type: 'progress', bytes: one.bytes };
    // Nobody stops it: whoever goes away ends its thread.
    case 'stopped':
      return null;
    case 'partial':
      return ++counts.told > MOST_LINES ? null : withoutPath(one);
    default: {
      const { type, reason, text } = one;
      return ++counts.told > MOST_LINES ? null : withoutPath({ type, reason, text });
    }
  }
}

/** Where registered phones stand: their values are searched for in recordings, too. */
export const devicesFileIn = (data: string, given: string | null): string | null => {
  if (given !== null) return given;
  const own = path.join(data, 'devices.yaml');
  return existsSync(own) ? own : null;
};

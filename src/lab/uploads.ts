/**
 * Recordings that come over the API. Promise: one at a time and no larger than stated; the file has no name on the disk from the
 * beginning, so nothing of it outlives the scan; the scan has a thread of its own, and what it says is masked.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { ScanOptions } from '../model/lab.ts';
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
    if (isBusy) return { ok: false, status: 409, why: 'another recording is being read: wait until it is done' };
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
        return { ok: false, status: 413, why: `too large: at most ${maxBytes} bytes; larger ones by phonehome scan` };
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
    }
    yield {
      type: 'end',
      entries: counts.entries,
      findings: counts.findings,
      more: Math.max(0, counts.findings - MOST_LINES),
    };
  } catch (error) {
    yield { type: 'fault', reason: error instanceof Error ? withoutPath(error.message) : String(error) };
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

/** What of an entry was not recorded, or not looked into, and was not told before. */
function unreadOf({ missing, partial }: Extract<ScannedFile, { type: 'entry' }>, counts: Counts): RecordedLine | null {
  const reasons = [...missing.filter((each) => !/^response /.test(each)), ...(partial ? [partial] : [])];
  const reason = withoutPath(reasons.join('; ')).replace(/ \(keys are read from a file beside [^)]*\)/, '');
  if (reason === '' || counts.missing.has(reason) || counts.missing.size >= MOST_LINES) return null;
  counts.missing.add(reason);
  return { type: 'skipped', reason };
}

const withoutPath = (text: string): string => text.replaceAll(/\/dev\/fd\/\d+:? ?/g, '');

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
      if (!one.contact) return unreadOf(one, counts);
      if (++counts.contacts > MOST_LINES) return null;
      return { type: 'contact', entry: one.entry, host: one.contact.host, ...(one.facts ? { facts: one.facts } : {}) };
    case 'progress':
      return { type: 'progress', bytes: one.bytes };
    // Nobody stops it: whoever goes away ends its thread.
    case 'stopped':
      return null;
    case 'partial':
      return ++counts.told > MOST_LINES ? null : JSON.parse(withoutPath(JSON.stringify(one)));
    default:
      return ++counts.told > MOST_LINES ? null : { type: one.type, reason: withoutPath(one.reason) };
  }
}

/** Where registered phones stand: their values are searched for in recordings, too. */
export const devicesFileIn = (data: string, given: string | null): string | null => {
  if (given !== null) return given;
  const own = path.join(data, 'devices.yaml');
  return existsSync(own) ? own : null;
};

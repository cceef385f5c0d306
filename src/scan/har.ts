/**
 * HAR files of any size, one entry in memory at a time.
 * Promise: entries before a broken place are read, and the break is reported; nothing of the file is silently passed over.
 */
import { createReadStream } from 'node:fs';
import { JSONParser } from '@streamparser/json';
import type { Recorded } from '../model/lab.ts';
import { exchangeEvents } from './exchange.ts';
import { type HarEntry, readEntry } from './har-entry.ts';

/** @param flowPrefix makes flow ids unique over several files. @param onBytes told how much was read. */
export async function* readHar(
  file: string,
  flowPrefix: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Recorded> {
  const parser = new JSONParser({
    paths: ['$.log.entries.*'],
    keepStack: false,
    emitPartialTokens: false,
    emitPartialValues: false,
  });
  let ready: HarEntry[] = [];
  let broken: Error | null = null;
  parser.onValue = ({ value }) => {
    ready.push(value as HarEntry);
  };
  parser.onError = (error) => {
    broken ??= error;
  };
  let entry = 0;
  let first = true;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    if (broken) continue;
    const hasMark = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    try {
      parser.write(hasMark ? chunk.subarray(3) : chunk);
    } catch (error) {
      broken ??= error as Error;
    }
    const batch = ready;
    ready = [];
    for (const each of batch) yield recorded(file, entry++, each, flowPrefix);
  }
  if (broken)
    yield { type: 'skipped', file, entry: null, reason: `broken JSON after ${entry} entries: the rest was not read` };
  else if (!parser.isEnded)
    yield { type: 'skipped', file, entry: null, reason: `the file ends in the middle: ${entry} entries were read` };
  else if (entry === 0)
    yield { type: 'skipped', file, entry: null, reason: 'no log.entries in it: not a HAR, or an empty one' };
}

function recorded(file: string, entry: number, harEntry: HarEntry, flowPrefix: string): Recorded {
  const read = readEntry(harEntry, `${flowPrefix}${entry}`);
  if (!read.ok) return { type: 'skipped', file, entry, reason: read.why };
  return { type: 'entry', file, entry, events: exchangeEvents(read.exchange), missing: read.missing };
}

/**
 * HAR files of any size, one entry in memory at a time.
 * Promise: entries before a broken place are read, and the break is reported; nothing of the file is silently passed over.
 */
import { createReadStream } from 'node:fs';
import type { Recorded } from '../model/lab.ts';
import { exchangeEvents } from './exchange.ts';
import { createHarEntries, MAX_ENTRY_BYTES } from './har-entries.ts';
import { type HarEntry, readEntry } from './har-entry.ts';

/** @param flowPrefix makes flow ids unique over several files. @param onBytes told how much was read. */
export async function* readHar(
  file: string,
  flowPrefix: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Recorded> {
  const entries = createHarEntries();
  let entry = 0;
  let first = true;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    const hasMark = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    for (const bytes of entries.push(hasMark ? chunk.subarray(3) : chunk))
      yield recorded(file, entry++, bytes, flowPrefix);
  }
  const state = entries.state();
  if (state === 'broken') yield skipped(file, null, `broken JSON after ${entry} entries: the rest was not read`);
  else if (state === 'in-the-middle')
    yield skipped(file, null, `the file ends in the middle: ${entry} entries were read`);
  else if (entry === 0) yield skipped(file, null, 'no log.entries in it: not a HAR, or an empty one');
}

function recorded(file: string, entry: number, bytes: Buffer | null, flowPrefix: string): Recorded {
  if (bytes === null) return skipped(file, entry, `entry larger than ${MAX_ENTRY_BYTES / 2 ** 20} MiB`);
  let harEntry: HarEntry;
  try {
    harEntry = JSON.parse(bytes.toString('utf8')) as HarEntry;
  } catch {
    return skipped(file, entry, 'no valid JSON');
  }
  const read = readEntry(harEntry, `${flowPrefix}${entry}`);
  if (!read.ok) return skipped(file, entry, read.why);
  return { type: 'entry', file, entry, events: exchangeEvents(read.exchange), missing: read.missing };
}

function skipped(file: string, entry: number | null, reason: string): Recorded {
  return { type: 'skipped', file, entry, reason };
}

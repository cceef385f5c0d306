/**
 * HAR files of any size, one entry in memory at a time, and of a very large one only what passes by.
 * Promise: entries before a broken place are read, and the break is reported; nothing of the file is silently passed over.
 */
import { createReadStream } from 'node:fs';
import type { Recorded } from '../model/lab.ts';
import { exchangeEvents } from './exchange.ts';
import { createHarEntries, MAX_ENTRY_BYTES } from './har-entries.ts';
import { formOfText, type HarEntry, readEntry } from './har-entry.ts';
import { createLongExchange, type LongExchange, type LongExchangeOptions } from './long-exchange.ts';

/** @param flowPrefix makes flow ids unique over several files. @param onBytes told how much was read. */
export async function* readHar(
  file: string,
  flowPrefix: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Recorded> {
  const entries = createHarEntries();
  let entry = 0;
  let first = true;
  let long: LongExchange | null = null;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    const hasMark = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    for (const item of entries.push(hasMark ? chunk.subarray(3) : chunk)) {
      if (Buffer.isBuffer(item)) {
        yield recorded(file, entry++, item, flowPrefix);
        continue;
      }
      long ??= createLongExchange(longEntry(`${flowPrefix}${entry}`));
      const events = long.push(item.piece);
      if (events.length > 0) yield { type: 'part', file, entry, events };
      if (!item.isLast) continue;
      yield ended(file, entry++, long);
      long = null;
    }
  }
  if (long) yield ended(file, entry++, long);
  const state = entries.state();
  if (state === 'broken') yield skipped(file, null, `broken JSON after ${entry} entries: the rest was not read`);
  else if (state === 'in-the-middle')
    yield skipped(file, null, `the file ends in the middle: ${entry} entries were read`);
  else if (entry === 0) yield skipped(file, null, 'no log.entries in it: not a HAR, or an empty one');
}

function longEntry(flowId: string): LongExchangeOptions {
  return {
    read: (entry) => readEntry(entry, flowId),
    bodyAt: (path, entry) => (path === 'request.postData.text' ? formOfText(entry) : null),
    isBehindRequest: (path) => path.startsWith('response.'),
  };
}

function ended(file: string, entry: number, long: LongExchange): Recorded {
  const end = long.end();
  const size = `entry larger than ${MAX_ENTRY_BYTES / 2 ** 20} MiB`;
  if (!end.ok) return skipped(file, entry, `${size}, ${end.why}`);
  return { type: 'entry', file, entry, events: end.events, missing: [], partial: `${size}: only its request was read` };
}

function recorded(file: string, entry: number, bytes: Buffer, flowPrefix: string): Recorded {
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

/**
 * HAR files of any size, one entry in memory at a time, and of a very large one only what passes by.
 * Promise: entries before a broken place are read, and the break is reported; of an entry that the file ends in, what is there
 * is read; nothing of the file is silently passed over.
 */
import { isUtf8 } from 'node:buffer';
import type { OpenExchange } from '../../model/recording.ts';
import type { Recorded } from '../../model/scan.ts';
import { text } from '../../model/text.ts';
import { contactEvents, wordOf } from '../contact.ts';
import { cutItem, type ItemPlace, parseItem, readItem, recordedItem } from '../item.ts';
import { createLongExchange, type LongExchange, type LongExchangeOptions } from '../long-exchange.ts';
import { formOf } from '../recorded-text.ts';
import { NO_TIME, timeOf } from '../time.ts';
import { inPart, skipped } from '../told.ts';
import { namesBytes } from './body.ts';
import { createHarEntries, MAX_ENTRY_BYTES } from './entries.ts';
import { fieldOf, type HarEntry, headersOf } from './entry.ts';

/** @param flowPrefix makes flow ids unique over several files. */
export async function* readHar(
  file: string,
  chunks: AsyncIterable<Buffer>,
  flowPrefix: string,
  openExchange: OpenExchange,
): AsyncGenerator<Recorded> {
  const entries = createHarEntries();
  let entry = 0;
  let first = true;
  let long: LongExchange | null = null;
  const placeAt = (at: number): ItemPlace => ({ file, entry: at, flowId: `${flowPrefix}${at}` });
  const read = (bytes: Buffer): Recorded => {
    const at = entry++;
    const value = parseItem(textOf(bytes));
    return value === null ? skipped(file, at, text('unread.no-json')) : recordedItem(value, placeAt(at), openExchange);
  };
  for await (const chunk of chunks) {
    const hasMark = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    for (const item of entries.push(hasMark ? chunk.subarray(3) : chunk)) {
      if (Buffer.isBuffer(item)) yield read(item);
      else if ('tlsError' in item)
        yield refused(file, parseItem(item.tlsError.toString('utf8')), `${flowPrefix}${entry}`, entry++);
      else {
        long ??= createLongExchange(longEntry(`${flowPrefix}${entry}`, openExchange));
        const events = long.push(item.piece);
        if (events.length > 0) yield { type: 'part', file, entry, events };
        if (!item.isLast) continue;
        yield ended(file, entry++, long);
        long = null;
      }
    }
  }
  if (long) yield ended(file, entry++, long);
  const whole = entry;
  const rest = entries.rest();
  const cut = rest && cutItem(textOf(rest), placeAt(whole), openExchange);
  if (cut) yield cut;
  const state = entries.state();
  if (state === 'broken') yield skipped(file, null, text('unread.broken', { entries: whole }));
  else if (state === 'in-the-middle') yield skipped(file, null, text('unread.cut-file', { entries: whole }));
  else if (whole === 0) yield skipped(file, null, text('unread.no-entries'));
}

const textOf = (bytes: Buffer): string => (isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1'));

/** A connection that did not come about: the app did not trust the recorder's certificate. */
function refused(file: string, error: object | null, flowId: string, entry: number): Recorded {
  const { hostname, cause, startedDateTime } = (error ?? {}) as Record<string, unknown>;
  const host = wordOf(hostname);
  if (host === null) return skipped(file, entry, text('unread.no-name'));
  const contact = {
    host,
    ip: null,
    app: null,
    count: 1,
    port: 443,
    time: timeOf(startedDateTime) ?? NO_TIME,
    encrypted: true,
    bytesUp: 0,
    bytesDown: 0,
  };
  const missing = [{ why: text('unread.no-connection', { cause: wordOf(cause) ?? text('unread.tls-failed') }) }];
  return { type: 'entry', file, entry, events: contactEvents(contact, flowId), missing, contact };
}

const BODIES = /^request\.(?:postData|_content|content|_postData|body)(?:\.text)?$/;

function longEntry(flowId: string, openExchange: OpenExchange): LongExchangeOptions {
  return {
    read(entry) {
      const read = readItem(entry, flowId);
      if (!read.ok) return read;
      return 'exchange' in read ? read : { ok: false, why: text('unread.long.tunnel') };
    },
    bodyAt(path, entry, beginning) {
      if (!BODIES.test(path)) return null;
      const { request } = entry as HarEntry;
      const { encoding } = (request?.postData ?? {}) as { encoding?: unknown };
      // HTTP Toolkit names the encoding behind the text.
      const isBase64 = path.includes('_content') && /^[A-Za-z0-9+/\s]+$/.test(beginning);
      if (encoding === 'base64' || isBase64) return 'base64';
      const type = fieldOf(headersOf(request?.headers), 'content-type') ?? '';
      return formOf(beginning, namesBytes(type)) === 'bytes' ? 'latin1' : 'utf8';
    },
    isBehindRequest: (path) => path.startsWith('response.'),
    openExchange,
  };
}

function ended(file: string, entry: number, long: LongExchange): Recorded {
  const end = long.end();
  const most = MAX_ENTRY_BYTES / 2 ** 20;
  if (!end.ok) return skipped(file, entry, text('unread.long-entry', { most, why: end.why }));
  return {
    type: 'entry',
    file,
    entry,
    events: end.events,
    missing: [],
    ...inPart(text('unseen.long-entry', { most })),
  };
}

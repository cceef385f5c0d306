/**
 * The table of connections that PCAPdroid exports: which app called which server, with sizes, without content.
 * Promise: every row is a contact (a look-up: the question), or named with why not; a comma in an app's name, which PCAPdroid
 * does not quote, moves nothing.
 */
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { Recorded } from '../model/scan.ts';
import { text } from '../model/text.ts';
import { type Contact, contactEvents } from './contact.ts';
import { networkUrl } from './exchange.ts';
import { NO_TIME, timeOf } from './time.ts';
import { skipped } from './told.ts';

const LONGEST_ROW = 64 * 1024;

export async function* readConnections(
  file: string,
  chunks: AsyncIterable<Buffer>,
  flowPrefix: string,
): AsyncGenerator<Recorded> {
  const rows = Readable.from(chunks).pipe(
    parse({
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_ROW,
    }),
  ) as AsyncIterable<string[]>;
  let header: string[] | null = null;
  let entry = 0;
  for await (const row of rows) {
    if (header === null) {
      header = row.map((name) => name.trim().toLowerCase());
      continue;
    }
    const contact = contactIn(cellsOf(header, row));
    if (contact === null) {
      yield skipped(file, entry++, text('unread.no-server'));
      continue;
    }
    const events = contactEvents(contact, `${flowPrefix}${entry}`);
    yield { type: 'entry', file, entry: entry++, events, missing: [], contact };
  }
}

/** Too many cells: the name of the app had commas. */
function cellsOf(header: string[], row: string[]): Map<string, string> {
  const surplus = Math.max(0, row.length - header.length);
  const app = header.indexOf('app');
  const cells =
    surplus === 0 || app < 0
      ? row
      : [...row.slice(0, app), row.slice(app, app + surplus + 1).join(','), ...row.slice(app + surplus + 1)];
  return new Map(header.map((name, index) => [name, cells[index] ?? '']));
}

function contactIn(cells: Map<string, string>): Contact | null {
  const cell = (name: string): string => cells.get(name)?.trim() ?? '';
  const ip = cell('dstip');
  const protocol = cell('proto').toLowerCase();
  const place =
    cell('info') === '' ? null : networkUrl(cell('info').includes('://') ? cell('info') : `http://${cell('info')}`);
  const name = place && 'url' in place ? place.url.hostname.replace(/^\[|\]$/g, '') : null;
  if (name === null && !isIP(ip)) return null;
  const app = cell('app') || (cell('uid') ? `uid ${cell('uid')}` : '');
  const isLookUp = protocol === 'dns' && name !== null;
  return {
    host: name ?? ip,
    // Who runs the name gets to read it: that is the receiver, not the resolver in between.
    ip: isIP(ip) && !isLookUp ? ip : null,
    app: app || null,
    count: 1,
    port: Number(cell('dstport')) || 0,
    time: timeOf(cell('firstseen')) ?? timeOf(cell('lastseen')) ?? NO_TIME,
    encrypted: ['tls', 'https', 'quic'].includes(protocol) || Number(cell('dstport')) === 443,
    bytesUp: Number(cell('bytessent')) || 0,
    bytesDown: Number(cell('bytesrcvd')) || 0,
    client: { ip: cell('srcip'), port: Number(cell('srcport')) || 0 },
    ...(isLookUp ? { protocol: 'dns' } : {}),
  };
}

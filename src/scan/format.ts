/**
 * What a file is, judged by its first bytes; its name only breaks ties.
 * Promise: pure; a form that is known and not read is named, with what to do.
 */

import { type PlainKey, type Text, text } from '../model/text.ts';

export type Format =
  | { is: 'har' | 'ndjson' | 'capture' | 'connections' | 'keys' | 'unknown' }
  /** Why it is not read. */
  | { is: 'other'; why: Text };

/**
 * First bytes of captures that tshark reads: pcapng, pcap in both byte orders (micro- and nanoseconds, patched), Microsoft
 * Network Monitor, snoop, and Apple's PacketLogger have one.
 */
const CAPTURES = [
  '0a0d0d0a',
  'a1b2c3d4',
  'd4c3b2a1',
  'a1b23c4d',
  '4d3cb2a1',
  'a1b2cd34',
  '34cdb2a1',
  '474d4255',
  '736e6f6f70',
];

/** NSS key log (https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile): label, client random, secret. */
const KEY_LOG =
  /^(?:#[^\n]*\r?\n|\s*\r?\n)*(?:CLIENT_RANDOM|(?:CLIENT|SERVER)_(?:HANDSHAKE_)?TRAFFIC_SECRET(?:_\d+)?|CLIENT_EARLY_TRAFFIC_SECRET|(?:EARLY_)?EXPORTER_(?:MASTER_)?SECRET|RSA(?: Session-ID)?|PMS_CLIENT_RANDOM|QUIC_\w+) [0-9A-Fa-f:]/;

const OTHERS: [form: RegExp, why: PlainKey][] = [
  [/^PK/, 'unread.zip'],
  [/^\d+:[\s\S]*?(?:\d+:type;|7:version[;,]|4:http[;,])/, 'unread.mitmproxy'],
  [/^BZh|^\xfd7zXZ|^7z\xbc\xaf|^Rar!/, 'unread.packed'],
  [/^SQLite format 3/, 'unread.sqlite'],
  [/^\s*<\?xml[\s\S]*<(?:items burpVersion|charles-session)/, 'unread.xml-session'],
  [/^\s*\[\s*\{\s*"status":[^{]*"(?:method|protocolVersion)":/, 'unread.charles'],
  [/^\s*\{\s*"constants":\s*\{/, 'unread.netlog'],
  [/^\s*\{\s*"info":\s*\{[\s\S]*?schema\.getpostman\.com/, 'unread.postman'],
  [/^btsnoop\0/, 'unread.bluetooth'],
];

/** @param head the beginning, unpacked. */
export function formatOf(head: Buffer, path: string): Format {
  if (head.length === 0) return { is: 'other', why: text('unread.empty') };
  const hex = head.toString('hex', 0, 8);
  if (CAPTURES.some((magic) => hex.startsWith(magic))) return { is: 'capture' };
  const binary = head.toString('latin1');
  const other = OTHERS.find(([form]) => form.test(binary));
  if (other) return { is: 'other', why: text(other[1]) };
  const beginning = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (KEY_LOG.test(beginning)) return { is: 'keys' };
  if (isConnectionsTable(beginning)) return { is: 'connections' };
  // RFC 7464 marks the beginning of each text.
  if (!'{[\u001e'.includes(beginning.charAt(0))) return { is: 'unknown' };
  return { is: isHar(beginning, path) ? 'har' : 'ndjson' };
}

/** The table that PCAPdroid exports. */
function isConnectionsTable(text: string): boolean {
  const [header = ''] = text.split('\n', 1);
  const columns = header.toLowerCase().split(',');
  return columns.includes('dstip') && columns.some((column) => ['app', 'uid', 'info'].includes(column));
}

/** HAR is one JSON object or list, over many lines or one; NDJSON has a whole object in its first line. */
function isHar(text: string, path: string): boolean {
  if (text.startsWith('[') || /^\{\s*"(?:log|entries)"\s*:/.test(text)) return true;
  const lineEnd = text.indexOf('\n');
  const line = text.slice(0, lineEnd).trimEnd();
  if (lineEnd >= 0 && isObject(line)) return false;
  return /\.z?har(?:\.\w+)?$/i.test(path) || (lineEnd >= 0 && /[{[,:]$/.test(line));
}

function isObject(line: string): boolean {
  try {
    JSON.parse(line.replace(/,$/, ''));
    return true;
  } catch {
    return false;
  }
}

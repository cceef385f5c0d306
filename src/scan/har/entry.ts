/**
 * One entry of a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/) as a recorded exchange.
 * HAR keeps text, not bytes, and its writers differ: what they lose is named in `missing`, never passed over.
 */
import { isUtf8 } from 'node:buffer';
import { isIP } from 'node:net';
import type { Missing } from '../../model/scan.ts';
import { type Text, text } from '../../model/text.ts';
import { networkUrl, type RecordedExchange } from '../exchange.ts';
import { bytesOfText } from '../recorded-text.ts';
import { NO_TIME, timeOf } from '../time.ts';
import { bytesIn, type HarBodies, lettersOf, requestBodies, wellFormed } from './body.ts';
import { messagesIn } from './messages.ts';
import { type Pair, pairsOf } from './pairs.ts';

/** As much of an entry as is used; nothing in it can be relied upon. */
export interface HarEntry {
  startedDateTime?: unknown;
  serverIPAddress?: unknown;
  request?: HarRequest | null;
  response?: {
    status?: unknown;
    headers?: unknown;
    content?: unknown;
    _content?: unknown;
    bodySize?: unknown;
  } | null;
  /** Chrome: `memory`, `disk`…; nothing went over the network. */
  _fromCache?: unknown;
}

export interface HarRequest extends HarBodies {
  method?: unknown;
  url?: unknown;
  httpVersion?: unknown;
  headers?: unknown;
  cookies?: unknown;
  queryString?: unknown;
}

export type ReadEntry =
  | { ok: true; exchange: RecordedExchange; missing: Missing[] }
  /** Only that the server was contacted: a tunnel that nobody looked into. */
  | { ok: true; contact: { host: string; port: number; time: number; ip: string | null } }
  /** `isHarmless`: nothing was sent. */
  | { ok: false; why: Text; isHarmless?: boolean };

export function readEntry(entry: HarEntry, flowId: string): ReadEntry {
  const { request } = entry ?? {};
  if (!request || typeof request.url !== 'string') return { ok: false, why: text('unread.no-request') };
  if (typeof entry._fromCache === 'string' && entry._fromCache)
    return { ok: false, why: text('unread.cached'), isHarmless: true };
  const missing: Missing[] = [];
  const given = entry.startedDateTime;
  const read = timeOf(given);
  if (read === null && given !== undefined && given !== null && given !== '')
    missing.push({ why: text('unread.no-clock') });
  const time = read ?? NO_TIME;
  const ip = addressOf(entry.serverIPAddress);
  const method = typeof request.method === 'string' && request.method !== '' ? request.method : 'GET';
  if (/^connect$/i.test(method)) return tunnel(request.url, { time, ip });

  const requestHeaders = headersOf(request.headers);
  const place = networkUrl(request.url, fieldOf(requestHeaders, 'host'));
  if ('why' in place) return { ok: false, ...place };
  const cookie = missingCookies(request.cookies, fieldOf(requestHeaders, 'cookie') ?? '');
  if (cookie !== '') requestHeaders.push(['Cookie', latin1(cookie)]);
  const user = userOf(place.url);
  if (user !== null && fieldOf(requestHeaders, 'authorization') === null) requestHeaders.push(['Authorization', user]);
  const bodies = requestBodies(request, fieldOf(requestHeaders, 'content-type') ?? '', sentBytes(requestHeaders));
  // Some recorders keep it with the body alone.
  if (bodies.contentType !== '' && fieldOf(requestHeaders, 'content-type') === null)
    requestHeaders.push(['Content-Type', latin1(bodies.contentType)]);
  const response = responseOf(entry.response);
  return {
    ok: true,
    missing: [...missing, ...bodies.missing, ...response.missing],
    exchange: {
      flowId,
      time,
      url: place.url,
      target: targetOf(place.url, request.queryString),
      method,
      protocol: protocolOf(request.httpVersion),
      ip,
      requestHeaders: withoutStaleEncoding(requestHeaders, bodies.body, bodies.isBinary),
      requestBody: bodies.body,
      moreBodies: bodies.more,
      response: response.exchange,
      messages: messagesIn([entry, request, entry.response], time),
    },
  };
}

/** Name and password of an address are sent as a header (RFC 7617). */
function userOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${plainOf(username)}:${plainOf(password)}`).toString('base64')}`;
}

function plainOf(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

/** Of the body, where what is recorded has as many: not where a coding was undone, or one of the connection's is counted. */
function sentBytes(headers: readonly Pair[]): number | null {
  if (fieldOf(headers, 'content-encoding') !== null || fieldOf(headers, 'transfer-encoding') !== null) return null;
  const length = Number(fieldOf(headers, 'content-length') ?? 0);
  return Number.isSafeInteger(length) ? length : 0;
}

/** Fiddler and Charles record the opening of a tunnel as an entry of its own. */
function tunnel(url: string, about: { time: number; ip: string | null }): ReadEntry {
  const place = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`);
  if (!place) return { ok: false, why: text('unread.no-url') };
  const host = place.hostname.replace(/^\[|\]$/g, '');
  return { ok: true, contact: { host, port: Number(place.port) || 443, ...about } };
}

function responseOf(response: HarEntry['response']): { exchange: RecordedExchange['response']; missing: Missing[] } {
  const missing: Missing[] = [];
  const headers = headersOf(response?.headers);
  const recorded = response?.content ?? response?._content;
  const body = bytesIn(recorded, fieldOf(headers, 'content-type') ?? '');
  if (!body && Number(wordOf((recorded as { size?: unknown } | null | undefined)?.size)) > 0)
    missing.push({ why: text('unread.response-body'), isAnswer: true });
  const status = Number(wordOf(response?.status)) || 0;
  if (status === 0) return { exchange: null, missing };
  const bytes = body?.bytes ?? null;
  const kept = withoutStaleEncoding(headers, bytes, body?.isBinary ?? false);
  return { exchange: { status, headers: kept, body: bytes }, missing };
}

/** Pseudo headers are no headers; repeated ones stay repeated. Values as a live connection gives them. */
export function headersOf(recorded: unknown): Pair[] {
  return pairsOf(recorded)
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]): Pair => [name, latin1(value)]);
}

/** On the wire the characters were bytes; the lab shows each byte of a head as one character. */
const latin1 = (value: string): string =>
  /[^\0-\x7f]/.test(value) ? bytesOfText(value, undefined, false).bytes.toString('latin1') : value;

export function fieldOf(headers: readonly Pair[], name: string): string | null {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null;
}

/** What stands under `cookies` and not in the header. */
function missingCookies(recorded: unknown, header: string): string {
  const written = lettersOf(header);
  return pairsOf(recorded)
    .filter(([name, value]) => !written.includes(lettersOf(name)) || !written.includes(lettersOf(value)))
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
}

/** Path and query, with the parameters that stand under `queryString` only. */
function targetOf(url: URL, queryString: unknown): string {
  const written = lettersOf(url.search.replaceAll('+', ' '));
  const only = pairsOf(queryString)
    .filter(([name, value]) => !written.includes(lettersOf(name)) || !written.includes(lettersOf(value)))
    .map(([name, value]) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(value))}`);
  const search = only.length === 0 ? url.search : `${url.search === '' ? '?' : `${url.search}&`}${only.join('&')}`;
  return `${url.pathname}${search}`;
}

/**
 * HAR texts are recorded after decoding while the header still names the encoding: a reader that believed it would see garbage.
 * The header stays where bytes were recorded that are no text, as they may be what was sent.
 */
function withoutStaleEncoding(headers: Pair[], body: Buffer | null, isBinary: boolean): Pair[] {
  const mayBeEncoded = body !== null && isBinary && !isUtf8(body);
  return headers.filter(
    ([name]) =>
      !/^(transfer-encoding|content-length)$/i.test(name) && (mayBeEncoded || !/^content-encoding$/i.test(name)),
  );
}

/** A text or a number. What else stands in its place may have a `toString` of the recorder's own, which is no function. */
function wordOf(recorded: unknown): string {
  return typeof recorded === 'string' || typeof recorded === 'number' ? String(recorded) : '';
}

export function protocolOf(version: unknown): string {
  const word = wordOf(version).toLowerCase();
  if (/^(h3|http\/3|quic)/.test(word)) return 'h3';
  return /^(h2|http\/2|2)/.test(word) ? 'h2' : 'http/1.1';
}

/** `1.2.3.4`, `[2001:db8::1]`, either with a port; null for what is no address. */
export function addressOf(recorded: unknown): string | null {
  if (typeof recorded !== 'string') return null;
  const bare = recorded.trim().replace(/^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2');
  return isIP(bare) ? bare : null;
}

/**
 * One recorded thing as a JSON object, whatever wrote it: an entry of a HAR, an exchange on a line of its own, a line of
 * iOS's App Privacy Report.
 * Promise: never throws; what it is not is said.
 */

import type { OpenExchange } from '../model/recording.ts';
import type { Recorded } from '../model/scan.ts';
import { text } from '../model/text.ts';
import { contactEvents } from './contact.ts';
import { exchangeEvents, networkUrl, type RecordedExchange } from './exchange.ts';
import { bytesIn } from './har/body.ts';
import { addressOf, fieldOf, type HarEntry, headersOf, protocolOf, readEntry } from './har/entry.ts';
import { messagesIn } from './har/messages.ts';
import { mendJson } from './mended-json.ts';
import { privacyLine } from './privacy-report.ts';
import { NO_TIME, timeOf } from './time.ts';
import { faultIn, inPart, skipped } from './told.ts';

const CUT = inPart(text('unseen.cut-entry'));

export interface ItemPlace {
  file: string;
  entry: number;
  flowId: string;
}

export function recordedItem(value: object, place: ItemPlace, openExchange: OpenExchange): Recorded {
  const { file, entry, flowId } = place;
  try {
    const privacy = privacyLine(value);
    if (privacy?.ok) {
      const { contact } = privacy;
      return { type: 'entry', file, entry, events: contactEvents(contact, flowId), missing: [], contact };
    }
    if (privacy) return skipped(file, entry, privacy.why, true);
    const read = readItem(value, flowId);
    if (!read.ok) return skipped(file, entry, read.why, read.isHarmless);
    if ('contact' in read) {
      const contact = { ...read.contact, app: null, count: 1, encrypted: true, bytesUp: 0, bytesDown: 0 };
      const missing = [{ why: text('unread.proxy-tunnel') }];
      return { type: 'entry', file, entry, events: contactEvents(contact, flowId), missing, contact };
    }
    const events = exchangeEvents(read.exchange, openExchange);
    return { type: 'entry', file, entry, events, missing: read.missing };
  } catch (error) {
    return skipped(file, entry, faultIn(error));
  }
}

type Item = ReturnType<typeof readEntry>;

export function readItem(value: object, flowId: string): Item {
  const { request } = value as { request?: unknown };
  if (typeof request === 'object' && request !== null) return readEntry(value as HarEntry, flowId);
  return readExchange(value as Line, flowId);
}

/** See ndjson.ts. */
interface Line {
  url?: unknown;
  uri?: unknown;
  method?: unknown;
  protocol?: unknown;
  headers?: unknown;
  body?: unknown;
  bodyBase64?: unknown;
  time?: unknown;
  timestamp?: unknown;
  ip?: unknown;
  response?: { status?: unknown; headers?: unknown; body?: unknown; bodyBase64?: unknown } | null;
}

function readExchange(value: Line, flowId: string): Item {
  const url = value.url ?? value.uri;
  if (typeof url !== 'string') return { ok: false, why: text('unread.no-form') };
  const requestHeaders = headersOf(value.headers);
  const place = networkUrl(url, fieldOf(requestHeaders, 'host'));
  if ('why' in place) return { ok: false, ...place };
  const given = value.time ?? value.timestamp;
  const time = timeOf(given);
  const requestBody = bodyOf(value, requestHeaders);
  const { response } = value;
  const exchange: RecordedExchange = {
    flowId,
    time: time ?? NO_TIME,
    url: place.url,
    target: `${place.url.pathname}${place.url.search}`,
    method: typeof value.method === 'string' ? value.method : requestBody ? 'POST' : 'GET',
    protocol: value.protocol === undefined ? 'http/1.1' : protocolOf(value.protocol),
    ip: addressOf(value.ip),
    requestHeaders,
    requestBody,
    moreBodies: [],
    response: response
      ? {
          status: Number(response.status) || 200,
          headers: headersOf(response.headers),
          body: bodyOf(response, headersOf(response.headers)),
        }
      : null,
    messages: messagesIn([value], time ?? NO_TIME),
  };
  const isOdd = time === null && given !== undefined && given !== null;
  return { ok: true, exchange, missing: isOdd ? [{ why: text('unread.no-clock') }] : [] };
}

function bodyOf({ body, bodyBase64 }: Pick<Line, 'body' | 'bodyBase64'>, headers: [string, string][]): Buffer | null {
  if (typeof bodyBase64 === 'string') return Buffer.from(bodyBase64, 'base64');
  if (body === undefined || body === null) return null;
  return bytesIn(body, fieldOf(headers, 'content-type') ?? '')?.bytes ?? Buffer.from(JSON.stringify(body));
}

/** JSON, or what was meant as JSON: `NaN`, a comma too many, an end in the middle. Null when it is neither, or no object. */
export function parseItem(json: string): object | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    if (!json.startsWith('{')) return null;
    try {
      value = JSON.parse(mendJson(json));
    } catch {
      return null;
    }
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** What is there of an item that the file ends in. Null when not even its address is whole: it would name another server. */
export function cutItem(json: string, place: ItemPlace, openExchange: OpenExchange): Recorded | null {
  const value = parseItem(json);
  if (value === null) return null;
  const { request, url = request?.url } = value as { url?: unknown; request?: { url?: unknown } | null };
  if (typeof url === 'string' && !/"ur[li]"\s*:\s*"(?:[^"\\]|\\.)*"/.test(json)) return null;
  const recorded = recordedItem(value, place, openExchange);
  if (recorded.type !== 'entry') return null;
  return { ...recorded, ...CUT };
}

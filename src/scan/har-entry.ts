/**
 * One entry of a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/) as a recorded exchange.
 * HAR keeps text, not bytes, and its writers differ: what they lose is named in `missing`, never passed over.
 */
import { networkUrl, type RecordedExchange, type RecordedMessage } from './exchange.ts';

interface HarPair {
  name?: unknown;
  value?: unknown;
}

interface HarText {
  text?: unknown;
  encoding?: unknown;
  size?: unknown;
  mimeType?: unknown;
  params?: unknown;
}

/** As much of an entry as is used; nothing in it can be relied upon. */
export interface HarEntry {
  startedDateTime?: unknown;
  serverIPAddress?: unknown;
  request?: {
    method?: unknown;
    url?: unknown;
    httpVersion?: unknown;
    headers?: unknown;
    cookies?: unknown;
    postData?: HarText | null;
    bodySize?: unknown;
  } | null;
  response?: { status?: unknown; headers?: unknown; content?: HarText | null; bodySize?: unknown } | null;
  /** Chrome: `memory`, `disk`…; nothing went over the network. */
  _fromCache?: unknown;
  /** Chrome: messages of a WebSocket. */
  _webSocketMessages?: unknown;
}

export type ReadEntry = { ok: true; exchange: RecordedExchange; missing: string[] } | { ok: false; why: string };

export function readEntry(entry: HarEntry, flowId: string): ReadEntry {
  const { request, response } = entry ?? {};
  if (!request || typeof request.url !== 'string') return { ok: false, why: 'no request' };
  const place = networkUrl(request.url);
  if ('why' in place) return { ok: false, why: place.why };
  if (typeof entry._fromCache === 'string' && entry._fromCache)
    return { ok: false, why: 'from the cache: nothing was sent' };

  const missing: string[] = [];
  const time = typeof entry.startedDateTime === 'string' ? Date.parse(entry.startedDateTime) || 0 : 0;
  const requestHeaders = pairs(request.headers);
  const cookies = pairs(request.cookies);
  if (cookies.length && !requestHeaders.some(([name]) => name.toLowerCase() === 'cookie')) {
    requestHeaders.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);
  }
  const requestBody = bytesOf(request.postData, requestHeaders) ?? formOf(request.postData);
  if (!requestBody && Number(request.bodySize) > 0) missing.push('request body not recorded');
  const responseHeaders = pairs(response?.headers);
  const responseBody = bytesOf(response?.content, responseHeaders);
  if (!responseBody && Number(response?.content?.size) > 0) missing.push('response body not recorded');
  const status = Number(response?.status) || 0;

  return {
    ok: true,
    missing,
    exchange: {
      flowId,
      time,
      url: place.url,
      method: typeof request.method === 'string' ? request.method : 'GET',
      protocol: protocolOf(request.httpVersion),
      ip:
        typeof entry.serverIPAddress === 'string' && entry.serverIPAddress
          ? entry.serverIPAddress.replace(/^\[|\]$/g, '')
          : null,
      requestHeaders: withoutStaleEncoding(requestHeaders, requestBody),
      requestBody,
      response: status
        ? { status, headers: withoutStaleEncoding(responseHeaders, responseBody), body: responseBody }
        : null,
      messages: messagesOf(entry._webSocketMessages, time),
    },
  };
}

/** Pseudo headers are no headers; repeated ones stay repeated. */
function pairs(list: unknown): [string, string][] {
  if (!Array.isArray(list)) return [];
  return list
    .filter((pair: HarPair | null) => typeof pair?.name === 'string' && !pair.name.startsWith(':'))
    .map((pair: HarPair) => [
      String(pair.name),
      pair.value === undefined || pair.value === null ? '' : String(pair.value),
    ]);
}

function bytesOf(content: HarText | null | undefined, headers: [string, string][]): Buffer | null {
  if (!content || typeof content.text !== 'string' || content.text === '') return null;
  const { text } = content;
  if (content.encoding === 'base64') return Buffer.from(text, 'base64');
  // Some writers put raw bytes into the text, one per character.
  if (isByteString(text, headers)) return Buffer.from(text, 'latin1');
  return Buffer.from(text, 'utf8');
}

const MAGIC = ['\u001f\u008b', '\u0028\u00b5\u002f\u00fd', '\u00ff\u00d8\u00ff', '\u0089PNG', 'PK\u0003\u0004'];

/** How the text of a request's body is written, told from all that stands before it. */
export function formOfText({ request }: HarEntry): 'utf8' | 'latin1' | 'base64' {
  if (request?.postData?.encoding === 'base64') return 'base64';
  return namesBytes(pairs(request?.headers)) ? 'latin1' : 'utf8';
}

function namesBytes(headers: [string, string][]): boolean {
  return headers.some(
    ([name, value]) => /^content-type$/i.test(name) && /octet-stream|protobuf|grpc|msgpack/i.test(value),
  );
}

function isByteString(text: string, headers: [string, string][]): boolean {
  if (!MAGIC.some((magic) => text.startsWith(magic)) && !namesBytes(headers)) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false;
  return true;
}

/**
 * HAR texts are recorded after decoding while the header still names the encoding: a reader that believed it would see garbage.
 * The header stays where the bytes really begin with gzip's or zstd's magic number.
 */
function withoutStaleEncoding(headers: [string, string][], body: Buffer | null): [string, string][] {
  const encoded =
    body !== null &&
    ((body[0] === 0x1f && body[1] === 0x8b) || body.readUIntBE(0, Math.min(4, body.length)) === 0x28b52ffd);
  return headers.filter(
    ([name]) => !/^(transfer-encoding|content-length)$/i.test(name) && (encoded || !/^content-encoding$/i.test(name)),
  );
}

/** A form that was recorded field by field only. */
function formOf(postData: HarText | null | undefined): Buffer | null {
  const fields = pairs(postData?.params);
  if (fields.length === 0) return null;
  if (!/multipart/i.test(String(postData?.mimeType))) {
    return Buffer.from(
      fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&'),
    );
  }
  const boundary = /boundary="?([^";]+)/i.exec(String(postData?.mimeType))?.[1] ?? 'recorded-form';
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return Buffer.from(`${parts.join('')}--${boundary}--\r\n`);
}

function protocolOf(version: unknown): string {
  const text = String(version ?? '').toLowerCase();
  if (/^(h3|http\/3|quic)/.test(text)) return 'h3';
  return /^(h2|http\/2)/.test(text) ? 'h2' : 'http/1.1';
}

function messagesOf(list: unknown, fallbackTime: number): RecordedMessage[] {
  if (!Array.isArray(list)) return [];
  return list
    .filter((each: { data?: unknown } | null) => typeof each?.data === 'string')
    .map((each: { type?: unknown; time?: unknown; opcode?: unknown; data: string }) => ({
      direction: each.type === 'send' ? ('request' as const) : ('response' as const),
      time: Number(each.time) > 0 ? Number(each.time) * 1000 : fallbackTime,
      label: each.opcode === 2 ? 'binary' : 'text',
      bytes: Buffer.from(each.data, each.opcode === 2 ? 'base64' : 'utf8'),
    }));
}

/**
 * The bodies of a recorded request. HAR 1.2 has one place for a body, `postData`, as text or as a list of fields; recorders
 * have found others for what is no text: `_content` (HTTP Toolkit, pcapng-utils), `content`, `body`.
 * Promise: everything that is recorded of a body comes out, the same thing once; what the recorder did not keep is named.
 */
import type { Missing } from '../../model/scan.ts';
import { text } from '../../model/text.ts';
import { bytesOfText, type RecordedBytes } from '../recorded-text.ts';
import { type Pair, pairsOf, textOf } from './pairs.ts';

/** As much of a recorded text as is used; nothing in it can be relied upon. */
export interface HarText {
  text?: unknown;
  encoding?: unknown;
  size?: unknown;
  mimeType?: unknown;
  params?: unknown;
}

/** Where recorders put the body of a request, the best first. */
const PLACES = ['postData', '_content', 'content', '_postData', 'body', '_body'] as const;

export type HarBodies = Partial<Record<(typeof PLACES)[number], unknown>> & {
  bodySize?: unknown;
  _requestBodyStatus?: unknown;
};

export interface RequestBodies {
  /** As sent, or as its fields tell it. */
  body: Buffer | null;
  /** Of the body; empty when nothing says it. */
  contentType: string;
  /** What else stands in the recording, with its content type: fields that the text does not hold, another body. */
  more: { bytes: Buffer; contentType: string }[];
  isBinary: boolean;
  missing: Missing[];
}

const FORM = 'application/x-www-form-urlencoded';

/** @param sentBytes what the request's head says; null where it says nothing, or counts what a coding made of the body */
export function requestBodies(request: HarBodies, contentType: string, sentBytes: number | null): RequestBodies {
  const missing: Missing[] = [];
  const found: { bytes: Buffer; contentType: string; isBinary: boolean }[] = [];
  /** The longest that is recorded as it was sent. */
  let longest = 0;
  for (const place of PLACES) {
    const recorded = request[place];
    const type = typeOf(recorded) || contentType;
    const read = bytesIn(recorded, type);
    if (read?.isDamaged) missing.push({ why: text('unread.request-body-damaged') });
    if (read) longest = Math.max(longest, read.bytes.length, mostBytesOf(recorded));
    if (read && !found.some(({ bytes }) => bytes.equals(read.bytes)))
      found.push({ bytes: read.bytes, contentType: type, isBinary: read.isBinary });
    if (hasUnkeptFile(recorded)) missing.push({ why: text('unread.request-file') });
    const fields = fieldsOf(recorded).filter((field) => !read || !holds(read.bytes, field));
    if (fields.length === 0) continue;
    const form = formOf(fields, type);
    found.push({ bytes: form, contentType: /multipart/i.test(type) ? type : FORM, isBinary: false });
  }
  const size = Math.max(sentBytes ?? 0, Number(request.bodySize) || 0);
  if (found.length === 0 && (size > 0 || isNotKept(request))) {
    const { _requestBodyStatus: status } = request;
    missing.push({
      why: typeof status === 'string' ? text('unread.request-body-status', { status }) : text('unread.request-body'),
    });
  }
  if (longest > 0 && sentBytes !== null && longest < size) missing.push({ why: text('unread.request-body-part') });
  const [first, ...more] = found;
  return {
    body: first?.bytes ?? null,
    contentType: first?.contentType ?? '',
    more,
    isBinary: first?.isBinary ?? false,
    missing,
  };
}

/** A body was there, and neither its text nor its fields were kept. */
function isNotKept(request: HarBodies): boolean {
  return request.bodySize !== 0 && PLACES.some((place) => isWithoutContent(request[place]));
}

function isWithoutContent(recorded: unknown): boolean {
  if (typeof recorded !== 'object' || recorded === null || Array.isArray(recorded)) return false;
  const { text, params, size } = recorded as HarText;
  return Number(size) > 0 || (typeOf(recorded) !== '' && text === undefined && params === undefined);
}

/** Bytes that a recorded text may have had on the wire: recorders write line breaks in their own way. */
function mostBytesOf(recorded: unknown): number {
  const given = typeof recorded === 'string' ? recorded : (recorded as HarText | null | undefined)?.text;
  return typeof given === 'string' ? Buffer.byteLength(given) + (given.match(/(?<!\r)\n/g)?.length ?? 0) : 0;
}

function hasUnkeptFile(recorded: unknown): boolean {
  const { params, text } = (recorded ?? {}) as HarText;
  if (!Array.isArray(params) || (typeof text === 'string' && text !== '')) return false;
  return params.some((param: { fileName?: unknown; value?: unknown } | null) => {
    const { fileName, value } = param ?? {};
    return typeof fileName === 'string' && fileName !== '' && (value ?? '') === '';
  });
}

function typeOf(recorded: unknown): string {
  const type = (recorded as HarText | null | undefined)?.mimeType;
  return typeof type === 'string' ? type : '';
}

const BYTE_TYPES = /octet-stream|protobuf|grpc|msgpack|cbor|^(?:image|audio|video)\//i;

export const namesBytes = (contentType: string): boolean => BYTE_TYPES.test(contentType);

/** Null: no text is recorded here. */
export function bytesIn(recorded: unknown, contentType: string): RecordedBytes | null {
  if (typeof recorded === 'string') {
    return recorded === '' ? null : bytesOfText(recorded, undefined, namesBytes(contentType));
  }
  const buffer = bufferOf(recorded);
  if (buffer) return { bytes: buffer, isBinary: true, isDamaged: false };
  if (typeof recorded !== 'object' || recorded === null) return null;
  const { text, encoding, ...rest } = recorded as HarText & Record<string, unknown>;
  const inner = text ?? rest.data ?? rest.content ?? rest.blob;
  if (typeof inner === 'string') {
    return inner === '' ? null : bytesOfText(inner, encoding ?? rest._encoding, namesBytes(contentType));
  }
  if (inner !== undefined && inner !== null) return bytesIn(inner, contentType) ?? asJson(inner);
  // The body's own JSON, in place of the text that holds it.
  const isOwn = !('mimeType' in rest) && Object.keys(rest).some((key) => !HAR_KEYS.has(key) && !key.startsWith('_'));
  return isOwn ? asJson(recorded) : null;
}

const HAR_KEYS = new Set(['params', 'size', 'comment', 'compression']);

const asJson = (value: unknown): RecordedBytes => ({
  bytes: Buffer.from(textOf(value)),
  isBinary: false,
  isDamaged: false,
});

/** A list of byte values, or Node's `{"type":"Buffer","data":[…]}`. */
function bufferOf(recorded: unknown): Buffer | null {
  const list = Array.isArray(recorded) ? recorded : (recorded as { data?: unknown } | null | undefined)?.data;
  const isBytes = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
  return Array.isArray(list) && list.length > 0 && list.every(isBytes) ? Buffer.from(list as number[]) : null;
}

interface Field {
  name: string;
  value: Buffer;
  fileName: string | null;
  contentType: string | null;
}

function fieldsOf(recorded: unknown): Field[] {
  const params = (recorded as HarText | null | undefined)?.params;
  if (!Array.isArray(params)) return pairsOf(params).map(([name, value]) => fieldOf([name, value], {}));
  return params.flatMap((param: unknown) => {
    const facts = typeof param === 'object' && param !== null ? (param as Record<string, unknown>) : {};
    return pairsOf([param]).map((pair) => fieldOf(pair, facts));
  });
}

function fieldOf([name, value]: Pair, facts: Record<string, unknown>): Field {
  const { fileName, contentType, encoding } = facts;
  return {
    name,
    value: bytesOfText(value, encoding, typeof contentType === 'string' && namesBytes(contentType)).bytes,
    fileName: typeof fileName === 'string' && fileName !== '' ? fileName : null,
    contentType: typeof contentType === 'string' && contentType !== '' ? contentType : null,
  };
}

/** Whatever the encodings between the text and its fields: the same letters and digits stand in it. */
function holds(text: Buffer, { name, value, fileName }: Field): boolean {
  const all = lettersOf(text.toString('utf8'));
  return [name, value.toString('utf8'), fileName ?? ''].every((part) => all.includes(lettersOf(part)));
}

export function lettersOf(text: string): string {
  let plain = text;
  for (let round = 0; round < 3 && /%[0-9a-f]{2}/i.test(plain); round++)
    plain = plain.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
  return plain.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** A form that was recorded field by field only. */
function formOf(fields: Field[], contentType: string): Buffer {
  if (!/multipart/i.test(contentType)) {
    const encoded = fields.map(({ name, value }) => `${encodeURIComponent(wellFormed(name))}=${percentOf(value)}`);
    return Buffer.from(encoded.join('&'));
  }
  const boundary = /boundary="?([^";]+)/i.exec(contentType)?.[1] ?? 'recorded-form';
  const parts = fields.flatMap(({ name, value, fileName, contentType: type }) => {
    const file = fileName === null ? '' : `; filename="${fileName}"`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n`;
    return [Buffer.from(`${head}${type === null ? '' : `Content-Type: ${type}\r\n`}\r\n`), value, Buffer.from('\r\n')];
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Half a pair of surrogates cannot be percent-encoded. */
export const wellFormed = (text: string): string => text.toWellFormed();

function percentOf(value: Buffer): string {
  return value
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9\-_.!~*'()]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}

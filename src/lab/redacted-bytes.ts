/**
 * Bytes in which values are replaced, whatever layers they stand in: a layer is opened, what it holds is replaced, and the layer is made
 * again around it (percent, escapes of JSON, base64, hex, gzip, deflate, zstd). In texts a pseudonym takes the place of a value; in bytes
 * that are no text it is cut to the length of what stood there, so that lengths around it stay right.
 * Not promised: that nothing is left. Whoever uses it asks the detector afterwards.
 */
import { isUtf8 } from 'node:buffer';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { findKnown, type Hit, type Known } from '../inspect/search/known.ts';

export interface Replacing {
  known: Known | null;
  /** Of a registered value. */
  pseudonymOf(kind: string, value: string): string;
  /** Texts that were found without being registered, and what takes their place; the longest first. */
  further(): readonly { text: string; pseudonym: string }[];
}

const MAX_DEPTH = 6;
const MAX_OPENED = 32 << 20;

/** The same buffer when there was nothing to replace. */
export function redactBytes(bytes: Buffer, how: Replacing, depth = 0): Buffer {
  if (bytes.length < 4 || depth > MAX_DEPTH) return bytes;
  const opened = openSqueezed(bytes);
  if (opened) {
    const inner = redactBytes(opened.plain, how, depth + 1);
    return inner === opened.plain ? bytes : opened.squeeze(inner);
  }
  const parts = redactParts(bytes, how, depth) ?? redactArchive(bytes, how, depth);
  if (parts) return parts;
  const isText = isPlain(bytes);
  if (!isText) return replaceFurther(replaceKnown(bytes, how, false), how, false);
  // What stands there as itself or as its hash comes first: a hash is a run of hex as well.
  const itself = replaceKnown(bytes, how, true, ({ pattern }) => pattern.encoding === null);
  return replaceFurther(replaceKnown(unwrap(itself, how, depth), how, true), how, true);
}

export function redactText(text: string, how: Replacing): string {
  const bytes = Buffer.from(text);
  const redacted = redactBytes(bytes, how);
  return redacted === bytes ? text : redacted.toString();
}

/** By the name of a content coding; null: it is none that is known, or it does not open. */
export function openCoded(body: Buffer, coding: string): { plain: Buffer; squeeze: (plain: Buffer) => Buffer } | null {
  const bound = { maxOutputLength: MAX_OPENED };
  try {
    switch (coding.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
        return { plain: gunzipSync(body, bound), squeeze: (plain) => gzipSync(plain) };
      case 'br':
        return { plain: brotliDecompressSync(body, bound), squeeze: (plain) => brotliCompressSync(plain) };
      case 'zstd':
        return { plain: zstdDecompressSync(body, bound), squeeze: (plain) => zstdCompressSync(plain) };
      case 'deflate':
        return (body[0] as number) % 16 === 8
          ? { plain: inflateSync(body, bound), squeeze: (plain) => deflateSync(plain) }
          : { plain: inflateRawSync(body, bound), squeeze: (plain) => deflateRawSync(plain) };
      default:
        return null;
    }
  } catch {
    return null;
  }
}

function openSqueezed(bytes: Buffer): ReturnType<typeof openCoded> {
  const [a, b, c, d] = bytes;
  if (a === 0x1f && b === 0x8b) return openCoded(bytes, 'gzip');
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return openCoded(bytes, 'zstd');
  if (a === 0x78 && bytes.readUInt16BE(0) % 31 === 0) return openCoded(bytes, 'deflate');
  return null;
}

/** A multipart body (RFC 2046 5.1), part by part; null: it is none. */
function redactParts(bytes: Buffer, how: Replacing, depth: number): Buffer | null {
  if (bytes[0] !== 0x2d || bytes[1] !== 0x2d) return null;
  const text = bytes.toString('latin1');
  const [boundary = ''] = /^--[^\r\n]{1,200}(?=\r\n)/.exec(text) ?? [];
  const parts = boundary === '' ? [] : text.split(boundary);
  if (parts.length < 3) return null;
  let isChanged = false;
  const redacted = parts.map((part) => {
    const head = part.indexOf('\r\n\r\n') + 4;
    if (head < 4 || !part.endsWith('\r\n')) return part;
    const pieces = [part.slice(0, head), part.slice(head, -2)].map((piece) => {
      const given = Buffer.from(piece, 'latin1');
      const own = redactBytes(given, how, depth + 1);
      isChanged ||= own !== given;
      return own.toString('latin1');
    });
    return `${pieces.join('')}\r\n`;
  });
  return isChanged ? Buffer.from(redacted.join(boundary), 'latin1') : bytes;
}

/** A zip archive; null: it is none, or too large to be opened. */
function redactArchive(bytes: Buffer, how: Replacing, depth: number): Buffer | null {
  if (bytes.readUInt32BE(0) !== 0x504b0304) return null;
  try {
    let size = 0;
    const files = unzipSync(bytes, {
      filter({ originalSize }) {
        size += originalSize;
        return size <= MAX_OPENED;
      },
    });
    if (size > MAX_OPENED) return null;
    let isChanged = false;
    const redacted = Object.entries(files).map(([name, file]) => {
      const given = Buffer.from(file);
      const own = redactBytes(given, how, depth + 1);
      const shown = redactText(name, how);
      isChanged ||= own !== given || shown !== name;
      return [shown, own] as const;
    });
    return isChanged ? Buffer.from(zipSync(Object.fromEntries(redacted), { mtime: '1980-01-01' })) : bytes;
  } catch {
    return null;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what texts do not hold.
const CONTROLS = /[\u0000-\u0008\u000e-\u001f]/;
const isPlain = (bytes: Buffer): boolean => isUtf8(bytes) && !CONTROLS.test(bytes.toString('latin1'));

/** Runs that may be another text in disguise. */
const PERCENT = /(?:[A-Za-z0-9_.~!*'()+-]|%[0-9A-Fa-f]{2}){6,}/g;
const ESCAPED = /"(?:[^"\\]|\\.)*\\(?:[^"\\]|\\.)*"/g;
const BASE64 = /[A-Za-z0-9+/_-]{10,}={0,2}/g;
/** In lines, as MIME and Android write it (RFC 2045 6.8). */
const WRAPPED = /[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]+)+={0,2}/g;
const HEX = /(?:[0-9a-f]{2}){8,}|(?:[0-9A-F]{2}){8,}/g;

function unwrap(bytes: Buffer, how: Replacing, depth: number): Buffer {
  const text = bytes.toString();
  const inner = (plain: Buffer): Buffer | null => {
    const redacted = redactBytes(plain, how, depth + 1);
    return redacted === plain ? null : redacted;
  };
  const redacted = text
    .replace(ESCAPED, (run) => unescaped(run, inner))
    .replace(PERCENT, (run) => unpercented(run, inner))
    .replace(HEX, (run) => {
      const plain = inner(Buffer.from(run, 'hex'));
      if (plain === null) return run;
      return /[A-F]/.test(run) ? plain.toString('hex').toUpperCase() : plain.toString('hex');
    })
    .replace(WRAPPED, (run) => {
      const [line = '', end = '\n'] = /^(.*?)(\r?\n)/.exec(run)?.slice(1) ?? [];
      const one = unbased(run.replace(/\s+/g, ''), inner);
      return one === null ? run : (one.match(new RegExp(`.{1,${line.length}}`, 'g')) ?? []).join(end);
    })
    .replace(BASE64, (run) => unbased(run, inner) ?? run);
  return redacted === text ? bytes : Buffer.from(redacted);
}

/** Null: nothing in it was replaced. */
function unbased(run: string, inner: (plain: Buffer) => Buffer | null): string | null {
  const isUrl = /[-_]/.test(run);
  if (isUrl && /[+/]/.test(run)) return null;
  const plain = inner(Buffer.from(run, isUrl ? 'base64url' : 'base64'));
  if (plain === null) return null;
  const again = plain.toString('base64');
  const written = isUrl ? again.replaceAll('+', '-').replaceAll('/', '_') : again;
  // Padded if it was, or did not need to be.
  return run.endsWith('=') || (run.length % 4 === 0 && !isUrl) ? written : written.replace(/=+$/, '');
}

function unescaped(run: string, inner: (plain: Buffer) => Buffer | null): string {
  let text: unknown;
  try {
    text = JSON.parse(run);
  } catch {
    return run;
  }
  const plain = inner(Buffer.from(String(text)));
  return plain === null ? run : JSON.stringify(plain.toString());
}

function unpercented(run: string, inner: (plain: Buffer) => Buffer | null): string {
  if (!run.includes('%') && !run.includes('+')) return run;
  const decoded = run
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const plain = inner(Buffer.from(decoded, 'latin1'));
  if (plain === null) return run;
  return plain
    .toString('latin1')
    .replace(/[^A-Za-z0-9_.~-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function replaceKnown(
  bytes: Buffer,
  { known, pseudonymOf }: Replacing,
  isText: boolean,
  isMeant: (hit: Hit) => boolean = () => true,
): Buffer {
  if (known === null) return bytes;
  const hits = findKnown(known, { bytes, from: 0, binary: !isText, final: true, isStart: true });
  const out: Buffer[] = [];
  let at = 0;
  for (const hit of hits) {
    // Inside one that was replaced already.
    if (hit.end <= at || !isMeant(hit)) continue;
    const start = Math.max(at, hit.start);
    const place = inPlaceOf(hit, hit.end - start, pseudonymOf(hit.pattern.kind, hit.pattern.value), isText);
    out.push(bytes.subarray(at, start), isText && isBare(bytes, start, hit.end) ? quoted(place) : place);
    at = hit.end;
  }
  return at === 0 ? bytes : Buffer.concat([...out, bytes.subarray(at)]);
}

/** Of a value in an encoding, or a hash of it, the pseudonym with the name of that. */
function inPlaceOf({ pattern }: Hit, length: number, pseudonym: string, isText: boolean): Buffer {
  const how = pattern.digest?.name ?? pattern.encoding;
  const isOfRun = pattern.encoding?.includes('base') ?? false;
  const letters = pseudonym.replaceAll('-', '');
  if (pattern.encoding === 'utf-16le') return Buffer.from(filled(letters, length / 2).toString(), 'utf16le');
  if (!isText || isOfRun) return filled(letters, length);
  return Buffer.from(how === null ? pseudonym : `${pseudonym}-${how.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase()}`);
}

/** A number of JSON: it may only be replaced by a text in quotes. */
function isBare(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[0];
  if (first !== 0x7b && first !== 0x5b) return false;
  return (
    /[:,[]\s*$/.test(bytes.toString('latin1', Math.max(0, start - 20), start)) &&
    /^\s*[,\]}]/.test(bytes.toString('latin1', end, end + 20))
  );
}

const quoted = (place: Buffer): Buffer => Buffer.from(`"${place.toString()}"`);

const filled = (text: string, length: number): Buffer =>
  Buffer.from(text.repeat(Math.ceil(length / text.length)).slice(0, length));

function replaceFurther(bytes: Buffer, { further }: Replacing, isText: boolean): Buffer {
  const all = further();
  if (all.length === 0) return bytes;
  const text = bytes.toString('latin1');
  let redacted = text;
  for (const { text: given, pseudonym } of all) {
    const wanted = Buffer.from(given).toString('latin1');
    if (!redacted.toLowerCase().includes(wanted.toLowerCase())) continue;
    const place = isText ? pseudonym : filled(pseudonym, wanted.length).toString();
    const before = Buffer.from(redacted, 'latin1');
    redacted = redacted.replaceAll(new RegExp(escaped(wanted), 'gi'), (found, at: number) =>
      isText && isBare(before, at, at + found.length) ? `"${place}"` : place,
    );
  }
  return redacted === text ? bytes : Buffer.from(redacted, 'latin1');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

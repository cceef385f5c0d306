/**
 * Opens bytes for people, by the detector's own decoders: codings, containers and structures, layer in layer, each with its fields
 * and the places where a known value stands. Pure and bounded: what is longer is cut and says so; garbage is shown as it is.
 */
import { type UnzipFileInfo, unzipSync } from 'fflate';
import type { OpenedLayer } from '../model/opened.ts';
import { type CodecName, createCodec } from './decode/codecs.ts';
import { isZlibStream } from './decode/zlib-probe.ts';
import { isReadable } from './readable.ts';
import { type BinaryValue, member, type ReadBinary } from './structure/binary-values.ts';
import { readBplist } from './structure/bplist.ts';
import { readCbor, readMsgpack } from './structure/msgpack.ts';
import { readProtobuf } from './structure/protobuf.ts';

export interface OpenHints {
  contentType: string;
  /** Of the field Content-Encoding. */
  encoding: string;
  /** Texts to be marked, in any case. */
  values: readonly string[];
}

/** Decompressed, of one layer. */
export const MOST_BYTES = 1 << 20;
const MOST_LAYERS = 64;
const MOST_FIELDS = 1000;
const MOST_TEXT = 64 << 10;
const MOST_MARKS = 200;
const START = 4096;
const DEEPEST = 8;

interface Waiting {
  parent: number | null;
  at: string | null;
  name: string;
  bytes: Buffer;
  type: string;
  /** Still to be undone, the last first. */
  codings: string[];
  depth: number;
  cut: boolean;
}

export function openBytes(bytes: Buffer, { contentType, encoding, values }: OpenHints): OpenedLayer[] {
  const wanted = [...new Set(values.filter((value) => value.length >= 4).map((value) => value.toLowerCase()))];
  const layers: OpenedLayer[] = [];
  const codings = encoding
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  const waiting: Waiting[] = [
    { parent: null, at: null, name: 'body', bytes, type: contentType, codings, depth: 0, cut: false },
  ];
  for (let next = waiting.shift(); next && layers.length < MOST_LAYERS; next = waiting.shift()) {
    const { layer, inner } = lookInto(next, layers.length, wanted);
    layers.push(layer);
    if (next.depth < DEEPEST) waiting.push(...inner);
  }
  return layers;
}

function lookInto(given: Waiting, place: number, wanted: readonly string[]) {
  const { bytes, depth } = given;
  const inner: Waiting[] = [];
  const add = (name: string, at: string | null, content: Buffer, more: Partial<Waiting> = {}): void =>
    void inner.push({
      parent: place,
      at,
      name,
      bytes: content,
      type: '',
      codings: [],
      depth: depth + 1,
      cut: false,
      ...more,
    });
  const unpacked = unpack(bytes, given.codings);
  const isText = unpacked === null && isReadable(bytes);
  const text = isText ? bytes.toString('utf8') : null;
  const structure = unpacked || bytes.length === 0 ? null : structureOf(bytes, text, given.type, add);
  if (unpacked)
    add(unpacked.name, null, unpacked.bytes, { type: given.type, codings: unpacked.codings, cut: unpacked.cut });
  else if (text !== null && structure === null) openText(text.trim(), null, add);
  const fields = structure ?? [];
  for (const field of fields.slice(0, MOST_FIELDS)) if (field.isText) openText(field.value, field.path, add);
  for (const { path, raw } of fields.slice(0, MOST_FIELDS))
    if (raw && unpack(raw, []) !== null) add('bytes', path, raw);
  const shown = text?.slice(0, MOST_TEXT) ?? null;
  const layer: OpenedLayer = {
    parent: given.parent,
    at: given.at,
    name: given.name,
    bytes: bytes.length,
    start: bytes.subarray(0, START).toString('base64'),
    text: shown,
    marks: shown === null ? [] : marksIn(shown, wanted),
    fields: fields.slice(0, MOST_FIELDS).map(({ path, value, isText: isOne }) => ({
      path,
      value: value.slice(0, START),
      isText: isOne,
      marks: marksIn(value.slice(0, START), wanted),
    })),
    cut: given.cut || fields.length > MOST_FIELDS || (text?.length ?? 0) > MOST_TEXT,
  };
  return { layer, inner };
}

interface Field {
  path: string;
  value: string;
  isText: boolean;
  raw?: Buffer;
}
type Add = (name: string, at: string | null, bytes: Buffer, more?: { type?: string }) => void;

const NAMED: Record<string, CodecName> = { gzip: 'gzip', 'x-gzip': 'gzip', br: 'br', zstd: 'zstd', deflate: 'zlib' };

/** All codings that a head names taken off, as far as they go and a bound allows. */
export function openCodings(bytes: Buffer, encoding: string): Buffer {
  let codings = encoding
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  let plain = bytes;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const unpacked = NAMED[codings.at(-1) ?? ''] ? unpack(plain, codings) : null;
    if (unpacked === null) break;
    ({ codings, bytes: plain } = unpacked);
  }
  return plain;
}

/** The outermost coding taken off: as the head says, else as the first bytes say. Null: there is none. */
function unpack(bytes: Buffer, codings: readonly string[]) {
  const named = NAMED[codings.at(-1) ?? ''];
  const codec = named ?? codecOf(bytes);
  if (codec === null) return null;
  const blocks: Buffer[] = [];
  let size = 0;
  const decoder = createCodec(codec, (block) => {
    blocks.push(Buffer.from(block));
    size += block.length;
    return size < MOST_BYTES;
  });
  try {
    decoder.push(bytes);
    decoder.end();
  } catch {
    // Damaged, or something else that begins alike: as far as it goes.
  }
  if (size === 0) return null;
  return {
    name: codec,
    bytes: Buffer.concat(blocks).subarray(0, MOST_BYTES),
    codings: named ? codings.slice(0, -1) : [...codings],
    cut: size >= MOST_BYTES,
  };
}

function codecOf(bytes: Buffer): CodecName | null {
  if (bytes.length < 6) return null;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
  return isZlibStream(bytes) ? 'zlib' : null;
}

/** Its fields; null: it has no structure that is known. */
function structureOf(bytes: Buffer, text: string | null, type: string, add: Add): Field[] | null {
  if (/^multipart\//i.test(type)) {
    const parts = partsOf(bytes, type, add);
    if (parts !== null) return parts;
  }
  // Texts with their lengths between them may be readable all the same.
  const binary = text === null || BINARY.test(type) ? (filesOf(bytes, add) ?? binaryFields(bytes, type)) : null;
  if (text === null || binary !== null) return binary;
  const json = jsonFields(text);
  if (json !== null) return json;
  // Padding of base64 is no form.
  const isForm = /x-www-form-urlencoded/i.test(type) || (FORM.test(text) && !BASE64.test(text.trim()));
  return isForm ? formFields(text) : null;
}

const BINARY = /protobuf|msgpack|cbor/i;
const FORM = /^[\w.$[\]%+-]{1,100}=[^&=\s]*(?:&[\w.$[\]%+-]{1,100}=[^&\s]*)*$/;

function formFields(text: string): Field[] {
  return [...new URLSearchParams(text.trim())].map(([path, value]) => ({ path, value, isText: true }));
}

/** One document, or one a line. */
function jsonFields(text: string): Field[] | null {
  const whole = parsed(text);
  if (whole !== undefined) return isObject(whole) ? leavesOf(whole, '$') : null;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || lines.length > MOST_FIELDS) return null;
  const fields: Field[] = [];
  for (const [index, line] of lines.entries()) {
    const value = parsed(line);
    if (!isObject(value)) return null;
    fields.push(...leavesOf(value, `[${index}]$`));
  }
  return fields;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function parsed(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function leavesOf(root: object, start: string): Field[] {
  const fields: Field[] = [];
  const stack: [unknown, string][] = [[root, start]];
  for (let next = stack.pop(); next && fields.length <= MOST_FIELDS; next = stack.pop()) {
    const [value, path] = next;
    if (isObject(value)) {
      const members = Array.isArray(value)
        ? value.map((one, index): [unknown, string] => [one, `${path}[${index}]`])
        : Object.entries(value).map(([key, one]): [unknown, string] => [one, member(path, key)]);
      stack.push(...members.slice(0, MOST_FIELDS + 1).reverse());
    } else fields.push({ path, value: String(value), isText: true });
  }
  return fields;
}

/** In the order of what the sender says it is; MessagePack and CBOR take almost anything, and are believed only then. */
function binaryFields(bytes: Buffer, type: string): Field[] | null {
  const readers: ReadBinary[] = [readBplist, readProtobuf];
  if (/msgpack/i.test(type)) readers.unshift(readMsgpack);
  if (/cbor/i.test(type)) readers.unshift(readCbor);
  for (const read of readers) {
    const values = read(bytes);
    if (values !== null) return values.map(fieldOf);
  }
  return null;
}

function fieldOf({ path, bytes, numbers }: BinaryValue): Field {
  const isText = numbers !== undefined || isReadable(bytes);
  return { path, value: bytes.toString(isText ? 'utf8' : 'hex'), isText, ...(isText ? {} : { raw: bytes }) };
}

/** Files of a ZIP archive become layers. */
function filesOf(bytes: Buffer, add: Add): Field[] | null {
  if (bytes.length < 22 || bytes.readUInt32LE(0) !== 0x04034b50) return null;
  try {
    const fields: Field[] = [];
    const isShort = ({ name, originalSize }: UnzipFileInfo): boolean => {
      fields.push({ path: name, value: `${originalSize}`, isText: false });
      return originalSize <= MOST_BYTES && fields.length <= MOST_LAYERS;
    };
    for (const [name, file] of Object.entries(unzipSync(bytes, { filter: isShort })))
      add('zip', name, Buffer.from(file));
    return fields;
  } catch {
    return null;
  }
}

/** RFC 2046 5.1: the parts become layers, their names fields. */
function partsOf(bytes: Buffer, type: string, add: Add): Field[] | null {
  const [, quoted, plain] = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return null;
  const mark = `--${boundary}`;
  const fields: Field[] = [];
  for (let at = bytes.indexOf(mark); at >= 0 && fields.length < MOST_FIELDS; ) {
    const begin = at + mark.length;
    const next = bytes.indexOf(`\r\n${mark}`, begin);
    const headEnd = bytes.indexOf('\r\n\r\n', begin);
    if (headEnd < 0 || (next >= 0 && headEnd > next)) break;
    const head = bytes.toString('utf8', begin, headEnd).trim();
    const content = bytes.subarray(headEnd + 4, next < 0 ? bytes.length : next);
    const name = /;\s*name="?([^";\r\n]*)/i.exec(head)?.[1] ?? String(fields.length);
    fields.push({ path: name, value: head, isText: false });
    add('part', name, content, { type: /^content-type:\s*(.+)$/im.exec(head)?.[1] ?? '' });
    at = next < 0 ? -1 : next + 2;
  }
  return fields;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9_-]{16,}={0,2})$/;
const HEX = /^(?:[0-9a-fA-F]{2}){12,}$/;
const PERCENT = /%[0-9a-fA-F]{2}/;

/** A text that holds something else: opened where what comes out makes sense. */
function openText(text: string, at: string | null, add: Add): void {
  if (text.length < 16 || text.length > MOST_BYTES) return;
  if (HEX.test(text)) addIfMeant('hex', at, Buffer.from(text, 'hex'), add);
  else if (BASE64.test(text.replace(/[\r\n]+/g, ''))) addIfMeant('base64', at, Buffer.from(text, 'base64'), add);
  else if (PERCENT.test(text)) {
    const plain = percentDecoded(text);
    if (plain !== null) add('percent', at, Buffer.from(plain));
  } else if (at !== null && isObject(parsed(text))) add('text', at, Buffer.from(text));
}

function addIfMeant(name: string, at: string | null, bytes: Buffer, add: Add): void {
  if (isReadable(bytes) || unpack(bytes, []) !== null || readProtobuf(bytes) !== null) add(name, at, bytes);
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function marksIn(text: string, wanted: readonly string[]): [number, number][] {
  const lower = text.toLowerCase();
  const marks: [number, number][] = [];
  for (const value of wanted)
    for (
      let at = lower.indexOf(value);
      at >= 0 && marks.length < MOST_MARKS;
      at = lower.indexOf(value, at + value.length)
    )
      marks.push([at, at + value.length]);
  marks.sort(([one], [other]) => one - other);
  // Of two that overlap the one that begins first.
  return marks.filter(([from], index) => index === 0 || from >= (marks[index - 1] as [number, number])[1]);
}

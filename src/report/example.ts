/**
 * One example of a finding opened again, layer by layer, from the bytes that stood on the wire: so that a stranger can follow, and do
 * the same. Pure.
 * Promise: without `isRevealed` no content is in it but the names of fields and the value as it is masked; what could not be opened
 * here is named, not guessed; an example in which the value is not there again is none.
 */
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Alert } from '../model/alert.ts';
import type { OpenedLayer } from '../model/opened.ts';

export interface Example {
  layers: ExampleLayer[];
  /** Layers that the alert names and that could not be opened again. */
  rest: readonly string[];
}

export interface ExampleLayer {
  /** As the alert names it; null: the bytes on the wire. */
  name: string | null;
  bytes: number;
  /** Null: not shown. */
  text: string | null;
}

const MAX_BYTES = 1_000_000;
const MAX_SHOWN = 400;
/** Shorter ends stand in many a value. */
const LEAST_PART = 4;
const unzipped = { maxOutputLength: MAX_BYTES };

const OPENERS: Record<string, (bytes: Buffer) => Buffer> = {
  base64: (bytes) => Buffer.from(bytes.toString('latin1').replace(/\s/g, ''), 'base64'),
  base64url: (bytes) => Buffer.from(bytes.toString('latin1').replace(/\s/g, ''), 'base64url'),
  hex: (bytes) => Buffer.from(bytes.toString('latin1').replace(/\s/g, ''), 'hex'),
  gzip: (bytes) => gunzipSync(bytes, unzipped),
  zlib: (bytes) => inflateSync(bytes, unzipped),
  deflate: (bytes) => inflateSync(bytes, unzipped),
  'deflate-raw': (bytes) => inflateRawSync(bytes, unzipped),
  br: (bytes) => brotliDecompressSync(bytes, unzipped),
  brotli: (bytes) => brotliDecompressSync(bytes, unzipped),
  zstd: (bytes) => zstdDecompressSync(bytes, unzipped),
};

/** @param body what was sent, as on the wire. Null: not the one, or nothing to be opened in it. */
export function exampleOf(
  { identifier, evidence }: Pick<Alert, 'identifier' | 'evidence'>,
  body: Buffer,
  isRevealed: boolean,
): Example | null {
  if (identifier === null || evidence === null) return null;
  const layers = [layerOf(null, body, isRevealed)];
  let bytes = body;
  for (const [index, name] of evidence.decoding.entries()) {
    const opened = name === 'json' ? bytes : open(bytes, name);
    if (opened === null)
      return layers.length > 1 && isRevealed ? { layers, rest: evidence.decoding.slice(index) } : null;
    bytes = opened;
    const isLast = index === evidence.decoding.length - 1;
    if (name !== 'json') layers.push(layerOf(name, bytes, isRevealed));
    else if (isLast) {
      const text = jsonText(bytes, evidence.path, identifier.masked, isRevealed);
      return text === null ? null : { layers: [...layers, { name, bytes: bytes.length, text }], rest: [] };
    }
  }
  return null;
}

/**
 * The same by the structure of what was sent: forms, parts of several, protobuf, property lists and the like.
 * @param opened what was sent, opened for people. Null: the value does not stand at its place in it.
 */
export function unfoldedExample(
  { identifier, evidence }: Pick<Alert, 'identifier' | 'evidence'>,
  opened: readonly OpenedLayer[],
  isRevealed: boolean,
): Example | null {
  if (identifier === null || evidence === null) return null;
  const { masked } = identifier;
  for (const layer of opened) {
    const field = layer.fields.find(
      ({ path, value }) => lastOf(path) === lastOf(evidence.path) && shownAs(masked, value) !== null,
    );
    const isWhole = layer.at === evidence.path && layer.text !== null && shownAs(masked, layer.text.trim()) !== null;
    if (!field && !isWhole) continue;
    const road = roadTo(opened, layer);
    const layers = road.map(({ at, name, parent, bytes, text }) => ({
      name: parent === null ? null : at === null ? name : `${name}:${plainName(at)}`,
      bytes,
      text: isRevealed ? (text?.slice(0, MAX_SHOWN) ?? null) : null,
    }));
    const last = layers.at(-1);
    if (last && !isRevealed) last.text = field ? fieldsText(layer, field.path, masked) : masked;
    return { layers, rest: [] };
  }
  return null;
}

/** From what was sent to this layer. */
function roadTo(opened: readonly OpenedLayer[], layer: OpenedLayer): OpenedLayer[] {
  const road = [layer];
  for (let next = layer.parent; next !== null; next = road[0]?.parent ?? null)
    road.unshift(opened[next] as OpenedLayer);
  return road;
}

const MAX_FIELDS = 40;

/** Each field by its name, every value but the one left out. */
function fieldsText({ fields }: OpenedLayer, path: string, masked: string): string {
  const at = Math.max(0, fields.findIndex((field) => field.path === path) - MAX_FIELDS + 1);
  const names = fields
    .slice(at, at + MAX_FIELDS)
    .map((field) => `${plainName(field.path)}=${field.path === path ? (shownAs(masked, field.value) ?? masked) : '…'}`);
  return names.join('  ');
}

/** `$.a.b` and `b` are told as `b`. */
const lastOf = (path: string | null): string | null => path && (path.split('.').at(-1) ?? null);

function layerOf(name: string | null, bytes: Buffer, isRevealed: boolean): ExampleLayer {
  return { name, bytes: bytes.length, text: isRevealed ? bytes.toString('utf8', 0, MAX_SHOWN) : null };
}

/** `json:$.data` is the text of a field; null: it cannot be opened here. */
function open(bytes: Buffer, name: string): Buffer | null {
  try {
    if (name.startsWith('json:')) {
      const value = at(JSON.parse(bytes.toString('utf8')), name.slice('json:'.length));
      return typeof value === 'string' ? Buffer.from(value) : null;
    }
    const opener = Object.hasOwn(OPENERS, name) ? OPENERS[name] : undefined;
    const opened = opener?.(bytes) ?? null;
    return opened !== null && opened.length > 0 && opened.length <= MAX_BYTES ? opened : null;
  } catch {
    return null;
  }
}

/** The object around the value, every other value left out; null where that value is not there. */
function jsonText(bytes: Buffer, path: string | null, masked: string, isRevealed: boolean): string | null {
  let tree: unknown;
  try {
    tree = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  const parent = path === null ? '' : path.replace(/(?:\.[^.[\]]+|\[\d+\])$/, '');
  const key = path?.slice(parent.length).replace(/^[.[]|\]$/g, '') ?? '';
  const around = at(tree, parent);
  if (typeof around !== 'object' || around === null) return null;
  const value = (around as Record<string, unknown>)[key];
  const shown = shownAs(masked, String(value));
  if (shown === null) return null;
  if (isRevealed) return bytes.toString('utf8', 0, MAX_SHOWN);
  const fields = Object.keys(around)
    .slice(0, 40)
    .map((name) => `${JSON.stringify(plainName(name))}: ${name === key ? JSON.stringify(shown) : '…'}`);
  return Array.isArray(around) ? `[… ${JSON.stringify(shown)} …]` : `{${fields.join(', ')}}`;
}

/** A field named by digits may be somebody's number; `field 2` is a place in protobuf. */
const plainName = (name: string): string =>
  /^[\p{L}_$][\w.$[\] -]{0,60}$/u.test(name) && !/\d{4}/.test(name) ? name : '…';

/**
 * What may be the value that is masked so, masked; null: it is another. Of a value put together of several (network and cell) its
 * last part alone may stand there: `7509000` of `452-4-**********00` is `*****00`.
 */
function shownAs(masked: string, value: string): string | null {
  const [first = '', last = ''] = masked.split(/\*+/);
  if (!masked.includes('*') || value.length === 0 || !value.endsWith(last)) return null;
  if (value.startsWith(first)) return masked;
  const part = masked.slice(-value.length);
  const isPart = value.length >= LEAST_PART && value.length < masked.length - first.length && last !== '';
  return isPart && /^\*+[^*]+$/.test(part) ? part : null;
}

/** `$.a[0].b` */
function at(tree: unknown, path: string): unknown {
  let found: unknown = tree;
  for (const [, name, index] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)) {
    if (typeof found !== 'object' || found === null) return undefined;
    const key = name ?? index ?? '';
    found = Object.hasOwn(found, key) ? (found as Record<string, unknown>)[key] : undefined;
  }
  return found;
}

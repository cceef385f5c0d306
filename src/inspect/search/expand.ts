/**
 * One phone's registered values, expanded once into every byte string the search looks for.
 * Promise: spelling × encoding and spelling × digest × form, each byte string once; at most MAX_PATTERNS of them
 * (about 4 MB), plain forms first, so that what would be dropped is the least likely.
 */
import type { Device } from '../../model/device.ts';
import type { IdentifierKind, Spelling } from '../kind.ts';
import { encodings } from './encodings.ts';
import { checksums, type Digest, digests } from './hashes.ts';
import type { DigestForm, Pattern } from './pattern.ts';

/** A registered phone has 1,000-6,000; more means a device file that lists hundreds of values. */
const MAX_PATTERNS = 20_000;
/** Longer planted texts are recognised by their beginning. */
const MAX_TEXT = 120;
/** Shorter spellings would be found everywhere. */
const MIN_TEXT = 4;
/** Digests count as seen from 8 bytes or 16 characters on: 64 bits do not collide by chance. */
const PREFIX_BYTES = 8;
const PREFIX_CHARS = 16;

export interface Expansion {
  patterns: Pattern[];
  /** Left out because of MAX_PATTERNS. */
  dropped: number;
}

export function expand(device: Device, kinds: readonly IdentifierKind[]): Expansion {
  const seen = new Set<string>();
  const patterns: Pattern[] = [];
  let dropped = 0;
  const add = (pattern: Pattern): void => {
    if (pattern.encoding !== null && isCounting(pattern.bytes)) return;
    const key = `${pattern.fold ? pattern.bytes.toString('latin1').toLowerCase() : pattern.bytes.toString('latin1')}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (patterns.length >= MAX_PATTERNS) dropped++;
    else patterns.push(pattern);
  };
  const spellings = kinds.flatMap((kind) => kind.spell(device).map((spelling) => ({ kind, spelling })));
  for (const { kind, spelling } of spellings) {
    for (const pattern of encodedForms(kind, spelling)) add(pattern);
  }
  for (const { kind, spelling } of spellings) {
    if (!spelling.hashed) continue;
    for (const digest of digests(spelling.text, device.salts)) {
      for (const pattern of digestForms(kind, spelling, digest)) add(pattern);
    }
  }
  for (const { kind, spelling } of spellings) {
    if (!spelling.hashed) continue;
    for (const digest of checksums(spelling.text)) {
      for (const pattern of checksumForms(kind, spelling, digest)) add(pattern);
    }
  }
  return { patterns, dropped };
}

/** `1234567890`, `0000000`: everybody's placeholder, even when it is somebody's number reversed. */
function isCounting(bytes: Buffer): boolean {
  const step = (bytes[1]! - bytes[0]! + 10) % 10;
  if (step !== 0 && step !== 1 && step !== 9) return false;
  for (let i = 1; i < bytes.length; i++) {
    if (bytes[i]! < 0x30 || bytes[i]! > 0x39 || (bytes[i]! - bytes[i - 1]! + 10) % 10 !== step) return false;
  }
  return true;
}

function encodedForms(kind: IdentifierKind, spelling: Spelling): Pattern[] {
  const text = spelling.text.slice(0, MAX_TEXT);
  if (Buffer.byteLength(text) < MIN_TEXT) return [];
  const out: Pattern[] = [];
  for (const each of encodings(text, spelling.anyCase)) {
    // An encoded short value is short as well: without boundaries it would turn up by chance.
    const isSpelling = each.encoding === null || each.encoding === 'reversed';
    const bounded = isSpelling ? spelling.bounded : !each.binary && each.bytes.length < 8;
    if (spelling.bounded && each.bytes.length < 6 && each.encoding !== null) continue;
    out.push({
      bytes: each.bytes,
      full: each.bytes,
      fold: each.fold,
      bounded: bounded || each.bytes.length < 6,
      binary: each.binary,
      kind: kind.kind,
      value: spelling.value,
      label: spelling.label,
      encoding: each.encoding,
      shift: each.shift,
      digest: null,
      weak: false,
    });
  }
  return out;
}

function digestForms(kind: IdentifierKind, spelling: Spelling, digest: Digest): Pattern[] {
  const hex = digest.bytes.toString('hex');
  const base64 = digest.bytes.toString('base64');
  const base64url = digest.bytes.toString('base64url');
  const out = [
    form(kind, spelling, digest, 'hex', Buffer.from(hex), PREFIX_CHARS),
    form(kind, spelling, digest, 'base64', Buffer.from(base64), PREFIX_CHARS),
    form(kind, spelling, digest, 'raw', digest.bytes, PREFIX_BYTES),
  ];
  if (base64url !== base64.replaceAll('=', '')) {
    out.push(form(kind, spelling, digest, 'base64url', Buffer.from(base64url), PREFIX_CHARS));
  }
  if (digest.bytes.length === 16) {
    // "16-character MD5", usual in Chinese SDKs: the middle of the hex digest.
    out.push(form(kind, spelling, digest, 'hex', Buffer.from(hex.slice(8, 24)), PREFIX_CHARS, hex.slice(0, 8)));
  }
  return out;
}

function form(
  kind: IdentifierKind,
  spelling: Spelling,
  digest: Digest,
  how: DigestForm,
  full: Buffer,
  prefix: number,
  before = '',
): Pattern {
  return {
    bytes: full.subarray(0, prefix),
    full,
    fold: how === 'hex',
    bounded: false,
    binary: how === 'raw',
    kind: kind.kind,
    value: spelling.value,
    label: spelling.label,
    encoding: null,
    shift: 0,
    digest: { name: digest.name, form: how, from: before.length, before: Buffer.from(before) },
    weak: false,
  };
}

function checksumForms(kind: IdentifierKind, spelling: Spelling, digest: Digest): Pattern[] {
  const decimal = String(digest.bytes.readUInt32BE());
  const forms: [DigestForm, string][] = [['hex', digest.bytes.toString('hex')]];
  // Shorter decimal numbers are too common to mean anything.
  if (decimal.length === 10) forms.push(['decimal', decimal]);
  return forms.map(([how, text]) => ({
    ...form(kind, spelling, digest, how, Buffer.from(text), text.length),
    fold: how === 'hex',
    bounded: true,
    weak: true,
  }));
}

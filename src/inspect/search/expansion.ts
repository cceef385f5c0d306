/**
 * One phone's registered values, expanded once into every byte string the search looks for.
 * Promise: spelling × encoding and spelling × digest × form, each byte string once; at most MAX_PATTERNS of them, plain
 * forms first, so that what is left out (and counted) is the least likely.
 */

import type { IdentifierKind, Spelling } from '../../kinds/kind.ts';
import type { Device } from '../../model/device.ts';
import type { Kind } from '../../model/identifier.ts';
import { encodings } from './encodings.ts';
import { checksums, type Digest, digestsOf, hashInputs } from './hashes.ts';
import { type DigestForm, MAX_NEEDLE, type Pattern } from './pattern.ts';

/** A registered phone has 5,000-15,000, each taking 300 bytes; a scan searches for dozens of phones at once. */
const MAX_PATTERNS = 400_000;
/** Longer planted texts are recognised by their beginning. */
const MAX_TEXT = 120;
/** Shorter spellings would be found everywhere. */
const MIN_TEXT = 4;
/** Digests count as seen from 8 bytes or 16 characters on: 64 bits do not collide by chance. */
const PREFIX_BYTES = 8;
const PREFIX_CHARS = 16;

/** What stands around a value in these encodings is read as it stands. */
const AS_WRITTEN: ReadonlySet<string | null> = new Set([null, 'percent', 'percent twice']);

export interface Expansion {
  patterns: Pattern[];
  /** Left out because of MAX_PATTERNS. */
  dropped: number;
}

interface Spelled {
  kind: Kind;
  spelling: Spelling;
}

/**
 * The expansion in steps of about a tenth of a millisecond: whoever builds tables while a lab runs lets traffic through
 * between them. The expansion is what the generator returns.
 */
export function* expandInSteps(device: Device, kinds: readonly IdentifierKind[]): Generator<undefined, Expansion> {
  const seen = new Set<string>();
  const patterns: Pattern[] = [];
  let dropped = 0;
  const add = (pattern: Pattern): void => {
    if (pattern.encoding !== null && isCounting(pattern.bytes)) return;
    const text = pattern.bytes.toString('latin1');
    // Digests are made in small letters.
    const key = pattern.fold && !pattern.digest ? foldAscii(text) : text;
    if (seen.has(key)) return;
    seen.add(key);
    if (patterns.length >= MAX_PATTERNS) dropped++;
    else patterns.push(pattern);
  };
  const spelled: Spelled[] = [];
  for (const kind of kinds) {
    for (const spelling of kind.spell(device)) spelled.push({ kind: kind.kind, spelling });
    yield;
  }
  for (const each of spelled) {
    for (const pattern of encodedForms(each)) add(pattern);
    yield;
  }
  const hashed = spelled.filter(({ spelling }) => spelling.hashed);
  // Spellings of one value agree in upper case or without separators: the same text is not hashed twice.
  const done = new Set<string>();
  for (const each of hashed) {
    for (const [label, input] of hashInputs(each.spelling.text)) {
      if (done.has(input)) continue;
      done.add(input);
      for (const digest of digestsOf(label, input, device.salts)) {
        for (const pattern of digestForms(each, digest)) add(pattern);
      }
      yield;
    }
  }
  for (const each of hashed) {
    for (const digest of checksums(each.spelling.text)) for (const pattern of checksumForms(each, digest)) add(pattern);
  }
  return { patterns, dropped };
}

/** As the search folds: bytes above ASCII are no letters, whatever Latin-1 says. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
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

function encodedForms({ kind, spelling }: Spelled): Pattern[] {
  const text = spelling.text.slice(0, MAX_TEXT);
  if (Buffer.byteLength(text) < MIN_TEXT) return [];
  const out: Pattern[] = [];
  for (const each of encodings(text, spelling.anyCase)) {
    // An encoded short value is short as well: without boundaries it would turn up by chance.
    const isSpelling = each.encoding === null || each.encoding === 'reversed';
    const bounded = isSpelling ? spelling.bounded : !each.binary && each.bytes.length < 8;
    if (spelling.bounded && each.bytes.length < 6 && each.encoding !== null) continue;
    const bytes = each.bytes.length > MAX_NEEDLE ? each.bytes.subarray(0, MAX_NEEDLE) : each.bytes;
    out.push({
      bytes,
      full: bytes,
      fold: each.fold,
      bounded: bounded || each.bounded === true || bytes.length < 6,
      ...(spelling.isPart && AS_WRITTEN.has(each.encoding) && { isPart: spelling.isPart }),
      binary: each.binary,
      kind,
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

function* digestForms(spelled: Spelled, digest: Digest): Generator<Pattern> {
  const { bytes } = digest;
  const hex = bytes.toString('hex', 0, PREFIX_CHARS / 2);
  yield new DigestPattern(spelled, digest, 'hex', Buffer.from(hex));
  const base64 = bytes.toString('base64', 0, (PREFIX_CHARS / 4) * 3);
  yield new DigestPattern(spelled, digest, 'base64', Buffer.from(base64));
  yield new DigestPattern(spelled, digest, 'raw', bytes.subarray(0, PREFIX_BYTES));
  const base64url = bytes.toString('base64url', 0, (PREFIX_CHARS / 4) * 3);
  if (base64url !== base64) yield new DigestPattern(spelled, digest, 'base64url', Buffer.from(base64url));
  if (bytes.length === 16) {
    // "16-character MD5", usual in Chinese SDKs: the middle of the hex digest.
    yield new DigestPattern(spelled, digest, 'hex', Buffer.from(bytes.toString('hex', 4, 12)), 8);
  }
}

const NOTHING = Buffer.alloc(0);

/** A digest in one form, searched by its beginning; the rest is written out only where the beginning was met. */
class DigestPattern implements Pattern {
  readonly bytes: Buffer;
  readonly fold: boolean;
  readonly bounded = false;
  readonly binary: boolean;
  readonly kind: Kind;
  readonly value: string;
  readonly label: string;
  readonly encoding = null;
  readonly shift = 0;
  readonly digest: NonNullable<Pattern['digest']>;
  readonly weak = false;
  readonly #whole: Buffer;

  constructor({ kind, spelling }: Spelled, { name, bytes: whole }: Digest, form: DigestForm, bytes: Buffer, from = 0) {
    this.bytes = bytes;
    this.fold = form === 'hex';
    this.binary = form === 'raw';
    this.kind = kind;
    this.value = spelling.value;
    this.label = spelling.label;
    this.digest = { name, form, from, before: from === 0 ? NOTHING : Buffer.from(whole.toString('hex', 0, from / 2)) };
    this.#whole = whole;
  }

  get full(): Buffer {
    const { form, from } = this.digest;
    if (form === 'raw') return this.#whole;
    // The middle of a digest is sent as it is, neither more nor less.
    return from > 0 ? this.bytes : Buffer.from(this.#whole.toString(form === 'decimal' ? 'hex' : form));
  }
}

function checksumForms({ kind, spelling }: Spelled, digest: Digest): Pattern[] {
  const decimal = String(digest.bytes.readUInt32BE());
  const forms: [DigestForm, string][] = [['hex', digest.bytes.toString('hex')]];
  // Shorter decimal numbers are too common to mean anything.
  if (decimal.length === 10) forms.push(['decimal', decimal]);
  return forms.map(([form, text]) => {
    const bytes = Buffer.from(text);
    return {
      bytes,
      full: bytes,
      fold: form === 'hex',
      bounded: true,
      binary: false,
      kind,
      value: spelling.value,
      label: spelling.label,
      encoding: null,
      shift: 0,
      digest: { name: digest.name, form, from: 0, before: NOTHING },
      weak: true,
    };
  });
}

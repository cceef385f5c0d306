/**
 * Finds runs of bytes that might be identifiers, for the shapes of the kinds to judge.
 * Promise: each run is offered once, whole, whatever the cutting; text is looked at every STRIDE bytes only, because no
 * anchored run is shorter. Tokens longer than MAX_TOKEN are payload and are skipped.
 */
import type { Anchor } from '../../kinds/kind.ts';
import { type DigitEnds, goesOn, maySeparate, type Spread, spreadAt } from './spread.ts';

/** `start` and `end` are offsets in the scanned buffer. */
export type FoundAnchor = (anchor: Anchor, start: number, end: number) => void;

/** Longest stretch looked at as one token: above the longest identifier (64 hex digits) with separators. */
const MAX_TOKEN = 192;
/** Longest number that identifies anything: of an eSIM chip. */
const MOST_DIGITS = 32;
/** Longest number written in groups, e.g. `+84 91 234 56 78`, or 32 digits in fours. */
const MAX_GROUPED = 40;
/** What must stand to the left of the place to go on from. */
export const ANCHOR_CONTEXT = MAX_TOKEN + MAX_GROUPED + 2;
/** No anchored run is shorter; shorter decimals are found beside their key names only. */
const STRIDE = 6;
/** Nine digits in three groups. */
const LEAST_GROUPED = 11;

const DIGIT = 1;
const LETTER = 2;
const SEPARATOR = 4;
const CLASS = new Uint8Array(256);
for (let c = 0x30; c <= 0x39; c++) CLASS[c] = DIGIT;
for (const c of 'abcdefABCDEF') CLASS[c.charCodeAt(0)] = LETTER;
for (const c of ':-.') CLASS[c.charCodeAt(0)] = SEPARATOR;
const MAIL = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-') MAIL[c.charCodeAt(0)] = 1;

/** Whole tokens, or parts of them that no digit continues. */
const PARTS = new RegExp(
  [
    '(?<uuid>(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f]))',
    '(?<pair>(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{16}(?![0-9a-f-]))',
    '(?<mac>(?<![0-9a-f])(?:[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}(?:\\.[0-9a-f]{4}){2})(?![0-9a-f]|[:.-][0-9a-f]))',
    '(?<decimal>(?<![0-9a-f.])-?\\d{1,3}\\.\\d{2,20}(?![0-9a-f]|\\.\\d))',
    '(?<hex>[0-9a-f]{8,64}(?![0-9a-f]))',
  ].join('|'),
  'gi',
);
/** Lengths at which an all-digit token may be an identifier in hexadecimal. */
const HEX_TOO = new Set([12, 14, 15, 16, 20, 32]);
const GROUPED = /^\d+(?:[- ]\d+)*$/;

/**
 * Offers every run that ends by `bytes.length` and is complete; returns where to go on (a run that touches the end comes
 * again, unless `final`). `numbers`: those in groups, too. At least ANCHOR_CONTEXT bytes before `from` must stay in the buffer, where there were any.
 */
export function findAnchors(
  bytes: Buffer,
  from: number,
  final: boolean,
  found: FoundAnchor,
  numbers: { wanted: DigitEnds; found(number: Spread): void } | null = null,
): number {
  const length = bytes.length;
  let at = from;
  let spreadTo = from;
  for (let probe = at + STRIDE - 1; probe < length; probe = at + STRIDE - 1) {
    let hit = probe;
    if (CLASS[bytes[probe]!] === 0) {
      at = probe + 1;
      // Numbers in groups: the probe may fall on the space between two.
      if (!maySeparate(bytes[probe]) || (numbers === null && bytes[probe] !== 0x20)) continue;
      let next = probe + 1;
      while (next < probe + 3 && maySeparate(bytes[next])) next++;
      if (next >= length || CLASS[bytes[next]!] !== DIGIT || (numbers === null && next > probe + 1)) continue;
      hit = next;
    }
    let start = hit;
    const limit = Math.max(0, hit - MAX_TOKEN - 1);
    while (start > limit && CLASS[bytes[start - 1]!] !== 0) start--;
    let end = hit + 1;
    while (end < length && CLASS[bytes[end]!] !== 0) end++;
    if (end - start > MAX_TOKEN) {
      at = end;
      continue;
    }
    // One byte beyond decides whether a space goes on with digits.
    if (!final && end + 2 > length) return Math.min(at, start);
    if (numbers !== null && hit >= spreadTo && CLASS[bytes[hit]!] === DIGIT && mayBeSpread(bytes, start, end)) {
      const { number, end: to } = spreadAt(bytes, hit, numbers.wanted);
      if (number && to + 7 > length && !final) return Math.min(at, number.start);
      if (number) numbers.found(number);
      spreadTo = to;
    }
    const group = grouped(bytes, start, end);
    if (group && group.end + 2 > length && !final) return Math.min(at, group.start);
    if (group && digitsIn(bytes, group.start, group.end) <= MOST_DIGITS) {
      found('digits', group.start, group.end);
      at = group.end;
    } else {
      if (end - start >= STRIDE) parts(bytes, start, end, found);
      at = end;
    }
  }
  return at;
}

/** A number may go on beyond the token, or the token is one in groups. */
function mayBeSpread(bytes: Buffer, start: number, end: number): boolean {
  if (goesOn(bytes, start, end)) return true;
  if (end - start < LEAST_GROUPED) return false;
  let separators = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0x2d || bytes[i] === 0x2e) separators++;
    else if (CLASS[bytes[i]!] !== DIGIT) return false;
  }
  return separators > 1;
}

/** The number in groups of digits around a token, when there is more than the token and not too much. */
function grouped(bytes: Buffer, start: number, end: number): { start: number; end: number } | null {
  const length = bytes.length;
  const spaceRight = bytes[end] === 0x20 && end + 1 < length && CLASS[bytes[end + 1]!] === DIGIT;
  const spaceLeft = start > 1 && bytes[start - 1] === 0x20 && CLASS[bytes[start - 2]!] === DIGIT;
  if (!spaceRight && !spaceLeft) return null;
  let left = start;
  let right = end;
  while (left > 0 && start - left <= MAX_GROUPED && isPart(bytes[left - 1]!)) left--;
  while (right < length && right - end <= MAX_GROUPED && isPart(bytes[right]!)) right++;
  while (left < start && CLASS[bytes[left]!] !== DIGIT) left++;
  while (right > end && CLASS[bytes[right - 1]!] !== DIGIT) right--;
  if (right - left > MAX_GROUPED || !GROUPED.test(bytes.toString('latin1', left, right))) return null;
  return { start: left, end: right };
}

function isPart(byte: number): boolean {
  return CLASS[byte] === DIGIT || byte === 0x2d || byte === 0x20;
}

function digitsIn(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (CLASS[bytes[i]!] === DIGIT) count++;
  return count;
}

function parts(bytes: Buffer, from: number, to: number, found: FoundAnchor): void {
  let start = from;
  let end = to;
  // `"n":490154…,` and the full stop of a sentence; a leading minus sign stays.
  while (start < end && (bytes[start] === 0x3a || bytes[start] === 0x2e)) start++;
  while (end > start && CLASS[bytes[end - 1]!] === SEPARATOR) end--;
  const length = end - start;
  // `:0.535`: a colon more than any number that counts.
  if (length < STRIDE) return;
  minutes(bytes, start, end, found);
  let classes = 0;
  for (let i = start; i < end; i++) classes |= CLASS[bytes[i]!]!;
  if ((classes & SEPARATOR) === 0) {
    // Nearly all tokens: a number, a word of hex letters, a digest.
    if (length < 8 || length > 64) return;
    const isNumber = classes === DIGIT && length >= 10 && length <= MOST_DIGITS;
    if (isNumber) found('digits', start, end);
    if (!isNumber || HEX_TOO.has(length)) found('hex', start, end);
    return;
  }
  if (length === 36 && isUuid(bytes, start)) {
    found('uuid', start, end);
    return;
  }
  if (mayHold(bytes, start, end)) mixed(bytes, start, end, found);
}

/** Times, dates, versions and addresses are told by their parts before a regular expression has to look. */
function mayHold(bytes: Buffer, start: number, end: number): boolean {
  if (end - start >= 14) return true;
  let colons = 0;
  let dots = 0;
  let dashes = 0;
  let part = 0;
  let longest = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    part = CLASS[byte] === SEPARATOR ? 0 : part + 1;
    if (part > longest) longest = part;
    if (byte === 0x2e) dots++;
    else if (byte === 0x2d) dashes++;
    else if (byte === 0x3a) colons++;
  }
  return longest >= 8 || colons === 5 || (dashes > 0 && end - start >= 11) || dots === 1;
}

/** 8-4-4-4-12; that the rest is hex digits is known. */
function isUuid(bytes: Buffer, start: number): boolean {
  for (let i = 0; i < 36; i++) {
    const isDash = i === 8 || i === 13 || i === 18 || i === 23;
    if (isDash ? bytes[start + i] !== 0x2d : CLASS[bytes[start + i]!] === SEPARATOR) return false;
  }
  return true;
}

function mixed(bytes: Buffer, start: number, end: number, found: FoundAnchor): void {
  const text = bytes.toString('latin1', start, end);
  let done = 0;
  for (const match of text.matchAll(PARTS)) {
    const groups = match.groups!;
    const from = match.index;
    const to = from + match[0].length;
    dashedDigits(text, done, from, start, found);
    done = to;
    if (groups.uuid) found('uuid', start + from, start + to);
    else if (groups.pair) found('hex', start + from, start + to);
    else if (groups.mac) found('mac', start + from, start + to);
    else if (groups.decimal) {
      if (match[0].length >= STRIDE) found('decimal', start + from, start + to);
    } else if (from === 0 || !isHex(text.charCodeAt(from - 1))) {
      const isDigits = /^\d+$/.test(match[0]);
      const dashed = isDigits ? /^(?:-\d+)+/.exec(text.slice(to)) : null;
      const before = isDigits
        ? /(?<![0-9a-f.])(?:\d+-)+$/i.exec(text.slice(Math.max(0, from - MAX_GROUPED), from))
        : null;
      if (dashed || before) done = from;
      else {
        if (isDigits && match[0].length >= 10 && match[0].length <= MOST_DIGITS)
          found('digits', start + from, start + to);
        found('hex', start + from, start + to);
      }
    }
  }
  dashedDigits(text, done, text.length, start, found);
}

/** Longest latitude in degrees and minutes, and the shortest. */
const MOST_MINUTES = 13;
const LEAST_MINUTES = 7;
const MINUTES = /^\d{4}\.\d{2,8}(?![\d.])|(?<![\d.])\d{4}\.\d{2,8}$/;

/** A latitude in degrees and minutes has `N` or `S` behind it or before it, perhaps with a comma or a space between. */
function minutes(bytes: Buffer, start: number, end: number, found: FoundAnchor): void {
  if (end - start < LEAST_MINUTES) return;
  const isBehind = isSide(bytes[isGap(bytes[end]) ? end + 1 : end]);
  if (!isBehind && !isSide(bytes[isGap(bytes[start - 1]) ? start - 2 : start - 1])) return;
  const from = isBehind ? Math.max(start, end - MOST_MINUTES - 1) : start;
  const text = bytes.toString('latin1', from, isBehind ? end : Math.min(end, start + MOST_MINUTES + 1));
  const match = MINUTES.exec(text);
  if (match) found('decimal', from + match.index, from + match.index + match[0].length);
}

const isGap = (byte: number | undefined): boolean => byte === 0x2c || byte === 0x20;
/** `N` or `S`. */
const isSide = (byte: number | undefined): boolean => byte === 0x4e || byte === 0x53;

/** Digits with single dashes between them, 10 to 22 in all. */
function dashedDigits(text: string, from: number, to: number, base: number, found: FoundAnchor): void {
  if (to - from < 11) return;
  for (const match of text.slice(from, to).matchAll(/\d+(?:-\d+)+/g)) {
    const digits = match[0].replaceAll('-', '').length;
    if (digits >= 10 && digits <= MOST_DIGITS) {
      found('digits', base + from + match.index, base + from + match.index + match[0].length);
    }
  }
}

function isHex(code: number): boolean {
  return code < 256 && (CLASS[code]! & (DIGIT | LETTER)) !== 0;
}

const DEGREE = Buffer.from('°');

/** Degrees with their sign, from the first digit on; returns where to go on. */
export function findDegrees(bytes: Buffer, from: number, final: boolean, found: FoundAnchor): number {
  let at = bytes.indexOf(DEGREE, from);
  while (at >= 0) {
    if (!final && at + MAX_GROUPED > bytes.length) return at;
    let start = at;
    while (start > 0 && at - start < 4 && (CLASS[bytes[start - 1]!] === DIGIT || bytes[start - 1] === 0x20)) start--;
    while (bytes[start] === 0x20) start++;
    if (start < at) found('decimal', start, at);
    at = bytes.indexOf(DEGREE, at + 2);
  }
  return bytes.length;
}

/** Texts around an `@`; returns where to go on. */
export function findMail(bytes: Buffer, from: number, final: boolean, found: FoundAnchor): number {
  let at = bytes.indexOf(0x40, from);
  while (at >= 0) {
    let end = at + 1;
    const most = Math.min(bytes.length, at + 256);
    while (end < most && MAIL[bytes[end]!] === 1) end++;
    if (end === bytes.length && end < at + 256 && !final) return at;
    let start = at;
    const least = Math.max(0, at - 64);
    while (start > least && MAIL[bytes[start - 1]!] === 1) start--;
    if (start < at && end > at + 3) found('at', start, end);
    at = bytes.indexOf(0x40, at + 1);
  }
  return bytes.length;
}

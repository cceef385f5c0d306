/**
 * Everything registered about one phone, ready to be searched for.
 * Promise: built once per device and shared by all its flows; a hit that is part of a longer spelling of the same value
 * is not reported beside it; a truncated digest is reported with the length that was really sent.
 */

import type { IdentifierKind } from '../../kinds/kind.ts';
import type { Device } from '../../model/device.ts';
import { differences } from '../anchors/sift.ts';
import { DigitEnds } from '../anchors/spread.ts';
import { expandInSteps, foldAscii } from './expansion.ts';
import { MAX_NEEDLE, type Pattern } from './pattern.ts';
import { LEAST_SIEVED, type Sieve, searchSieved, sievesOf } from './sieve.ts';
import { compile, compileInSteps, search, type Table, viewOf } from './table.ts';

export interface Known {
  device: Device;
  /** Searched in text. */
  text: Groups;
  /** Searched in other layers: the same, raw digests and the like besides. */
  binary: Groups;
  /** Those of them that may stand in printable ASCII. */
  printable: Groups;
  /** Differences of neighbouring bytes of the plain forms: XOR with one byte leaves them as they are. */
  xored: Groups;
  /** Registered values by kind, normalised and canonical: a shape whose value is one of them is known after all. */
  values: Map<string, Set<string>>;
  /** Those of them that are numbers. */
  numbers: DigitEnds;
  patterns: number;
  dropped: number;
}

/** Those that are searched in one pass, together. */
export type Groups = readonly Sieve<Group>[];

export interface Group {
  table: Table;
  patterns: Pattern[];
  /** Per pattern: bytes to the right that decide whether a longer spelling stands there. */
  wait: Uint8Array;
}

export interface Hit {
  /** Offsets in the searched buffer. */
  start: number;
  end: number;
  /** As soon as this many bytes are there, the hit is certain. */
  decided: number;
  pattern: Pattern;
}

/** Most bytes to the right that decide whether a longer spelling stands there. */
const MAX_WAIT = 64;
/** Longest stretch of one occurrence, a longer one around it, and what decides it: what a stream must carry over. */
export const MAX_SPAN = 2 * MAX_NEEDLE + MAX_WAIT + 64;

/** Devices are replaced, never changed: what was prepared for one holds as long as it lives, for all who ask. */
const prepared = new WeakMap<Device, { kinds: readonly IdentifierKind[]; known: Known }>();

/** At once when it is ready; else it takes some 30 ms, which is for callers that have no traffic waiting. */
export function prepareKnown(device: Device, kinds: readonly IdentifierKind[]): Known {
  const ready = prepared.get(device);
  if (ready?.kinds === kinds) return ready.known;
  const steps = prepareInSteps(device, kinds);
  while (true) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export function isPrepared(device: Device, kinds: readonly IdentifierKind[]): boolean {
  return prepared.get(device)?.kinds === kinds;
}

/** The same in short steps, between which others have their turn. What was prepared is what the generator returns. */
export function* prepareInSteps(device: Device, kinds: readonly IdentifierKind[]): Generator<undefined, Known> {
  const { patterns, dropped } = yield* expandInSteps(device, kinds);
  const values = new Map<string, Set<string>>();
  const numbers = new DigitEnds();
  let last: Pattern | null = null;
  for (const pattern of patterns) {
    // Patterns of one value come in a row.
    if (pattern.kind === last?.kind && pattern.value === last.value) continue;
    last = pattern;
    const set = values.get(pattern.kind) ?? new Set();
    values.set(pattern.kind, set);
    const kind = kinds.find((one) => one.kind === pattern.kind);
    for (const form of kind ? formsOf(kind, pattern.value) : []) {
      set.add(form);
      if (/^\+?\d{8,}$/.test(form)) numbers.add(form.replace('+', ''));
    }
  }
  const raw = patterns.filter(({ binary }) => binary);
  const spelled = patterns.filter(({ binary }) => !binary);
  const spelledGroups = yield* groups(spelled);
  const binaryGroups = [...spelledGroups.filter(isLong), ...(yield* groups([...spelled.filter(isShort), ...raw]))];
  const rawPrintable = raw.filter(({ bytes }) => bytes.every((byte) => byte >= 0x20 && byte < 0x7f));
  const printableGroups = yield* groups(rawPrintable);
  const xoredGroups = xoredGroup(patterns);
  yield;
  yield* noteWaits([...new Set([...spelledGroups, ...binaryGroups, ...printableGroups, ...xoredGroups])]);
  const text = sievesOf(spelledGroups);
  yield;
  const binary = sievesOf(binaryGroups);
  yield;
  const printable = printableGroups.length === 0 ? text : sievesOf([...spelledGroups, ...printableGroups]);
  const xored = sievesOf(xoredGroups);
  const known: Known = { device, text, binary, printable, xored, values, numbers, patterns: patterns.length, dropped };
  prepared.set(device, { kinds, known });
  return known;
}

/** The forms in which a value is compared with registered ones: without separators and, of kinds that have one, in its canonical form. */
export function formsOf({ canonical }: IdentifierKind, value: string): string[] {
  const plain = normalise(value);
  return canonical ? [plain, canonical(plain), canonical(value)] : [plain];
}

/** Case and separators do not make another value. */
export function normalise(value: string): string {
  return value.toLowerCase().replace(/[\s:.\-()+]/g, '');
}

/** One short needle makes every step short, so lengths are kept apart: up to 5 bytes, up to 15, more. */
const LENGTH_CLASSES = [5, 15, MAX_NEEDLE];
/** Few enough to stand in the table of a second group, which saves a pass over all that is no text. */
const isShort = ({ bytes }: Pattern): boolean => bytes.length <= LENGTH_CLASSES[1]!;
const isLong = ({ patterns }: Group): boolean => !isShort(patterns[0]!);

function* groups(all: readonly Pattern[]): Generator<undefined, Group[]> {
  const classes: Pattern[][] = LENGTH_CLASSES.map(() => []);
  for (const pattern of all) {
    classes[LENGTH_CLASSES.findIndex((most) => pattern.bytes.length <= most)]!.push(pattern);
  }
  const out: Group[] = [];
  for (const patterns of classes) {
    const table = yield* compileInSteps(patterns);
    if (table) out.push({ table, patterns, wait: new Uint8Array(patterns.length) });
  }
  return out;
}

/** Shorter values would turn up in noise; longer ones are planted texts, which their beginning tells. */
const XORED_LENGTH: readonly [number, number] = [10, 64];

function xoredGroup(all: Pattern[]): Group[] {
  const patterns = all.filter(({ encoding, digest, bytes }) => {
    return encoding === null && !digest && bytes.length >= XORED_LENGTH[0] && bytes.length <= XORED_LENGTH[1];
  });
  const table = compile(patterns.map(({ bytes }) => ({ bytes: stepsOf(bytes), fold: false })));
  return table ? [{ table, patterns, wait: new Uint8Array(patterns.length) }] : [];
}

function stepsOf(bytes: Uint8Array): Buffer {
  const steps = differences(bytes, 0);
  return Buffer.from(steps.bytes.subarray(0, steps.length));
}

interface Member {
  group: Group;
  index: number;
  text: string;
}

/** Notes for every pattern how far a longer spelling of the same value, which holds it, goes on to its right. */
function* noteWaits(groups: readonly Group[]): Generator<undefined, void> {
  const families = new Map<string, Member[]>();
  for (const group of groups) {
    for (const [index, { kind, value, encoding, digest, bytes }] of group.patterns.entries()) {
      if (index % 2000 === 1999) yield;
      if (digest) continue;
      const family = `${kind} ${value} ${encoding}`;
      const member = { group, index, text: foldAscii(bytes.toString('latin1')) };
      const members = families.get(family);
      if (members) members.push(member);
      else families.set(family, [member]);
    }
    yield;
  }
  let compared = 0;
  for (const members of families.values()) {
    noteFamily(members);
    compared += members.length;
    if (compared < MAX_COMPARED) continue;
    compared = 0;
    yield;
  }
}

/** Texts compared per step. */
const MAX_COMPARED = 100;

/** No byte is written like this. */
const BETWEEN = '\u0100';

function noteFamily(members: Member[]): void {
  if (members.length === 1) return;
  members.sort((a, b) => b.text.length - a.text.length);
  const all = members.map(({ text }) => text).join(BETWEEN);
  const ends: number[] = [];
  let own = 0;
  for (const { group, index, text } of members) {
    // Everything longer stands before it.
    for (let at = all.indexOf(text), outer = 0; at < own; at = all.indexOf(text, at + 1)) {
      while (ends[outer]! <= at) outer++;
      const more = Math.min(MAX_WAIT, ends[outer]! - at - text.length);
      if (more > group.wait[index]!) group.wait[index] = more;
    }
    ends.push(own + text.length);
    own += text.length + 1;
  }
}

/** Bytes to search, and what is known about their neighbourhood. */
export interface Stretch {
  bytes: Buffer;
  /** Hits start here or later. */
  from: number;
  /** No text: raw digests, UTF-16, packed numbers may stand there. */
  binary: boolean;
  /** Nothing follows. */
  final: boolean;
  /** Nothing stands before `bytes[0]`. */
  isStart: boolean;
  /** Binary, but all there is is printable ASCII, and bytes between values in which nothing may be found. */
  isPrintable?: boolean;
  /** Of `bytes`, where the caller has one. */
  view?: DataView | null;
}

interface RawHit {
  group: Group;
  needle: number;
  start: number;
}

/** Found by the search under way, and where it looks. */
const raw: RawHit[] = [];
let searched: readonly Group[] = [];
const found = (needle: number, start: number, table: Table): void =>
  void raw.push({ group: searched.find((group) => group.table === table)!, needle, start });

/** The list of the latest call. */
function searchRaw(
  sieves: Groups,
  bytes: Uint8Array,
  from: number,
  to: number,
  view: DataView | null,
): readonly RawHit[] {
  if (raw.length > 0) raw.length = 0;
  for (const sieve of sieves) {
    searched = sieve.groups;
    if (view !== null && to - from >= LEAST_SIEVED) searchSieved(sieve, bytes, from, to, found, view);
    else for (const { table } of sieve.groups) search(table, bytes, from, to, found, view);
  }
  return raw;
}

/** Hits that are decided by what is there; undecided ones come again when more bytes are there. In order of their start. */
export function findKnown(known: Known, stretch: Stretch): readonly Hit[] {
  let hits: Hit[] | null = null;
  const { bytes, from, view = viewOf(bytes) } = stretch;
  const sieves = !stretch.binary ? known.text : stretch.isPrintable ? known.printable : known.binary;
  for (const { group, needle, start } of searchRaw(sieves, bytes, from, bytes.length, view)) {
    const hit = decide(group.patterns[needle]!, group.wait[needle]!, start, stretch);
    if (!hit) continue;
    hits ??= [];
    hits.push(hit);
  }
  return hits ? withoutInner(hits) : NO_HITS;
}

const NO_HITS: readonly Hit[] = [];

/** Values XORed with one byte other than zero. */
export function findXored({ xored }: Known, { bytes, from, final }: Stretch): readonly Hit[] {
  const [sieve] = xored;
  if (!sieve || bytes.length - from <= sieve.window) return NO_HITS;
  const steps = differences(bytes, from);
  const hits: Hit[] = [];
  for (const { group, needle, start: at } of searchRaw(xored, steps.bytes, 0, steps.length, steps.view)) {
    const pattern = group.patterns[needle]!;
    const start = from + at;
    const end = start + pattern.bytes.length;
    // What an earlier text left behind the steps of this one.
    if (end > bytes.length) continue;
    const mask = bytes[start]! ^ pattern.bytes[0]!;
    const decided = end + group.wait[needle]!;
    if (mask === 0 || (decided > bytes.length && !final)) continue;
    const encoding = `xor ${mask.toString(16).padStart(2, '0')}`;
    hits.push({ start, end, decided, pattern: { ...pattern, encoding } });
  }
  return hits.length > 0 ? withoutInner(hits) : NO_HITS;
}

/** Is anything known in these bytes, all of which are there? */
export function holdsKnown(known: Known, bytes: Buffer): boolean {
  return findKnown(known, { bytes, from: 0, binary: true, final: true, isStart: true }).length > 0;
}

/** Null when it is no hit, or not yet decided. */
function decide(pattern: Pattern, wait: number, start: number, stretch: Stretch): Hit | null {
  const { bytes, binary, final, isStart } = stretch;
  // The middle of a digest that is there as a whole.
  if (pattern.digest && pattern.digest.from > 0 && endsWith(bytes, start, pattern.digest.before)) return null;
  let end = start + Math.min(pattern.bytes.length, MAX_NEEDLE);
  let decided = end + wait;
  if (pattern.digest && pattern.full.length > pattern.bytes.length) {
    const length = sentLength(pattern, bytes, start);
    end = start + length;
    decided = length === pattern.full.length ? end : end + 1;
  }
  if (pattern.bounded) {
    if (start > 0 ? isWord(bytes[start - 1]!, binary) : !isStart) return null;
    if (end < bytes.length && isWord(bytes[end]!, binary)) return null;
    decided = Math.max(decided, end + 1);
  }
  if (pattern.isPart) {
    const before = bytes.toString('latin1', Math.max(0, start - MAX_WAIT), start);
    const after = bytes.toString('latin1', end, end + MAX_WAIT);
    const [name = ''] = /^[a-z\d.-]*/i.exec(after) ?? [];
    decided = Math.max(decided, end + Math.min(MAX_WAIT, name.length + 1));
    if (decided <= bytes.length || final)
      return pattern.isPart(before, after) ? null : { start, end, decided, pattern };
  }
  return decided > bytes.length && !final ? null : { start, end, decided, pattern };
}

function endsWith(bytes: Buffer, end: number, wanted: Buffer): boolean {
  const text = bytes.toString('latin1', Math.max(0, end - wanted.length), end);
  return text.toLowerCase() === wanted.toString('latin1');
}

/** How much of a digest was sent, as far as the bytes go. */
function sentLength(pattern: Pattern, bytes: Buffer, start: number): number {
  const { full, fold, digest } = pattern;
  let length = pattern.bytes.length;
  while (length < full.length && start + length < bytes.length) {
    const a = full[length]!;
    const b = bytes[start + length]!;
    const isSame = a === b || (fold && (a | 0x20) === (b | 0x20));
    // Up to the first `+` or `/` both alphabets are written alike.
    if (!isSame && !(digest?.form === 'base64' && URL_SAFE[a] === b)) break;
    length++;
  }
  return length;
}

/** `+` is `-` and `/` is `_` in base64url. */
const URL_SAFE: Partial<Record<number, number>> = { 43: 45, 47: 95 };

/** ASCII letters and digits; in text also the bytes of all other letters. */
function isWord(byte: number, binary: boolean): boolean {
  const low = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x7a) || (byte >= 0x80 && !binary);
}

/** Drops hits inside a longer hit of the same value; the rest by first byte. */
function withoutInner(hits: Hit[]): Hit[] {
  if (hits.length === 1) return hits;
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const reach = new Map<string, Hit>();
  return hits.filter((hit) => {
    const identity = `${hit.pattern.kind} ${hit.pattern.value}`;
    const outer = reach.get(identity);
    if (outer && hit.end <= outer.end) return false;
    reach.set(identity, hit);
    return true;
  });
}

/**
 * Everything registered about one phone, ready to be searched for.
 * Promise: built once per device and shared by all its flows; a hit that is part of a longer spelling of the same value
 * is not reported beside it; a truncated digest is reported with the length that was really sent.
 */
import type { Device } from '../../model/device.ts';
import type { IdentifierKind } from '../kind.ts';
import { expand } from './expand.ts';
import type { Pattern } from './pattern.ts';
import { compile, search, type Table } from './table.ts';

export interface Known {
  device: Device;
  /** Searched in every layer. */
  text: Group[];
  /** Searched in layers that are not text, besides. */
  binary: Group[];
  /** Registered values by kind, normalised: a shape whose value is one of them is known after all. */
  values: Map<string, Set<string>>;
  patterns: number;
  dropped: number;
}

export interface Group {
  table: Table;
  patterns: Pattern[];
  /** Per pattern: bytes to the right that decide whether a longer spelling stands there. */
  wait: number[];
}

export interface Hit {
  /** Offsets in the searched buffer. */
  start: number;
  end: number;
  /** As soon as this many bytes are there, the hit is certain. */
  decided: number;
  pattern: Pattern;
}

/** Needles longer than this are searched by their beginning. */
const MAX_NEEDLE = 256;
/** Most bytes to the right that decide whether a longer spelling stands there. */
const MAX_WAIT = 64;
/** Longest stretch of one occurrence, a longer one around it, and what decides it: what a stream must carry over. */
export const MAX_SPAN = 2 * MAX_NEEDLE + MAX_WAIT + 64;
/** Shorter ones make every step short, so they have a table of their own. */
const LONG_NEEDLE = 8;

export function prepareKnown(device: Device, kinds: readonly IdentifierKind[]): Known {
  const { patterns, dropped } = expand(device, kinds);
  const values = new Map<string, Set<string>>();
  for (const { kind, value } of patterns) {
    const set = values.get(kind) ?? new Set();
    values.set(kind, set.add(normalise(value)));
  }
  const isText = (pattern: Pattern): boolean => !pattern.binary;
  return {
    device,
    text: groups(patterns.filter(isText)),
    binary: groups(patterns.filter((pattern) => !isText(pattern))),
    values,
    patterns: patterns.length,
    dropped,
  };
}

/** Case and separators do not make another value. */
export function normalise(value: string): string {
  return value.toLowerCase().replace(/[\s:.\-()+]/g, '');
}

function groups(patterns: Pattern[]): Group[] {
  const short = patterns.filter((pattern) => pattern.bytes.length < LONG_NEEDLE);
  const long = patterns.filter((pattern) => pattern.bytes.length >= LONG_NEEDLE);
  return [short, long].flatMap((members) => {
    const table = compile(members.map(({ bytes, fold }) => ({ bytes: bytes.subarray(0, MAX_NEEDLE), fold })));
    return table ? [{ table, patterns: members, wait: waits(members) }] : [];
  });
}

function waits(patterns: Pattern[]): number[] {
  const wait = patterns.map(() => 0);
  const families = new Map<string, number[]>();
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.digest) continue;
    const family = `${pattern.kind} ${pattern.value} ${pattern.encoding}`;
    families.set(family, [...(families.get(family) ?? []), index]);
  }
  for (const members of families.values()) {
    for (const inner of members) {
      for (const outer of members) {
        const a = patterns[inner]!.bytes;
        const b = patterns[outer]!.bytes;
        if (a.length >= b.length) continue;
        const at = b.toString('latin1').toLowerCase().indexOf(a.toString('latin1').toLowerCase());
        if (at >= 0) wait[inner] = Math.max(wait[inner]!, Math.min(MAX_WAIT, b.length - at - a.length));
      }
    }
  }
  return wait;
}

/**
 * Hits that start in `[from, bytes.length)` and are decided by what is there; undecided ones come again when more
 * bytes are there. `final`: nothing follows. `isStart`: nothing stands before `bytes[0]`.
 */
export function findKnown(
  known: Known,
  bytes: Buffer,
  from: number,
  binary: boolean,
  final: boolean,
  isStart: boolean,
): Hit[] {
  let hits: Hit[] | null = null;
  const look = ({ table, patterns, wait }: Group): void => {
    search(table, bytes, from, bytes.length, (index, start) => {
      const hit = decide(patterns[index]!, wait[index]!, bytes, start, final, isStart);
      if (!hit) return;
      hits ??= [];
      hits.push(hit);
    });
  };
  for (const group of known.text) look(group);
  if (binary) for (const group of known.binary) look(group);
  return hits ? withoutInner(hits) : [];
}

/** Is anything known in these bytes, all of which are there? */
export function holdsKnown(known: Known, bytes: Buffer): boolean {
  return findKnown(known, bytes, 0, true, true, true).length > 0;
}

/** Null when it is no hit, or not yet decided. */
function decide(
  pattern: Pattern,
  wait: number,
  bytes: Buffer,
  start: number,
  final: boolean,
  isStart: boolean,
): Hit | null {
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
    if (start > 0 ? isWord(bytes[start - 1]!) : !isStart) return null;
    if (end < bytes.length && isWord(bytes[end]!)) return null;
    decided = Math.max(decided, end + 1);
  }
  return decided > bytes.length && !final ? null : { start, end, decided, pattern };
}

function endsWith(bytes: Buffer, end: number, wanted: Buffer): boolean {
  const text = bytes.toString('latin1', Math.max(0, end - wanted.length), end);
  return text.toLowerCase() === wanted.toString('latin1');
}

/** How much of a digest was sent, as far as the bytes go. */
function sentLength({ bytes: prefix, full, fold }: Pattern, bytes: Buffer, start: number): number {
  let length = prefix.length;
  while (length < full.length && start + length < bytes.length) {
    const a = full[length]!;
    const b = bytes[start + length]!;
    if (a !== b && !(fold && (a | 0x20) === (b | 0x20))) break;
    length++;
  }
  return length;
}

function isWord(byte: number): boolean {
  const low = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x7a) || byte >= 0x80;
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

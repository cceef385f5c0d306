/**
 * Which kinds a key name hints at, from key-names.yaml.
 * Promise: names are compared without case, separators, numbering and hash words (`SIM1_IMEI`, `x-imei`, `imeiMd5`
 * all say `imei`); a look-up never throws, takes time linear in the key, and keys over 80 characters hint at nothing.
 * A hint is never a finding: the shapes decide.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { KINDS, type Kind } from '../model/identifier.ts';

export interface KeyHint {
  kind: Kind;
  /** `strong` or `weak`; for location and cell the part it names, e.g. `latitude`. */
  group: string;
  /** The name as key-names.yaml has it. */
  name: string;
  /** The key also says that the value is a hash: `imei_md5`. */
  hashed: boolean;
}

const NONE: readonly KeyHint[] = [];
/** Longer keys are payload, not names. */
const MAX_KEY = 80;
/** Bounded so that keys chosen by a hostile sender cannot fill memory. */
const MAX_REMEMBERED = 4096;
const HASH_WORD = /md5|sha(?:1|256|512)?|hash(?:ed)?/g;
/** Words that say nothing about what the value is. */
const FILLER = new Set(['value', 'val', 'str', 'string', 'list', 'x', 'the', 'info']);

let table: Map<string, KeyHint[]> | null = null;
const remembered = new Map<string, readonly KeyHint[]>();

/** Lower case, letters and digits only: `Mac-Address` becomes `macaddress`. */
export function normaliseKey(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Normalised name → what it hints at. Read once, on first use. */
export function keyNames(): ReadonlyMap<string, readonly KeyHint[]> {
  table ??= readTable(readFileSync(new URL('./key-names.yaml', import.meta.url), 'utf8'));
  return table;
}

/** Everything a key hints at; empty for null, for unknown and for over-long keys. */
export function hintsFor(key: string | null): readonly KeyHint[] {
  if (key === null || key.length === 0 || key.length > MAX_KEY) return NONE;
  const known = remembered.get(key);
  if (known) return known;
  const hints = lookUp(key);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, hints);
  return hints;
}

/** The hint of this kind that a key gives, or null. */
export function hintOf(key: string | null, kind: Kind): KeyHint | null {
  for (const hint of hintsFor(key)) if (hint.kind === kind) return hint;
  return null;
}

/** For `Shape.key`: does a key name hint at this kind? */
export function namesOf(kind: Kind): (name: string) => boolean {
  return (name) => hintOf(name, kind) !== null;
}

/** A key that names other kinds for certain, and not this one: a value beside it is theirs. */
export function namesOther(key: string | null, kind: Kind): boolean {
  const hints = hintsFor(key);
  return hints.some((hint) => hint.group !== 'weak') && !hints.some((hint) => hint.kind === kind);
}

/** True when the key stands in key-names.yaml: the engine then offers the value beside it (anchor `key`). */
export function isKeyName(key: string): boolean {
  return hintsFor(key).length > 0;
}

function lookUp(key: string): readonly KeyHint[] {
  const words = key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const kept = words.filter((word, index) => index === 0 || !FILLER.has(word));
  const hashed = words.some((word) => word.replace(HASH_WORD, '') !== word);
  const names = keyNames();
  for (let from = 0; from < kept.length; from++) {
    const tail = kept.slice(from).join('');
    const unhashed = tail.replace(HASH_WORD, '');
    for (const name of [tail, withoutNumber(tail), unhashed, withoutNumber(unhashed)]) {
      const hints = names.get(name)?.filter((hint) => from === 0 || kept[from - 1] === 'x' || hint.group !== 'weak');
      if (hints?.length) return hints.map((hint) => ({ ...hint, hashed }));
    }
  }
  return NONE;
}

/** `imei1` → `imei`: phones have two SIMs. */
function withoutNumber(name: string): string {
  let end = name.length;
  while (end > 0 && name.charCodeAt(end - 1) >= 48 && name.charCodeAt(end - 1) <= 57) end--;
  return name.slice(0, end);
}

function readTable(yaml: string): Map<string, KeyHint[]> {
  const data = parse(yaml) as Record<string, Groups>;
  const out = new Map<string, KeyHint[]>();
  for (const [kind, groups] of Object.entries(data)) {
    if (!isKind(kind)) throw new Error(`key-names.yaml: ${kind} is not a kind; use one of ${KINDS.join(', ')}`);
    addNames(out, kind, groups);
  }
  return out;
}

/** Group → name → source. */
type Groups = Record<string, Record<string, string>>;

function addNames(to: Map<string, KeyHint[]>, kind: Kind, groups: Groups): void {
  for (const [group, names] of Object.entries(groups)) {
    for (const name of Object.keys(names)) {
      const hints = to.get(normaliseKey(name)) ?? [];
      if (!hints.some((hint) => hint.kind === kind)) hints.push({ kind, group, name, hashed: false });
      to.set(normaliseKey(name), hints);
    }
  }
}

const learned = new Set<Kind>();

/** Names of a kind that is not in key-names.yaml, from now on. */
export function learnNames(kind: Kind, groups: Groups): void {
  if (learned.has(kind)) return;
  learned.add(kind);
  table ??= readTable(readFileSync(new URL('./key-names.yaml', import.meta.url), 'utf8'));
  addNames(table, kind, groups);
  remembered.clear();
}

function isKind(name: string): name is Kind {
  return (KINDS as readonly string[]).includes(name);
}

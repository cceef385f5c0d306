/**
 * Which kinds a key name hints at, from key-names.yaml.
 * Promise: names are compared without case, separators, numbering and hash words (`SIM1_IMEI`, `x-imei`, `imeiMd5`
 * all say `imei`); a look-up never throws, takes time linear in the key, and keys over 80 characters hint at nothing.
 * A hint is never a finding: the shapes decide.
 */
import { readFileSync } from 'node:fs';
import { labError } from '../formats/refusal.ts';
import { yaml } from '../formats/yaml.ts';
import { effort } from '../model/effort.ts';
import { KINDS, type Kind } from '../model/identifier.ts';
import { type Text, text } from '../model/text.ts';

export interface KeyHint {
  kind: Kind;
  /** `strong`, `fair` or `weak`; for location and cell the part it names, e.g. `latitude`. */
  group: string;
  /** The name as key-names.yaml has it. */
  name: string;
  /** The key also says that the value is a hash: `imei_md5`. */
  hashed: boolean;
}

const NONE: readonly KeyHint[] = [];
/** Shorter ones stand for anything. */
const LEAST_NAME = 2;
/** Longer keys are payload, not names. */
const MAX_KEY = 80;
/** Bounded so that keys chosen by a hostile sender cannot fill memory. */
const MAX_REMEMBERED = 4096;
/** Units of work. */
const PER_WORD = 200;
const HASH_WORD = /md5|sha(?:1|256|512)?|hash(?:ed)?/g;
/** Words that say nothing about what the value is. */
const FILLER = new Set(['value', 'val', 'str', 'string', 'list', 'x', 'the', 'info', 'raw']);

let table: Map<string, KeyHint[]> | null = null;
const remembered = new Map<string, Said>();

/** Lower case, letters and digits only: `Mac-Address` becomes `macaddress`. */
export function normaliseKey(key: string): string {
  return plainKey(key)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Normalised name → what it hints at. Read once, on first use. */
export function keyNames(): ReadonlyMap<string, readonly KeyHint[]> {
  table ??= makeTable();
  return table;
}

function makeTable(): Map<string, KeyHint[]> {
  const made = readTable(readFileSync(new URL('./key-names.yaml', import.meta.url), 'utf8'));
  for (const [kind, groups] of [...Object.entries(given), ...learned]) addNames(made, kind as Kind, groups);
  return made;
}

/** Where a value stands: its own name, and the names around it, nearest first. */
export interface Named {
  key: string | null;
  /** `device: { id }`: of `id`, `device`. */
  within?: readonly string[];
}

/** Everything a name hints at, together with what stands around it; empty for null, for unknown and for over-long keys. */
export function hintsFor(name: string | null | Named): readonly KeyHint[] {
  const key = typeof name === 'object' ? (name?.key ?? null) : name;
  const within = typeof name === 'object' ? (name?.within ?? NOWHERE) : NOWHERE;
  return look(key, within).hints;
}

/** The name, or what stands around it, says that the value belongs to some other thing: a shop, a beacon, a page. */
export function isForeign({ key, within = NOWHERE }: Named): boolean {
  return look(key, within).isForeign;
}

/** The hint of this kind that a name gives, or null. */
export function hintOf(name: string | null | Named, kind: Kind): KeyHint | null {
  for (const hint of hintsFor(name)) if (hint.kind === kind) return hint;
  return null;
}

/** A name that stands for other kinds for certain, and not for this one: a value beside it is theirs. */
export function namesOther(name: string | null | Named, kind: Kind): boolean {
  const hints = hintsFor(name);
  return hints.some(({ group }) => group !== 'weak' && group !== 'fair') && !hints.some((hint) => hint.kind === kind);
}

/** True when the key stands in key-names.yaml: the engine then offers the value beside it (anchor `key`). */
export function isKeyName(key: string): boolean {
  return hintsFor(key).length > 0;
}

interface Said {
  hints: readonly KeyHint[];
  isForeign: boolean;
}

const NOTHING: Said = { hints: NONE, isForeign: false };
const NOWHERE: readonly string[] = [];
/** Shorter ones are letters, not words. */
const LEAST_CONTAINER = 2;
/** Names further out say little. */
const MAX_AROUND = 4;

interface Asked {
  key: string;
  within: readonly string[];
  said: Said;
}

/** Each kind asks about the same value in turn, and documents about the same names: the latest, by the length of the key. */
const asked: (Asked | null)[] = new Array<Asked | null>(32).fill(null);

function look(key: string | null, within: readonly string[]): Said {
  if (key === null || key.length === 0 || key.length > MAX_KEY) return NOTHING;
  if (within.length === 0) return remembered.get(key) ?? lookAfresh(key, key, within);
  const place = key.length & 31;
  const latest = asked[place];
  if (latest && latest.within === within && latest.key === key) return latest.said;
  const identity = [key, ...within.slice(0, MAX_AROUND)].join('\n');
  const said = remembered.get(identity) ?? lookAfresh(identity, key, within);
  asked[place] = { key, within, said };
  return said;
}

function lookAfresh(identity: string, key: string, within: readonly string[]): Said {
  const around = within.slice(0, MAX_AROUND).filter((name) => name.length <= MAX_KEY);
  const said = lookUp(key, around);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(identity, said);
  return said;
}

function lookUp(key: string, within: readonly string[]): Said {
  const names = keyNames();
  const own = wordsOf(key);
  const around = within.map(wordsOf);
  effort.units += PER_WORD * (own.length + around.length);
  if (holdsForeign([...around.toReversed().flat(), ...own])) return { hints: NONE, isForeign: true };
  // What a name says includes its container: `id` in `device` is `device id`, `macAddress` in `wifiAccessPoints` an access point's.
  for (const container of around.slice(0, 1)) {
    // `ssid` in a container called `b` is no `bssid`.
    if (container.join('').length < LEAST_CONTAINER) continue;
    const hints = hintsIn(names, [...container, ...own], container.length);
    if (hints.length > 0) return { hints, isForeign: false };
  }
  return { hints: hintsIn(names, own, own.length), isForeign: false };
}

/**
 * Types around a value: of MongoDB's Extended JSON (`{"imei":{"$numberLong":"…"}}`), of DynamoDB (`{"S":"…"}`), of Firestore and
 * OpenTelemetry (`stringValue`).
 */
const TYPED = /^(?:\$(?:number(?:Long|Int|Double|Decimal)|uuid|symbol)|[SN]|(?:string|int|integer|double)Value)$/;

/** The name is that of a type: what the value is called stands around it. */
export function isTypeName(key: string): boolean {
  return key.length <= 14 && TYPED.test(key);
}

function plainKey(key: string): string {
  return isTypeName(key) ? 'value' : key;
}

/** `SIM1ImeiNumber` → `sim1`, `imei`, `number`. */
function wordsOf(key: string): string[] {
  return plainKey(key)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Of the longest known name that the words end in and that begins among the first `most` of them. */
function hintsIn(
  names: ReadonlyMap<string, readonly KeyHint[]>,
  words: readonly string[],
  most: number,
): readonly KeyHint[] {
  const kept = words.filter((word, index) => index === 0 || !FILLER.has(word));
  // `wifi list mac` is an access point's, and no `wifi mac`.
  const whole = kept.length < words.length ? hintsAmong(names, words, most) : NONE;
  return whole.length > 0 ? whole : hintsAmong(names, kept, most);
}

function hintsAmong(
  names: ReadonlyMap<string, readonly KeyHint[]>,
  kept: readonly string[],
  most: number,
): readonly KeyHint[] {
  const hashed = kept.some((word) => word.replace(HASH_WORD, '') !== word);
  for (let from = 0; from < Math.min(most, kept.length); from++) {
    for (const name of formsOf(kept.slice(from).join(''))) {
      const hints = names.get(name)?.filter((hint) => from === 0 || kept[from - 1] === 'x' || hint.group !== 'weak');
      if (hints?.length) return hints.map((hint) => ({ ...hint, hashed }));
    }
  }
  return NONE;
}

/** As written, without its number, without hash words, and of several the one. */
function formsOf(tail: string): string[] {
  const unhashed = tail.replace(HASH_WORD, '');
  const singular = tail.length > 4 && tail.endsWith('s') ? [tail.slice(0, -1), tail.replace(/es$/, '')] : [];
  return [tail, withoutNumber(tail), unhashed, withoutNumber(unhashed), ...singular];
}

/** Groups of words that stand for things other than the phone. */
let foreign: string[] | null = null;

function holdsForeign(words: readonly string[]): boolean {
  keyNames();
  const text = ` ${words.join(' ')} `;
  return (foreign ?? []).some((name) => text.includes(name));
}

/** `imei1` → `imei`: phones have two SIMs. */
function withoutNumber(name: string): string {
  let end = name.length;
  while (end > 0 && name.charCodeAt(end - 1) >= 48 && name.charCodeAt(end - 1) <= 57) end--;
  return name.slice(0, end);
}

function readTable(written: string): Map<string, KeyHint[]> {
  const { foreign: others = {}, ...data } = yaml().parse(written) as Record<string, Groups>;
  foreign = Object.keys(others.names ?? {}).map((name) => ` ${name} `);
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

const learned = new Map<Kind, Groups>();

export type NamesByKind = Partial<Record<Kind, Groups>>;

let given: NamesByKind = {};

/** Names of a hub besides those of key-names.yaml, in place of those given before. */
export function giveNames(names: NamesByKind): void {
  given = names;
  table = null;
  remembered.clear();
  asked.fill(null);
}

/** Kind → group → name → source, as in key-names.yaml. @throws LabError naming the file and what is wrong in it */
export function readNames(written: string, fileName: string): NamesByKind {
  const fail = (what: Text): never => {
    throw labError(text('file.field', { field: fileName, problem: what }));
  };
  let read: unknown;
  try {
    read = yaml().parse(written);
  } catch {
    fail(text('names.no-yaml'));
  }
  const isObject = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!isObject(read)) return fail(text('names.no-kinds'));
  for (const [kind, groups] of Object.entries(read)) {
    if (!isKind(kind)) fail(text('names.no-kind', { kind, kinds: KINDS.join(', ') }));
    if (!isObject(groups)) return fail(text('names.no-groups', { kind }));
    for (const [group, names] of Object.entries(groups)) {
      const isNames = isObject(names) && Object.values(names).every((source) => typeof source === 'string');
      if (!isNames) return fail(text('names.no-names', { kind, group }));
      for (const name of Object.keys(names))
        if (normaliseKey(name).length < LEAST_NAME) fail(text('names.short', { kind, group, name }));
    }
  }
  return read as NamesByKind;
}

/** Names of a kind that is not in key-names.yaml, from now on. */
export function learnNames(kind: Kind, groups: Groups): void {
  if (learned.has(kind)) return;
  learned.set(kind, groups);
  table ??= makeTable();
  addNames(table, kind, groups);
  remembered.clear();
  asked.fill(null);
}

function isKind(name: string): name is Kind {
  return (KINDS as readonly string[]).includes(name);
}

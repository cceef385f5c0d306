/**
 * Key names as they come by in documents: each distinct one is decoded and looked up once.
 * Promise: bounded; equal bytes give the same object.
 */
import { hintsFor, isKeyName, isTypeName } from '../../kinds/key-names.ts';
import { mayBeNamedBeside, mayName } from '../../kinds/named-beside.ts';
import { turn } from '../decode/turn.ts';

export interface Name {
  text: string;
  /** Stands in key-names.yaml. */
  isKnown: boolean;
  /** Says nothing by itself: what it is called may stand beside it, or around it. */
  mayBeNamed: boolean;
  /** Its value may be the name of what stands beside it. */
  mayName: boolean;
  /** Its value is what the container is called for, of a type that it names: `{"lat":{"$numberDouble":"…"}}`. */
  isType: boolean;
  /** A telling name that is turned by 13 letters; null for others. */
  turned: string | null;
  /** Any of these. */
  isTelling: boolean;
  /** Whether it tells something in a container of that name; once it was asked. */
  tellsIn: Map<string, boolean> | null;
  readonly bytes: Buffer;
  /** As one step of a locator: `.id`, `["a b"]`. */
  readonly step: string;
  /** The name that came after it last time: documents repeat themselves. */
  following: Name | null;
  /** The latest list of names that begins with this one, and the rest of it. */
  around: Around | null;
}

interface Around {
  outer: readonly string[];
  all: readonly string[];
}

/** In no container that has a name. */
export const NOWHERE: readonly string[] = [];

/** Names of the containers from `name` outwards, at most `most`: the same list for the same names, so that it need not be compared. */
export function around(name: Name | null, outer: readonly string[], most: number): readonly string[] {
  if (name === null) return outer;
  if (name.around?.outer !== outer) name.around = { outer, all: [name.text, ...outer].slice(0, most) };
  return name.around.all;
}

/** Real apps use some hundred names. */
const MAX_NAMES = 4096;

export class Names {
  readonly #byHash = new Map<number, Name>();
  #latest: Name | null = null;

  intern(bytes: Buffer, from: number, to: number): Name {
    const expected = this.#latest?.following;
    if (expected && isSame(expected.bytes, bytes, from, to)) {
      this.#latest = expected;
      return expected;
    }
    const name = this.lookUp(bytes, from, to);
    if (this.#latest) this.#latest.following = name;
    this.#latest = name;
    return name;
  }

  /** The same, out of the order of the document. */
  lookUp(bytes: Buffer, from: number, to: number): Name {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const known = this.#byHash.get(hash);
    if (known && isSame(known.bytes, bytes, from, to)) return known;
    const text = bytes.toString('utf8', from, to);
    const step = /^[A-Za-z_$][\w$-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
    const says = { isKnown: isKeyName(text), mayBeNamed: mayBeNamedBeside(text), mayName: mayName(text) };
    const name: Name = {
      text,
      ...says,
      isTelling: says.isKnown || says.mayBeNamed || says.mayName,
      isType: isTypeName(text),
      turned: says.isKnown ? null : turnedName(text),
      tellsIn: null,
      bytes: Buffer.from(bytes.subarray(from, to)),
      step,
      following: null,
      around: null,
    };
    if (this.#byHash.size >= MAX_NAMES) this.#byHash.clear();
    this.#byHash.set(hash, name);
    return name;
  }
}

/** Shorter ones are other words when they are turned. */
const LEAST_TURNED = 4;

function turnedName(text: string): string | null {
  if (text.length < LEAST_TURNED || text.length > MAX_NAME) return null;
  const name = turn(text);
  return name !== text && hintsFor(name).some(({ group }) => group !== 'weak' && group !== 'fair') ? name : null;
}

/** Containers a name is remembered in. */
const MAX_CONTAINERS = 64;

/** `id` in `device` is a device's. */
export function tellsIn(name: Name, container: string): boolean {
  name.tellsIn ??= new Map();
  let tells = name.tellsIn.get(container);
  if (tells === undefined) {
    tells = hintsFor({ key: name.text, within: [container] }).length > 0;
    if (name.tellsIn.size >= MAX_CONTAINERS) name.tellsIn.clear();
    name.tellsIn.set(container, tells);
  }
  return tells;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const SPACE = 0x20;
/** Longer names are looked at by who reads the document. */
const MAX_NAME = 60;

/** The name of the member whose value, a number or a string, begins at `start` of JSON without escaped quotes; null for none that is plain to see. */
export function memberBefore(bytes: Buffer, start: number, names: Names): Name | null {
  let at = start - 1;
  if (bytes[at] === QUOTE) at--;
  if (bytes[at] === SPACE) at--;
  if (bytes[at] !== COLON || bytes[at - 1] !== QUOTE) return null;
  const end = at - 1;
  const least = Math.max(0, end - MAX_NAME);
  let from = end;
  while (from > least && bytes[from - 1] !== QUOTE) from--;
  return from > 0 && bytes[from - 1] === QUOTE ? names.lookUp(bytes, from, end) : null;
}

function isSame(name: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}

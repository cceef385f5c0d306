/**
 * Key names as they come by in documents: each distinct one is decoded and looked up once.
 * Promise: bounded; equal bytes give the same object.
 */
import { isKeyName } from '../../kinds/key-names.ts';

export interface Name {
  text: string;
  /** Stands in key-names.yaml. */
  isKnown: boolean;
  readonly bytes: Buffer;
  /** As one step of a locator: `.id`, `["a b"]`. */
  readonly step: string;
  /** The name that came after it last time: documents repeat themselves. */
  following: Name | null;
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
    const name = this.#lookUp(bytes, from, to);
    if (this.#latest) this.#latest.following = name;
    this.#latest = name;
    return name;
  }

  #lookUp(bytes: Buffer, from: number, to: number): Name {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const known = this.#byHash.get(hash);
    if (known && isSame(known.bytes, bytes, from, to)) return known;
    const text = bytes.toString('utf8', from, to);
    const step = /^[A-Za-z_$][\w$-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
    const name: Name = {
      text,
      isKnown: isKeyName(text),
      bytes: Buffer.from(bytes.subarray(from, to)),
      step,
      following: null,
    };
    if (this.#byHash.size >= MAX_NAMES) this.#byHash.clear();
    this.#byHash.set(hash, name);
    return name;
  }
}

function isSame(name: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}

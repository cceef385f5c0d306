/**
 * What stands beside a closed payload in the same exchange, before or after it: a value there may be its key. So the verdict
 * on a payload waits for the end of the exchange.
 * Promise: at most MAX_NOTED short values and MAX_WAITING payloads are kept, and only until then.
 */

import { JsonPath } from '../structure/json-path.ts';
import type { Names } from '../structure/names.ts';

/** Real requests have some dozen; a report of thousands of rows holds its key at the top. */
const MAX_NOTED = 64;
const LONGEST_KEY = 64;
const MAX_WAITING = 4;
const NAMELESS = 'a value beside it';
/** Nested ones come after the one around them. */
const MAX_DOCUMENTS = 4;
/** Longer payloads are files: their verdict does not wait. */
export const MAX_KEPT = 16 << 10;

type Values = [name: string, value: string][];

export interface Waiting {
  bytes: Buffer;
  /** The value of this name was the key. */
  opened(name: string, bytes: Buffer): void;
  /** None was. */
  closed(): void;
}

/** Short values that need no noting one by one: read out when something waits for one of them. */
export interface Readable {
  /** Until `note` says that it has enough. */
  readValues(note: (name: string | null, value: string) => boolean): void;
}

/** Null when none of the values is the key. */
export type TryKeys = (bytes: Buffer, values: Values) => { name: string; bytes: Buffer } | null;

export class Beside {
  #values: Values | null = null;
  #waiting: Waiting[] | null = null;
  #again: Values[] | null = null;
  /** The request's head, and its trailers. */
  #heads: Readable[] | null = null;
  /** Whole documents: their values are only read out when something waits for them. */
  #documents: { bytes: Buffer; literals: number[]; names: Names }[] | null = null;

  /** A short value of the exchange; cheap, because every value comes by. */
  note(name: string | null, bytes: Buffer, from: number, to: number): void {
    if (to - from >= 2 && to - from <= LONGEST_KEY && this.hasRoom) this.#add(name, bytes.toString('latin1', from, to));
  }

  noteHead(head: Readable): void {
    this.#heads ??= [];
    if (this.#heads.length < MAX_DOCUMENTS) this.#heads.push(head);
  }

  /** So far. */
  get count(): number {
    return this.#values === null ? 0 : this.#values.length;
  }

  /** What was noted since then; null for nothing, as mostly. */
  since(count: number): Values | null {
    return this.#values === null || this.#values.length === count ? null : this.#values.slice(count);
  }

  /** What was noted of the same piece of an earlier request. */
  noteAgain(values: Values): void {
    if (!this.hasRoom) return;
    this.#again ??= [];
    if (this.#again.length < MAX_NOTED) this.#again.push(values);
  }

  /** All values of a JSON document, as `JsonView` shows it; false when there is no room: then each must be noted. */
  noteDocument(bytes: Buffer, literals: readonly number[], names: Names): boolean {
    this.#documents ??= [];
    if (this.#documents.length >= MAX_DOCUMENTS) return false;
    this.#documents.push({ bytes, literals: literals.slice(), names });
    return true;
  }

  #readDocuments(): void {
    for (const { bytes, literals, names } of this.#documents ?? []) {
      const path: JsonPath = new JsonPath({ literals }, names, {
        nested: () => false,
        nestedBytes: () => undefined,
        nestedEnd: () => undefined,
        value: (start, end, key) => this.note(key?.text ?? null, bytes, start, end),
      });
      path.advance(bytes, 0, bytes.length);
      path.end();
    }
    this.#documents = null;
  }

  get hasRoom(): boolean {
    return this.#values === null || this.#values.length < MAX_NOTED;
  }

  #add(name: string | null, value: string): void {
    this.#values ??= [];
    this.#values.push([name ?? NAMELESS, value]);
  }

  /** All of them, the head's first. */
  #allValues(): Values | null {
    this.#readDocuments();
    const all: Values = [];
    for (const head of this.#heads ?? [])
      head.readValues((name, value) => {
        if (value.length >= 2 && value.length <= LONGEST_KEY) all.push([name ?? NAMELESS, value]);
        return all.length < MAX_NOTED;
      });
    all.push(...(this.#again?.flat() ?? []), ...(this.#values ?? []));
    this.#heads = null;
    this.#again = null;
    this.#values = all.slice(0, MAX_NOTED);
    return all.length > 0 ? this.#values : null;
  }

  /** False when the payload must be judged now. */
  wait(payload: Waiting): boolean {
    this.#waiting ??= [];
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push(payload);
    return true;
  }

  /** The exchange is over. */
  settle(tryKeys: TryKeys): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = null;
    const values = this.#allValues();
    for (const { bytes, opened, closed } of waiting) {
      const key = values && tryKeys(bytes, values);
      if (key) opened(key.name, key.bytes);
      else closed();
    }
  }
}

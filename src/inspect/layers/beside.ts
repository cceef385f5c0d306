/**
 * What stands beside a closed payload in the same exchange, before or after it: a value there may be its key. So the verdict
 * on a payload waits for the end of the exchange.
 * Promise: at most MAX_NOTED short values and MAX_WAITING payloads are kept, and only until then.
 */

/** Real requests have some dozen; a report of thousands of rows holds its key at the top. */
const MAX_NOTED = 64;
const LONGEST_KEY = 64;
const MAX_WAITING = 4;
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

/** Null when none of the values is the key. */
export type TryKeys = (bytes: Buffer, values: Values) => { name: string; bytes: Buffer } | null;

export class Beside {
  #values: Values | null = null;
  #waiting: Waiting[] | null = null;

  /** A short value of the exchange; cheap, because every value comes by. */
  note(name: string | null, bytes: Buffer, from: number, to: number): void {
    if (to - from >= 2 && to - from <= LONGEST_KEY && this.#hasRoom())
      this.#add(name, bytes.toString('latin1', from, to));
  }

  noteText(name: string | null, value: string): void {
    if (value.length >= 2 && value.length <= LONGEST_KEY && this.#hasRoom()) this.#add(name, value);
  }

  #hasRoom(): boolean {
    return this.#values === null || this.#values.length < MAX_NOTED;
  }

  #add(name: string | null, value: string): void {
    this.#values ??= [];
    this.#values.push([name ?? 'a value beside it', value]);
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
    for (const { bytes, opened, closed } of waiting) {
      const key = this.#values && tryKeys(bytes, this.#values);
      if (key) opened(key.name, key.bytes);
      else closed();
    }
  }
}

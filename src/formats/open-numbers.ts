/**
 * What is kept under a number while it is open, few at a time: the exchanges of a connection.
 * A Map would do, but one that is filled and emptied with every request makes new tables all the time, and old ones hold what
 * stood in them when they were given up: a twentieth of what small requests left behind outlived its collection. Here the few stand
 * in two arrays that stay.
 */

/** More are kept in a Map. */
const FEW = 40;

export class OpenNumbers<T> {
  readonly #numbers: number[] = [];
  readonly #values: (T | undefined)[] = [];
  #few = 0;
  #more: Map<number, T> | null = null;

  get size(): number {
    return this.#few + (this.#more?.size ?? 0);
  }

  get(number: number): T | undefined {
    const at = this.#indexOf(number);
    return at >= 0 ? this.#values[at] : this.#more?.get(number);
  }

  set(number: number, value: T): void {
    const at = this.#indexOf(number);
    if (at >= 0) this.#values[at] = value;
    else if (this.#few === FEW || this.#more?.has(number)) {
      this.#more ??= new Map();
      this.#more.set(number, value);
    } else {
      this.#numbers[this.#few] = number;
      this.#values[this.#few++] = value;
    }
  }

  delete(number: number): void {
    const at = this.#indexOf(number);
    if (at < 0) {
      this.#more?.delete(number);
      return;
    }
    const last = --this.#few;
    this.#numbers[at] = this.#numbers[last]!;
    this.#values[at] = this.#values[last];
    this.#values[last] = undefined;
  }

  /** The smallest, or one of those that were put in first; null when there is none. */
  oldest(): number | null {
    const [more] = this.#more?.keys() ?? [];
    let least = more ?? null;
    for (let at = 0; at < this.#few; at++) {
      const number = this.#numbers[at]!;
      if (least === null || number < least) least = number;
    }
    return least;
  }

  /** Rising. */
  numbers(): number[] {
    return [...this.#numbers.slice(0, this.#few), ...(this.#more?.keys() ?? [])].sort((a, b) => a - b);
  }

  values(): T[] {
    return this.numbers().map((number) => this.get(number) as T);
  }

  #indexOf(number: number): number {
    for (let at = 0; at < this.#few; at++) if (this.#numbers[at] === number) return at;
    return -1;
  }
}

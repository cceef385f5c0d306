/**
 * Header, cookie and parameter values in which nothing was found: most come again with every request.
 * Promise: bounded; belongs to one set of search tables.
 */
export class CleanValues {
  readonly #values = new Set<string>();

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    if (this.#values.size >= MAX_CLEAN) this.#values.clear();
    this.#values.add(value);
  }
}

/** At most 2 MB of short values. */
const MAX_CLEAN = 4096;

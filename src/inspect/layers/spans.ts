/**
 * Stretches of a stream, and whether another one meets any of them. A stream full of registered values has one at every
 * tenth byte, and every number in it asks.
 * Promise: a question takes time logarithmic in the number of stretches.
 */
export class Spans {
  #added: [start: number, end: number][] = [];
  /** Starts and ends in turn, rising: what overlaps or touches is one. Null when something was added since. */
  #merged: number[] | null = null;

  add(start: number, end: number): void {
    this.#added.push([start, end]);
    this.#merged = null;
  }

  /** Nobody will ask about what lies before `offset`. */
  forget(offset: number): void {
    if (this.#added.length === 0) return;
    this.#added = this.#added.filter(([, end]) => end > offset);
    this.#merged = null;
  }

  meets(start: number, end: number): boolean {
    if (this.#added.length === 0) return false;
    this.#merged ??= merge(this.#added);
    const bounds = this.#merged;
    // The first stretch that ends after `start`.
    let low = 0;
    let high = bounds.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[2 * middle + 1]! > start) high = middle;
      else low = middle + 1;
    }
    return 2 * low < bounds.length && bounds[2 * low]! < end;
  }
}

function merge(spans: [start: number, end: number][]): number[] {
  const out: number[] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = out.length - 1;
    if (last > 0 && start <= out[last]!) out[last] = Math.max(out[last]!, end);
    else out.push(start, end);
  }
  return out;
}

/**
 * What was found in the bytes and waits to be acted upon, in the order of the bytes.
 * Promise: what begins at the same byte comes by rank: the value itself is a better explanation than what it may wrap, and a
 * second reading of a stretch comes after all that was found in it.
 */
import type { Anchor } from '../../kinds/kind.ts';
import type { Kind } from '../../model/identifier.ts';
import type { Escaped } from '../anchors/escapes.ts';
import type { Hit } from '../search/known.ts';
import type { Unwrapper } from './unwrapper.ts';

/** A registered value is told even past the budget. */
export const KNOWN = 0;
const RUN = 1;
const SHAPE = 2;
const SECOND_READING = 3;

/**
 * Something to act upon once its locator is known: a registered value, a run that wraps something, a candidate for a shape,
 * a value beside a telling key, or an escaped stretch. Absolute offsets.
 */
export interface Mark {
  at: number;
  end: number;
  rank: 0 | 1 | 2 | 3;
  hit: Hit | null;
  /** The layer that unwraps the run around the hit tells it, unless there is none any more. */
  isWrapped: boolean;
  run: Unwrapper | null;
  escaped: Escaped | null;
  anchor: Anchor;
  key: string | null;
  /** Digits in groups, which are a registered value of this kind. */
  spread: { kind: Kind; digits: string } | null;
}

const NONE: readonly Mark[] = [];

export class Marks {
  #waiting: Mark[] | null = null;

  get size(): number {
    return this.#waiting?.length ?? 0;
  }

  clear(): void {
    this.#waiting = null;
  }

  known(at: number, end: number, hit: Hit, isWrapped: boolean): void {
    const mark = this.#add(at, end, KNOWN);
    mark.hit = hit;
    mark.isWrapped = isWrapped;
  }

  run(at: number, end: number, run: Unwrapper): void {
    this.#add(at, end, RUN).run = run;
  }

  escaped(at: number, end: number, escaped: Escaped): void {
    this.#add(at, end, SECOND_READING).escaped = escaped;
  }

  shape(at: number, end: number, anchor: Anchor, key: string | null, spread: Mark['spread'] = null): void {
    const mark = this.#add(at, end, SHAPE);
    mark.anchor = anchor;
    mark.key = key;
    mark.spread = spread;
  }

  #add(at: number, end: number, rank: Mark['rank']): Mark {
    const mark: Mark = {
      at,
      end,
      rank,
      hit: null,
      isWrapped: false,
      run: null,
      escaped: null,
      anchor: 'key',
      key: null,
      spread: null,
    };
    this.#waiting ??= [];
    this.#waiting.push(mark);
    return mark;
  }

  /** Everything that begins by `horizon`, in order; it waits no longer. */
  take(horizon: number): readonly Mark[] {
    const waiting = this.#waiting;
    if (waiting === null) return NONE;
    if (!isInOrder(waiting)) waiting.sort(byPlace);
    if (waiting.at(-1)!.at > horizon) {
      const first = waiting.findIndex(({ at }) => at > horizon);
      return waiting.splice(0, first);
    }
    this.#waiting = null;
    return waiting;
  }
}

const byPlace = (a: Mark, b: Mark): number => a.at - b.at || a.rank - b.rank;

/** As they mostly are. */
function isInOrder(marks: readonly Mark[]): boolean {
  for (let i = 1; i < marks.length; i++) if (byPlace(marks[i - 1]!, marks[i]!) > 0) return false;
  return true;
}

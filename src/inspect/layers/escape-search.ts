/**
 * Escapes that the place does not ask for, and values of a text that are written in a roundabout way: what they hide is read as a
 * layer of its own, after all else in the stretch.
 */
import { decodeEscaped, type Escaped, findPercent, findQuoted, MOST_ESCAPED } from '../anchors/escapes.ts';
import { rewrite } from '../anchors/rewritten.ts';
import { keyBefore } from '../anchors/text-key.ts';
import { findValues } from '../anchors/values.ts';
import { placeInside } from '../place.ts';
import type { Marks } from './marks.ts';
import { PER_READING, type Reading } from './reading.ts';

/** Stretches that are read again, in one layer. */
const MAX_ESCAPES = 500;
/** Values that are looked at, in one layer. */
const MAX_VALUES = 2000;
/** Units of work. */
const PER_VALUE = 15;
const QUOTE = 0x22;

export class EscapeSearch {
  /** Absolute offsets from which to go on. */
  #percentAt = 0;
  #quotedAt = 0;
  #valuesAt = 0;
  #count = 0;
  #values = 0;
  readonly #reading: Reading;
  readonly #marks: Marks;

  constructor(reading: Reading, marks: Marks) {
    this.#reading = reading;
    this.#marks = marks;
  }

  search(final: boolean): void {
    const { bytes, base, place, scope } = this.#reading;
    if (this.#count >= MAX_ESCAPES || place.level >= scope.limits.levels) return;
    const found = ({ start, end, name }: Escaped): void => {
      if (this.#count++ >= MAX_ESCAPES) return;
      this.#marks.escaped(base + end - 1, base + end, { start: base + start, end: base + end, name });
    };
    this.#percentAt = base + findPercent(bytes, this.#percentAt - base, final, MOST_ESCAPED, found);
    this.#quotedAt = base + findQuoted(bytes, Math.max(0, this.#quotedAt - base), final, found);
    if (!this.#reading.options.json && this.#reading.options.isDeep) this.#searchValues(final);
  }

  #searchValues(final: boolean): void {
    const { bytes, base, place, scope } = this.#reading;
    if (this.#values >= MAX_VALUES || place.depth >= scope.limits.depth) return;
    const found = (start: number, end: number): void => {
      const isAll = base === 0 && start === 0 && final && end === bytes.length;
      if (isAll || this.#values++ >= MAX_VALUES || !scope.budget.spend(PER_VALUE, 'values')) return;
      const rewritten = rewrite(bytes, start, end);
      if (!rewritten) return;
      const { name, bytes: opened } = rewritten;
      this.#marks.escaped(base + end - 1, base + end, { start: base + start, end: base + end, name, opened });
    };
    this.#valuesAt = base + findValues(bytes, Math.max(0, this.#valuesAt - base), final, found);
  }

  read({ start, end, name, opened }: Escaped): void {
    const reading = this.#reading;
    const { bytes, base, place, scope } = reading;
    const { json } = reading.options;
    const from = start - base;
    if (json?.claimed || from < 0 || !scope.budget.spend(PER_READING + end - start, name)) return;
    const floor = json ? (json.stringStart ?? start) - base : 0;
    const key = (floor < from ? keyBefore(bytes, from, Math.max(0, floor)) : null) ?? json?.key?.text ?? null;
    const inside = placeInside(place, name, json ? json.path : null, key, json?.within ?? []);
    // The string is judged as a whole, too, before it is read once more.
    if (json && bytes[end - base] === QUOTE) json.advance(bytes, base, end + 1);
    const told = reading.toldWithin(start, end, name);
    const depth = opened && name !== 'number' ? place.depth + 1 : place.depth;
    reading.open({ ...inside, depth, told }, opened ?? decodeEscaped(bytes.subarray(from, end - base), name));
  }
}

/**
 * One value that is all there: a parameter, a header, a field of a form.
 * Promise: values in which nothing was found are not looked at twice, unless their neighbours may change what they mean.
 */

import { mayTell } from '../../kinds/named-beside.ts';
import type { ByteSink } from '../byte-sink.ts';
import { type Hint, SNIFF, sniff } from '../format.ts';
import { isOfHead, type Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import { mayBeTable } from '../structure/table.ts';
import { HOLD } from './gathered.ts';
import { PlainSink } from './plain.ts';
import { LONGEST_REMEMBERED, searchText } from './scanner.ts';

/** Nothing registered is shorter, and no shape is. */
export const LEAST_VALUE = 4;
const VALUE: Hint = { isValue: true };

/** Searches `value`; what is no text for itself in a layer that `open` makes. */
export function searchWhole(scope: Scope, place: Place, value: Buffer, open: (place: Place) => ByteSink): void {
  if (value.length < LEAST_VALUE || scope.budget.isOver) return;
  // Nearly all are short texts, which need no layer.
  if (value.length < HOLD && scope.decoders.length === 0) {
    const head = value.length > SNIFF ? value.subarray(0, SNIFF) : value;
    if (sniff(head, VALUE) === 'text' && !mayBeTable(value, 0, value.length)) {
      searchText(scope, place, value, open);
      return;
    }
  }
  // Beside a telling name the neighbours count as well, and they change.
  const isTelling = place.key !== null && mayTell(place.key);
  const identity =
    isTelling || value.length > LONGEST_REMEMBERED ? null : `${place.where} ${place.key} ${value.toString('latin1')}`;
  if (identity !== null && scope.clean.has(identity)) {
    // What was clean then is clean now; what it stands for may still be compared, or be a key.
    if (!isOfHead(place)) scope.beside.note(place.key, value, 0, value.length);
    if (!scope.comparesTokens) return;
    if (!holdsMore(value)) {
      scope.token(place, null, place.key, value, 0, value.length);
      return;
    }
  }
  const said = scope.said;
  const layer = open(place);
  layer.write(value);
  layer.end(true);
  if (identity !== null && scope.said === said && !scope.isSpent && !scope.budget.isOver) scope.clean.add(identity);
}

/** A document in a value: its parts are compared, not the whole. */
function holdsMore(value: Buffer): boolean {
  return value[0] === 0x7b || value[0] === 0x5b;
}

/** A value that may be short or go on for long: short ones are searched whole, long ones as they come. */
export class StreamedValue implements ByteSink {
  #held: Buffer[] = [];
  #length = 0;
  #layer: ByteSink | null = null;
  readonly #scope: Scope;
  readonly #place: Place;
  readonly #open: (place: Place) => ByteSink;
  readonly #tell: (beginning: Buffer) => void;

  /** `tell` hears how the value began when it is over. */
  constructor(scope: Scope, place: Place, open: (place: Place) => ByteSink, tell: (beginning: Buffer) => void) {
    this.#scope = scope;
    this.#place = place;
    this.#open = open;
    this.#tell = tell;
  }

  write(bytes: Buffer): void {
    if (this.#length <= LONGEST_REMEMBERED) this.#held.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#layer) this.#layer.write(bytes);
    else if (this.#length > LONGEST_REMEMBERED) {
      this.#layer = this.#open(this.#place);
      for (const held of this.#held) this.#layer.write(held);
    }
  }

  end(complete: boolean): void {
    const [only] = this.#held;
    const beginning = this.#held.length === 1 && only ? only : Buffer.concat(this.#held);
    if (this.#layer) this.#layer.end(complete);
    else if (this.#scope.budget.isOver) this.#searchPlainly(beginning);
    else searchWhole(this.#scope, this.#place, beginning, this.#open);
    this.#tell(beginning);
  }

  /** The budget ended while it was being read. */
  #searchPlainly(beginning: Buffer): void {
    const plain = new PlainSink(this.#scope, this.#place, true, this.#open);
    plain.write(beginning);
    plain.end();
  }
}

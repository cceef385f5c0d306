/**
 * Runs in the bytes at hand that look like identifiers, and values beside telling key names: candidates, which are judged
 * when their locator is known.
 */
import type { Anchor } from '../../kinds/kind.ts';
import { mayTell } from '../../kinds/named-beside.ts';
import { findAnchors, findDegrees, findMail } from '../anchors/anchors.ts';
import type { Spread } from '../anchors/spread.ts';
import { findPairs, keyBefore } from '../anchors/text-key.ts';
import type { Scope } from '../scope.ts';
import { memberBefore } from '../structure/names.ts';
import { registeredDigits, takesUnnamed } from './judgement.ts';
import type { Marks } from './marks.ts';
import { type Reading, RIGHT } from './reading.ts';

/** Units of work. */
const PER_NAME = 5;

export class ShapeSearch {
  /** Absolute offsets from which to go on. */
  #anchorsAt = 0;
  #mailAt = 0;
  #degreesAt = 0;
  #pairsAt = 0;
  readonly #reading: Reading;
  readonly #marks: Marks;

  constructor(reading: Reading, marks: Marks) {
    this.#reading = reading;
    this.#marks = marks;
  }

  search(final: boolean): void {
    const { bytes, base, scope, options } = this.#reading;
    const ready = final ? bytes : bytes.subarray(0, Math.max(0, bytes.length - RIGHT));
    finding = this;
    const { known } = scope;
    const spread = known ? { wanted: known.numbers, found: foundSpread } : null;
    const { length } = ready;
    this.#anchorsAt = base + findAnchors(ready, Math.min(this.#anchorsAt - base, length), final, foundAnchor, spread);
    this.#mailAt = base + findMail(ready, Math.min(this.#mailAt - base, length), final, foundAnchor);
    this.#degreesAt = base + findDegrees(ready, Math.min(this.#degreesAt - base, length), final, foundAnchor);
    if (options.json || !options.isText) return;
    findPairs(bytes, this.#pairsAt - base, ready.length, foundPair, () => scope.budget.spend(PER_NAME, 'names'));
    this.#pairsAt = base + ready.length;
  }

  /** As if nothing more came; what does come is searched as ever. */
  searchPaused(): void {
    const { bytes, base } = this.#reading;
    finding = this;
    findAnchors(bytes, Math.min(this.#anchorsAt - base, bytes.length), true, foundAnchor);
    findMail(bytes, Math.min(this.#mailAt - base, bytes.length), true, foundAnchor);
  }

  /** In the bytes at hand. */
  candidate(anchor: Anchor, key: string | null, start: number, end: number): void {
    if (key === null && !this.#mayCount(anchor, start, end)) return;
    const { base } = this.#reading;
    this.#marks.shape(base + start, base + end, anchor, key);
  }

  /** Digits in groups: told when they are a registered value, in whatever groups. */
  spread({ start, end, digits }: Spread): void {
    const { base, scope } = this.#reading;
    const kind = registeredDigits(digits, scope)?.kind;
    if (kind !== undefined) this.#marks.shape(base + start, base + end, 'digits', null, { kind, digits });
  }

  /** False for clocks, digests and the like beside a name that says nothing: most candidates of a document. */
  #mayCount(anchor: Anchor, start: number, end: number): boolean {
    const { bytes, scope, place, options } = this.#reading;
    if (!needsKey(anchor, bytes, start, end, scope)) return true;
    if (options.json === null) {
      const key = keyBefore(bytes, start, 0) ?? place.key;
      return key !== null && mayTell(key);
    }
    // Only the locator knows the key for certain; but where a plain one stands directly before the value, it is that.
    if (options.view?.literals.length !== 0) return true;
    const name = memberBefore(bytes, start, scope.names);
    return name === null || name.isKnown || name.mayBeNamed;
  }
}

/** Whose bytes are searched for shapes: nothing else is, while they are. */
let finding: ShapeSearch | null = null;
const foundAnchor = (anchor: Anchor, start: number, end: number): void => finding?.candidate(anchor, null, start, end);
const foundSpread = (number: Spread): void => finding?.spread(number);
const foundPair = (key: string, start: number, end: number): void => finding?.candidate('key', key, start, end);

const PLUS = 0x2b;
const ONE = 0x31;

/**
 * Without a telling key name a run is offered only where some kind takes such runs: nearly all are counters, digests and
 * request ids. Clocks in seconds, milliseconds and microseconds are none, numbers after a `+` always.
 */
export function needsKey(anchor: Anchor, bytes: Buffer, start: number, end: number, scope: Scope): boolean {
  if (anchor !== 'uuid' && anchor !== 'hex' && anchor !== 'digits') return false;
  const length = end - start;
  if (start > 0 && bytes[start - 1] === PLUS) return false;
  const isClock = anchor === 'digits' && (length === 13 || length === 16) && bytes[start] === ONE;
  return isClock || !takesUnnamed(scope.kinds, anchor, length);
}

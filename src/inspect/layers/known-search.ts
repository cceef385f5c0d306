/**
 * Registered values in the bytes at hand: searched in every pass, told where no other layer tells them.
 * Promise: each is told once, however the bytes were cut, and past the exchange's budget as well.
 */
import { keyBefore } from '../anchors/text-key.ts';
import { windowAround } from '../found.ts';
import { chainOf, locatorIn, type Place } from '../place.ts';
import { findKnown, findXored, type Hit, MAX_SPAN, type Stretch } from '../search/known.ts';
import { describe } from './known-finding.ts';
import type { Marks } from './marks.ts';
import type { Reading } from './reading.ts';
import type { RunSearch } from './run-search.ts';

/** Units of work. */
const PER_HIT = 100;

export class KnownSearch {
  /** Nobody can tell yet whether a run around them goes on. Null for none, as nearly always. */
  #deferred: Set<string> | null = null;
  /** Past the budget: only what is new is told, because what is searched again may have been told. */
  #onlyNew: Place | null = null;
  #isPlain = false;
  readonly #reading: Reading;
  readonly #marks: Marks;

  constructor(reading: Reading, marks: Marks) {
    this.#reading = reading;
    this.#marks = marks;
  }

  search(final: boolean, runs: RunSearch | null): void {
    const { scope, bytes, base, searched, options } = this.#reading;
    const { known } = scope;
    if (!known) return;
    const from = Math.max(0, searched - MAX_SPAN - base);
    const deferred = this.#deferred;
    this.#deferred = null;
    const stretch = { bytes, from, binary: !options.isText, final, isStart: base === 0 };
    this.#markAll(findKnown(known, stretch), stretch, runs, deferred);
    if (options.isDeep && !options.json) this.#markAll(findXored(known, stretch), stretch, runs, deferred);
    scope.budget.spend(0, 'search');
  }

  #markAll(hits: readonly Hit[], stretch: Stretch, runs: RunSearch | null, deferred: ReadonlySet<string> | null): void {
    if (hits.length === 0) return;
    const { bytes, final } = stretch;
    const { scope, base, searched, spans } = this.#reading;
    scope.budget.spend(PER_HIT * hits.length, 'registered values');
    for (const hit of hits) {
      const [at, end] = [base + hit.start, base + hit.end];
      const identity = `${at} ${hit.end - hit.start} ${hit.pattern.encoding}`;
      const isOld = base + hit.decided <= searched && !deferred?.has(identity);
      spans.add(at, end);
      if (isOld && !(final && hit.decided > bytes.length)) continue;
      const owner = this.#ownerOf(hit, at, runs);
      if (owner === 'undecided' && !final) {
        this.#deferred ??= new Set();
        this.#deferred.add(identity);
      } else this.#marks.known(at, end, hit, owner === 'run');
    }
  }

  /** Who tells a hit: a wrapped one is the business of the layer that unwraps it. */
  #ownerOf(hit: Hit, at: number, runs: RunSearch | null): 'here' | 'run' | 'undecided' {
    const { encoding, shift } = hit.pattern;
    const { scope, place } = this.#reading;
    const { depth, levels } = scope.limits;
    if (encoding === null || place.depth >= depth || place.level >= levels) return 'here';
    return runs?.ownerOf(encoding, shift, at) ?? 'here';
  }

  /** For registered values alone, from what was kept on: what waited there will not be acted upon any more. */
  searchPlainly(final: boolean): void {
    const { scope, bytes, base, searched, options } = this.#reading;
    const from = this.#isPlain ? Math.max(0, searched - MAX_SPAN - base) : 0;
    this.#isPlain = true;
    if (!scope.known) return;
    const isStart = base === 0 && !options.isContinued;
    const hits = findKnown(scope.known, { bytes, from, binary: !options.isText, final, isStart });
    for (const hit of hits) this.tell(hit, base + hit.start);
  }

  tell({ start, end, decided, pattern }: Hit, at: number): void {
    const { scope, bytes, base, options, place: ofLayer } = this.#reading;
    const { isOver } = scope.budget;
    // Past the budget nobody follows the document any more: neither where this stands is known, nor who else may tell it.
    const json = isOver ? null : options.json;
    if (json?.claimed) return;
    const from = at - base;
    const hit = { start: from, end: from + end - start, decided, pattern };
    const place = isOver ? this.#newHere() : ofLayer;
    const found = describe(hit, bytes, place);
    if (found === null) return;
    const inner = json ? json.path : options.isText ? keyBefore(bytes, from) : null;
    this.#reading.report(
      {
        ...found,
        path: locatorIn(place, inner),
        chain: [...chainOf(place), ...found.chain],
        offset: at,
        window: windowAround(bytes, hit.start, hit.end),
      },
      at,
      place,
    );
  }

  #newHere(): Place {
    const { place, scope } = this.#reading;
    this.#onlyNew ??= { ...place, told: scope.toldSince(0) };
    return this.#onlyNew;
  }
}

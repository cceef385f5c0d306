/**
 * Puts a candidate before the kinds, with its name and what stands around it, and tells what they say.
 * Promise: no shape is told where a registered value stands, and none that only a name could tell apart without that name.
 */
import type { Anchor, Run } from '../../kinds/kind.ts';
import { mayTell, nameBeside } from '../../kinds/named-beside.ts';
import { reasonOf } from '../../kinds/parts/verdict.ts';
import type { Kind } from '../../model/identifier.ts';
import { keyBefore } from '../anchors/text-key.ts';
import { windowAround } from '../found.ts';
import { chainOf, locatorIn, withinOf } from '../place.ts';
import { type Name, tellsIn } from '../structure/names.ts';
import { judge } from './judgement.ts';
import { endsTag, holdsNaming, isName } from './naming.ts';
import { LEFT, type Reading, RIGHT } from './reading.ts';
import { needsKey } from './shape-search.ts';

/** Longest value offered for its key name alone. */
export const MAX_VALUE = 256;
/** Units of work: a judgement by the kinds. */
const PER_JUDGEMENT = 40;
const PERCENT = 0x25;

export class ShapeJudge {
  /** End of the latest value of a document that may name its neighbours. */
  #namingAt = Number.NEGATIVE_INFINITY;
  /** The object it stands in. */
  #namingIn: number | null = null;
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** A candidate by its form. Absolute offsets, as in all that follows. */
  offer(anchor: Anchor, at: number, end: number): void {
    const { bytes, base, place, scope, options } = this.#reading;
    const { json } = options;
    if (json?.claimed) return;
    const start = at - base;
    // Two digits of it are those of an escape: it is another value once that is undone.
    if (start > 0 && bytes[start - 1] === PERCENT) return;
    const floor = json ? (json.stringStart ?? at) - base : 0;
    const near = floor < start ? keyBefore(bytes, start, Math.max(0, floor)) : null;
    const name = near === null && json ? json.key : null;
    const key = near ?? (json ? (name?.text ?? null) : place.key);
    if (needsKey(anchor, bytes, start, end - base, scope)) {
      if (key === null || !mayTell(key)) return;
      if (name !== null && !name.isKnown && !this.#mayBeTold(name, at, end)) return;
    }
    this.#judge(anchor, start, end - base, key);
  }

  /** A value that is offered whole, because of its name. */
  judgeValue(key: string, start: number, end: number): void {
    const { base } = this.#reading;
    const from = start - base;
    if (end - start > MAX_VALUE || end === start || from < 0) return;
    this.#judge('key', from, end - base, key);
  }

  /** A value of a document whose name tells something, of itself or of its neighbours. */
  judgeNamed(name: Name, start: number, end: number): void {
    const { bytes, base, options } = this.#reading;
    if (name.isKnown || (name.mayBeNamed && this.#mayBeTold(name, start, end))) this.judgeValue(name.text, start, end);
    if (!name.mayName || !isName(bytes, start - base, end - base)) return;
    this.#namingAt = end;
    this.#namingIn = options.json?.object ?? null;
  }

  /** Digits in groups that are a registered value. */
  tellSpread(at: number, end: number, { kind, digits }: { kind: Kind; digits: string }): void {
    const { bytes, base, place, spans, options } = this.#reading;
    const { json } = options;
    if (json?.claimed || spans.meets(at, end)) return;
    const [from, to] = [at - base, end - base];
    spans.add(at, end);
    this.#reading.report(
      {
        kind,
        value: digits,
        known: true,
        confidence: 'certain',
        reasoning: reasonOf('registered', kind),
        path: locatorIn(place, json ? json.path : keyBefore(bytes, from)),
        chain: chainOf(place),
        hash: null,
        offset: at,
        seen: bytes.toString('utf8', from, to),
        window: windowAround(bytes, from, to),
      },
      at,
    );
  }

  /** In the bytes at hand. */
  #judge(anchor: Anchor, start: number, end: number, key: string | null): void {
    const { bytes, base, place, scope, spans, options } = this.#reading;
    if (spans.meets(base + start, base + end) || !scope.mayJudge()) return;
    scope.budget.spend(PER_JUDGEMENT, 'numbers and ids');
    const from = Math.max(0, start - LEFT);
    const text = this.#reading.text.slice(from, end + RIGHT);
    const run = this.#runAt(text, start - from, end - from, key);
    if (this.#isNamedBeside(base + start, base + end)) run.key = nameBeside(run) ?? run.key;
    if (scope.namesHere !== null && run.key !== null) run.key = scope.namesHere(run.key);
    const verdict = judge(anchor, run, scope);
    if (verdict === null) return;
    const { json } = options;
    const inner = json ? json.path : key !== null && key !== place.key ? key : null;
    const at = base + from + verdict.start;
    this.#reading.report(
      {
        ...verdict,
        value: ownText(verdict.value),
        path: locatorIn(place, inner),
        chain: chainOf(place),
        hash: null,
        offset: at,
        seen: ownText(text.slice(verdict.start, verdict.end)),
        window: windowAround(bytes, from + verdict.start, from + verdict.end),
      },
      at,
    );
  }

  #runAt(text: string, start: number, end: number, key: string | null): Run {
    const { place, scope, options } = this.#reading;
    const { json } = options;
    const within = json ? withinOf(place, json.within) : place.within;
    const run: Run = { text, start, end, key, within, where: place.where };
    if (scope.device) run.device = scope.device;
    if (place.fields) run.fields = place.fields;
    // A pair written inside of one value is no member of the record that the value stands in.
    const own = json ? (json.key?.text ?? null) : place.key;
    if (key === own && (place.fields || json?.record != null)) run.isOfRecord = true;
    return run;
  }

  /** Another name than its own may be told around it: looking for one costs more than the judgement itself. */
  #isNamedBeside(start: number, end: number): boolean {
    const { bytes, base, options } = this.#reading;
    const name = options.json?.key ?? null;
    if (name === null) return true;
    return name.mayBeNamed ? this.#isNamedNear(start, end) : endsTag(bytes, start - base);
  }

  /** Of a value in JSON whose key says nothing by itself: the container does, or a name stands before or after it. */
  #mayBeTold(key: Name, start: number, end: number): boolean {
    const { place, options } = this.#reading;
    const container = options.json?.container?.text ?? place.key;
    return (container !== null && tellsIn(key, container)) || this.#isNamedNear(start, end);
  }

  /** A name stands before or after it in its object, or the tag before it holds one. */
  #isNamedNear(start: number, end: number): boolean {
    const { bytes, base, scope, options } = this.#reading;
    const { json } = options;
    const isHere =
      this.#namingIn === (json?.object ?? null) || (json?.key?.isType === true && this.#namingIn === json.outer);
    if (this.#namingAt >= start - LEFT && isHere) return true;
    return (
      endsTag(bytes, start - base) ||
      holdsNaming(bytes, end - base, Math.min(bytes.length, end - base + RIGHT), scope.names)
    );
  }
}

/** A text that is kept must not keep the one it was cut from. */
const ownText = (text: string): string => ` ${text}`.slice(1);

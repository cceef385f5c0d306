/**
 * Asks the kinds whether a run is one of theirs; the surest answer counts.
 * Promise: a value that turns out to be registered is known after all, however it was written.
 */

import { hintsFor, isForeign, type KeyHint } from '../../kinds/key-names.ts';
import type { Anchor, IdentifierKind, Run, Verdict } from '../../kinds/kind.ts';
import { isPageData } from '../../kinds/parts/page-data.ts';
import { reasonOf } from '../../kinds/parts/verdict.ts';
import { effort } from '../../model/effort.ts';
import type { Confidence } from '../../model/identifier.ts';
import { text } from '../../model/text.ts';
import type { Found } from '../found.ts';
import type { Scope } from '../scope.ts';
import { formsOf } from '../search/known.ts';

/** Units of work: to be asked, and to say more than no. */
const PER_KIND = 40;
const PER_VERDICT = 400;

const RANK: Record<Confidence, number> = { certain: 3, likely: 2, possible: 1 };

export type Judged = Pick<Found, 'kind' | 'value' | 'known' | 'confidence' | 'reasoning'> & {
  isAmbiguous: boolean;
  start: number;
  end: number;
};

/** Kinds by the anchors they take; those of values beside key names by what the name hints at. */
interface Takers {
  byAnchor: Map<Anchor, readonly IdentifierKind[]>;
  byHints: WeakMap<readonly KeyHint[], readonly IdentifierKind[]>;
}

const takers = new WeakMap<readonly IdentifierKind[], Takers>();

/** Those that take the anchor; for values beside key names those whose names it is. */
function kindsFor(anchor: Anchor, run: Run, kinds: readonly IdentifierKind[]): readonly IdentifierKind[] {
  let known = takers.get(kinds);
  if (!known) {
    known = { byAnchor: new Map(), byHints: new WeakMap() };
    takers.set(kinds, known);
  }
  let all = known.byAnchor.get(anchor);
  if (!all) {
    all = kinds.filter(({ shape }) => shape?.anchors.includes(anchor));
    known.byAnchor.set(anchor, all);
  }
  if (anchor !== 'key') return all;
  const hints = hintsFor(run);
  let named = known.byHints.get(hints);
  if (!named) {
    named = all.filter(({ shape }) => !shape?.named || hints.some(({ kind }) => kind === shape.named));
    known.byHints.set(hints, named);
  }
  return named;
}

const unnamed = new WeakMap<readonly IdentifierKind[], Map<Anchor, Uint8Array>>();
/** Longer runs are offered beside their names only. */
const LONGEST_UNNAMED = 64;

/** Does any kind take runs of this anchor and length without a telling name? */
export function takesUnnamed(kinds: readonly IdentifierKind[], anchor: Anchor, length: number): boolean {
  let byAnchor = unnamed.get(kinds);
  if (!byAnchor) {
    byAnchor = new Map();
    unnamed.set(kinds, byAnchor);
  }
  let lengths = byAnchor.get(anchor);
  if (!lengths) {
    lengths = new Uint8Array(LONGEST_UNNAMED + 1);
    for (const { shape } of kinds) {
      const [least, most] = shape?.unnamed?.[anchor] ?? [1, 0];
      for (let at = least; at <= Math.min(most, LONGEST_UNNAMED); at++) lengths[at] = 1;
    }
    byAnchor.set(anchor, lengths);
  }
  return lengths[length] === 1;
}

export function judge(anchor: Anchor, run: Run, scope: Scope): Judged | null {
  let best: { kind: IdentifierKind; verdict: Verdict } | null = null;
  for (const kind of kindsFor(anchor, run, scope.kinds)) {
    const verdict = kind.shape?.judge(run);
    effort.units += PER_KIND;
    if (verdict && (best === null || RANK[verdict.confidence] > RANK[best.verdict.confidence]))
      best = { kind, verdict };
  }
  if (best === null) return null;
  effort.units += PER_VERDICT;
  const { verdict } = best;
  const kind = ownerOf(best.kind, verdict, scope);
  // A shop, a beacon, a page: it may be all that is said of the phone, so it is told, but not as the phone's own.
  if (!verdict.known && (isForeign(run) || isPageData(run.text))) {
    verdict.confidence = 'possible';
    verdict.reasoning = text('reason.foreign', { reason: verdict.reasoning });
  }
  const isKnown = verdict.known ?? isRegistered(kind, verdict.value, scope);
  return {
    kind: kind.kind,
    value: verdict.value,
    known: isKnown,
    confidence: isKnown && !verdict.known ? 'certain' : verdict.confidence,
    reasoning: isKnown && !verdict.known ? reasonOf('registered', kind.kind) : verdict.reasoning,
    isAmbiguous: verdict.isAmbiguous === true && !isKnown,
    start: verdict.start,
    end: verdict.end,
  };
}

/** The kind as which the value is registered, where several are written alike. */
function ownerOf(kind: IdentifierKind, { value, known }: Verdict, scope: Scope): IdentifierKind {
  if (!kind.mayBeOf || known || isRegistered(kind, value, scope)) return kind;
  const others = scope.kinds.filter((other) => kind.mayBeOf?.includes(other.kind));
  return others.find((other) => isRegistered(other, value, scope)) ?? kind;
}

/** The registered value that these digits are, whatever stood between them. */
export function registeredDigits(digits: string, scope: Scope): IdentifierKind | null {
  return scope.kinds.find((kind) => isRegistered(kind, digits, scope)) ?? null;
}

/** However it was written. */
function isRegistered(kind: IdentifierKind, value: string, scope: Scope): boolean {
  const registered = scope.known?.values.get(kind.kind);
  return registered !== undefined && formsOf(kind, value).some((form) => registered.has(form));
}

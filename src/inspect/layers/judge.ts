/**
 * Asks the kinds whether a run is one of theirs; the surest answer counts.
 * Promise: a value that turns out to be registered is known after all, however it was written.
 */
import type { Confidence } from '../../model/identifier.ts';
import type { Anchor, IdentifierKind, Run, Verdict } from '../kind.ts';
import type { Found, Scope } from '../scope.ts';
import { normalise } from '../search/known.ts';

const RANK: Record<Confidence, number> = { certain: 3, likely: 2, possible: 1 };

export type Judged = Pick<Found, 'kind' | 'value' | 'known' | 'confidence' | 'reasoning'> & {
  start: number;
  end: number;
};

export function judge(anchor: Anchor, run: Run, scope: Scope): Judged | null {
  let best: { kind: IdentifierKind; verdict: Verdict } | null = null;
  for (const kind of scope.kinds) {
    const shape = kind.shape;
    if (!shape?.anchors.includes(anchor)) continue;
    if (anchor === 'key' && shape.key && !(run.key !== null && shape.key(run.key))) continue;
    const verdict = shape.judge(run);
    if (verdict && (best === null || RANK[verdict.confidence] > RANK[best.verdict.confidence]))
      best = { kind, verdict };
  }
  if (best === null) return null;
  const { kind, verdict } = best;
  const isKnown = verdict.known ?? scope.known?.values.get(kind.kind)?.has(normalise(verdict.value)) ?? false;
  return {
    kind: kind.kind,
    value: verdict.value,
    known: isKnown,
    confidence: isKnown && !verdict.known ? 'certain' : verdict.confidence,
    reasoning: isKnown && !verdict.known ? `registered ${kind.title} of this phone` : verdict.reasoning,
    start: verdict.start,
    end: verdict.end,
  };
}

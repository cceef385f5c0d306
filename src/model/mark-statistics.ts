/** At how many of how many marks of a case something was seen, and how soon after. Counted for each phase apart. */
import type { Alert } from './alert.ts';
import type { Case } from './case.ts';

export interface MarkStatistic {
  /** Name of the marks, e.g. `unlock`. */
  mark: string;
  /** Null: outside every phase, or not known in which. */
  phase: string | null;
  seen: number;
  all: number;
  /** Seconds; null: never seen, or an alert of an earlier version. */
  median: number | null;
}

/** In the order of the phases; those without such a mark are left out. */
export function markStatistics({ case: at }: Pick<Alert, 'case'>, given: Case): MarkStatistic[] {
  const marks = marksByPhase(given);
  return Object.entries(at?.after ?? {}).flatMap(([mark, { marks: seen, median = null, phases }]) => {
    const all = marks.get(mark) ?? new Map<string | null, number>();
    const total = [...all.values()].reduce((sum, one) => sum + one, 0);
    if (phases === undefined) return [{ mark, phase: null, seen, all: Math.max(seen, total), median }];
    const rest = seen - Object.values(phases).reduce((sum, one) => sum + one.marks, 0);
    const names = new Set([...all.keys(), ...Object.keys(phases), ...(rest > 0 ? [null] : [])]);
    return [...names].map((phase): MarkStatistic => {
      const counted =
        phase === null ? { marks: rest, median: null } : Object.hasOwn(phases, phase) ? phases[phase] : undefined;
      const inPhase = counted?.marks ?? 0;
      return {
        mark,
        phase,
        seen: inPhase,
        all: Math.max(inPhase, all.get(phase) ?? 0),
        median: counted?.median ?? null,
      };
    });
  });
}

/** How many marks of each name were set in each phase. */
function marksByPhase({ marks, events = [] }: Case): Map<string, Map<string | null, number>> {
  const counts = new Map<string, Map<string | null, number>>();
  let phase: string | null = null;
  const inOrder = [
    ...marks.map(({ phase: name, at }) => ({ name, at, isPhase: true })),
    ...events.map(({ event: name, at }) => ({ name, at, isPhase: false })),
  ].toSorted((a, b) => a.at.localeCompare(b.at));
  for (const { name, isPhase } of inOrder) {
    if (isPhase) phase = name;
    const ofName = counts.get(name) ?? new Map<string | null, number>();
    counts.set(name, ofName.set(phase, (ofName.get(phase) ?? 0) + 1));
  }
  return counts;
}

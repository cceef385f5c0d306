/**
 * How sure one can be that something stopped. Two ways, and the stronger one counts:
 * by marks, where it used to follow something that was done to the phone (14 of 14 unlocks; and since then 6 unlocks without);
 * by time, from how often it came and for how long nothing came since.
 * Both are predictions with Jeffreys' prior: the chance of seeing none, had nothing changed. Time is asked for at least the
 * longest silence there was before, since contacts come in bursts and a monthly report is silent for a month.
 */
import type { SideRecord, Stream, Sureness } from '../model/comparison.ts';

const VERY_LIKELY = 0.05;
const LIKELY = 0.2;

type Before = Pick<Stream, 'visits' | 'longestGapMs' | 'after'>;
type Watched = Pick<SideRecord, 'watchedMs' | 'marks' | 'flows'>;

export function surenessOf(stream: Before, a: Watched, b: Watched): Sureness {
  const byMarks = marksOf(stream, a, b);
  const byTime = timeOf(stream, a.watchedMs, b.watchedMs);
  const isByMarks = byMarks !== null && (byTime.chance === null || byMarks.chance <= byTime.chance);
  const chance = isByMarks ? byMarks.chance : byTime.chance;
  const common = {
    watchedMs: b.watchedMs,
    neededMs: byTime.neededMs,
    marks: isByMarks ? byMarks.marks : null,
    by: isByMarks ? ('marks' as const) : chance === null ? null : ('time' as const),
  };
  if (b.flows.length === 0) return { ...common, level: 'unknown', chance: null, by: null, why: 'nothing-sent' };
  if (chance === null) return { ...common, level: 'unknown', chance, why: 'seen-once' };
  return {
    ...common,
    level: chance < VERY_LIKELY ? 'very-likely' : chance < LIKELY ? 'likely' : 'open',
    chance,
    why: null,
  };
}

/** Of a side where nothing came, how likely that is had it gone on as before. */
function timeOf({ visits, longestGapMs }: Before, beforeMs: number, afterMs: number) {
  if (visits < 2 || beforeMs <= 0) return { chance: null, neededMs: null };
  const events = visits + 0.5;
  const gapMs = longestGapMs ?? 0;
  const neededMs = Math.max(gapMs, Math.ceil(beforeMs * (VERY_LIKELY ** (-1 / events) - 1)));
  const chance = (beforeMs / (beforeMs + afterMs)) ** events;
  // As long a silence was seen before: it says nothing yet.
  return { chance: afterMs < gapMs ? Math.max(chance, 0.5) : chance, neededMs };
}

/** What it used to follow, together and each by itself: a sighting counts for the last mark before it. */
export function marksOf({ after }: Pick<Before, 'after'>, a: Pick<Watched, 'marks'>, b: Pick<Watched, 'marks'>) {
  const followed = Object.entries(after).flatMap(([name, seen]) => {
    const since = b.marks[name] ?? 0;
    return since === 0 ? [] : [{ name, seen, of: Math.max(a.marks[name] ?? 0, seen), since }];
  });
  const sum = (of: 'seen' | 'of' | 'since'): number => followed.reduce((all, one) => all + one[of], 0);
  const name = followed.map((one) => one.name).join(', ');
  const together = { name, seen: sum('seen'), of: sum('of'), since: sum('since') };
  const found = followed.length > 1 ? [...followed, together] : followed;
  return (
    found
      .map((marks) => ({ chance: noneOf(marks.seen, marks.of, marks.since), marks }))
      .toSorted((one, other) => one.chance - other.chance)[0] ?? null
  );
}

/** How sure one can be by marks alone; null: nothing it used to follow was marked since. */
export function surenessByMarks(stream: Pick<Before, 'after'>, a: Watched, b: Watched): Sureness | null {
  if (marksOf(stream, a, b) === null) return null;
  return surenessOf({ after: stream.after, visits: 1, longestGapMs: null }, a, b);
}

/** None of `trials`, after `seen` of `of`: beta-binomial. */
export function noneOf(seen: number, of: number, trials: number): number {
  let chance = 1;
  for (let i = 0; i < trials; i++) chance *= (of - seen + 0.5 + i) / (of + 1 + i);
  return chance;
}

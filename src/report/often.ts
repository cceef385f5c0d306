/** How often something was seen: in all, by phase, and at how many of how many marks. */
import type { Alert } from '../model/alert.ts';
import type { Case } from '../model/case.ts';
import { type MarkStatistic, markStatistics } from '../model/mark-statistics.ts';
import { shown } from './document.ts';
import type { Words } from './words.ts';

export const timesOf = (count: number, { say }: Words): string =>
  count === 1 ? say('often.once') : say('often', { count });

/** The whole of it, for the finding's own place in the report. */
export function oftenOf(alert: Alert, given: Case, words: Words): string {
  const { say, name } = words;
  const phases = Object.entries(alert.case?.phases ?? {}).map(
    ([phase, times]) => `${shown(name('phase', phase))} ${times}`,
  );
  return [
    timesOf(alert.count, words),
    ...(phases.length > 0 ? [say('often.phases', { phases: phases.join(', ') })] : []),
    ...markStatistics(alert, given).map((one) => atMarks(one, words, { withPhase: true })),
  ].join('; ');
}

/** `before consent: at 14 of 14 unlocks, 2.1 s after (median)`. */
export function atMarks(
  { mark, phase, seen, all, median }: MarkStatistic,
  { say, name, decimal }: Words,
  { withPhase }: { withPhase: boolean },
): string {
  const plural = name('marks', mark);
  const marks = plural === mark ? say('often.marks', { name: shown(name('phase', mark)) }) : plural;
  const at = say('often.at', { seen, all, marks });
  const after = median === null ? '' : say('often.median', { seconds: decimal(median) });
  return `${withPhase && phase !== null ? `${shown(name('phase', phase))}: ` : ''}${at}${after}`;
}

/** The one that says most: before consent first, then the most marks. Null where fewer than two marks were set. */
export function tellingOf(alerts: readonly Alert[], given: Case): { alert: Alert; statistic: MarkStatistic } | null {
  const all = alerts.flatMap((alert) =>
    markStatistics(alert, given)
      .filter((one) => one.seen > 0 && one.all > 1)
      .map((statistic) => ({ alert, statistic })),
  );
  const rank = ({ statistic: { phase, seen } }: (typeof all)[number]): number =>
    (phase === 'before-consent' ? 1e6 : 0) + seen;
  return all.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
}

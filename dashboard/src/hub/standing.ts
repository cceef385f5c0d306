/** How a lab stands, in words. */
import type { FleetLab } from '../../../src/model/hub.ts';
import { number, t, tn, type Word, when } from '../words.ts';

export function sinceOf({ heard, presence }: Pick<FleetLab, 'heard' | 'presence'>): string {
  return heard === null ? t('since.never') : t(`since.${presence}`, { when: when(heard) });
}

/** What somebody should look at; empty: nothing. */
export function problemsOf({
  chain,
  faults,
  forged,
  missing,
  isClockWrong,
  clockAhead,
  histories,
  aside,
}: FleetLab): string[] {
  const seconds = Math.round(Math.abs(clockAhead ?? 0));
  return [
    ...(chain === 'broken' ? [t('problem.broken', { fault: faults[0] ?? '' })] : []),
    ...forged.slice(0, 1).map(({ position, why }) => t(`problem.forged-${why}`, { position: number(position) })),
    ...missing.map(({ from, to }) => t('problem.gap', { from: number(from), to: number(to) })),
    ...(isClockWrong
      ? [t((clockAhead ?? 0) > 0 ? 'problem.clock-ahead' : 'problem.clock-behind', { seconds: number(seconds) })]
      : []),
    ...(histories > 1 ? [t('problem.histories', { count: number(histories) })] : []),
    ...Object.entries(aside).map(([why, count]) =>
      t(count === 1 ? 'problem.aside_one' : 'problem.aside_other', {
        count: number(count),
        why: t(`why.${why}` as Word),
      }),
    ),
  ];
}

/** `20 phones · 4 models`. */
export const sizeOf = ({ phones, models }: Pick<FleetLab, 'phones' | 'models'>): string =>
  [tn('fleet.phones', phones), ...(models > 0 ? [tn('fleet.models', models)] : [])].join(' · ');

const ORDER = ['offline', 'silent', 'live'];

/** Who needs somebody first. */
export function inOrderOfNeed(labs: readonly FleetLab[]): FleetLab[] {
  const need = (lab: FleetLab): number => (problemsOf(lab).length > 0 ? 0 : 1 + ORDER.indexOf(lab.presence));
  return labs.toSorted(
    (one, other) => need(one) - need(other) || one.lab.localeCompare(other.lab, 'en', { numeric: true }),
  );
}

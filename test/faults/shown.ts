/** What a lab has shown, printed or pushed, held against what the next one on the same data knows. */
import type { Alert } from '../../src/model/alert.ts';
import type { LabProcess } from '../e2e/lab-process.ts';

export interface Watched {
  /** Every alert in its newest version, as it was printed or pushed. */
  shown(): Alert[];
  /** Of all numbers shown. */
  highest(): number;
  epoch: string;
}

/** Joins the live push; what is printed counts as well. */
export async function watch(lab: LabProcess): Promise<Watched> {
  const pushed: Alert[] = [];
  const { frames } = await lab.live('', (frame) => {
    if (frame.type === 'alert') pushed.push(frame.alert);
  });
  const hello = frames.find((frame) => frame.type === 'hello');
  const shown = (): Alert[] => {
    const newest = new Map<string, Alert>();
    for (const alert of [...lab.alerts(), ...pushed])
      if ((newest.get(alert.id)?.seq ?? 0) <= alert.seq) newest.set(alert.id, alert);
    return [...newest.values()];
  };
  return { shown, highest: () => Math.max(0, ...shown().map(({ seq }) => seq)), epoch: hello?.epoch ?? '' };
}

export interface Kept {
  alerts: Alert[];
  seq: number;
  epoch: string;
}

/** Everything after a number, page by page. */
export async function keptBy(lab: LabProcess, since = 0): Promise<Kept> {
  const alerts: Alert[] = [];
  for (let from = since; ; ) {
    const page = (await lab.api(`/api/alerts?since=${from}&limit=2000`)) as Kept;
    alerts.push(...page.alerts);
    const last = page.alerts.at(-1)?.seq;
    if (last === undefined || page.alerts.length < 2000) return { ...page, alerts };
    from = last;
  }
}

/** One line for each shown alert that is not there as it was shown. */
export function losses(shown: readonly Alert[], after: Kept): string[] {
  const kept = new Map(after.alerts.map((alert) => [alert.id, alert]));
  return shown.flatMap((alert) => {
    const found = kept.get(alert.id);
    if (!found) return [`shown as ${alert.seq} and gone: ${alert.message}`];
    if (found.seq < alert.seq || found.count < alert.count)
      return [`shown as ${alert.seq} × ${alert.count}, kept as ${found.seq} × ${found.count}: ${alert.message}`];
    const isSame = JSON.stringify(found.identifier) === JSON.stringify(alert.identifier);
    return isSame ? [] : [`the identifier of ${alert.seq} changed: ${alert.message}`];
  });
}

/** One line for each number that went back or is given out a second time, and for a history that began anew. */
export function numbersBack(before: Watched, after: Kept, shownNow: readonly Alert[]): string[] {
  if (after.epoch !== before.epoch) return [`the history began anew: epoch ${before.epoch}, then ${after.epoch}`];
  const highest = before.highest();
  const isBack =
    after.seq < highest ? [`numbers went back: ${highest} was shown, ${after.seq} is the last one now`] : [];
  const known = new Set([...before.shown(), ...after.alerts.filter(({ seq }) => seq <= highest)].map(({ id }) => id));
  const again = shownNow.filter(({ id, seq }) => seq <= highest && !known.has(id));
  return [...isBack, ...again.map(({ seq, message }) => `number ${seq} was given out again: ${message}`)];
}

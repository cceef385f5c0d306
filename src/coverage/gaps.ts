/**
 * Times in which the lab could not see something. Bounded: of the closed ones the latest are kept.
 * Promise: one entry per subject is open at a time; what is closed is handed to `keep` once, to be remembered beyond this run.
 */
import type { Gap } from '../model/coverage.ts';
import type { Text } from '../model/text.ts';

export interface Gaps {
  /** From now on this cannot be seen; a second call only changes why. */
  begin(kind: Gap['kind'], subject: string, detail: string | null, time: number, detailText?: Text): void;
  /** It can be seen again. */
  end(subject: string, time: number): void;
  /** Those that reach beyond this time, oldest first. */
  since(time: number): Gap[];
  close(time: number): void;
}

const MAX_CLOSED = 200;

export function createGaps(initial: readonly Gap[], keep: (gap: Gap) => void = () => {}): Gaps {
  const closed: Gap[] = initial.slice(-MAX_CLOSED);
  const open = new Map<string, Gap>();

  function end(subject: string, time: number): void {
    const gap = open.get(subject);
    if (gap === undefined) return;
    open.delete(subject);
    const ended = { ...gap, to: new Date(Math.max(time, Date.parse(gap.from))).toISOString() };
    closed.push(ended);
    if (closed.length > MAX_CLOSED) closed.shift();
    keep(ended);
  }

  return {
    begin(kind, subject, detail, time, detailText) {
      const known = open.get(subject);
      const from = known?.from ?? new Date(time).toISOString();
      open.set(subject, { kind, subject, from, to: null, detail, ...(detailText && { detailText }) });
    },
    end,
    since(time) {
      const from = new Date(time).toISOString();
      return [...closed, ...open.values()]
        .filter((gap) => gap.to === null || gap.to > from)
        .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
    },
    close(time) {
      for (const subject of [...open.keys()]) end(subject, time);
    },
  };
}

/**
 * How long one call into a reader or into the detector may go on. A call that meets its end leaves the rest for the next one:
 * nothing is given up, so results do not depend on how long a turn is, or on how fast the machine is.
 */
export interface Turn {
  readonly isOver: boolean;
}

/** For recordings and tests, where nobody waits: the work is done in one call. */
export const ENDLESS: Turn = { isOver: false };

/** From now on, `ms` milliseconds of a clock that is never set. */
export function turnOf(ms: number, clock: () => number = () => performance.now()): Turn {
  const end = clock() + ms;
  return {
    get isOver() {
      return clock() >= end;
    },
  };
}

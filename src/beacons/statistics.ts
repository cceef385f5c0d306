/**
 * How likely chance alone explains a row of contacts. Two questions, each with a bound that errs on the side of "chance":
 * are the intervals too alike, and do contacts follow a mark too often?
 * Promise: pure functions of numbers.
 */
import { medianOf } from '../formats/median.ts';

/** An interval counts as on the beat within this share of the period. */
const TOLERANCE = 0.1;
/** A sleeping phone misses beats: two and three periods are on the beat, too. */
const MULTIPLES = [1, 2, 3];
/**
 * Greatest probability that an exponentially distributed interval of any mean falls on the beat of any period:
 * max over c of 2 · 0.1 · c · (e^-c + e^-2c + e^-3c) is 0.1219, at c = 0.62. It holds for every mixture of rates, too.
 */
const ON_BEAT_BY_CHANCE = 0.122;
/** Fewer intervals prove nothing, however alike. */
export const MIN_INTERVALS = 5;

export interface Regularity {
  /** Milliseconds. */
  periodMs: number;
  jitter: number;
  /** Before any correction for the number of rows looked at. */
  chance: number;
}

/**
 * @param deadMs contacts closer than this to the one before are one contact: no interval is shorter, by construction, so
 * only what goes beyond it can tell anything.
 */
export function regularity(intervalsMs: readonly number[], deadMs: number): Regularity | null {
  if (intervalsMs.length < MIN_INTERVALS) return null;
  const periodMs = medianOf(intervalsMs);
  const free = periodMs - deadMs;
  // Nearly all of the interval is the dead time: no beat can be told.
  if (free < deadMs) return null;
  const onBeat = intervalsMs.filter((interval) =>
    MULTIPLES.some((multiple) => Math.abs(interval - multiple * periodMs) <= TOLERANCE * free),
  ).length;
  // The median is one of them and always on its own beat: it proves nothing (an even count takes two for it).
  const spent = intervalsMs.length % 2 === 0 ? 2 : 1;
  const chance = binomialTail(intervalsMs.length - spent, Math.max(0, onBeat - spent), ON_BEAT_BY_CHANCE);
  const single = intervalsMs.filter((interval) => interval < 1.5 * periodMs);
  const jitter = (1.4826 * medianOf(single.map((interval) => Math.abs(interval - periodMs)))) / periodMs;
  return { periodMs, jitter, chance };
}

/** Probability of at least `successes` of `trials`, each with probability `p`. */
export function binomialTail(trials: number, successes: number, p: number): number {
  if (successes <= 0) return 1;
  if (successes > trials) return 0;
  let logTerm = trials * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= trials; k++) {
    if (k >= successes) sum += Math.exp(logTerm);
    logTerm += Math.log((trials - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.min(1, sum);
}

/**
 * Share of `[from, to)` from which a contact follows within `windowMs`, the windows after marks left out. One contact more
 * than seen is assumed, so that "never otherwise" is not taken for "impossible".
 * @param contacts ascending
 */
export function usualShare(
  contacts: readonly number[],
  marks: readonly number[],
  span: { from: number; to: number },
  windowMs: number,
): number {
  const isAfterMark = (time: number): boolean => marks.some((mark) => time >= mark && time <= mark + windowMs);
  let covered = windowMs;
  let coveredTo = span.from;
  for (const contact of contacts) {
    if (isAfterMark(contact)) continue;
    const start = Math.max(coveredTo, contact - windowMs);
    if (contact > start) covered += contact - start;
    coveredTo = Math.max(coveredTo, contact);
  }
  const total = span.to - span.from - marks.length * windowMs;
  return total <= windowMs ? 1 : Math.min(1, covered / total);
}

/**
 * The times that recorders write, as whole milliseconds since the epoch.
 * Promise: whatever stands there gives a time that the rest of the lab can work with, or null; nothing throws. A number
 * says by its size what it counts: seconds (with fractions, Chrome and mitmproxy), milliseconds, microseconds, nanoseconds.
 */

/** Used where no time can be told. */
export const NO_TIME = 0;

/** 31 December 9999: beyond it stand placeholders, and dates that ISO 8601 writes with six digits. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** As seconds the year 5138, as milliseconds March 1973: no recording is of either. */
const LARGEST_SECONDS = 1e11;

export function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return bounded(millisecondsOf(value));
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text)) return bounded(millisecondsOf(Number(text)));
  // JSON of .NET: "/Date(1700000000000+0100)/"
  const [, ticks] = /^\\?\/Date\((-?\d+)/.exec(text) ?? [];
  return bounded(ticks === undefined ? Date.parse(withZone(text)) : Number(ticks));
}

/** A time that is known to count milliseconds. */
export function wholeMilliseconds(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) <= LATEST ? bounded(value) : timeOf(value);
}

function millisecondsOf(count: number): number {
  const size = Math.abs(count);
  if (size < LARGEST_SECONDS) return count * 1000;
  if (size < LARGEST_SECONDS * 1e3) return count;
  return size < LARGEST_SECONDS * 1e6 ? count / 1e3 : count / 1e6;
}

/** Before 1970 stand clocks that were never set, and .NET's 1 January of the year 1. */
function bounded(milliseconds: number): number | null {
  const whole = Math.round(milliseconds);
  return whole >= 0 && whole <= LATEST ? whole : null;
}

/** A date and time without a zone would be read in this machine's own; a comma before the fraction is ISO 8601 as well. */
function withZone(text: string): string {
  const [, date, time, zone = ''] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(.*)$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return text;
  return `${date}T${time.replace(',', '.')}${zone === '' || /^utc$/i.test(zone) ? 'Z' : zone}`;
}

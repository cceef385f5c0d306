import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf, wholeMilliseconds } from '../../src/scan/time.ts';

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0, 500);

describe('a recorded time', () => {
  it.each([
    ['ISO 8601', '2026-11-22T12:00:00.500Z'],
    ['with microseconds and an offset, as Python writes it', '2026-11-22T12:00:00.500000+00:00'],
    ['with nanoseconds, as Go writes it', '2026-11-22T13:00:00.500000000+01:00'],
    ['with a comma', '2026-11-22T12:00:00,500Z'],
    ['with a blank and no zone', '2026-11-22 12:00:00.500'],
    ['with the word UTC', '2026-11-22 12:00:00.500 UTC'],
    ['of .NET', `/Date(${NOON})/`],
    ['of .NET with an offset', `/Date(${NOON}+0100)/`],
    ['in seconds', NOON / 1e3],
    ['in seconds, as text', String(NOON / 1e3)],
    ['in milliseconds', NOON],
    ['in microseconds', NOON * 1e3],
    ['in nanoseconds', NOON * 1e6],
  ])('%s is the same instant: %s', (_how, value) => {
    expect(timeOf(value)).toBe(NOON);
  });

  it('of a date in a header is read to the second', () => {
    expect(timeOf('Sun, 22 Nov 2026 12:00:00 GMT')).toBe(NOON - 500);
  });

  it('with fractions of a millisecond becomes a whole one', () => {
    expect(timeOf(1558730482.5071473)).toBe(1558730482507);
  });

  it.each([
    ['the year 1, as .NET writes what it does not know', '0001-01-01T00:00:00'],
    ['the last second of 1969', '1969-12-31T23:59:59Z'],
    ['the year 12000', '+012000-01-01T00:00:00Z'],
    ['the year 12000 without a sign', '12000-01-01T00:00:00Z'],
    ['below zero', -5],
    ['too large for any unit', 1e300],
    ['no number', Number.NaN],
    ['without end', Number.POSITIVE_INFINITY],
    ['no time', 'garbage'],
    ['nothing', ''],
    ['null', null],
    ['an object', {}],
    ['a list', [1]],
    ['true', true],
  ])('%s is none', (_what, value) => {
    expect(timeOf(value)).toBeNull();
  });

  it('known to count milliseconds is taken as it is, and judged by its size only where it cannot be one', () => {
    expect([wholeMilliseconds(5), wholeMilliseconds(5.4), wholeMilliseconds(NOON * 1e3)]).toEqual([5, 5, NOON]);
  });

  it('never throws, and is always one that the rest of the lab can write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string(), fc.date().map(String)), (value) => {
        const time = timeOf(value);
        expect(time === null || (Number.isInteger(time) && /^\d{4}-/.test(new Date(time).toISOString()))).toBe(true);
      }),
    );
  });
});

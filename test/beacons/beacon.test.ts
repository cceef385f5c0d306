/** Beacons: synthetic rows of contacts. Clocks are found, chance is not, and the stated odds are bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBeacons } from '../../src/beacons/beacon.ts';
import { binomialTail, regularity, usualShare } from '../../src/beacons/statistics.ts';

/** mulberry32: the same series in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
const exponential = (next: () => number, mean: number): number => -mean * Math.log(1 - next());
const START = Date.UTC(2026, 10, 22);
const MINUTE = 60_000;

function series(count: number, interval: (index: number) => number): number[] {
  const times = [START];
  for (let index = 1; index < count; index++) times.push((times.at(-1) as number) + interval(index));
  return times;
}
function found(times: readonly number[], host = 'a.example') {
  const beacons = createBeacons();
  for (const time of times) beacons.contact('phone', host, 443, time);
  return beacons.beacons();
}

describe('a beacon', () => {
  const next = random(1);
  it.each<[string, number[], number, number]>([
    ['like a clock, every minute', series(8, () => MINUTE), 60, 0.001],
    ['every 15 minutes with 2 % jitter', series(20, () => 15 * MINUTE * (1 + 0.04 * (next() - 0.5))), 900, 0.03],
    ['every hour with 10 % jitter', series(30, () => 60 * MINUTE * (1 + 0.2 * (next() - 0.5))), 3600, 0.11],
    ['with missed beats', series(30, () => 10 * MINUTE * (next() < 0.3 ? 2 : 1)), 600, 0.01],
    [
      'with some contacts of the user between',
      series(60, (index) => (index % 7 === 0 ? exponential(next, 4 * MINUTE) + 5000 : 10 * MINUTE)),
      600,
      0.01,
    ],
    ['every 24 hours', series(10, () => 24 * 60 * MINUTE + 30_000 * next()), 86_415, 0.01],
    [
      'of connections opened three at a time',
      series(10, () => 5 * MINUTE).flatMap((time) => [time, time + 200, time + 900]),
      300,
      0.001,
    ],
  ])('%s is found, with period and jitter', (_what, times, period, jitter) => {
    const [beacon, ...others] = found(times);
    expect(others).toEqual([]);
    expect(beacon?.periodS).toBeGreaterThan(period * 0.98);
    expect(beacon?.periodS).toBeLessThan(period * 1.02);
    expect(beacon?.jitter).toBeLessThan(jitter);
    expect(beacon?.chance).toBeLessThan(0.001);
  });

  it('is told once, when it becomes certain', () => {
    const beacons = createBeacons();
    const told = series(50, () => MINUTE).map((time) => beacons.contact('phone', 'a.example', 443, time));
    expect(told.filter((one) => one !== null)).toHaveLength(1);
    expect(beacons.beacons()).toMatchObject([{ contacts: 50, firstSeen: '2026-11-22T00:00:00.000Z' }]);
  });

  it('is none after five contacts, however regular', () => {
    expect(found(series(5, () => MINUTE))).toEqual([]);
  });

  it('survives a clock set back', () => {
    const times = [...series(20, () => MINUTE), ...series(20, () => MINUTE).map((time) => time - 3_600_000)];
    expect(found(times)).toHaveLength(1);
  });
});

describe('chance', () => {
  it('makes no beacon: Poisson traffic at rates from seconds to hours, in 300 pairs at once', () => {
    const next = random(7);
    for (let round = 0; round < 5; round++) {
      const beacons = createBeacons();
      for (let pair = 0; pair < 300; pair++) {
        const mean = 1000 * 10 ** (4 * next());
        for (const time of series(100, () => exponential(next, mean))) beacons.contact('phone', `h${pair}`, 443, time);
      }
      expect(beacons.beacons()).toEqual([]);
    }
  });

  it('makes no beacon of a user: sessions of many contacts, silent nights', () => {
    const next = random(9);
    const beacons = createBeacons();
    for (let pair = 0; pair < 200; pair++) {
      const times = series(120, () => exponential(next, next() < 0.1 ? 300 * MINUTE : 40_000));
      for (const time of times) beacons.contact('phone', `h${pair}`, 443, time);
    }
    expect(beacons.beacons()).toEqual([]);
  });

  it('is stated as an upper bound: random rows are called this regular no more often than said', () => {
    const next = random(11);
    for (const level of [0.1, 0.01]) {
      let called = 0;
      for (let row = 0; row < 4000; row++) {
        const intervals = Array.from({ length: 12 }, () => 5000 + exponential(next, 60_000));
        if ((regularity(intervals, 5000)?.chance ?? 1) < level) called++;
      }
      expect(called / 4000).toBeLessThan(level);
    }
  });

  it('is computed right: binomial tails by table', () => {
    expect(binomialTail(5, 5, 0.1)).toBeCloseTo(1e-5, 12);
    expect(binomialTail(10, 3, 0.2)).toBeCloseTo(0.3222, 4);
    expect([binomialTail(5, 0, 0.5), binomialTail(5, 6, 0.5)]).toEqual([1, 0]);
  });

  it('is a number from 0 to 1 for every row', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 40 }), (intervals) => {
        const { chance, jitter } = regularity(intervals, 5000) ?? { chance: 0, jitter: 0 };
        expect(chance >= 0 && chance <= 1 && jitter >= 0).toBe(true);
      }),
    );
  });
});

describe('a reaction', () => {
  /** Six unlocks, an hour apart; contacts follow `delayMs` after `follow` of them, and at random otherwise. */
  function day(follow: number, delayMs: number, noise: number) {
    const next = random(follow + noise);
    const beacons = createBeacons();
    const unlocks = Array.from({ length: 6 }, (_, index) => START + (index + 1) * 60 * MINUTE);
    const contacts = unlocks.slice(0, follow).map((time) => time + delayMs);
    for (let index = 0; index < noise; index++) contacts.push(START + next() * 8 * 60 * MINUTE);
    for (const time of unlocks) beacons.mark('phone', 'unlock', time);
    beacons.contact('phone', 'early.example', 443, START);
    for (const time of contacts.toSorted((a, b) => a - b)) beacons.contact('phone', 'zzhc.vnet.cn', 80, time);
    return beacons.reactions(START + 8 * 60 * MINUTE).filter(({ host }) => host === 'zzhc.vnet.cn');
  }

  it('after every unlock is found, with delay, usual share and odds', () => {
    expect(day(6, 2500, 5)).toMatchObject([{ phase: 'unlock', marks: 6, followed: 6, delayS: 2.5 }]);
    expect(day(6, 2500, 5)[0]?.chance).toBeLessThan(1e-6);
  });

  it('is none when contacts come all the time anyway', () => {
    expect(day(0, 0, 2000)).toEqual([]);
  });

  it('is none after a single unlock', () => {
    expect(day(1, 2500, 0)).toEqual([]);
  });

  it('is never claimed to be impossible by chance: one contact more than seen is assumed', () => {
    expect(usualShare([], [], { from: 0, to: 3_600_000 }, 60_000)).toBeCloseTo(1 / 60, 5);
    expect(usualShare([1_000_000], [990_000], { from: 0, to: 3_660_000 }, 60_000)).toBeCloseTo(1 / 60, 5);
    expect(usualShare([], [], { from: 0, to: 50_000 }, 60_000)).toBe(1);
  });
});

it('contacts while the phone lies idle are counted against the hours it lay', () => {
  const beacons = createBeacons();
  beacons.mark('phone', 'idle', START);
  beacons.mark('phone', 'unlock', START + 120 * MINUTE);
  for (const minute of [10, 50, 130]) beacons.contact('phone', 'zzhc.vnet.cn', 80, START + minute * MINUTE);
  beacons.contact('other', 'zzhc.vnet.cn', 80, START + 20 * MINUTE);
  expect(beacons.idle(START + 180 * MINUTE)).toEqual([
    { device: 'phone', host: 'zzhc.vnet.cn', port: 80, contacts: 2, idleHours: 2 },
  ]);
});

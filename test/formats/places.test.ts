import { describe, expect, it } from 'vitest';
import { createPlaces, placeKey } from '../../src/formats/places.ts';

const open = (total: number, each: number) => {
  const evicted: number[] = [];
  const places = createPlaces<number>({ total, each, evict: (holder) => evicted.push(holder) });
  return { places, evicted };
};

describe('places that many share', () => {
  it('are no more for one than its share, and free again when it leaves', () => {
    const { places } = open(10, 2);
    expect([1, 2, 3].map((holder) => places.enter('a', holder))).toEqual([true, true, false]);
    expect([places.leave('a', 1), places.leave('a', 1), places.leave('b', 1)]).toEqual([true, false, false]);
    expect(places.enter('a', 4)).toBe(true);
    expect([places.held('a'), places.taken(), places.all()]).toEqual([2, 2, [2, 4]]);
  });

  it('are given up, the oldest first, by who holds most, when a newcomer finds none', () => {
    const { places, evicted } = open(4, 4);
    for (const holder of [1, 2, 3]) places.enter('flood', holder);
    places.enter('a', 10);
    expect(places.enter('b', 20)).toBe(true);
    expect(evicted).toEqual([1]);
    expect(places.enter('flood', 4)).toBe(false);
    expect(places.taken()).toBe(4);
  });

  it('are taken from nobody who holds no more than the newcomer would', () => {
    const { places, evicted } = open(2, 2);
    places.enter('a', 1);
    places.enter('b', 2);
    expect(places.enter('a', 3)).toBe(false);
    expect(evicted).toEqual([]);
  });

  it('can be left while they are given up', () => {
    const places = createPlaces<string>({ total: 1, each: 1, evict: (holder) => places.leave('a', holder) });
    places.enter('a', 'x');
    expect(places.enter('b', 'y')).toBe(true);
    expect([places.held('a'), places.taken()]).toEqual([0, 1]);
  });

  it.each([
    ['an IPv4 address', '10.77.0.2', '10.77.0.3', false],
    ['two addresses of one network', 'fd00:1::1', 'fd00:1:0:0:ffff::2', true],
    ['two networks', 'fd00:1::1', 'fd00:1:0:1::1', false],
    ['two link-local addresses', 'fe80::1%wlan0', 'fe80::2%wlan0', false],
  ])('count %s as one phone or two', (_name, a, b, same) => {
    expect(placeKey(a) === placeKey(b)).toBe(same);
  });
});

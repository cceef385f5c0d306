/**
 * Remembers when which phone contacted whom, and says what chance does not explain: beacons, reactions to a mark, contacts
 * while the phone lies idle.
 * Promise: sans I/O, times come in; bounded memory; a beacon is told once, and only when chance is below one in a thousand
 * over everything watched and every time it was looked at. Contacts at random moments are never told (but for that one).
 */

import { LRUCache } from 'lru-cache';
import { medianOf } from '../formats/median.ts';
import type { Beacon, IdleContact, Reaction } from '../model/beacon.ts';
import { binomialTail, MIN_INTERVALS, regularity, usualShare } from './statistics.ts';

export interface Beacons {
  /** `time` in milliseconds since the epoch. Returns a beacon that has just become certain. */
  contact(device: string, host: string, port: number, time: number): Beacon | null;
  /** A phase began; null: of every device. */
  mark(device: string | null, phase: string, time: number): void;
  beacons(): Beacon[];
  reactions(now: number): Reaction[];
  idle(now: number): IdleContact[];
  forget(device: string): void;
}

/** An app opens its connections together. */
const TOGETHER_MS = 5000;
/** A contact later than this after a mark is not its doing. */
const REACTION_MS = 60_000;
const CERTAIN = 0.001;
/** The last contacts of a pair: 8 bytes each. */
const KEPT = 96;
const MAX_PAIRS = 5000;
const MAX_MARKS = 500;
/** Fewer marks prove nothing. */
const MIN_MARKS = 2;

interface Pair {
  device: string;
  host: string;
  port: number;
  times: number[];
  contacts: number;
  firstSeen: number;
  /** When regularity is next looked at: every look is a chance to be wrong, so they grow rarer. */
  nextLook: number;
  looks: number;
  beacon: Beacon | null;
}

interface Mark {
  device: string | null;
  phase: string;
  time: number;
}

export function createBeacons(): Beacons {
  const pairs = new LRUCache<string, Pair>({ max: MAX_PAIRS });
  const marks: Mark[] = [];
  let began = Infinity;
  /** Pairs that were ever long enough to be looked at. */
  let watched = 0;

  function look(pair: Pair): Beacon | null {
    if (pair.contacts < pair.nextLook) return null;
    if (pair.looks === 0) watched++;
    pair.looks++;
    pair.nextLook = Math.ceil(pair.contacts * 1.5);
    const intervals = pair.times.slice(1).map((time, index) => time - (pair.times[index] as number));
    const found = regularity(intervals, TOGETHER_MS);
    if (!found) return null;
    // Bonferroni over pairs; looks are paid with 1/2, 1/4, 1/8… of the pair's share, so their sum stays below it.
    const chance = Math.min(1, found.chance * watched * 2 ** pair.looks);
    if (chance >= CERTAIN) {
      pair.beacon = pair.beacon && { ...pair.beacon, ...seenOf(pair) };
      return null;
    }
    const isNew = pair.beacon === null;
    const { device, host, port } = pair;
    pair.beacon = {
      device,
      host,
      port,
      periodS: Math.round(found.periodMs / 100) / 10,
      jitter: Math.round(found.jitter * 1000) / 1000,
      chance,
      ...seenOf(pair),
    };
    return isNew ? pair.beacon : null;
  }

  const seenOf = (pair: Pair) => ({
    contacts: pair.contacts,
    firstSeen: new Date(pair.firstSeen).toISOString(),
    lastSeen: new Date(pair.times.at(-1) ?? pair.firstSeen).toISOString(),
  });
  const marksOf = (device: string): Mark[] => marks.filter((mark) => mark.device === null || mark.device === device);

  return {
    contact(device, host, port, time) {
      began = Math.min(began, time);
      const key = `${device} ${host} ${port}`;
      let pair = pairs.get(key);
      if (!pair) {
        const nextLook = MIN_INTERVALS + 1;
        pair = { device, host, port, times: [], contacts: 0, firstSeen: time, nextLook, looks: 0, beacon: null };
        pairs.set(key, pair);
      }
      const last = pair.times.at(-1);
      if (last !== undefined && time - last < TOGETHER_MS) {
        // The clock was set back: what was before cannot be compared.
        if (time < last - TOGETHER_MS) pair.times = [time];
        return null;
      }
      pair.times.push(time);
      if (pair.times.length > KEPT) pair.times.shift();
      pair.contacts++;
      if (pair.beacon) pair.beacon = { ...pair.beacon, ...seenOf(pair) };
      return look(pair);
    },
    mark(device, phase, time) {
      began = Math.min(began, time);
      marks.push({ device, phase, time });
      if (marks.length > MAX_MARKS) marks.shift();
    },
    forget(device) {
      for (const [key, pair] of [...pairs.entries()]) if (pair.device === device) pairs.delete(key);
    },
    beacons: () => [...pairs.values()].flatMap(({ beacon }) => (beacon ? [beacon] : [])),
    reactions(now) {
      const found: Reaction[] = [];
      let tests = 0;
      for (const pair of pairs.values()) {
        const byPhase = Map.groupBy(marksOf(pair.device), ({ phase }) => phase);
        for (const [phase, given] of byPhase) {
          const times = given.map(({ time }) => time);
          if (times.length < MIN_MARKS) continue;
          tests++;
          const first = pair.times[0] ?? now;
          // Only marks of the time whose contacts are still remembered.
          const counted = pair.times.length < KEPT ? times : times.filter((time) => time >= first);
          const delays = counted.flatMap((mark) => {
            const next = pair.times.find((time) => time >= mark);
            return next !== undefined && next - mark <= REACTION_MS ? [next - mark] : [];
          });
          if (delays.length < MIN_MARKS) continue;
          const span = { from: pair.times.length < KEPT ? began : first, to: now };
          const usual = usualShare(pair.times, counted, span, REACTION_MS);
          found.push({
            device: pair.device,
            host: pair.host,
            port: pair.port,
            phase,
            marks: counted.length,
            followed: delays.length,
            delayS: Math.round(medianOf(delays) / 100) / 10,
            usual: Math.round(usual * 1000) / 1000,
            chance: usual >= 1 ? 1 : binomialTail(counted.length, delays.length, usual),
          });
        }
      }
      return found
        .map((reaction) => ({ ...reaction, chance: Math.min(1, reaction.chance * tests) }))
        .filter(({ chance }) => chance < 0.05)
        .toSorted((a, b) => a.chance - b.chance);
    },
    idle(now) {
      return [...pairs.values()]
        .flatMap((pair): IdleContact[] => {
          const own = marksOf(pair.device).toSorted((a, b) => a.time - b.time);
          let contacts = 0;
          let idleMs = 0;
          for (const [index, { phase, time }] of own.entries()) {
            if (!IDLE.test(phase)) continue;
            const until = own[index + 1]?.time ?? now;
            idleMs += until - time;
            contacts += pair.times.filter((at) => at >= time && at < until).length;
          }
          const { device, host, port } = pair;
          return contacts === 0 ? [] : [{ device, host, port, contacts, idleHours: Math.round(idleMs / 36_000) / 100 }];
        })
        .toSorted((a, b) => b.contacts - a.contacts);
    },
  };
}

/** Phases in which nobody touches the phone. */
const IDLE = /^(?:idle|screen[ -]?off|locked|asleep|untouched)$/i;

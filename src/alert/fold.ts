/**
 * Remembers which alerts are running, so that a repeat makes `count` grow and no second alert.
 * Keys are keyed hashes with a secret that lives as long as the process: no identifier stands in this memory, and a
 * memory dump cannot be searched for one by hashing guesses. Bounded: past `max`, the alert least recently repeated is
 * forgotten, and its next repeat raises a new one (never none).
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Alert, AlertReceiver } from '../model/alert.ts';
import type { Text } from '../model/text.ts';

export interface RunningAlert {
  alert: Alert;
  /** Milliseconds since the epoch of the last version handed out. */
  shownAt: number;
  /** Repeats counted since then. */
  unshown: boolean;
  /** Told so far, beside the first reasoning. */
  remarks?: Text[];
  /** First sightings after marks, by their name: the last of these marks, and how soon each came in which phase. */
  reactions?: Map<string, { last: number; seen: { phase: string | null; seconds: number }[] }>;
  /** Of an alert that stands for several receivers: all of them, and the sentence of the first. */
  several?: { receivers: Map<string, AlertReceiver>; sentence: Text };
}

export interface Fold {
  /** Parts are joined unambiguously; null and '' differ. */
  key(parts: readonly (string | null)[]): string;
  get(key: string): RunningAlert | undefined;
  set(key: string, running: RunningAlert): void;
  /**
   * Gives a member of a circle (a value of a place, a receiver of a kind) its place: null for the first `most`, which
   * have an alert each; a number for those who share one. An alert is shared by `perShared` at most, so that it can list
   * them: the next ones share another.
   */
  seat(circle: string, member: string, most: number, perShared: number): number | null;
  /** Running alerts whose latest repeats were not handed out yet. */
  unshown(): RunningAlert[];
  /** Lets go of the alerts of a phone: what repeats them is new. */
  forget(deviceId: string): void;
}

interface Circle {
  /** The first ones. */
  own: Set<string>;
  /** Which alert each of the others shares; the oldest is forgotten first, and given another place when it comes again. */
  shared: Map<string, number>;
  seated: number;
}

/** Remembered of one circle. */
const MAX_SHARED = 1000;

export function createFold(secret: Buffer, max: number): Fold {
  const running = new LRUCache<string, RunningAlert>({ max });
  const circles = new LRUCache<string, Circle>({ max: Math.ceil(max / 5) });
  return {
    key: (parts) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64').slice(0, 24),
    get: (key) => running.get(key),
    set: (key, alert) => void running.set(key, alert),
    seat(name, member, most, perShared) {
      const circle = circles.get(name) ?? { own: new Set(), shared: new Map(), seated: 0 };
      circles.set(name, circle);
      if (circle.own.has(member)) return null;
      if (circle.own.size < most) {
        circle.own.add(member);
        return null;
      }
      if (perShared === Infinity) return 0;
      let seat = circle.shared.get(member);
      if (seat !== undefined) return seat;
      seat = Math.floor(circle.seated++ / perShared);
      circle.shared.set(member, seat);
      if (circle.shared.size > MAX_SHARED) circle.shared.delete(circle.shared.keys().next().value as string);
      return seat;
    },
    unshown: () => [...running.values()].filter((alert) => alert.unshown),
    forget(deviceId) {
      for (const [key, { alert }] of [...running.entries()]) if (alert.device.id === deviceId) running.delete(key);
    },
  };
}

/** One name in any spelling: upper case, with the dot of a complete name. */
export const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** `$.data[17].imei` and `$.data[18].imei` are one place: a list is sent item by item. */
export function placeOf(path: string | null): string | null {
  return path === null ? null : path.replace(/\[\d+\]/g, '[]');
}

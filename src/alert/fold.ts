/**
 * Remembers which alerts are running, so that a repeat makes `count` grow and no second alert.
 * Keys are keyed hashes with a secret that lives as long as the process: no identifier stands in this memory, and a
 * memory dump cannot be searched for one by hashing guesses. Bounded: past `max`, the alert least recently repeated is
 * forgotten, and its next repeat raises a new one (never none).
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Alert } from '../model/alert.ts';

export interface RunningAlert {
  alert: Alert;
  /** Milliseconds since the epoch of the last version handed out. */
  shownAt: number;
  /** Repeats counted since then. */
  unshown: boolean;
  /** Told so far, beside the first reasoning. */
  remarks?: string[];
}

export interface Fold {
  /** Parts are joined unambiguously; null and '' differ. */
  key(parts: readonly (string | null)[]): string;
  get(key: string): RunningAlert | undefined;
  set(key: string, running: RunningAlert): void;
  /** Notes a member of a circle (a value of a place, a place of a receiver); true when it is beyond the first `most`. */
  crowded(circle: string, member: string, most: number): boolean;
  /** Running alerts whose latest repeats were not handed out yet. */
  unshown(): RunningAlert[];
}

export function createFold(secret: Buffer, max: number): Fold {
  const running = new LRUCache<string, RunningAlert>({ max });
  const circles = new LRUCache<string, Set<string>>({ max: Math.ceil(max / 5) });
  return {
    key: (parts) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64').slice(0, 24),
    get: (key) => running.get(key),
    set: (key, alert) => void running.set(key, alert),
    crowded(circle, member, most) {
      const members = circles.get(circle) ?? new Set();
      circles.set(circle, members);
      if (members.has(member)) return false;
      if (members.size >= most) return true;
      members.add(member);
      return false;
    },
    unshown: () => [...running.values()].filter((alert) => alert.unshown),
  };
}

/** One name in any spelling: upper case, with the dot of a complete name. */
export const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** `$.data[17].imei` and `$.data[18].imei` are one place: a list is sent item by item. */
export function placeOf(path: string | null): string | null {
  return path === null ? null : path.replace(/\[\d+\]/g, '[]');
}

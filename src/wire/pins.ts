/**
 * Remembers which apps refuse the lab's certificate, per device and server name, and when to let them through.
 * Promise: time comes in as a function, nothing else is asked; at most `MAX_ENTRIES` are kept, oldest go first.
 * An alert is the app's own word and stays counted. A silent close may be a spare connection thrown away (browsers open
 * two and keep one), so it counts only where no connection worked lately, and one that works takes the silent ones back.
 */
import { LRUCache } from 'lru-cache';
import type { PinOverride, PinState } from '../model/pin.ts';

export interface PinsOptions {
  now: () => number;
  /** Rejections before a name is passed through. Default 3. */
  threshold?: number;
  /** How long it is passed through before one connection tries again, milliseconds. Default one hour. */
  passMs?: number;
  /** Rejections older than this no longer count, milliseconds. Default one day. */
  forgetMs?: number;
  /** States from an earlier run. */
  initial?: PinState[];
  /** Told after every change, for a store. */
  onChange?: (state: PinState) => void;
}

export interface Pins {
  /** Asked for every TLS connection that policy would intercept. */
  decide(device: string, name: string): { passthrough: boolean; reason: string | null };
  /** `how` is a TLS alert name or `silent-close`. The rejections counted so far with this one; 0 when it does not count. */
  rejected(device: string, name: string, how: string): number;
  /** The app sent data over a connection whose certificate is the lab's. */
  accepted(device: string, name: string): void;
  override(device: string, name: string, mode: PinOverride): PinState;
  list(): PinState[];
}

const MAX_ENTRIES = 10_000;
/** While one connection probes, the others of the app go on working. */
const PROBE_MS = 30_000;
/** How long one working connection explains silent closes of others. */
const TRUST_MS = 600_000;

interface Entry {
  device: string;
  name: string;
  override: PinOverride;
  alerts: number;
  silent: number;
  how: string | null;
  since: number;
  last: number;
  pinned: boolean;
  until: number;
  probeUntil: number;
}

export function createPins(options: PinsOptions): Pins {
  const { now, threshold = 3, passMs = 3_600_000, forgetMs = 86_400_000 } = options;
  const entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });
  const worked = new LRUCache<string, number>({ max: MAX_ENTRIES });
  const keyOf = (device: string, name: string) => `${device}\n${name.toLowerCase()}`;

  const entryFor = (device: string, name: string): Entry => {
    const key = keyOf(device, name);
    const known = entries.get(key);
    if (known) return known;
    const time = now();
    const entry: Entry = {
      device,
      name: name.toLowerCase(),
      override: 'auto',
      alerts: 0,
      silent: 0,
      how: null,
      since: time,
      last: time,
      pinned: false,
      until: 0,
      probeUntil: 0,
    };
    entries.set(key, entry);
    return entry;
  };
  const changed = (entry: Entry): PinState => {
    const state = stateOf(entry, now());
    options.onChange?.(state);
    return state;
  };

  for (const state of options.initial ?? []) {
    const entry = entryFor(state.device, state.name);
    entry.override = state.override;
    entry.how = state.how;
    entry.since = state.since;
    entry.last = state.since;
    entry.alerts = state.rejections;
    entry.pinned = state.state !== 'watching';
    entry.until = state.until ?? 0;
  }

  return {
    decide(device, name) {
      const entry = entries.get(keyOf(device, name));
      if (!entry || entry.override === 'never') return INTERCEPT;
      if (entry.override === 'always') return { passthrough: true, reason: 'the operator passes this name through' };
      if (!entry.pinned) return INTERCEPT;
      const time = now();
      if (time >= entry.until && time >= entry.probeUntil) {
        entry.probeUntil = time + PROBE_MS;
        changed(entry);
        return INTERCEPT;
      }
      return { passthrough: true, reason: `the app refused the lab's certificate (${entry.how})` };
    },
    rejected(device, name, how) {
      const time = now();
      const lastWorked = worked.get(keyOf(device, name));
      if (how === SILENT && lastWorked !== undefined && time - lastWorked < TRUST_MS) return 0;
      const entry = entryFor(device, name);
      if (!entry.pinned && time - entry.last > forgetMs) {
        entry.alerts = 0;
        entry.silent = 0;
        entry.since = time;
      }
      if (how === SILENT) entry.silent++;
      else entry.alerts++;
      entry.how = how;
      entry.last = time;
      const count = entry.alerts + entry.silent;
      if (entry.pinned || count >= threshold) {
        entry.pinned = true;
        entry.until = time + passMs;
        entry.probeUntil = 0;
      }
      changed(entry);
      return count;
    },
    accepted(device, name) {
      const key = keyOf(device, name);
      worked.set(key, now());
      const entry = entries.get(key);
      if (!entry || (entry.silent === 0 && !entry.pinned)) return;
      entry.silent = 0;
      if (entry.pinned) {
        entry.pinned = false;
        entry.alerts = 0;
      }
      changed(entry);
    },
    override(device, name, mode) {
      const entry = entryFor(device, name);
      entry.override = mode;
      return changed(entry);
    },
    list() {
      const time = now();
      return [...entries.values()].map((entry) => stateOf(entry, time));
    },
  };
}

/** The word for a phone that goes away right after the certificate without saying why. */
export const SILENT = 'silent-close';

const INTERCEPT = { passthrough: false, reason: null };

function stateOf(entry: Entry, time: number): PinState {
  const probing = entry.pinned && time < entry.probeUntil;
  return {
    device: entry.device,
    name: entry.name,
    override: entry.override,
    state: probing ? 'probing' : entry.pinned ? 'pinned' : 'watching',
    rejections: entry.alerts + entry.silent,
    how: entry.how,
    since: entry.since,
    until: entry.pinned ? entry.until : null,
  };
}

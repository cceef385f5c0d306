/**
 * The alerts `watch` holds: newest first, at most `maxAlerts`, each id once in its latest version.
 * Promise: memory stays flat however long it runs; what falls off the end can be asked for again (`oldestSeq`),
 * until the list is full.
 * Order is by id (a ULID, so by time of the first sighting): a row does not jump when its count grows.
 */
import { type Alert, SEVERITIES, type Severity } from '../../model/alert.ts';
import { type Filter, kindOf, matches } from './filter.ts';

export interface AlertList {
  /** A live alert, or an update of one. */
  put(alert: Alert): void;
  /** A page of earlier alerts: everything after `since` up to what was the oldest. */
  putOlder(page: Alert[], since: number): void;
  /** The alerts that match, newest first; the same array until something changes. */
  view(filter: Filter): Alert[];
  /** Everything after this seq is here; 0 when nothing earlier exists. */
  oldestSeq(): number;
  setOldestSeq(seq: number): void;
  /** Earlier alerts exist and there is room for them. */
  wantsOlder(): boolean;
  /** Alerts seen since watching began, those loaded from before included, per severity. */
  totals(): Record<Severity, number>;
  devices(): string[];
  kinds(): string[];
  size(): number;
  /** Grows with every change. */
  version(): number;
}

/** Four thousand alerts take about 10 MB, and nobody scrolls further in one go. */
export function createAlertList(maxAlerts = 4000): AlertList {
  const held = new Map<string, Alert>();
  const order: Alert[] = [];
  let oldest = 0;
  let version = 0;
  let cached: { version: number; filter: Filter; list: Alert[] } | null = null;
  const totals = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  const devices = new Set<string>();
  const kinds = new Set<string>();

  /** Place of the first alert whose id is not greater: where `id` stands or belongs. */
  const placeOf = (id: string) => {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order[middle]!.id > id) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const store = (alert: Alert): boolean => {
    const known = held.get(alert.id);
    if (known && known.seq >= alert.seq) return false;
    const place = placeOf(alert.id);
    order.splice(place, known ? 1 : 0, alert);
    held.set(alert.id, alert);
    if (devices.size < 1000) devices.add(alert.device.id);
    kinds.add(kindOf(alert));
    version++;
    return !known;
  };

  /** The greatest id that fell off the end: what is not greater was counted before. */
  let dropped = '';

  const trim = () => {
    while (order.length > maxAlerts) {
      const gone = order.pop()!;
      held.delete(gone.id);
      if (gone.id > dropped) dropped = gone.id;
      // An old alert that was repeated lately has a late seq: its neighbour tells better where the list ends.
      oldest = Math.max(oldest, Math.min(gone.seq, order.at(-1)!.seq));
    }
  };

  return {
    put(alert) {
      const before = held.get(alert.id);
      const isNew = store(alert);
      if (isNew && alert.id > dropped) totals[alert.severity]++;
      if (!isNew && before && before.severity !== alert.severity && held.get(alert.id) === alert) {
        totals[before.severity]--;
        totals[alert.severity]++;
      }
      trim();
    },
    putOlder(page, since) {
      for (const alert of page)
        if (order.length < maxAlerts && store(alert) && alert.id > dropped) totals[alert.severity]++;
      oldest = Math.min(oldest, since);
      version++;
    },
    view(filter) {
      if (cached?.version === version && cached.filter === filter) return cached.list;
      cached = { version, filter, list: order.filter((alert) => matches(alert, filter)) };
      return cached.list;
    },
    oldestSeq: () => oldest,
    setOldestSeq(seq) {
      oldest = seq;
    },
    wantsOlder: () => oldest > 0 && order.length < maxAlerts,
    totals: () => totals,
    devices: () => [...devices].sort(),
    kinds: () => [...kinds].sort(),
    size: () => order.length,
    version: () => version,
  };
}

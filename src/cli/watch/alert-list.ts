/**
 * The alerts `watch` holds: the one seen last first, at most `maxAlerts`, each id once in its latest version.
 * Promise: memory stays flat however long it runs; what falls off the end can be asked for again (`oldestSeq`),
 * until the list is full. Order is by `seq`, which grows with every sighting.
 */
import { type Alert, SEVERITIES, type Severity } from '../../model/alert.ts';
import { type Filter, kindOf, matches } from './filter.ts';

export interface AlertList {
  /** A live alert, or an update of one. */
  put(alert: Alert): void;
  /** A page of earlier alerts: everything after `since` up to what was the oldest. */
  putOlder(page: Alert[], since: number): void;
  /** The alerts that match, latest first; the same array until something changes. */
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
  /** Some alert here is of a replay or a test. */
  hasSimulated(): boolean;
  size(): number;
  /** Grows with every change. */
  version(): number;
}

/** Ids remembered of alerts that fell off the end, so that none is counted twice. */
const MAX_GONE = 50_000;

/** Four thousand alerts take about 10 MB, and nobody scrolls further in one go. */
export function createAlertList(maxAlerts = 4000): AlertList {
  const held = new Map<string, Alert>();
  const order: Alert[] = [];
  const gone = new Map<string, Severity>();
  let oldest = 0;
  let version = 0;
  let cached: { version: number; filter: Filter; list: Alert[] } | null = null;
  const totals = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  const devices = new Set<string>();
  const kinds = new Set<string>();
  let simulated = false;

  /** Place of the first alert whose seq is not greater: where `seq` stands or belongs. */
  const placeOf = (seq: number) => {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order[middle]!.seq > seq) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const store = (alert: Alert): void => {
    const known = held.get(alert.id);
    if (known && known.seq >= alert.seq) return;
    if (known) order.splice(placeOf(known.seq), 1);
    order.splice(placeOf(alert.seq), 0, alert);
    held.set(alert.id, alert);
    const counted = known?.severity ?? gone.get(alert.id);
    if (counted !== undefined) totals[counted]--;
    totals[alert.severity]++;
    gone.delete(alert.id);
    if (devices.size < 1000) devices.add(alert.device.id);
    kinds.add(kindOf(alert));
    simulated ||= alert.simulated;
    version++;
  };

  const trim = () => {
    while (order.length > maxAlerts) {
      const last = order.pop()!;
      held.delete(last.id);
      gone.set(last.id, last.severity);
      if (gone.size > MAX_GONE) gone.delete(gone.keys().next().value as string);
      oldest = Math.max(oldest, last.seq);
    }
  };

  return {
    put(alert) {
      store(alert);
      trim();
    },
    putOlder(page, since) {
      for (const alert of page) if (order.length < maxAlerts) store(alert);
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
    hasSimulated: () => simulated,
    size: () => order.length,
    version: () => version,
  };
}

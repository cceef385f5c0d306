/**
 * An evidence store that loses no alert that was shown: what the database refuses stays readable, is kept in a reserve on the same
 * disk, and goes into the database as soon as that has room again. Numbers are never given out twice, whatever was killed.
 */
import type { Alert, AlertRecord } from '../../model/alert.ts';
import type { Reserve } from './reserve.ts';
import { type EvidenceStore, isWanted, limitOf, type Stored } from './store.ts';

export interface ReservedStore extends EvidenceStore {
  /** Tries again to store what waits. */
  retry(): Stored;
  /**
   * Alerts that are not in the database yet; those of them that would not survive the process, because the reserve is full too;
   * and those that had to be given up.
   */
  waiting(): { waiting: number; unreserved: number; lost: number };
}

/** Numbers are reserved this many at a time, and again when this few are left. */
const AHEAD = 1024;
const LEAST = 256;
/** About 3 KB each. */
const MAX_WAITING = 20_000;

/** @param reserve null: there was no room for one */
export function createReservedStore(store: EvidenceStore, reserve: Reserve | null): ReservedStore {
  const waiting = new Map<string, AlertRecord>();
  let isReserved = true;
  let lost = 0;
  let last = Math.max(store.lastSeq(), reserve?.floor() ?? 0);
  for (const record of reserve?.kept() ?? []) {
    wait(record);
    last = Math.max(last, record.alert.seq);
  }
  retry();

  function wait(record: AlertRecord): void {
    const earlier = waiting.get(record.alert.id);
    waiting.delete(record.alert.id);
    waiting.set(record.alert.id, { alert: record.alert, secret: record.secret ?? earlier?.secret ?? null });
  }

  function keep(record: AlertRecord): void {
    wait(record);
    const oldest = waiting.size > MAX_WAITING ? waiting.keys().next().value : undefined;
    if (oldest !== undefined && waiting.delete(oldest)) lost++;
    const own = waiting.get(record.alert.id) ?? record;
    // Several versions of one alert may stand in it: only the last one has to.
    isReserved = reserve !== null && ((isReserved && reserve.append(own)) || reserve.rewrite(waiting.values()));
  }

  function retry(): Stored {
    if (waiting.size === 0) return { ok: true };
    for (const [id, record] of waiting) {
      const result = store.putAlert(record);
      if (!result.ok) return result;
      waiting.delete(id);
    }
    isReserved = true;
    reserve?.rewrite([]);
    return { ok: true };
  }

  const asWaiting = ({ alert }: AlertRecord): Alert => ({ ...alert, stored: false });

  return {
    ...store,
    lastSeq: () => last,
    putAlert(record) {
      const { seq } = record.alert;
      last = Math.max(last, seq);
      if (reserve !== null && seq > reserve.floor() - LEAST) reserve.raise(seq + AHEAD);
      // An update must not overtake its own first version, which holds the secret.
      const earlier: Stored = waiting.has(record.alert.id) ? retry() : { ok: true };
      const result = earlier.ok ? store.putAlert(record) : earlier;
      if (!result.ok) keep(record);
      return result;
    },
    alerts(query) {
      const stored = store.alerts(query);
      if (waiting.size === 0) return stored;
      const merged = stored.filter(({ id }) => !waiting.has(id));
      for (const record of waiting.values()) if (isWanted(record.alert, query)) merged.push(asWaiting(record));
      merged.sort((a, b) => (query.newest ? b.seq - a.seq : a.seq - b.seq));
      return merged.slice(0, limitOf(query.limit));
    },
    alert(id) {
      const record = waiting.get(id);
      return record ? asWaiting(record) : store.alert(id);
    },
    reveal(alertId, entry) {
      return waiting.has(alertId)
        ? { ok: false, why: 'this alert is not stored yet, so no audit entry can be: free disk space' }
        : store.reveal(alertId, entry);
    },
    forget(device, entry) {
      const result = store.forget(device, entry);
      if (!result.ok) return result;
      let alerts = 0;
      for (const [id, { alert }] of waiting) {
        if (alert.device.id !== device) continue;
        waiting.delete(id);
        alerts++;
      }
      if (alerts > 0) isReserved = reserve?.rewrite(waiting.values()) ?? false;
      return { ...result, removed: { ...result.removed, alerts: result.removed.alerts + alerts } };
    },
    retry,
    waiting: () => ({ waiting: waiting.size, unreserved: isReserved ? 0 : waiting.size, lost }),
    close() {
      if (retry().ok) reserve?.raise(last);
      reserve?.close();
      store.close();
    },
  };
}

/**
 * An evidence store that loses no alert that was shown. Each is written ahead into a journal and is shown, and put into the
 * database, when the disk holds it there: a power cut takes nothing. What the database refuses stays readable and in the journal,
 * and goes into the database as soon as that has room again. Numbers are never given out twice, whatever was killed.
 */
import { refused } from '../../formats/refusal.ts';
import type { Alert, AlertRecord } from '../../model/alert.ts';
import { text } from '../../model/text.ts';
import type { DiskSync, OnDisk } from './disk-sync.ts';
import type { Reserve } from './reserve.ts';
import { type EvidenceStore, isWanted, limitOf, type Stored } from './store.ts';

export interface ReservedStore extends EvidenceStore {
  /** Writes a record into the journal. `told` when it may be put and shown: the disk holds it, or there is no room for it there. */
  writeAhead(record: AlertRecord, told: () => void): void;
  /** It was shown before the disk had it: from now on it is found, as one that waits. */
  late(record: AlertRecord): void;
  /** Waits until the disk holds what was written ahead. */
  settle(): void;
  /** Tries again to store what waits. */
  retry(): Stored;
  /**
   * Alerts that are not in the database yet; those of them that would not survive the process, because the reserve is full too;
   * and those that had to be given up.
   */
  waiting(): { waiting: number; unreserved: number; lost: number };
}

export interface ReservedStoreOptions {
  store: EvidenceStore;
  /** Null: there was no room for one. */
  reserve: Reserve | null;
  /** Of the log of the database. */
  database: DiskSync;
  /** Of the reserve. */
  journal: DiskSync;
}

/** Numbers are reserved this many at a time, and again when this few are left. */
const AHEAD = 1024;
const LEAST = 256;
/** About 3 KB each. */
const MAX_WAITING = 20_000;
/** The journal begins anew when it holds this much: some 400 alerts. The thread waits for the disk meanwhile. */
const MAX_JOURNAL = 1 << 20;

const UNCONFIRMED: Stored = { ok: false, why: 'failed', message: 'the disk does not confirm what was written' };

export function createReservedStore({ store, reserve, database, journal }: ReservedStoreOptions): ReservedStore {
  /** Refused by the database. */
  const waiting = new Map<string, AlertRecord>();
  /** In the journal and not shown yet. */
  const ahead = new Set<AlertRecord>();
  /** Lines of the journal that are of use to nobody any more. */
  let spent = 0;
  let isReserved = true;
  let lost = 0;
  let last = Math.max(store.lastSeq(), reserve?.floor() ?? 0);
  takeIn(reserve?.kept() ?? []);

  /** What an earlier process wrote and the database does not hold. */
  function takeIn(kept: AlertRecord[]): void {
    for (const record of kept) {
      const { id, seq } = record.alert;
      last = Math.max(last, seq);
      if ((store.alert(id)?.seq ?? 0) < seq) wait(record);
      else spent++;
    }
    retry();
  }

  function wait(record: AlertRecord): void {
    const earlier = waiting.get(record.alert.id);
    if (earlier) spent++;
    waiting.delete(record.alert.id);
    waiting.set(record.alert.id, { alert: record.alert, secret: record.secret ?? earlier?.secret ?? null });
  }

  function keep(record: AlertRecord, isWritten: boolean): void {
    wait(record);
    const oldest = waiting.size > MAX_WAITING ? waiting.keys().next().value : undefined;
    if (oldest !== undefined && waiting.delete(oldest)) lost++;
    if (!isWritten && !append(record)) isReserved = false;
  }

  function append(record: AlertRecord): boolean {
    if (reserve === null) return false;
    if (reserve.used() > MAX_JOURNAL && spent > 0 && waiting.size === 0) trim();
    return reserve.append(record) || (spent > 0 && trim() && reserve.append(record));
  }

  /** What the database holds leaves the journal, once the disk holds it there. False when what is left does not fit. */
  function trim(): boolean {
    if (reserve === null || !database.now()) return false;
    spent = 0;
    const isWhole = reserve.rewrite([...waiting.values(), ...ahead]);
    isReserved = isWhole;
    if (waiting.size + ahead.size > 0) journal.now();
    return isWhole;
  }

  function retry(): Stored {
    if (waiting.size === 0) return { ok: true };
    for (const [id, record] of waiting) {
      const result = store.putAlert(record);
      if (!result.ok) return result;
      waiting.delete(id);
      spent++;
    }
    isReserved = true;
    trim();
    return { ok: true };
  }

  function raiseFloor(seq: number): void {
    if (reserve !== null && seq > reserve.floor() - LEAST) reserve.raise(seq + AHEAD);
  }

  const asWaiting = ({ alert }: AlertRecord): Alert => ({ ...alert, stored: false });

  return {
    ...store,
    lastSeq: () => last,
    writeAhead(record, told) {
      raiseFloor(record.alert.seq);
      if (!append(record)) return told();
      ahead.add(record);
      const heard: OnDisk = (isHeld) => {
        // It is asked for another time, in the database.
        if (!isHeld && ahead.delete(record)) spent++;
        told();
      };
      return journal.soon(heard);
    },
    late: wait,
    settle: () => void (ahead.size > 0 && journal.now()),
    putAlert(record) {
      const { seq, id } = record.alert;
      last = Math.max(last, seq);
      raiseFloor(seq);
      const isAhead = ahead.delete(record);
      // An update must not overtake its own first version, which holds the secret.
      const earlier: Stored = waiting.has(id) ? retry() : { ok: true };
      const put = earlier.ok ? store.putAlert(record) : earlier;
      const result = put.ok && !isAhead && !database.now() ? UNCONFIRMED : put;
      if (!result.ok) keep(record, isAhead);
      else if (isAhead) spent++;
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
      return waiting.has(alertId) ? refused(text('refused.not-stored-yet')) : store.reveal(alertId, entry);
    },
    prune(before, limit) {
      const removed = store.prune(before, limit);
      if (removed.alerts > 0) trim();
      return removed;
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
      trim();
      journal.now();
      return {
        ...result,
        removed: { ...result.removed, alerts: result.removed.alerts + alerts },
        isKnown: result.isKnown || alerts > 0,
      };
    },
    retry,
    waiting: () => ({ waiting: waiting.size, unreserved: isReserved ? 0 : waiting.size, lost }),
    close() {
      if (retry().ok && trim()) reserve?.raise(last);
      reserve?.close();
      store.close();
      journal.close();
      database.close();
    },
  };
}

/**
 * The one road an alert takes out: on the disk first, then in the store, then shown, in the order of numbers. When the disk
 * refuses, or takes longer than anybody would wait, it is shown all the same, marked as not stored yet; the store tries again, and
 * the trouble is told once.
 * A listener that throws hurts neither the others nor the lab.
 */
import type { Alert, AlertRecord } from '../model/alert.ts';

export type PutResult = { ok: true } | { ok: false; why: string; message: string };

export interface AlertFeedOptions {
  /** Brings it to the disk; `told` when it may be put, soon or at once. */
  writeAhead: (record: AlertRecord, told: () => void) => void;
  /** Waits for all that is on its way to the disk. */
  settle: () => void;
  put: (record: AlertRecord) => PutResult;
  /** It is shown before the disk has it, and put when that has. */
  late: (record: AlertRecord) => void;
  /** Stores what waits, if it can. */
  retry: () => PutResult;
  /** Told when storing begins to fail, and `null` when it works again. */
  onTrouble?: (trouble: { why: string; message: string } | null) => void;
  /** A disk that takes longer is not waited for. */
  patienceMs?: number;
}

export interface AlertFeed {
  publish(record: AlertRecord): void;
  /** Returns the function that ends it. */
  onAlert(listener: (alert: Alert) => void): () => void;
  /** Tries again to store what waits. True when nothing waits any more. */
  retry(): boolean;
  /** Waits for the disk, and shows what was published so far. */
  settle(): void;
  stats(): { published: number; failing: boolean; listenerErrors: number };
}

/** Cards of small machines stand still for some hundred milliseconds. */
const PATIENCE_MS = 1000;

interface Published {
  record: AlertRecord;
  isAhead: boolean;
  isShown: boolean;
}

export function createAlertFeed(options: AlertFeedOptions): AlertFeed {
  const { writeAhead, put, retry, onTrouble = () => {}, patienceMs = PATIENCE_MS } = options;
  const listeners = new Set<(alert: Alert) => void>();
  const queue: Published[] = [];
  let impatience: NodeJS.Timeout | null = null;
  let published = 0;
  let listenerErrors = 0;
  let failing = false;

  function heard(result: PutResult): boolean {
    if (result.ok === failing) {
      failing = !result.ok;
      onTrouble(result.ok ? null : result);
    }
    return result.ok;
  }

  function show(alert: Alert): void {
    for (const listener of listeners) {
      try {
        listener(alert);
      } catch {
        listenerErrors++;
      }
    }
  }

  /** In their order, as far as the disk has them. */
  function drain(): void {
    while (queue[0]?.isAhead) {
      const { record, isShown } = queue.shift() as Published;
      const result = put(record);
      if (!isShown) show(result.ok ? record.alert : { ...record.alert, stored: false });
      // What is told of it comes after it.
      heard(result);
    }
    if (impatience) clearTimeout(impatience);
    impatience = queue.length > 0 ? setTimeout(showAnyway, patienceMs).unref() : null;
  }

  function showAnyway(): void {
    impatience = null;
    for (const entry of queue.filter(({ isShown }) => !isShown)) {
      entry.isShown = true;
      options.late(entry.record);
      show({ ...entry.record.alert, stored: false });
    }
    heard({ ok: false, why: 'failed', message: `the disk has not answered for ${patienceMs} ms` });
  }

  return {
    publish(record) {
      published++;
      const entry = { record, isAhead: false, isShown: false };
      queue.push(entry);
      writeAhead(record, () => {
        entry.isAhead = true;
        drain();
      });
      if (queue.length > 0) impatience ??= setTimeout(showAnyway, patienceMs).unref();
    },
    onAlert(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    // While the disk is waited for nothing works again.
    retry: () => !queue[0]?.isShown && heard(retry()),
    settle: options.settle,
    stats: () => ({ published, failing, listenerErrors }),
  };
}

/**
 * The one road an alert takes out: stored first, then shown. When the disk refuses, it is shown all the same, marked as not
 * stored yet; the store tries again, and the trouble is told once.
 * A listener that throws hurts neither the others nor the lab.
 */
import type { Alert, AlertRecord } from '../model/alert.ts';

export type PutResult = { ok: true } | { ok: false; why: string; message: string };

export interface AlertFeedOptions {
  put: (record: AlertRecord) => PutResult;
  /** Stores what waits, if it can. */
  retry: () => PutResult;
  /** Told when storing begins to fail, and `null` when it works again. */
  onTrouble?: (trouble: { why: string; message: string } | null) => void;
}

export interface AlertFeed {
  publish(record: AlertRecord): void;
  /** Returns the function that ends it. */
  onAlert(listener: (alert: Alert) => void): () => void;
  /** Tries again to store what waits. True when nothing waits any more. */
  retry(): boolean;
  stats(): { published: number; failing: boolean; listenerErrors: number };
}

export function createAlertFeed({ put, retry, onTrouble = () => {} }: AlertFeedOptions): AlertFeed {
  const listeners = new Set<(alert: Alert) => void>();
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

  return {
    publish(record) {
      published++;
      const result = put(record);
      const alert = result.ok ? record.alert : { ...record.alert, stored: false };
      for (const listener of listeners) {
        try {
          listener(alert);
        } catch {
          listenerErrors++;
        }
      }
      // What is told of it comes after it.
      heard(result);
    },
    onAlert(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    retry: () => heard(retry()),
    stats: () => ({ published, failing, listenerErrors }),
  };
}

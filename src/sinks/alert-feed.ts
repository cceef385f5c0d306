/**
 * The one road an alert takes out: stored first, then shown. When the disk refuses, it is shown all the same, kept for
 * another try (bounded), and the trouble is told once; what had to be given up is counted.
 * A listener that throws hurts neither the others nor the lab.
 */
import type { Alert, AlertRecord } from '../model/alert.ts';

export type PutResult = { ok: true } | { ok: false; why: string; message: string };

export interface AlertFeedOptions {
  put: (record: AlertRecord) => PutResult;
  /** Told when storing begins to fail, and `null` when it works again. */
  onTrouble?: (trouble: { why: string; message: string } | null) => void;
  /** Records kept for another try: about 3 KB each. */
  maxWaiting?: number;
}

export interface AlertFeed {
  publish(record: AlertRecord): void;
  /** Returns the function that ends it. */
  onAlert(listener: (alert: Alert) => void): () => void;
  /** Tries again to store what waits. True when nothing waits any more. */
  retry(): boolean;
  stats(): { published: number; waiting: number; notStored: number; listenerErrors: number };
}

export function createAlertFeed({ put, onTrouble = () => {}, maxWaiting = 1000 }: AlertFeedOptions): AlertFeed {
  const listeners = new Set<(alert: Alert) => void>();
  const waiting = new Map<string, AlertRecord>();
  let published = 0;
  let notStored = 0;
  let listenerErrors = 0;
  let failing = false;

  function store(record: AlertRecord): boolean {
    const result = put(record);
    if (result.ok === failing) {
      failing = !result.ok;
      onTrouble(result.ok ? null : result);
    }
    return result.ok;
  }

  function keep(record: AlertRecord): void {
    const earlier = waiting.get(record.alert.id);
    waiting.delete(record.alert.id);
    if (waiting.size >= maxWaiting) {
      waiting.delete(waiting.keys().next().value as string);
      notStored++;
    }
    waiting.set(record.alert.id, { alert: record.alert, secret: record.secret ?? earlier?.secret ?? null });
  }

  function retry(): boolean {
    for (const [id, record] of waiting) {
      if (!store(record)) return false;
      waiting.delete(id);
    }
    return true;
  }

  return {
    publish(record) {
      published++;
      // An update must not overtake its own first version, which holds the secret.
      if (waiting.has(record.alert.id) || !store(record)) keep(record);
      else if (waiting.size > 0) retry();
      for (const listener of listeners) {
        try {
          listener(record.alert);
        } catch {
          listenerErrors++;
        }
      }
    },
    onAlert(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    retry,
    stats: () => ({ published, waiting: waiting.size, notStored, listenerErrors }),
  };
}

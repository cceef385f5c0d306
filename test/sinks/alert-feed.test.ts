import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { createAlertFeed, type PutResult } from '../../src/sinks/alert-feed.ts';
import { createMemoryStore } from './evidence/memory-store.ts';
import { labAlert, labRecord } from './lab-alert.ts';

describe('the alert feed', () => {
  it('stores an alert before anybody sees it', () => {
    const store = createMemoryStore();
    const feed = createAlertFeed({ put: store.putAlert, retry: () => ({ ok: true }) });
    const stored: (Alert | null)[] = [];
    feed.onAlert((alert) => stored.push(store.alert(alert.id)));
    feed.publish(labRecord(1));
    expect(stored).toEqual([labAlert(1)]);
  });

  it('with a full disk alerts still go live, marked as not stored, and the trouble is told once, and its end', () => {
    const store = createMemoryStore();
    let full = true;
    const troubles: (string | null)[] = [];
    const disk = (): PutResult => (full ? { ok: false, why: 'disk-full', message: 'full' } : { ok: true });
    const feed = createAlertFeed({
      put: (record) => (full ? disk() : store.putAlert(record)),
      retry: disk,
      onTrouble: (trouble) => troubles.push(trouble?.why ?? null),
    });
    const live: [number, boolean | undefined][] = [];
    feed.onAlert(({ seq, stored }) => live.push([seq, stored]));
    feed.publish(labRecord(1));
    feed.publish(labRecord(2));
    expect(feed.retry()).toBe(false);
    full = false;
    expect(feed.retry()).toBe(true);
    feed.publish(labRecord(3));
    expect(live).toEqual([
      [1, false],
      [2, false],
      [3, undefined],
    ]);
    expect(troubles).toEqual(['disk-full', null]);
  });

  it('a listener that throws harms nobody, and one that left is not called', () => {
    const feed = createAlertFeed({ put: () => ({ ok: true }), retry: () => ({ ok: true }) });
    const seen: number[] = [];
    feed.onAlert(() => {
      throw new Error('broken pipe');
    });
    const leave = feed.onAlert(({ seq }) => seen.push(seq));
    feed.publish(labRecord(1));
    leave();
    feed.publish(labRecord(2));
    expect(seen).toEqual([1]);
    expect(feed.stats().listenerErrors).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { createAlertFeed, type PutResult } from '../../src/sinks/alert-feed.ts';
import { createMemoryStore } from './evidence/memory-store.ts';
import { IMEI, labAlert, labRecord } from './lab-alert.ts';

describe('the alert feed', () => {
  it('stores an alert before anybody sees it', () => {
    const store = createMemoryStore();
    const feed = createAlertFeed({ put: store.putAlert });
    const stored: (Alert | null)[] = [];
    feed.onAlert((alert) => stored.push(store.alert(alert.id)));
    feed.publish(labRecord(1));
    expect(stored).toEqual([labAlert(1)]);
  });

  it('with a full disk alerts still go live, the trouble is told once, and they are stored when there is room again', () => {
    const store = createMemoryStore();
    let full = true;
    const troubles: (string | null)[] = [];
    const feed = createAlertFeed({
      put: (record): PutResult => (full ? { ok: false, why: 'disk-full', message: 'full' } : store.putAlert(record)),
      onTrouble: (trouble) => troubles.push(trouble?.why ?? null),
    });
    const live: number[] = [];
    feed.onAlert(({ seq }) => live.push(seq));
    feed.publish(labRecord(1));
    feed.publish({ alert: { ...labAlert(1), seq: 2, count: 2 }, secret: null });
    feed.publish(labRecord(3));
    expect(live).toEqual([1, 2, 3]);
    expect(feed.stats()).toMatchObject({ waiting: 2, notStored: 0 });
    expect(feed.retry()).toBe(false);

    full = false;
    feed.publish(labRecord(4));
    expect(feed.stats()).toMatchObject({ published: 4, waiting: 0, notStored: 0 });
    expect(store.alert(labAlert(1).id)?.count).toBe(2);
    expect(store.reveal(labAlert(1).id, { who: 'x', time: 'now' })).toMatchObject({
      ok: true,
      secret: { value: IMEI },
    });
    expect(troubles).toEqual(['disk-full', null]);
  });

  it('keeps a bounded number for another try and counts what it gave up', () => {
    const feed = createAlertFeed({ put: () => ({ ok: false, why: 'failed', message: 'no' }), maxWaiting: 10 });
    for (let seq = 1; seq <= 25; seq++) feed.publish(labRecord(seq));
    expect(feed.stats()).toMatchObject({ waiting: 10, notStored: 15 });
  });

  it('a listener that throws harms nobody, and one that left is not called', () => {
    const feed = createAlertFeed({ put: () => ({ ok: true }) });
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

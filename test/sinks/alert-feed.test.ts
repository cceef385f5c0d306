import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { createAlertFeed, type PutResult } from '../../src/sinks/alert-feed.ts';
import { createMemoryStore } from './evidence/memory-store.ts';
import { labAlert, labRecord } from './lab-alert.ts';

/** A disk that holds everything at once. */
const disk = { writeAhead: (_record: unknown, told: () => void) => told(), settle: () => {}, late: () => {} };

describe('the alert feed', () => {
  it('stores an alert before anybody sees it', () => {
    const store = createMemoryStore();
    const feed = createAlertFeed({ ...disk, put: store.putAlert, retry: () => ({ ok: true }) });
    const stored: (Alert | null)[] = [];
    feed.onAlert((alert) => stored.push(store.alert(alert.id)));
    feed.publish(labRecord(1));
    expect(stored).toEqual([labAlert(1)]);
  });

  it('with a full disk alerts still go live, marked as not stored, and the trouble is told once, and its end', () => {
    const store = createMemoryStore();
    let full = true;
    const troubles: (string | null)[] = [];
    const room = (): PutResult => (full ? { ok: false, why: 'disk-full', message: 'full' } : { ok: true });
    const feed = createAlertFeed({
      ...disk,
      put: (record) => (full ? room() : store.putAlert(record)),
      retry: room,
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

  it('shows an alert when the disk holds it, and not before those that came before it', () => {
    const waiting: (() => void)[] = [];
    const store = createMemoryStore();
    const feed = createAlertFeed({
      writeAhead: (_record, told) => void waiting.push(told),
      settle: () => {
        for (const told of waiting.splice(0)) told();
      },
      put: store.putAlert,
      late: () => {},
      retry: () => ({ ok: true }),
    });
    const seen: number[] = [];
    feed.onAlert(({ seq }) => seen.push(seq));
    for (const seq of [1, 2, 3, 4]) feed.publish(labRecord(seq));
    waiting[1]?.();
    expect([seen, store.alerts({})]).toEqual([[], []]);
    waiting[0]?.();
    expect(seen).toEqual([1, 2]);
    waiting.splice(0, 2);
    feed.settle();
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(store.alerts({}).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it('shows an alert that a disk holds up as not stored, says it once, stores it when the disk is back', async () => {
    const waiting: (() => void)[] = [];
    const troubles: (string | null)[] = [];
    const late: number[] = [];
    const store = createMemoryStore();
    const feed = createAlertFeed({
      writeAhead: (_record, told) => void waiting.push(told),
      settle: () => {},
      put: store.putAlert,
      late: ({ alert }) => late.push(alert.seq),
      retry: () => ({ ok: true }),
      onTrouble: (trouble) => troubles.push(trouble?.message ?? null),
      patienceMs: 5,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const live: [number, boolean | undefined][] = [];
    feed.onAlert(({ seq, stored }) => {
      live.push([seq, stored]);
      if (seq === 2) resolve();
    });
    feed.publish(labRecord(1));
    feed.publish(labRecord(2));
    await promise;
    expect(feed.retry()).toBe(false);
    expect(late).toEqual([1, 2]);
    expect(live).toEqual([
      [1, false],
      [2, false],
    ]);
    for (const told of waiting.splice(0)) told();
    expect(store.alerts({}).map(({ seq }) => seq)).toEqual([1, 2]);
    feed.publish(labRecord(3));
    waiting[0]?.();
    expect(live.slice(2)).toEqual([[3, undefined]]);
    expect(troubles).toEqual(['the disk has not answered for 5 ms', null]);
  });

  it('a listener that throws harms nobody, and one that left is not called', () => {
    const feed = createAlertFeed({ ...disk, put: () => ({ ok: true }), retry: () => ({ ok: true }) });
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

/** A notifier on a clock and a disk of its own, over alerts in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../../src/model/alert.ts';
import type { NotifyConfig } from '../../src/model/notify.ts';
import { notifyConfig } from '../../src/model/schemas/notify.ts';
import { createNotifier, type ReceiverChange } from '../../src/notify/notifier.ts';
import { openOutbox } from '../../src/notify/outbox.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const configOf = (given: unknown): NotifyConfig => notifyConfig.parse(given);

/** A receiver on loopback. */
export const hook = (port: number, more: object = {}): object => ({
  type: 'webhook',
  url: `http://127.0.0.1:${port}/`,
  private: true,
  signWith: 'hook.key',
  ...more,
});

export function labNotifier(given: unknown, { phones = [] as string[] } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'phonehome-notify-'));
  const alerts = new Map<string, Alert>();
  const changes: ReceiverChange[] = [];
  const faults: unknown[] = [];
  let config = configOf(given);
  let now = Date.now();
  const open = () => {
    const outbox = openOutbox(join(directory, 'notify.db'));
    if (outbox.seen() === null) outbox.see('epoch', 0);
    const notifier = createNotifier({
      outbox,
      config: () => config,
      alertOf: (id) => alerts.get(id) ?? null,
      alertsSince: (seq) => [...alerts.values()].filter((alert) => alert.seq > seq).toSorted((a, b) => a.seq - b.seq),
      secretOf: () => SECRET,
      isPhones: (ip) => phones.includes(ip),
      now: () => now,
      random: () => 0.5,
      onChange: (change) => void changes.push(change),
      onFault: (fault) => void faults.push(fault),
    });
    return { outbox, notifier };
  };
  let running = open();
  return {
    directory,
    alerts,
    changes,
    faults,
    notifier: () => running.notifier,
    outbox: () => running.outbox,
    configure(next: unknown) {
      config = configOf(next);
    },
    /** As the lab does: stored, then handed on. */
    show(alert: Alert) {
      alerts.set(alert.id, alert);
      running.notifier.take(alert);
    },
    now: () => now,
    pass(ms: number) {
      now += ms;
    },
    async settle() {
      await running.notifier.idle();
    },
    /** As after `kill -9`: nothing is flushed. */
    restart() {
      running.notifier.stop();
      running.outbox.close();
      running = open();
    },
    close() {
      running.notifier.stop();
      running.outbox.close();
      rmSync(directory, { recursive: true });
    },
  };
}

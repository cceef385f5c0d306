/** What the API may ask of the running lab: the rooms' own functions under the names the API knows. */

import type { Cases } from '../cases/cases.ts';
import { register, registerAll } from '../devices/registration.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import { readAll, readEntry } from '../devices/store.ts';
import { labError } from '../formats/refusal.ts';
import type { Alert } from '../model/alert.ts';
import type { Case } from '../model/case.ts';
import { LabError } from '../model/lab.ts';
import { text } from '../model/text.ts';
import type { EvidenceStore } from '../sinks/evidence/store.ts';
import type { LiveDependencies, Outcome } from '../sinks/live/dependencies.ts';
import type { Metric } from '../sinks/live/metrics.ts';
import type { RelayStats } from './calls.ts';

/** A refusal the caller can mend becomes a value; anything else is the lab's own fault and stays an exception. */
export function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof LabError) return { ok: false, why: error.message, text: error.text };
    throw error;
  }
}

/** Devices over the API: clients may not name files of this machine as planted photos. */
export function deviceServices(
  registry: DeviceRegistry,
  dataDir: string,
  between: Between,
): Pick<LiveDependencies, 'devices' | 'putDevice' | 'putDevices' | 'removeDevice'> {
  const read = (entry: unknown) => readEntry(entry, dataDir, refusePhotos);
  return {
    devices: () => [...registry.list()],
    putDevice: (entry, how) => between(() => attempt(() => register(registry, read(entry), how))),
    putDevices: (entries) => between(() => attempt(() => registerAll(registry, readAll(entries, read), 'replace'))),
    removeDevice: (id) => between(() => registry.remove(id)),
  };
}

/**
 * A change of what is registered or marked takes effect between what came before it and what comes after: `work` runs when all
 * that came in so far was processed, and the answer comes when the relay knows of it too.
 */
export type Between = <T>(work: () => T) => Promise<T>;

function refusePhotos(): never {
  throw labError(text('devices.no-photos'));
}

/** Cases over the API: what the store removed is forgotten in memory too. */
export function caseServices(
  cases: Cases,
  store: EvidenceStore,
  now: () => number,
  between: Between,
  onMark: (marked: Case, name: string) => void = () => {},
  onRemoved: (id: string) => void = () => {},
): Pick<LiveDependencies, 'cases' | 'case' | 'markCase' | 'closeCase' | 'removeCase'> {
  return {
    cases: () => cases.list(),
    case: (id) => cases.get(id),
    markCase: (id, mark) =>
      between(() => {
        const marked = 'phase' in mark ? cases.mark(id, mark.phase, now()) : cases.note(id, mark.event, now());
        if (marked.ok) onMark(marked.value, 'phase' in mark ? mark.phase : mark.event);
        return marked;
      }),
    closeCase: (id) => between(() => cases.close(id, now())),
    removeCase: (id) =>
      between(() => {
        const removed = store.removeCase(id);
        if (!removed) return removed;
        cases.forget(id);
        onRemoved(id);
        return removed;
      }),
  };
}

/** For the lab's own calls, whose arguments are right: a refusal is a fault. @throws LabError */
export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new LabError(outcome.why, outcome.text);
  return outcome.value;
}

/** The store answers in pages: all of them. */
export function allAlertsSince(store: Pick<EvidenceStore, 'alerts'>, since: number): Alert[] {
  const alerts: Alert[] = [];
  for (let page = store.alerts({ since }); page.length > 0; page = store.alerts({ since: alerts.at(-1)?.seq ?? since }))
    alerts.push(...page);
  return alerts;
}

export function metricsOf(counts: {
  relay: RelayStats;
  feed: { published: number };
  waiting: { waiting: number; lost: number };
  flowLog: { dropped: number };
}): Metric[] {
  const one = (name: string, help: string, type: Metric['type'], value: number): Metric => ({
    name: `phonehome_${name}`,
    help,
    type,
    samples: [{ value }],
  });
  const { relay } = counts;
  return [
    one('open_flows', 'Connections relayed now.', 'gauge', relay.openFlows),
    one('held_phones', 'Phones that wait because they send faster than they are read.', 'gauge', relay.heldPhones),
    one(
      'unread_bytes_total',
      'Bytes nobody looked into because the lab could not keep up.',
      'counter',
      relay.lostBytes,
    ),
    {
      name: 'phonehome_relay_event_loop_delay_seconds',
      help: 'How late the relay was, since this was last asked: 1 is the worst.',
      type: 'gauge',
      samples: [
        { labels: { quantile: '0.5' }, value: relay.loopDelay.p50 },
        { labels: { quantile: '0.99' }, value: relay.loopDelay.p99 },
        { labels: { quantile: '1' }, value: relay.loopDelay.max },
      ],
    },
    one('alerts_total', 'Alerts and updates published since the start.', 'counter', counts.feed.published),
    one('alerts_waiting', 'Alerts shown that wait to be stored.', 'gauge', counts.waiting.waiting),
    one('alerts_not_stored_total', 'Alerts shown but lost to the store.', 'counter', counts.waiting.lost),
    one('flow_records_dropped_total', 'Flow records lost to a full queue.', 'counter', counts.flowLog.dropped),
    one('resident_memory_bytes', 'Resident memory.', 'gauge', process.memoryUsage.rss()),
  ];
}

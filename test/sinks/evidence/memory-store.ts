/** The evidence store without a disk, for tests: held to the same contract as the one that is shipped. */
import { refused } from '../../../src/formats/refusal.ts';
import type { Alert } from '../../../src/model/alert.ts';
import type { Case } from '../../../src/model/case.ts';
import type { TokenRow } from '../../../src/model/comparison.ts';
import type { Gap } from '../../../src/model/coverage.ts';
import { text } from '../../../src/model/text.ts';
import {
  type AuditEntry,
  closedAsKilled,
  type EvidenceStore,
  type FlowRecord,
  isWanted,
  type KeptCoverage,
  limitOf,
  MAX_GAPS,
  MAX_TOKENS,
  type Secret,
  type Stored,
} from '../../../src/sinks/evidence/store.ts';

const OK: Stored = { ok: true };

export function createMemoryStore(): EvidenceStore {
  let lastSeq = 0;
  const alerts = new Map<string, Alert>();
  const secrets = new Map<string, Secret>();
  const flows = new Map<string, FlowRecord>();
  const cases = new Map<string, Case>();
  const coverage = new Map<string, KeptCoverage>();
  const gaps = new Map<string, Gap>();
  let alive: number | null = null;
  const tokens = new Map<string, TokenRow>();
  const audits: AuditEntry[] = [];

  return {
    epoch: () => 'memory',
    lastSeq: () => lastSeq,
    putAlert({ alert, secret }) {
      // Insertion order is seq order: an update moves the alert to the end.
      alerts.delete(alert.id);
      alerts.set(alert.id, alert);
      if (secret !== null) secrets.set(alert.id, secret);
      lastSeq = Math.max(lastSeq, alert.seq);
      return OK;
    },
    alerts(query) {
      const found = [...alerts.values()].filter((alert) => isWanted(alert, query));
      return (query.newest ? found.reverse() : found).slice(0, limitOf(query.limit));
    },
    alert: (id) => alerts.get(id) ?? null,
    reveal(alertId, entry) {
      const secret = secrets.get(alertId);
      if (secret === undefined) return refused(text('refused.no-value'));
      audits.push({ time: entry.time, action: 'reveal', subject: alertId, who: entry.who });
      return { ok: true, secret };
    },
    closeLeftOpen(time) {
      const left = [...flows.values()].filter(({ closedAt }) => closedAt === null);
      for (const flow of left) flows.set(flow.id, closedAsKilled(flow, time));
      return left.length;
    },
    putFlows(records) {
      for (const record of records) flows.set(record.id, record);
      return OK;
    },
    flows(query) {
      return [...flows.values()]
        .filter(
          (flow) =>
            (query.device === undefined || flow.deviceId === query.device) &&
            (query.host === undefined || flow.destination.host.includes(query.host)) &&
            (query.simulated === undefined || flow.simulated === query.simulated) &&
            flow.openedAt >= (query.after ?? 0) &&
            flow.openedAt < (query.before ?? Number.POSITIVE_INFINITY),
        )
        .reverse()
        .sort((a, b) => b.openedAt - a.openedAt)
        .slice(0, limitOf(query.limit));
    },
    flow: (id) => flows.get(id) ?? null,
    putCase(given) {
      cases.set(given.id, structuredClone(given));
      return OK;
    },
    cases: () => structuredClone([...cases.values()]),
    case: (id) => structuredClone(cases.get(id) ?? null),
    removeCase: (id) => cases.delete(id),
    putCoverage(counted) {
      for (const one of counted) coverage.set(`${one.closed.deviceId} ${one.closed.simulated}`, structuredClone(one));
      return OK;
    },
    coverage: () => structuredClone([...coverage.values()]),
    putGap(gap) {
      gaps.set(`${gap.from} ${gap.subject}`, gap);
      return OK;
    },
    gaps: () => [...gaps.values()].toSorted((a, b) => (a.from < b.from ? -1 : 1)).slice(-MAX_GAPS),
    putAlive(time) {
      alive = time;
      return OK;
    },
    lastAlive: () => alive,
    putTokens(rows) {
      for (const row of rows) {
        const { device, host, where, path, caseId, phase, hash, simulated } = row;
        tokens.set(JSON.stringify([device, host, simulated, where, path, caseId, phase, hash]), structuredClone(row));
      }
      return OK;
    },
    tokens: (query) =>
      [...tokens.values()]
        .filter(
          (row) =>
            (query.device === undefined || row.device === query.device) &&
            (query.case === undefined || row.caseId === query.case),
        )
        .sort((a, b) => b.lastSeen - a.lastSeen)
        .slice(0, query.limit ?? MAX_TOKENS),
    audit(entry) {
      audits.push(entry);
      return OK;
    },
    audits: () => [...audits],
    prune(before) {
      const removed = { alerts: 0, flows: 0 };
      for (const alert of alerts.values()) {
        if (Date.parse(alert.lastSeen) >= before) continue;
        alerts.delete(alert.id);
        secrets.delete(alert.id);
        removed.alerts++;
      }
      for (const [key, { lastSeen }] of tokens) if (lastSeen < before) tokens.delete(key);
      for (const flow of flows.values()) {
        if (flow.openedAt >= before) continue;
        flows.delete(flow.id);
        removed.flows++;
      }
      return removed;
    },
    counts: () => ({ alerts: alerts.size, flows: flows.size, cases: cases.size }),
    forgetFlows(device, limit) {
      const isOwn = (flow: FlowRecord): boolean => (flow.deviceId ?? flow.client.ip) === device;
      const own = [...flows.values()].filter((flow) => isOwn(flow) && flow.closedAt !== null).slice(0, limit);
      for (const { id } of own) flows.delete(id);
      return { removed: own.length, hadKey: false };
    },
    forget(device, { time, who }) {
      const own = [...alerts.values()].filter((alert) => alert.device.id === device);
      for (const { id } of own) {
        alerts.delete(id);
        secrets.delete(id);
      }
      const connections = [...flows.values()].filter((flow) => (flow.deviceId ?? flow.client.ip) === device);
      for (const { id } of connections) flows.delete(id);
      const ownCases = [...cases.values()].filter(({ deviceId }) => deviceId === device).map(({ id }) => id);
      for (const id of ownCases) cases.delete(id);
      for (const key of [device, `${device} false`, `${device} true`]) coverage.delete(key);
      const compared = [...tokens].filter(([, row]) => row.device === device);
      for (const [key] of compared) tokens.delete(key);
      audits.push({ time, action: 'forget', subject: device, who });
      const removed = {
        alerts: own.length,
        connections: connections.length,
        cases: ownCases.length,
        comparisons: compared.length,
      };
      return { ok: true, removed, cases: ownCases, isKnown: true, isCompact: true };
    },
    checkpoint: () => OK,
    close() {},
  };
}

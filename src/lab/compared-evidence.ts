/** Stored alerts, connections and marks as a comparison needs them. */
import { saidHost } from '../formats/said-host.ts';
import type { Alert } from '../model/alert.ts';
import type { Case } from '../model/case.ts';
import type { ComparedContact, ComparedFinding } from '../model/comparison.ts';
import type { EvidenceStore, FlowRecord } from '../sinks/evidence/store.ts';
import { OWN_NAME, type Span } from './recorded-flows.ts';

/** Contacts closer than this are one visit. */
const BURST_MS = 600_000;
/** Layers that every web request has: they are no encoding of a value. */
const ORDINARY = new Set(['json', 'form', 'percent', 'multipart', 'xml', 'csv']);

export function findingOf({
  type,
  identifier,
  evidence,
  destination,
  flow,
  case: at,
  count,
}: Alert): ComparedFinding[] {
  if ((type !== 'leak' && type !== 'opaque') || !identifier || !evidence || !destination) return [];
  const layers = evidence.decoding
    .map((layer) => layer.split(':', 1)[0] ?? layer)
    .filter((name) => !ORDINARY.has(name));
  return [
    {
      kind: identifier.kind,
      host: saidHost(destination),
      owner: destination.owner.name,
      ownerCountry: destination.owner.country,
      country: destination.location.country,
      where: evidence.where,
      path: evidence.path?.replace(/\[\d+\]/g, '[]') ?? null,
      encoding: evidence.hash ?? layers.toReversed().join(' in '),
      encrypted: (flow?.encrypted ?? false) && evidence.where !== 'dns' && evidence.where !== 'sni',
      sightings: count,
      beforeConsent: at?.phase === 'before-consent' || (at?.phases?.['before-consent'] ?? 0) > 0,
      after: Object.fromEntries(Object.entries(at?.after ?? {}).map(([name, { marks }]) => [name, marks])),
    },
  ];
}

export function contactsOf(flows: readonly FlowRecord[]): Record<string, ComparedContact> {
  const times = new Map<string, number[]>();
  for (const { destination, openedAt } of flows) {
    const host = saidHost(destination);
    if (host === OWN_NAME) continue;
    const known = times.get(host);
    if (known) known.push(openedAt);
    else times.set(host, [openedAt]);
  }
  return Object.fromEntries([...times].map(([host, all]) => [host, contactOf(all)]));
}

function contactOf(times: number[]): ComparedContact {
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  const silences = gaps.filter((gap) => gap >= BURST_MS);
  return {
    connections: times.length,
    visits: silences.length + 1,
    longestGapMs: silences.length === 0 ? null : Math.max(...silences),
  };
}

export function spanOfFlows(flows: readonly FlowRecord[]): Span {
  const times = flows.flatMap(({ openedAt, closedAt }) => [openedAt, closedAt ?? openedAt]);
  const least = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = times.reduce((a, b) => Math.max(a, b), 0);
  return times.length === 0 ? { after: 0, before: 0 } : { after: least, before: most };
}

/** Without the times in which no lab ran. */
export function watchedMs(store: Pick<EvidenceStore, 'gaps'>, spans: readonly Span[]): number {
  const now = Date.now();
  const gaps = store.gaps().filter(({ kind }) => kind === 'lab-down');
  return spans.reduce((sum, { after, before }) => {
    const end = Math.min(before, now);
    const missed = gaps.reduce((all, { from, to }) => {
      const overlap = Math.min(end, to === null ? now : Date.parse(to)) - Math.max(after, Date.parse(from));
      return all + Math.max(0, overlap);
    }, 0);
    return sum + Math.max(0, end - after - missed);
  }, 0);
}

/** Phases and events, by name; of one phase: its own beginnings, and the events within it. */
export function marksIn(cases: readonly Case[], phase: string | null): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const { marks, events = [] } of cases) {
    for (const mark of marks) if (phase === null || mark.phase === phase) add(mark.phase);
    for (const { event, at } of events) {
      const within = marks.findLast((mark) => mark.at <= at)?.phase ?? null;
      if (phase === null || within === phase) add(event);
    }
  }
  return counts;
}

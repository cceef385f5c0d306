/** Stored alerts, connections and marks as a comparison needs them. */
import { saidHost } from '../formats/said-host.ts';
import type { Alert } from '../model/alert.ts';
import type { Case } from '../model/case.ts';
import type { ComparedContact, ComparedFinding, SideRecord } from '../model/comparison.ts';
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

/** What a comparison needs of connections, in memory for their servers and visits, however many connections there are. */
export interface GatheredFlows {
  /** One for each phone and host; the requests of all its connections. */
  flows: SideRecord['flows'];
  contacts: Record<string, ComparedContact>;
  /** From the first opening to the last end. */
  span: Span;
}

/** Connections in any order; those of a phone near each other in time come cheapest one after the other. */
export function gatherFlows(flows: Iterable<FlowRecord>): GatheredFlows {
  const sums = new Map<string, SideRecord['flows'][number]>();
  const hosts = new Map<string, { connections: number; visits: Visit[] }>();
  const span = { after: Number.POSITIVE_INFINITY, before: 0 };
  for (const { destination, openedAt, closedAt, deviceId, client, facts, requests } of flows) {
    const host = saidHost(destination);
    const device = deviceId ?? client.ip;
    const owner = facts?.owner.name ?? null;
    const sum = sums.get(`${device} ${host}`);
    sums.set(`${device} ${host}`, {
      device,
      host,
      owner: owner ?? sum?.owner ?? null,
      requests: requests + (sum?.requests ?? 0),
    });
    span.after = Math.min(span.after, openedAt, closedAt ?? openedAt);
    span.before = Math.max(span.before, openedAt, closedAt ?? openedAt);
    if (host === OWN_NAME) continue;
    const known = hosts.get(host) ?? { connections: 0, visits: [] };
    hosts.set(host, known);
    known.connections++;
    visit(known.visits, openedAt);
  }
  return {
    flows: [...sums.values()],
    contacts: Object.fromEntries([...hosts].map(([host, one]) => [host, contactOf(one)])),
    span: sums.size === 0 ? { after: 0, before: 0 } : span,
  };
}

/** Times of the first and the last contact of one. */
type Visit = [from: number, to: number];

/** @param visits the latest first */
function visit(visits: Visit[], time: number): void {
  // Most come in the order of the store, the latest first: the place is at the end.
  const at = visits.findLastIndex(([from]) => from >= time);
  const [later, earlier] = [visits[at], visits[at + 1]];
  const joinsLater = later !== undefined && later[0] - time < BURST_MS;
  const joinsEarlier = earlier !== undefined && time - earlier[1] < BURST_MS;
  if (joinsLater && joinsEarlier) {
    later[0] = earlier[0];
    visits.splice(at + 1, 1);
  } else if (joinsLater) later[0] = time;
  else if (joinsEarlier) earlier[1] = Math.max(earlier[1], time);
  else visits.splice(at + 1, 0, [time, time]);
}

function contactOf({ connections, visits }: { connections: number; visits: Visit[] }): ComparedContact {
  const silences = visits.slice(1).map(([, to], index) => (visits[index]?.[0] ?? to) - to);
  return {
    connections,
    visits: visits.length,
    longestGapMs: silences.length === 0 ? null : Math.max(...silences),
  };
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

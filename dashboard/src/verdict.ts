/**
 * One sentence per phone, of few, that a shop assistant can repeat to a customer, and the bar of what could be looked into.
 * Pure: alerts and coverage in, words out. Never says more than was seen.
 */
import type { Alert, Severity } from '../../src/model/alert.ts';
import type { CoverageClass, DeviceCoverage } from '../../src/model/coverage.ts';
import { SEVERITIES } from '../../src/model/words.ts';
import { country, nounOf, t, tn, type Word } from './words.ts';

/** `grey`: nothing can be said yet. */
export type Light = Severity | 'ok' | 'grey';

export interface Verdict {
  light: Light;
  sentence: string;
  more: string;
  /** The next step, for the card that needs it. */
  step: 'show-how' | 'name-it' | 'open';
}

export interface Seen {
  isRegistered: boolean;
  alerts: readonly Alert[];
  coverage: DeviceCoverage | null;
  /** Under an address that was given a name since, something passed the lab. */
  hasSpokenUnnamed?: boolean;
}

export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** What it is called for a person: the company, else the server's name. */
export function companyOf({ destination }: Pick<Alert, 'destination'>): string {
  if (destination === null) return t('alert.unknown');
  const { owner, host, location } = destination;
  const place = country(owner.name ? (owner.country ?? location.country) : location.country);
  const name = owner.name ?? host;
  return place ? `${name} (${place})` : name;
}

/** Left the phone: not what a server sent back, and not what is merely possible. */
export function isLeak({ type, identifier, evidence }: Alert): boolean {
  return (
    type === 'leak' && identifier !== null && evidence?.direction !== 'response' && identifier.confidence !== 'possible'
  );
}

export function verdictOf({ isRegistered, alerts, coverage, hasSpokenUnnamed = false }: Seen): Verdict {
  const leaks = alerts.filter(isLeak);
  const worst = worstOf(leaks);
  if (worst) {
    const { alert, kinds } = worst;
    const word: Word =
      alert.identifier?.confidence !== 'certain'
        ? 'verdict.maybe'
        : alert.flow?.encrypted
          ? 'verdict.leaks'
          : 'verdict.leaks-clear';
    return {
      light: alert.severity,
      sentence: t(word, { kinds: listed(kinds), company: companyOf(alert) }),
      more: t('verdict.more', {
        kinds: tn('verdict.kinds', new Set(leaks.map(({ identifier }) => identifier?.kind)).size),
        receivers: tn('verdict.receivers', new Set(leaks.map(companyOf)).size),
      }),
      step: isRegistered ? 'open' : 'name-it',
    };
  }
  if (coverage?.trust === 'refuses') {
    return { light: 'medium', sentence: t('verdict.untrusted'), more: t('verdict.untrusted.more'), step: 'show-how' };
  }
  const opaque = alerts.findLast(({ type }) => type === 'opaque');
  if (opaque) {
    return {
      light: opaque.severity,
      sentence: t('verdict.opaque', { company: companyOf(opaque) }),
      more: '',
      step: 'open',
    };
  }
  if (!isRegistered) return { light: 'grey', sentence: t('verdict.who'), more: t('verdict.who.more'), step: 'name-it' };
  const heard = coverage?.rows.filter(({ connections }) => connections > 0) ?? [];
  if (heard.length === 0 && hasSpokenUnnamed)
    return { light: 'grey', sentence: t('verdict.silent-since'), more: t('verdict.silent-since.more'), step: 'open' };
  if (heard.length === 0)
    return { light: 'grey', sentence: t('verdict.silent'), more: t('verdict.silent.more'), step: 'show-how' };
  // What could not be looked into is no reason for a green light.
  if (!heard.some((row) => row.class === 'read'))
    return { light: 'grey', sentence: t('verdict.unread'), more: t('verdict.unread.more'), step: 'open' };
  return { light: 'ok', sentence: t('verdict.clean'), more: t('verdict.clean.more'), step: 'open' };
}

/** Of the worst severity the receiver that was sent most kinds, the latest when several were; null when nothing left. */
function worstOf(leaks: readonly Alert[]): { alert: Alert; kinds: string[] } | null {
  const top = Math.max(...leaks.map(({ severity }) => rank(severity)));
  const byReceiver = Map.groupBy(
    leaks.filter(({ severity }) => rank(severity) === top),
    (alert) => `${companyOf(alert)} ${alert.flow?.encrypted} ${alert.identifier?.confidence}`,
  );
  const groups = [...byReceiver.values()].map((of) => ({
    alert: of.reduce((one, other) => (other.lastSeen > one.lastSeen ? other : one)),
    kinds: [...new Set(of.map(({ identifier }) => identifier?.kind ?? ''))],
  }));
  const order = (one: (typeof groups)[number], other: (typeof groups)[number]): number =>
    other.kinds.length - one.kinds.length || other.alert.lastSeen.localeCompare(one.alert.lastSeen);
  return groups.sort(order)[0] ?? null;
}

function listed(kinds: readonly string[]): string {
  const [first = '', ...others] = kinds.map(nounOf);
  return others.length === 0 ? first : t('and-more', { first, count: others.length });
}

export type Part = 'read' | 'closed' | 'passed' | 'failed' | 'other';

const PART_OF: Record<CoverageClass, Part> = {
  read: 'read',
  unreadable: 'closed',
  opaque: 'closed',
  'partially-scanned': 'closed',
  pinned: 'passed',
  passed: 'passed',
  refused: 'failed',
  failed: 'failed',
  'lab-failed': 'failed',
  unwatched: 'passed',
  udp: 'other',
  quic: 'failed',
  bypassing: 'passed',
};

/** Connections by what became of them, in the order of the bar; empty when there were none. */
export function partsOf(coverage: DeviceCoverage | null): { part: Part; connections: number; share: number }[] {
  const sums = new Map<Part, number>([
    ['read', 0],
    ['closed', 0],
    ['passed', 0],
    ['failed', 0],
    ['other', 0],
  ]);
  for (const row of coverage?.rows ?? []) {
    const part = PART_OF[row.class];
    sums.set(part, (sums.get(part) ?? 0) + row.connections);
  }
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
  return [...sums]
    .filter(([, connections]) => connections > 0)
    .map(([part, connections]) => ({ part, connections, share: connections / total }));
}

/**
 * What a vendor says of an update, held against what was seen. Promise: `holds` means that nothing seen speaks against it, and
 * how sure that is is said beside it; where one had to watch longer, or something is not known, it is `open`.
 */
import type { Claim, JudgedClaim, SideRecord, Stream } from '../model/comparison.ts';
import { streamsOf } from './streams.ts';
import { surenessByMarks, surenessOf } from './sureness.ts';

/** What "once" needs at least, since reports come monthly. */
export const MONTH_MS = 31 * 86_400_000;

/** European Union, and the countries whose law treats data alike: EEA, Switzerland, United Kingdom. */
const EUROPE = new Set(
  'AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '),
);

const WITH_SUBJECT = ['gone', 'to'];
const WITHOUT = ['none', 'once', 'encrypted', 'after-consent'];

/** `gone:vnet.cn`, `to:europe`, `to:DE`, `none`, `once`, `encrypted`, `after-consent`; null: none of these. */
export function parseClaim(text: string): Claim | null {
  const [what = '', subject = ''] = text.trim().toLowerCase().split(/:(.*)/s);
  if (WITH_SUBJECT.includes(what) && subject !== '' && (what === 'gone' || /^(europe|[a-z]{2})$/.test(subject)))
    return {
      what: what as Claim['what'],
      subject: what === 'to' && subject !== 'europe' ? subject.toUpperCase() : subject,
    };
  return WITHOUT.includes(what) && subject === '' ? { what: what as Claim['what'], subject: null } : null;
}

export function judge(claim: Claim, a: SideRecord, b: SideRecord): JudgedClaim {
  const streams = streamsOf(b);
  const connections = { before: connectionsTo(a, claim), after: connectionsTo(b, claim) };
  const base: JudgedClaim = {
    claim,
    verdict: 'holds',
    against: [],
    connections,
    sureness: null,
    watchedMs: b.watchedMs,
    owners: [],
  };
  const unless = (against: Stream[]): JudgedClaim => ({
    ...base,
    against,
    verdict: against.length > 0 ? 'broken' : 'holds',
  });
  switch (claim.what) {
    case 'gone': {
      const sureness = goneFor(claim.subject ?? '', a, b);
      if (connections.after > 0) return { ...base, verdict: 'broken' };
      return { ...base, sureness, verdict: sureness?.level === 'unknown' ? 'open' : 'holds' };
    }
    case 'none': {
      const before = streamsOf(a).map((stream) => surenessOf(stream, a, b));
      const least = before.toSorted((one, other) => (other.chance ?? 2) - (one.chance ?? 2))[0] ?? null;
      const judged = unless(streams);
      return judged.verdict === 'broken'
        ? judged
        : { ...judged, sureness: least, verdict: least?.level === 'unknown' ? 'open' : 'holds' };
    }
    case 'once': {
      const judged = unless(streams.filter(({ sightings, visits }) => sightings > 1 && visits !== 1));
      const sureness = judged.verdict === 'broken' ? null : againFor(a, b, streams);
      const isWatched = b.watchedMs >= MONTH_MS || sureness !== null;
      return judged.verdict === 'broken' || isWatched ? { ...judged, sureness } : { ...judged, verdict: 'open' };
    }
    case 'to': {
      const isThere = (country: string | null): boolean =>
        claim.subject === 'europe' ? EUROPE.has(country ?? '') : country === claim.subject;
      const judged = unless(streams.filter(({ country }) => country !== null && !isThere(country)));
      const unknown = streams.filter(({ country }) => country === null);
      return {
        ...judged,
        ...(judged.verdict === 'holds' && (unknown.length > 0 || streams.length === 0)
          ? { verdict: 'open' as const, against: unknown }
          : {}),
        owners: ownersElsewhere(streams, isThere),
      };
    }
    case 'encrypted':
      return unless(streams.filter(({ clear }) => clear));
    case 'after-consent': {
      const judged = unless(streams.filter(({ beforeConsent }) => beforeConsent));
      const isTold = (b.marks['before-consent'] ?? 0) > 0;
      return judged.verdict === 'holds' && !isTold ? { ...judged, verdict: 'open' } : judged;
    }
  }
}

function ownersElsewhere(streams: readonly Stream[], isThere: (country: string | null) => boolean) {
  const owners = new Map<string, string>();
  for (const { owner, ownerCountry } of streams)
    if (owner !== null && ownerCountry !== null && !isThere(ownerCountry)) owners.set(owner, ownerCountry);
  return [...owners].map(([name, country]) => ({ name, country }));
}

const isBelow = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

function connectionsTo({ contacts }: SideRecord, { what, subject }: Claim): number {
  const all = Object.entries(contacts).filter(([host]) => what !== 'gone' || isBelow(host, subject ?? ''));
  return all.reduce((sum, [, { connections }]) => sum + connections, 0);
}

/** That it does not come again, by what it used to follow and does not any more; null: none of that was marked. */
function againFor(a: SideRecord, b: SideRecord, now: readonly Stream[]) {
  const after: Record<string, number> = {};
  for (const stream of streamsOf(a))
    for (const [mark, times] of Object.entries(stream.after))
      if (now.every((one) => one.after[mark] === undefined)) after[mark] = Math.max(after[mark] ?? 0, times);
  return surenessByMarks({ after }, a, b);
}

/** Of all contacts with a domain together; null: there were none before, so there is nothing to stop. */
function goneFor(domain: string, a: SideRecord, b: SideRecord) {
  const contacts = Object.entries(a.contacts).flatMap(([host, contact]) => (isBelow(host, domain) ? [contact] : []));
  if (contacts.length === 0) return null;
  const after: Record<string, number> = {};
  for (const stream of streamsOf(a))
    if (isBelow(stream.host, domain))
      for (const [mark, times] of Object.entries(stream.after)) after[mark] = Math.max(after[mark] ?? 0, times);
  const visits = Math.max(...contacts.map((contact) => contact.visits));
  const gaps = contacts.flatMap(({ longestGapMs }) => (longestGapMs === null ? [] : [longestGapMs]));
  return surenessOf({ visits, longestGapMs: gaps.length > 0 ? Math.min(...gaps) : null, after }, a, b);
}

/** What a repeat adds to its alert: receivers, remarks, phases. */

import { say } from '../formats/say.ts';
import type { Alert, AlertReceiver } from '../model/alert.ts';
import type { CaseMoment } from '../model/case.ts';
import { type Text, text } from '../model/text.ts';
import type { RunningAlert } from './fold.ts';

/** Kept apart in one alert; a case has a handful. */
const MAX_PHASES = 50;
/** What comes later after a mark is not its doing. */
const REACTION_MS = 60_000;

export function list(receivers: Map<string, AlertReceiver>, to: NonNullable<Alert['destination']>, time: number): void {
  const at = new Date(time).toISOString();
  const key = `${to.host} ${to.port}`;
  const known = receivers.get(key);
  if (known) receivers.set(key, { ...known, count: known.count + 1, lastSeen: at });
  else {
    const { host, port, ip, location, owner, guessed } = to;
    const about = { host, port, ip, country: location.country, owner: owner.name, ...(guessed && { guessed }) };
    receivers.set(key, { ...about, count: 1, firstSeen: at, lastSeen: at });
  }
}

export function severalOf({ several }: RunningAlert): Partial<Alert> {
  if (several === undefined || several.receivers.size < 2) return {};
  const told = text('and-more', { sentence: several.sentence, count: several.receivers.size - 1 });
  return { receivers: [...several.receivers.values()], text: told, message: say(told) };
}

export function withRemarks(identifier: Alert['identifier'], remarks: readonly Text[]): Alert['identifier'] {
  if (identifier === null || remarks.length === 0) return identifier;
  const reasoning = [identifier.reasoning, ...remarks.map((remark) => say(remark))].join('; ');
  const told = identifier.text && text('reason.several', { reasons: [identifier.text, ...remarks] });
  return { ...identifier, reasoning, ...(told && { text: told }) };
}

/**
 * A phone that repeats itself at every unlock is one alert that says so, not one per phase or mark.
 * @param before what its alert counted until now
 */
export function countMoment(
  running: RunningAlert,
  before: Alert['case'],
  moment: CaseMoment | null,
  time: number,
): void {
  const { alert } = running;
  if (alert.case === null) return;
  const phases = countPhase(before?.phases, moment?.phase ?? null);
  const after = countMark(running, before?.after, moment, time);
  if (phases !== undefined || after !== undefined)
    alert.case = { ...alert.case, ...(phases && { phases }), ...(after && { after }) };
}

type CaseOfAlert = NonNullable<Alert['case']>;

function countPhase(phases: CaseOfAlert['phases'], phase: string | null): CaseOfAlert['phases'] {
  if (phase === null) return phases;
  // A map, since a phase may have any name.
  const counts = new Map(Object.entries(phases ?? {}));
  if (counts.has(phase) || counts.size < MAX_PHASES) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Only the first sighting after a mark tells how soon it came. */
function countMark(
  running: RunningAlert,
  after: CaseOfAlert['after'],
  moment: CaseMoment | null,
  time: number,
): CaseOfAlert['after'] {
  const { mark } = moment ?? {};
  if (!mark || time - mark.at > REACTION_MS) return after;
  running.marks ??= new Map();
  if (running.marks.get(mark.name) === mark.nth) return after;
  const counts = new Map(Object.entries(after ?? {}));
  const counted = counts.get(mark.name);
  if (counted === undefined && counts.size >= MAX_PHASES) return after;
  running.marks.set(mark.name, mark.nth);
  const seconds = secondsSince(mark.at, time);
  counts.set(mark.name, {
    marks: (counted?.marks ?? 0) + 1,
    shortest: Math.min(counted?.shortest ?? seconds, seconds),
    longest: Math.max(counted?.longest ?? seconds, seconds),
  });
  return Object.fromEntries(counts);
}

/** The last mark before a sighting, as its alert tells it. */
export function markOf({ mark }: CaseMoment, time: number): Pick<CaseOfAlert, 'mark'> {
  return mark ? { mark: { name: mark.name, seconds: secondsSince(mark.at, time) } } : {};
}

const secondsSince = (at: number, time: number): number => Math.max(0, time - at) / 1000;

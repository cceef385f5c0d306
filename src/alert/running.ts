/** What a repeat adds to its alert: receivers, remarks, phases. */

import { medianOf } from '../formats/median.ts';
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

/** Only the first sighting after a mark tells how soon it came. A case takes no more than a thousand marks. */
function countMark(
  running: RunningAlert,
  after: CaseOfAlert['after'],
  moment: CaseMoment | null,
  time: number,
): CaseOfAlert['after'] {
  const { mark, phase = null } = moment ?? {};
  if (!mark || time - mark.at > REACTION_MS) return after;
  running.reactions ??= new Map();
  const known = running.reactions.get(mark.name);
  if (known?.last === mark.nth) return after;
  if (known === undefined && running.reactions.size >= MAX_PHASES) return after;
  const seen = [...(known?.seen ?? []), { phase, seconds: secondsSince(mark.at, time) }];
  running.reactions.set(mark.name, { last: mark.nth, seen });
  // A map, since a mark may have any name.
  return Object.fromEntries(new Map(Object.entries(after ?? {})).set(mark.name, reactionOf(seen)));
}

type Reaction = NonNullable<CaseOfAlert['after']>[string];

function reactionOf(seen: readonly { phase: string | null; seconds: number }[]): Reaction {
  const seconds = seen.map((one) => one.seconds);
  const inPhases = Map.groupBy(seen, ({ phase }) => phase);
  inPhases.delete(null);
  const phases = [...inPhases].map(([phase, those]) => {
    const median = medianOf(those.map((one) => one.seconds));
    return [phase, { marks: those.length, median }] as const;
  });
  return {
    marks: seen.length,
    shortest: Math.min(...seconds),
    longest: Math.max(...seconds),
    median: medianOf(seconds),
    ...(phases.length > 0 && { phases: Object.fromEntries(phases) }),
  };
}

/** The last mark before a sighting, as its alert tells it. */
export function markOf({ mark }: CaseMoment, time: number): Pick<CaseOfAlert, 'mark'> {
  return mark ? { mark: { name: mark.name, seconds: secondsSince(mark.at, time) } } : {};
}

const secondsSince = (at: number, time: number): number => Math.max(0, time - at) / 1000;

/** What a repeat adds to its alert: receivers, remarks, phases. */

import { say } from '../formats/say.ts';
import type { Alert, AlertReceiver } from '../model/alert.ts';
import { type Text, text } from '../model/text.ts';
import type { RunningAlert } from './fold.ts';

/** Kept apart in one alert; a case has a handful. */
const MAX_PHASES = 50;

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

/** A phone that repeats itself at every unlock is one alert that says so, not one per phase. */
export function countPhase(
  place: Alert['case'],
  phases: Record<string, number> | undefined,
  phase: string | null,
): Alert['case'] {
  if (place === null || (phase === null && phases === undefined)) return place;
  const counts = new Map(Object.entries(phases ?? {}));
  if (phase !== null && (counts.has(phase) || counts.size < MAX_PHASES))
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return { ...place, phases: Object.fromEntries(counts) };
}

/**
 * Holds what was expected of a replay against the alerts that came. Fails both ways: an expected alert that is
 * missing, and a leak or opaque alert nobody expected; also an alert that is not marked simulated or lost its label.
 * Alerts of other types (contact, coverage…) say nothing about personal data and are not judged.
 */
import { type Alert, SEVERITIES, type Severity } from '../model/alert.ts';
import type { ReplayOutcome } from '../model/lab.ts';
import type { Expectation, ReplayCase } from './case.ts';
import { replayId } from './lab-device.ts';

export interface CheckedReplay {
  /** Required and not seen. */
  missed: Expectation[];
  /** Expected ones, at least one alert each. */
  seen: Expectation[];
  unexpected: Alert[];
  /** Expected in kind and place, but unmarked. */
  unmarked: Alert[];
}

/** `alerts` may hold other phones' alerts too; an update of an alert counts once. */
export function judge(replay: ReplayCase, alerts: readonly Alert[], operatorKey: 'loaded' | 'absent'): CheckedReplay {
  const latest = new Map(
    alerts.filter((alert) => alert.device.id === replayId(replay.name)).map((alert) => [alert.id, alert]),
  );
  const judged = [...latest.values()].filter((alert) => alert.type === 'leak' || alert.type === 'opaque');
  const expected = replay.expect.filter((one) => !one.operatorKey || one.operatorKey === operatorKey);
  const seen = expected.filter((one) => judged.some((alert) => fits(one, alert)));
  return {
    seen,
    missed: expected.filter((one) => !one.optional && !seen.includes(one)),
    unexpected: judged.filter((alert) => !expected.some((one) => fits(one, alert))),
    unmarked: judged.filter((alert) => !alert.simulated || alert.label !== replay.label),
  };
}

function fits(one: Expectation, alert: Alert): boolean {
  const { identifier, evidence } = alert;
  if (alert.type !== one.type || identifier?.kind !== one.kind || evidence?.where !== one.where) return false;
  if (one.hash === null && evidence.hash !== null) return false;
  if (one.hash && !evidence.hash?.startsWith(one.hash)) return false;
  if (one.severity && alert.severity !== one.severity) return false;
  if (one.atMost && rank(alert.severity) > rank(one.atMost)) return false;
  const layers = evidence.decoding.map((layer) => layer.split(':', 1)[0]);
  return (one.decodingIncludes ?? []).every((layer) => layers.includes(layer));
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** One row per case for the summary table. */
export function compare(
  replays: readonly ReplayCase[],
  alerts: readonly Alert[],
  operatorKey: 'loaded' | 'absent' = 'absent',
): ReplayOutcome[] {
  return replays.map((replay) => {
    const verdict = judge(replay, alerts, operatorKey);
    const { missed, seen, unexpected, unmarked } = verdict;
    const passedOn = alerts.findLast(({ text }) => text?.key === 'lab.was-deaf');
    const notes = [
      missed.length > 0 && `missed: ${list(missed.map(describe))}`,
      missed.length > 0 && passedOn !== undefined && `this machine was too busy: ${passedOn.message}`,
      unexpected.length > 0 && `not expected: ${list(unexpected.map(describeAlert))}`,
      unmarked.length > 0 && `without simulated mark or label: ${list(unmarked.map(describeAlert))}`,
    ].filter((note) => note !== false);
    const required = list([...seen, ...missed].filter((one) => !one.optional).map((one) => one.kind));
    // What came and was only allowed is said, too: "expected nothing, seen opaque, ok" is a riddle.
    const allowed = seen.filter((one) => one.optional).map((one) => one.kind);
    return {
      case: replay.name,
      expected: allowed.length === 0 ? required : `${required} (or ${list(allowed)})`,
      seen: list([...seen.map((one) => one.kind), ...unexpected.map((alert) => alert.identifier?.kind ?? alert.type)]),
      ok: notes.length === 0,
      note: notes.length > 0 ? notes.join('; ') : replay.label,
    };
  });
}

const list = (words: string[]): string => [...new Set(words)].join(', ') || 'nothing';

function describe(one: Expectation): string {
  const severity = one.severity ?? (one.atMost ? `at most ${one.atMost}` : '');
  return [severity, one.kind, `in ${one.where}`].filter(Boolean).join(' ');
}

function describeAlert(alert: Alert): string {
  const { identifier, evidence } = alert;
  return [alert.severity, identifier?.kind ?? alert.type, evidence && `in ${evidence.where}`].filter(Boolean).join(' ');
}

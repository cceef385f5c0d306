/** A case for `case show`: what it is, what left the phone, phase by phase, and what could not be seen. */
import { saidHost } from '../formats/said-host.ts';
import { clean } from '../formats/terminal.ts';
import { phonesOf } from '../model/case.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type MarkStatistic, markStatistics } from '../model/mark-statistics.ts';
import { table } from './table.ts';
import { inWords, words } from './words.ts';

/** Lines for a person. */
export function describeCase(record: CaseRecord, verdict: string): string[] {
  const { case: given, simulated, leftOut, alerts } = record;
  const findings = alerts.filter(isFinding);
  return [
    clean(`${given.title}${given.label ? ` (${given.label})` : ''}${simulated ? words('case.simulated') : ''}`),
    ...table([
      [words('case.row.id'), given.id],
      [words('case.row.phone'), phonesOf(given)?.join(', ') ?? words('case.all')],
      ...Object.entries(given.about ?? {}).map(([name, value]) => [name, String(value)]),
      [words('case.row.begun'), moment(given.openedAt)],
      ...timeline(record),
      [words('case.row.ended'), given.closedAt ? moment(given.closedAt) : words('case.still')],
    ]),
    ...(leftOut > 0 ? [words(simulated ? 'case.left-out-world' : 'case.left-out-replays', { count: leftOut })] : []),
    '',
    clean(verdict),
    '',
    words(findings.length === 0 ? 'case.nothing-left' : 'case.left'),
    ...table(findings.map((alert) => findingRow(alert, given))),
    ...heldBack(record),
    ...otherAlerts(record),
    '',
    words('case.unseen'),
    ...unseen(record),
    ...phoneRecords(record),
  ];
}

function timeline({ case: given, phases, counts }: CaseRecord): string[][] {
  const rows = phases.flatMap(({ phase, from, connections }) => {
    if (phase === null) return [];
    const counted = counts.find((one) => one.phase === phase);
    const seen = counted ? words('case.sightings', { sightings: counted.sightings, alerts: counted.alerts }) : '';
    return [{ at: from, row: [moment(from), words('case.connections', { phase, connections, seen })] }];
  });
  const events = (given.events ?? []).map(({ event, at }) => ({ at, row: [moment(at), `  ${event}`] }));
  return [...rows, ...events].toSorted((a, b) => a.at.localeCompare(b.at)).map(({ row }) => row);
}

function findingRow(alert: CaseRecord['alerts'][number], given: CaseRecord['case']): string[] {
  const { severity, identifier, destination, flow, count, case: at } = alert;
  const where = destination ? saidHost(destination) : '';
  const owner = [destination?.owner.name, destination?.location.country].filter(Boolean).join(', ');
  const phases = Object.entries(at?.phases ?? {}).map(([name, times]) => `${name} ${times}`);
  return [
    `  ${words(`severity.${severity}`)}`,
    `${identifier?.kind ?? ''} ${identifier?.masked ?? ''}`,
    owner ? `${where} (${owner})` : where,
    words(flow?.encrypted ? 'case.encrypted' : 'case.clear'),
    words('case.times', { count }),
    [...phases, ...markStatistics(alert, given).map(atMarks)].join('; '),
  ];
}

/** `before-consent: at 14 of 14 unlock, 2.1 s after (median)`. */
function atMarks({ mark, phase, seen, all, median }: MarkStatistic): string {
  const at = words('case.at-marks', { seen, all, mark });
  const after = median === null ? at : words('case.median', { at, seconds: median.toFixed(1) });
  return phase === null ? after : `${phase}: ${after}`;
}

/** What is in this case all the same. */
function heldBack({ held = [] }: CaseRecord): string[] {
  return held.map(({ name, as, reason, until, alerts }) =>
    clean(words(`case.held.${as}`, { count: alerts, until, name, reason })),
  );
}

function otherAlerts({ alerts }: CaseRecord): string[] {
  const others = alerts.filter((alert) => !isFinding(alert));
  return others.length === 0
    ? []
    : ['', words('case.also'), ...others.map(({ message, text }) => clean(`  ${text ? inWords(text) : message}`))];
}

function unseen({ contacts, coverage, gaps, readShare }: CaseRecord): string[] {
  const unread = contacts.filter((one) => Object.keys(one.unread).length > 0);
  return [
    readShare === null ? words('case.nothing-sent') : words('case.share', { share: Math.floor(readShare * 100) }),
    ...table(
      unread.map((one) => [
        `  ${saidHost(one)}`,
        [one.owner, one.country].filter(Boolean).join(', '),
        Object.entries(one.unread)
          .map(([why, times]) => `${why} ${times}`)
          .join(', '),
        words('case.bytes', { count: one.unreadBytesUp }),
      ]),
    ),
    ...gaps.map(({ subject, from, to, detail }) =>
      clean(
        words('case.gap', {
          ...{ subject, from: moment(from), detail: detail ?? '' },
          to: to ? moment(to) : words('case.now'),
        }),
      ),
    ),
    ...coverage.map(({ deviceId, trust, sentence }) =>
      clean(words('case.phone-coverage', { phone: deviceId, trust: words(`case.trust.${trust}`), sentence })),
    ),
  ];
}

/** What the phone itself recorded, and the lab did not see. */
function phoneRecords({ phoneRecords: records = [] }: CaseRecord): string[] {
  return records.flatMap(({ file, seen, unseen: missed, outside, further }) => [
    '',
    clean(
      words('case.record', {
        ...{ file, seen, missed: missed.length },
        outside: outside > 0 ? words('case.record.outside', { count: outside }) : '',
        further: further > 0 ? words('case.record.further', { count: further }) : '',
      }),
    ),
    ...table(
      missed
        .slice(0, MAX_MISSED)
        .map(({ host, apps, count, last }) => [
          `  ${host}`,
          apps.join(', '),
          words('case.times', { count }),
          last === null ? '' : words('case.record.last', { at: moment(last) }),
        ]),
    ),
    ...(missed.length > MAX_MISSED ? [words('case.record.more', { count: missed.length - MAX_MISSED })] : []),
    ...(missed.length > 0 ? [words('case.record.unknown')] : []),
  ]);
}

const MAX_MISSED = 40;

/** One JSON object each: the case, its alerts, then what could not be seen. */
export function caseLines({ case: given, alerts, ...record }: CaseRecord, verdict: string): object[] {
  const { simulated, phases, counts, coverage, gaps, contacts, furtherContacts, connections, readShare, leftOut } =
    record;
  const { phoneRecords: records = [], held = [] } = record;
  return [
    { type: 'case', ...given, simulated, leftOut, phases, counts, connections, readShare, verdict, held },
    ...alerts.map((alert) => ({ type: 'alert', alert })),
    ...records.map((one) => ({ type: 'phone-record', ...one })),
    { type: 'summary', contacts, furtherContacts, coverage, gaps },
  ];
}

/** On the clock of this machine. */
export function moment(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString('sv-SE');
}

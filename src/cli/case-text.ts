/** A case for `case show`: what it is, what left the phone, phase by phase, and what could not be seen. */
import { saidHost } from '../formats/said-host.ts';
import { clean } from '../formats/terminal.ts';
import { phonesOf } from '../model/case.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type MarkStatistic, markStatistics } from '../model/mark-statistics.ts';
import { table } from './table.ts';

/** Lines for a person. */
export function describeCase(record: CaseRecord, verdict: string): string[] {
  const { case: given, simulated, leftOut, alerts } = record;
  const findings = alerts.filter(isFinding);
  return [
    clean(`${given.title}${given.label ? ` (${given.label})` : ''}${simulated ? ' [simulated]' : ''}`),
    ...table([
      ['id', given.id],
      ['phone', phonesOf(given)?.join(', ') ?? 'all'],
      ...Object.entries(given.about ?? {}).map(([name, value]) => [name, String(value)]),
      ['begun', moment(given.openedAt)],
      ...timeline(record),
      ['ended', given.closedAt ? moment(given.closedAt) : 'still running'],
    ]),
    ...(leftOut > 0
      ? [
          `${leftOut} alerts ${simulated ? 'of the world' : 'of replays and tests'} are not in this: the two are never mixed.`,
        ]
      : []),
    '',
    clean(verdict),
    '',
    findings.length === 0 ? 'No identifier was seen to leave.' : 'What left:',
    ...table(findings.map((alert) => findingRow(alert, given))),
    ...heldBack(record),
    ...otherAlerts(record),
    '',
    'What could not be seen:',
    ...unseen(record),
    ...phoneRecords(record),
  ];
}

function timeline({ case: given, phases, counts }: CaseRecord): string[][] {
  const rows = phases.flatMap(({ phase, from, connections }) => {
    if (phase === null) return [];
    const counted = counts.find((one) => one.phase === phase);
    const seen = counted ? `, ${counted.sightings} sightings in ${counted.alerts} alerts` : '';
    return [{ at: from, row: [moment(from), `${phase}: ${connections} connections${seen}`] }];
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
    `  ${severity}`,
    `${identifier?.kind ?? ''} ${identifier?.masked ?? ''}`,
    owner ? `${where} (${owner})` : where,
    flow?.encrypted ? 'encrypted' : 'in clear',
    `${count} times`,
    [...phases, ...markStatistics(alert, given).map(atMarks)].join('; '),
  ];
}

/** `before-consent: at 14 of 14 unlock, 2.1 s after (median)`. */
function atMarks({ mark, phase, seen, all, median }: MarkStatistic): string {
  const after = median === null ? '' : `, ${median.toFixed(1)} s after (median)`;
  return `${phase === null ? '' : `${phase}: `}at ${seen} of ${all} ${mark}${after}`;
}

/** What is in this case all the same. */
function heldBack({ held = [] }: CaseRecord): string[] {
  return held.map(({ name, as, reason, until, alerts }) =>
    clean(
      `  ${alerts} of these are ${as === 'accepted' ? 'known and accepted' : 'muted'} until ${until} (${name}: ${reason}).`,
    ),
  );
}

function otherAlerts({ alerts }: CaseRecord): string[] {
  const others = alerts.filter((alert) => !isFinding(alert));
  return others.length === 0 ? [] : ['', 'Also told:', ...others.map(({ message }) => clean(`  ${message}`))];
}

function unseen({ contacts, coverage, gaps, readShare }: CaseRecord): string[] {
  const unread = contacts.filter((one) => Object.keys(one.unread).length > 0);
  return [
    readShare === null
      ? '  Nothing was sent during this case, as far as the lab saw.'
      : `  Of what was sent during this case ${Math.floor(readShare * 100)} % (by bytes) could be read.`,
    ...table(
      unread.map((one) => [
        `  ${saidHost(one)}`,
        [one.owner, one.country].filter(Boolean).join(', '),
        Object.entries(one.unread)
          .map(([why, times]) => `${why} ${times}`)
          .join(', '),
        `${one.unreadBytesUp} bytes`,
      ]),
    ),
    ...gaps.map(({ subject, from, to, detail }) =>
      clean(`  ${subject}: ${moment(from)} to ${to ? moment(to) : 'now'} ${detail ?? ''}`),
    ),
    ...coverage.map(({ deviceId, trust, sentence }) =>
      clean(`  ${deviceId} ${TRUST[trust]}. In all, not in this case alone: ${sentence}`),
    ),
  ];
}

/** What the phone itself recorded, and the lab did not see. */
function phoneRecords({ phoneRecords: records = [] }: CaseRecord): string[] {
  return records.flatMap(({ file, seen, unseen: missed, outside, further }) => [
    '',
    clean(
      `The phone's own record (${file}) names servers of the time of this case: the lab saw ${seen} and did not see ${missed.length}${outside > 0 ? `; ${outside} were met before or after it only` : ''}${further > 0 ? `; ${further} more were not kept` : ''}.`,
    ),
    ...table(
      missed
        .slice(0, MAX_MISSED)
        .map(({ host, apps, count, last }) => [
          `  ${host}`,
          apps.join(', '),
          `${count} times`,
          last === null ? '' : `last ${moment(last)}`,
        ]),
    ),
    ...(missed.length > MAX_MISSED ? [`  and ${missed.length - MAX_MISSED} more: --json lists all`] : []),
    ...(missed.length > 0 ? ['  Mobile data, another network or a VPN: what was sent there is not known.'] : []),
  ]);
}

const MAX_MISSED = 40;

const TRUST = {
  trusts: 'trusts the lab',
  refuses: 'does not trust the lab: nothing encrypted could be read',
  unknown: 'never showed whether it trusts the lab',
} as const;

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

/**
 * A case as a report: on the first page what left, to whom and what could not be seen, then how one knows. Pure.
 * Promise: values are masked unless they come in revealed; nothing is said beyond what the record holds; what could not be seen
 * is never left out.
 */
import type { Alert } from '../model/alert.ts';
import { phonesOf } from '../model/case.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type Block, type ReportDocument, shown } from './document.ts';
import { stepsOf } from './steps.ts';
import { timelineOf } from './timeline.ts';
import { type ReportLanguage, type Words, wordsOf } from './words.ts';

/** What stood in the traffic, by the id of its alert. */
export type Revealed = ReadonlyMap<string, { value: string; seen: string; window: Buffer }>;

const MAX_FINDINGS = 300;
/** On the first page, which also has to tell what could not be seen. */
const MAX_FIRST = 10;
const MAX_SERVERS = 200;
const MAX_NAMED = 4;

export function writeReport(
  record: CaseRecord,
  language: ReportLanguage,
  revealed: Revealed = new Map(),
): ReportDocument {
  const words = wordsOf(language);
  const { say } = words;
  const { label } = record.case;
  const marks = [record.simulated ? say('simulated') : '', label === null ? '' : say('label', { label: shown(label) })];
  const mark = marks.filter(Boolean).join(' · ') || null;
  const findings = record.alerts.filter(isFinding).slice(0, MAX_FINDINGS);
  return {
    language,
    title: `${say('title')}: ${shown(record.case.title)}`,
    mark,
    blocks: [
      { type: 'title', text: say('title') },
      { type: 'subheading', text: shown(record.case.title) },
      { type: 'verdict', text: verdictOf(record, words) },
      { type: 'facts', rows: factsOf(record, words) },
      { type: 'heading', text: say('left') },
      findings.length === 0
        ? { type: 'paragraph', text: say('left.none') }
        : {
            type: 'table',
            head: headOf(words),
            rows: findings.slice(0, MAX_FIRST).map((alert) => rowOf(alert, words)),
          },
      ...(findings.length > MAX_FIRST
        ? [{ type: 'paragraph' as const, text: say('left.more', { count: findings.length - MAX_FIRST }) }]
        : []),
      { type: 'heading', text: say('unseen') },
      ...unseenOf(record, words),
      { type: 'page' },
      { type: 'heading', text: say('timeline') },
      { type: 'table', head: [say('column.when'), say('column.event')], rows: timelineOf(record, words) },
      { type: 'heading', text: say('servers') },
      ...serversOf(record, words),
      ...(findings.length === 0 ? [] : [{ type: 'heading' as const, text: say('findings') }]),
      ...findings.flatMap((alert): Block[] => [
        { type: 'subheading', text: `${kindOf(alert, words)} → ${hostOf(alert)}` },
        {
          type: 'steps',
          items: [...stepsOf(alert, words, revealed.get(alert.id) ?? null), oftenOf(alert, record, words)],
        },
      ]),
      ...othersOf(record, words),
      { type: 'heading', text: say('method') },
      { type: 'list', items: methodOf(record, words, revealed.size > 0) },
    ],
  };
}

const kindOf = ({ identifier }: Alert, { say }: Words): string => (identifier ? say(`kind.${identifier.kind}`) : '');
const hostOf = ({ destination }: Alert): string => shown(destination?.host ?? '');
const isClear = ({ flow, evidence }: Alert): boolean =>
  flow?.encrypted === false || evidence?.where === 'sni' || evidence?.where === 'dns';

function verdictOf(record: CaseRecord, words: Words): string {
  const { say } = words;
  const findings = record.alerts.filter(isFinding);
  const certain = findings.filter(({ identifier }) => identifier?.confidence === 'certain');
  const kinds = (alerts: Alert[]): string => [...new Set(alerts.map((alert) => kindOf(alert, words)))].join(', ');
  if (certain.length > 0) {
    const receivers = [...new Set(certain.map((alert) => receiverOf(alert, words)))];
    const clear = certain.filter(isClear).length;
    const how = clear === 0 ? 'verdict.encrypted' : clear === certain.length ? 'verdict.clear' : 'verdict.partly-clear';
    const before = certain.some(({ case: at }) => (at?.phases?.['before-consent'] ?? 0) > 0);
    const more = receivers.length > MAX_NAMED ? ` (+${receivers.length - MAX_NAMED})` : '';
    const said = say('verdict.left', {
      kinds: kinds(certain),
      receivers: `${receivers.slice(0, MAX_NAMED).join(', ')}${more}`,
      clear: say(how),
      before: before ? say('verdict.before') : '',
    });
    return said.charAt(0).toLocaleUpperCase() + said.slice(1);
  }
  if (findings.length > 0) return say('verdict.maybe', { kinds: kinds(findings) });
  if (record.connections === 0) return say('verdict.silent');
  return say(isAllSeen(record) ? 'verdict.nothing' : 'verdict.nothing-in-part');
}

function isAllSeen({ contacts, gaps, furtherContacts, alerts }: CaseRecord): boolean {
  const isUnread = contacts.some(({ unread }) => Object.keys(unread).length > 0);
  return !isUnread && gaps.length === 0 && furtherContacts === 0 && alerts.every(isFinding);
}

function receiverOf({ destination }: Alert, { country }: Words): string {
  if (destination === null) return '';
  const { owner, location, host } = destination;
  const home = owner.country ?? location.country;
  return `${shown(owner.name ?? host)}${home ? ` (${country(home)})` : ''}`;
}

function factsOf({ case: given, until, alerts }: CaseRecord, { say }: Words): [string, string][] {
  const { about = {} } = given;
  const model = about.model ?? alerts.find(({ device }) => device.model !== null)?.device.model;
  const rows: [string, string | undefined][] = [
    [say('fact.phone'), phonesOf(given)?.join(', ') ?? say('fact.all-phones')],
    [say('fact.model'), model ?? undefined],
    [say('fact.units'), about.units],
    [say('fact.firmware'), about.firmware],
    [say('fact.sim'), about.sim],
    [say('fact.tester'), about.tester],
    [say('fact.place'), about.place],
    [say('fact.purpose'), about.purpose],
    [
      say('fact.time'),
      `${minute(given.openedAt)} – ${minute(until)}${given.closedAt === null ? ` (${say('fact.still-open')})` : ''}`,
    ],
    [say('fact.case'), given.id],
  ];
  return rows.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, shown(value, 1000)]]));
}

const headOf = ({ say }: Words): string[] =>
  (['what', 'who', 'country', 'network', 'times', 'readers'] as const).map((name) => say(`column.${name}`));

function rowOf(alert: Alert, words: Words): string[] {
  const { say } = words;
  const { identifier, destination, receivers = [] } = alert;
  const sure = identifier ? say(`confidence.${identifier.confidence}`) : '';
  const hosts = receivers.length > 1 ? receivers.slice(0, MAX_NAMED).map(({ host }) => shown(host)) : [hostOf(alert)];
  const more = receivers.length > MAX_NAMED ? ` (+${receivers.length - MAX_NAMED})` : '';
  return [
    `${kindOf(alert, words)} ${shown(identifier?.masked ?? '')} (${sure})`,
    `${shown(destination?.owner.name ?? '')} ${hosts.join(', ')}${more}`.trim(),
    countries(destination?.owner.country ?? null, destination?.location.country ?? null, words),
    shown(destination?.network.org ?? ''),
    say('often', { count: alert.count }),
    say(isClear(alert) ? 'readers.anyone' : 'readers.receiver'),
  ];
}

function countries(company: string | null, server: string | null, { say, country }: Words): string {
  const parts = [
    company ? say('country.company', { country: country(company) }) : '',
    server ? say('country.server', { country: country(server) }) : '',
  ];
  return parts.filter(Boolean).join('; ');
}

function oftenOf({ count, case: at }: Alert, { case: given }: CaseRecord, { say, name }: Words): string {
  const phases = Object.entries(at?.phases ?? {}).map(([phase, times]) => `${shown(name('phase', phase))} ${times}`);
  const all = (mark: string): number =>
    [...given.marks.map(({ phase }) => phase), ...(given.events ?? []).map(({ event }) => event)].filter(
      (one) => one === mark,
    ).length;
  const after = Object.entries(at?.after ?? {}).map(([mark, { marks, shortest, longest }]) => {
    const [from, to] = [shortest.toFixed(1), longest.toFixed(1)];
    const seconds = from === to ? from : `${from}–${to}`;
    return say('often.after', { marks, all: Math.max(marks, all(mark)), name: shown(name('phase', mark)), seconds });
  });
  const byPhase = phases.length > 0 ? [say('often.phases', { phases: phases.join(', ') })] : [];
  return [say('often', { count }), ...byPhase, ...after].join('; ');
}

function unseenOf(record: CaseRecord, words: Words): Block[] {
  const { say, name } = words;
  const { contacts, coverage, gaps, readShare, connections, leftOut } = record;
  const unread = contacts.filter((one) => Object.keys(one.unread).length > 0);
  const limits = [
    readShare === null
      ? say('unseen.none-sent')
      : // Never rounded up: 99 % means that something is left.
        say('unseen.share', { percent: Math.floor(readShare * 100) }),
    ...(connections > 0 && isAllSeen(record) ? [say('unseen.all')] : []),
    ...coverage.map(({ deviceId, trust }) => say(`unseen.${trust}`, { phone: shown(deviceId) })),
    ...gaps
      .slice(-20)
      .map(({ from, to, subject }) =>
        say('unseen.gap', { from: minute(from), to: to ? minute(to) : say('unseen.now'), subject: shown(subject) }),
      ),
    ...(leftOut > 0 ? [say('left-out', { count: leftOut })] : []),
    say('unseen.sms'),
    say('unseen.silence'),
  ];
  const rows = unread.slice(0, MAX_SERVERS).map((one) => [
    `${shown(one.owner ?? '')} ${shown(one.host)}`.trim(),
    countries(one.ownerCountry, one.country, words),
    Object.entries(one.unread)
      .map(([why, times]) => `${name('class', why)}: ${times}`)
      .join('; '),
    String(one.unreadBytesUp),
  ]);
  const head = [say('column.who'), say('column.country'), say('column.why'), say('column.bytes')];
  return [{ type: 'list', items: limits }, ...(rows.length > 0 ? [{ type: 'table' as const, head, rows }] : [])];
}

function serversOf({ contacts, furtherContacts }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  const head = [
    say('column.who'),
    say('column.country'),
    say('column.network'),
    say('column.connections'),
    say('column.bytes'),
  ];
  const rows = contacts
    .slice(0, MAX_SERVERS)
    .map((one) => [
      `${shown(one.owner ?? '')} ${shown(one.host)}`.trim(),
      countries(one.ownerCountry, one.country, words),
      shown(one.network ?? ''),
      String(one.connections),
      String(one.bytesUp),
    ]);
  const more = furtherContacts + Math.max(0, contacts.length - MAX_SERVERS);
  return [
    { type: 'table', head, rows },
    ...(more > 0 ? [{ type: 'paragraph' as const, text: say('servers.more', { count: more }) }] : []),
  ];
}

function othersOf({ alerts }: CaseRecord, { say }: Words): Block[] {
  const others = alerts.filter((alert) => !isFinding(alert)).slice(0, MAX_FINDINGS);
  if (others.length === 0) return [];
  const items = others.map((alert) =>
    [hostOf(alert), say(`type.${alert.type}`), say('often', { count: alert.count })].filter(Boolean).join(': '),
  );
  return [
    { type: 'heading', text: say('others') },
    { type: 'list', items },
  ];
}

function methodOf({ versions, madeAt }: CaseRecord, { say }: Words, isRevealed: boolean): string[] {
  const all = versions.map(({ name, version }) => `${shown(name)} ${shown(version)}`).join(', ');
  return [
    say('method.how'),
    say('method.bytes'),
    ...(isRevealed ? [] : [say('method.masked')]),
    say('method.country'),
    say('method.severity'),
    say('method.versions', { versions: all }),
    say('method.made', { time: minute(madeAt) }),
  ];
}

const minute = (iso: string): string => shown(iso.slice(0, 16).replace('T', ' '));

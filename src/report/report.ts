/**
 * A case as a report: on the first page what left, to whom and what could not be seen, then how one knows. Pure.
 * Promise: values are masked unless they come in revealed; nothing is said beyond what the record holds; what could not be seen
 * is never left out.
 */
import type { Alert } from '../model/alert.ts';
import { phonesOf } from '../model/case.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { chartOf } from './chart.ts';
import { type Block, type ReportDocument, shown } from './document.ts';
import type { Example } from './example.ts';
import { mapOf } from './map.ts';
import { oftenOf, timesOf } from './often.ts';
import { phoneRecordsOf } from './phone-record.ts';
import { countries, hostOf, isClear, kindOf, named } from './receivers.ts';
import { appsOf, serversOf, unseenOf } from './servers.ts';
import { stepsOf } from './steps.ts';
import { timelineOf } from './timeline.ts';
import { markOf, verdictOf } from './verdict.ts';
import { minute, type ReportLanguage, type Words, wordsOf } from './words.ts';

/** What stood in the traffic, by the id of its alert. */
export type Revealed = ReadonlyMap<string, { value: string; seen: string; window: Buffer }>;

/** The worst; the others are counted. */
export const MAX_FINDINGS = 300;
/** In a cell of the first page; the whole one stands below. */
const MAX_NAME = 50;
/** On the first page, which also has to tell what could not be seen. */
const MAX_FIRST = 6;

export function writeReport(
  record: CaseRecord,
  language: ReportLanguage,
  revealed: Revealed = new Map(),
  examples: ReadonlyMap<string, Example> = new Map(),
): ReportDocument {
  const words = wordsOf(language);
  const { say } = words;
  const all = record.alerts.filter(isFinding);
  const findings = all.slice(0, MAX_FINDINGS);
  return {
    language,
    title: `${say('title')}: ${shown(record.case.title)}`,
    mark: markOf(record, words),
    foot: `Phonehome · ${shown(record.case.title, 60)} · ${shown(record.case.id)} · ${minute(record.madeAt)} UTC`,
    blocks: [
      { type: 'title', text: say('title') },
      { type: 'subheading', text: shown(record.case.title, 150) },
      { type: 'verdict', text: verdictOf(record, words) },
      { type: 'facts', rows: factsOf(record, words) },
      { type: 'heading', text: say('left') },
      ...firstOf(all, record, words),
      ...heldOf(record, words),
      { type: 'heading', text: say('unseen') },
      ...unseenOf(record, words),
      { type: 'page' },
      { type: 'heading', text: say('timeline') },
      ...chartOf(record, words),
      ...timelineOf(record, words),
      ...mapOf(record, words),
      { type: 'heading', text: say('servers') },
      ...serversOf(record, words),
      ...appsOf(record, words),
      ...phoneRecordsOf(record, words),
      ...(findings.length === 0 ? [] : [{ type: 'heading' as const, text: say('findings') }]),
      ...findings.flatMap((alert): Block[] => [
        { type: 'subheading', text: `${kindOf(alert, words)} → ${hostOf(alert)}` },
        {
          type: 'steps',
          items: [
            ...stepsOf(alert, words, revealed.get(alert.id) ?? null, examples.get(alert.id) ?? null),
            oftenOf(alert, record.case, words),
          ],
        },
      ]),
      ...moreOf(all.length - MAX_FINDINGS, words),
      ...othersOf(record, words),
      { type: 'heading', text: say('method') },
      { type: 'list', items: methodOf(record, words, revealed.size > 0) },
    ],
  };
}

export function factsOf({ case: given, until, alerts }: CaseRecord, { say }: Words): [string, string][] {
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
  return rows.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, shown(value)]]));
}

function firstOf(findings: readonly Alert[], { case: given }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  if (findings.length === 0) return [{ type: 'paragraph', text: say('left.none') }];
  const columns = ['what', 'who', 'country', 'network', 'times', 'readers'] as const;
  const more = findings.length - MAX_FIRST;
  return [
    {
      type: 'table',
      head: columns.map((name) => say(`column.${name}`)),
      rows: findings.slice(0, MAX_FIRST).map((alert) => rowOf(alert, words)),
      widths: [3, 3, 2.5, 2.4, 1.3, 2.4],
    },
    ...(more > 0 ? [{ type: 'paragraph' as const, text: say('left.more', { count: more }) }] : []),
    ...(findings[0] === undefined
      ? []
      : [
          {
            type: 'paragraph' as const,
            text: `${kindOf(findings[0], words)} → ${shown(findings[0].destination?.host ?? '', MAX_NAME)}: ${oftenOf(findings[0], given, words)}.`,
          },
        ]),
  ];
}

/** What is told nobody outside the lab stands in the report all the same. */
function heldOf({ held = [] }: CaseRecord, { say }: Words): Block[] {
  return held.map(({ as, name, reason, until, alerts }) => ({
    type: 'paragraph',
    text: say(`held.${as}`, { count: alerts, name: shown(name), reason: shown(reason, 150), until: shown(until) }),
  }));
}

function rowOf(alert: Alert, words: Words): string[] {
  const { say } = words;
  const { identifier, destination, receivers = [] } = alert;
  const sure = identifier ? say(`confidence.${identifier.confidence}`) : '';
  const hosts =
    receivers.length > 1
      ? receivers.map(({ host }) => shown(host, MAX_NAME))
      : [shown(destination?.host ?? '', MAX_NAME)];
  return [
    `${kindOf(alert, words)} ${shown(identifier?.masked ?? '')} (${sure})`,
    `${shown(destination?.owner.name ?? '')} ${named(hosts)}`.trim(),
    countries(destination?.owner.country ?? null, destination?.location.country ?? null, words),
    shown(destination?.network.org ?? ''),
    timesOf(alert.count, words),
    say(isClear(alert) ? 'readers.anyone' : 'readers.receiver'),
  ];
}

function othersOf({ alerts }: CaseRecord, words: Words): Block[] {
  const { say } = words;
  const others = alerts.filter((alert) => !isFinding(alert));
  if (others.length === 0) return [];
  const items = others
    .slice(0, MAX_FINDINGS)
    .map((alert) => [hostOf(alert), say(`type.${alert.type}`), timesOf(alert.count, words)].filter(Boolean).join(': '));
  return [
    { type: 'heading', text: say('others') },
    { type: 'list', items },
    ...moreOf(others.length - MAX_FINDINGS, words),
  ];
}

/** What is not listed is counted. */
const moreOf = (count: number, { say }: Words): Block[] =>
  count > 0 ? [{ type: 'paragraph', text: say('more', { count }) }] : [];

function methodOf({ versions, madeAt, clock }: CaseRecord, { say, decimal }: Words, isRevealed: boolean): string[] {
  const all = versions.map(({ name, version }) => `${shown(name)} ${shown(version)}`).join(', ');
  return [
    say('method.how'),
    say('method.bytes'),
    ...(isRevealed ? [] : [say('method.masked')]),
    say('method.country'),
    say('method.median'),
    clock === null
      ? say('method.no-clock')
      : say('method.clock', { answers: clock.answers, seconds: decimal(clock.ahead) }),
    say('method.severity'),
    say('method.versions', { versions: all }),
    say('method.made', { time: minute(madeAt) }),
  ];
}

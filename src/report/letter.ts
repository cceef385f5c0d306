/**
 * A drafted letter to a vendor, with the facts of a case filled in.
 * Promise: it asserts what was measured and nothing beyond; what is only likely is called so; it asks, and accuses nobody.
 */
import type { Alert } from '../model/alert.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { type Block, type ReportDocument, shown } from './document.ts';
import { oftenOf } from './often.ts';
import { hostOf, isClear, kindOf, named, receiverOf } from './receivers.ts';
import { limitsOf } from './servers.ts';
import { markOf } from './verdict.ts';
import { minute, type ReportLanguage, type Words, wordsOf } from './words.ts';

const MAX_ITEMS = 20;

/** Null: nothing left that one could ask a vendor about. */
export function writeLetter(record: CaseRecord, language: ReportLanguage): ReportDocument | null {
  const words = wordsOf(language);
  const { say } = words;
  const { case: given, until, madeAt } = record;
  const findings = record.alerts.filter(isFinding);
  if (findings.length === 0) return null;
  const certain = findings.filter(({ identifier }) => identifier?.confidence === 'certain');
  const maybe = findings.filter((alert) => !certain.includes(alert));
  const { tester, firmware } = given.about ?? {};
  const model = modelOf(record) ?? say('letter.some-phone');
  const paragraph = (text: string): Block => ({ type: 'paragraph', text });
  const isBefore = certain.some(({ case: at }) => (at?.phases?.['before-consent'] ?? 0) > 0);
  return {
    language,
    title: say('letter.title'),
    mark: markOf(record, words),
    foot: `Phonehome · ${shown(given.id)} · ${minute(madeAt)} UTC`,
    blocks: [
      paragraph(say('letter.hint')),
      paragraph(say('letter.to')),
      paragraph(tester ? say('letter.from', { tester: shown(tester) }) : say('letter.from-nobody')),
      { type: 'subheading', text: say('letter.subject', { model, receivers: receiversOf(findings, words) }) },
      paragraph(say('letter.greeting')),
      paragraph(
        say('letter.tested', {
          model,
          firmware: firmware ? say('letter.firmware', { firmware: shown(firmware) }) : '',
          from: minute(given.openedAt),
          until: minute(until),
        }),
      ),
      ...listed('letter.found', certain, record, words),
      ...listed('letter.maybe', maybe, record, words),
      ...(isBefore ? [paragraph(say('letter.before'))] : []),
      paragraph(say('letter.limits')),
      { type: 'list', items: limitsOf(record, words) },
      paragraph(say('letter.ask')),
      { type: 'steps', items: questionsOf(certain, isBefore, words) },
      paragraph(say('letter.not-claimed')),
      paragraph(say('letter.record', { case: shown(given.id) })),
      paragraph(say('letter.answer')),
      paragraph(say('letter.closing')),
      paragraph(say('letter.name')),
    ],
  };
}

function modelOf({ case: { about }, alerts }: CaseRecord): string | null {
  const model = about?.model ?? alerts.find(({ device }) => device.model !== null)?.device.model;
  return model ? shown(model) : null;
}

const receiversOf = (findings: readonly Alert[], words: Words): string =>
  named([...new Set(findings.map((alert) => receiverOf(alert, words)))]);

function listed(lead: 'letter.found' | 'letter.maybe', alerts: Alert[], record: CaseRecord, words: Words): Block[] {
  if (alerts.length === 0) return [];
  const more = alerts.length - MAX_ITEMS;
  const items = alerts.slice(0, MAX_ITEMS).map((alert) => itemOf(alert, record, words));
  return [
    { type: 'paragraph', text: words.say(lead) },
    { type: 'list', items: [...items, ...(more > 0 ? [words.say('letter.more', { count: more })] : [])] },
  ];
}

function itemOf(alert: Alert, { case: given }: CaseRecord, words: Words): string {
  const { say, country } = words;
  const { identifier, destination } = alert;
  const place = destination?.location.country;
  const receiver = [
    destination?.owner.name ? say('letter.owner', { owner: shown(destination.owner.name) }) : '',
    destination?.ip && place ? say('letter.server', { ip: shown(destination.ip), country: country(place) }) : '',
  ];
  return say('letter.item', {
    kind: kindOf(alert, words),
    masked: shown(identifier?.masked ?? ''),
    host: hostOf(alert),
    receiver: receiver.filter(Boolean).join(', ') || say('step.empty'),
    how: say(isClear(alert) ? 'letter.clear' : 'letter.encrypted'),
    often: oftenOf(alert, given, words),
  });
}

function questionsOf(certain: readonly Alert[], isBefore: boolean, { say }: Words): string[] {
  return [
    say('letter.ask-purpose'),
    say('letter.ask-receiver'),
    ...(isBefore ? [say('letter.ask-basis')] : []),
    ...(certain.some(isClear) ? [say('letter.ask-clear')] : []),
    say('letter.ask-models'),
    say('letter.ask-fix'),
  ];
}

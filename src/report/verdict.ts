/** One sentence that says what was measured, and no more. */
import type { Alert } from '../model/alert.ts';
import { type CaseRecord, isFinding } from '../model/case-record.ts';
import { shown } from './document.ts';
import { atMarks, tellingOf } from './often.ts';
import { isClear, kindOf, named, receiverOf } from './receivers.ts';
import { type ReportLanguage, type Words, wordsOf } from './words.ts';

/** With what has to stand beside it wherever it stands. */
export function judge(record: CaseRecord, language: ReportLanguage): string {
  const words = wordsOf(language);
  return [markOf(record, words), verdictOf(record, words)].filter(Boolean).join(' · ');
}

/** What is said of a case wherever it is told: simulated, or whatever was noted about it. */
export function markOf({ simulated, case: { label } }: CaseRecord, { say }: Words): string | null {
  const marks = [simulated ? say('simulated') : '', label === null ? '' : say('label', { label: shown(label) })];
  return marks.filter(Boolean).join(' · ') || null;
}

export function verdictOf(record: CaseRecord, words: Words): string {
  const { say } = words;
  const findings = record.alerts.filter(isFinding);
  const certain = findings.filter(({ identifier }) => identifier?.confidence === 'certain');
  const kinds = (alerts: Alert[]): string => [...new Set(alerts.map((alert) => kindOf(alert, words)))].join(', ');
  if (certain.length > 0) {
    const clear = certain.filter(isClear).length;
    const how = clear === 0 ? 'verdict.encrypted' : clear === certain.length ? 'verdict.clear' : 'verdict.partly-clear';
    const before = certain.some(({ case: at }) => (at?.phases?.['before-consent'] ?? 0) > 0);
    const said = say('verdict.left', {
      kinds: kinds(certain),
      receivers: named([...new Set(certain.map((alert) => receiverOf(alert, words)))]),
      clear: say(how),
      before: before ? say('verdict.before') : '',
      marks: marksOf(certain, record, words),
    });
    return said.charAt(0).toLocaleUpperCase() + said.slice(1);
  }
  if (findings.length > 0) return say('verdict.maybe', { kinds: kinds(findings) });
  if (record.connections === 0) return say('verdict.silent');
  return say(isAllSeen(record) ? 'verdict.nothing' : 'verdict.nothing-in-part');
}

/** Of one thing that left: at how many of how many marks. */
function marksOf(certain: readonly Alert[], record: CaseRecord, words: Words): string {
  const telling = tellingOf(certain, record.case);
  if (telling === null) return '';
  const { alert, statistic } = telling;
  const isBefore = statistic.phase === 'before-consent';
  return words.say(isBefore ? 'verdict.marks-before' : 'verdict.marks', {
    kind: kindOf(alert, words),
    at: atMarks(statistic, words, { withPhase: !isBefore }),
  });
}

/** Every connection could be read, as far as the lab knows. */
export function isAllSeen({ contacts, gaps, furtherContacts, alerts }: CaseRecord): boolean {
  const isUnread = contacts.some(({ unread }) => Object.keys(unread).length > 0);
  return !isUnread && gaps.length === 0 && furtherContacts === 0 && alerts.every(isFinding);
}

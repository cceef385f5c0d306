/** Who called whom, when and for how long: records with a number, a duration and a time or call type. */

import type { IdentifierKind, Run, Spelling, Verdict } from '../kind.ts';
import { digitSpans } from '../parts/digit-spans.ts';
import { isTelephone, recordAround } from '../parts/records.ts';
import { found } from '../parts/verdict.ts';

export const callLog: IdentifierKind = {
  kind: 'call_log',
  title: 'call log',
  /** Nothing is registered for it: the planted contacts' numbers are found as contacts. */
  spell: (): Spelling[] => [],
  shape: { anchors: ['digits', 'key'], named: 'phone_number', judge },
  vectors: [
    {
      name: 'call as Android stores it',
      text: '{"number":"+84912000001","date":1763805600000,"duration":42,"type":2}',
      expect: { value: '+84912000001', confidence: 'likely' },
      source: 'Android CallLog.Calls columns',
    },
    {
      name: 'attributes of a backup file',
      text: '<call number="0912000001" duration="42" date="1763805600000" type="1" />',
      expect: { value: '0912000001', confidence: 'likely' },
      source: 'SMS Backup & Restore format',
    },
    { name: 'length of a video', text: '{"number":"0912000001","duration":42,"title":"x"}', expect: null },
    { name: 'time of the call, not its number', text: '{"duration":42,"date":1763805600000,"type":2}', expect: null },
  ],
};

function judge(run: Run): Verdict | null {
  const span = digitSpans(run, 7, 15)[0];
  if (!span || !/^(?:number|phone|phone_?number|tel|mobile|address|from|to|caller|callee|msisdn)$/i.test(run.key ?? ''))
    return null;
  if (recordAround(run) !== 'call_log') return null;
  const plus = run.text.charAt(span.start - 1) === '+';
  const at = { start: plus ? span.start - 1 : span.start, end: span.end };
  if (!isTelephone(run.text.slice(at.start, at.end), run.key)) return null;
  return found(at, run.text.slice(at.start, at.end), 'likely', 'call-log.record');
}

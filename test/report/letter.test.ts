/** The drafted letter: the facts of the case, questions that fit them, and nothing asserted beyond. */
import { describe, expect, it } from 'vitest';
import type { CaseRecord } from '../../src/model/case-record.ts';
import { reportHtml } from '../../src/report/html.ts';
import { writeLetter } from '../../src/report/letter.ts';
import { reportPdf } from '../../src/report/pdf.ts';
import { reportText } from '../../src/report/text.ts';
import { labRecord, leak } from './lab-record.ts';

function letter(record: CaseRecord, language: 'en' | 'vi' = 'en'): string {
  const written = writeLetter(record, language);
  if (written === null) throw new Error('no letter');
  return reportText(written);
}
const identifierOf = (confidence: 'certain' | 'likely') => {
  const { identifier } = leak();
  return identifier && { ...identifier, confidence };
};

describe('a letter to the vendor', () => {
  it('tells what was measured, to whom, how often and when, masked', () => {
    const text = letter(labRecord({}, { about: { firmware: '00WW_3_22C', tester: 'N. Lan' } }));
    expect(text).toContain(
      'IMEI (490154*******18) to zzhc.vnet.cn, whose name belongs to China Telecom as far as we know, address 42.62.48.10, which databases place in China, without encryption, so that anyone on the way could read it: once; by phase: before consent 2; before consent: at 2 of 2 unlocks, 2.1 s after (median).',
    );
    expect(text).toContain('Nokia 7 Plus (version of the system: 00WW_3_22C)');
    expect(text).toContain('[From: N. Lan, address]');
    expect(text).toContain('Text messages, calls and mobile data do not pass the lab');
    expect(text).not.toContain('490154203237518');
  });

  it('asks about consent and encryption only where what was measured gives reason to', () => {
    const questions = ['on what legal basis it was sent before consent', 'why it was sent without encryption'];
    for (const question of questions) expect(letter(labRecord())).toContain(question);
    const { flow } = leak();
    const quiet = leak({ case: null, flow: flow && { ...flow, encrypted: true } });
    for (const question of [...questions, '“Before consent” is'])
      expect(letter(labRecord({ alerts: [quiet] }))).not.toContain(question);
  });

  it('never says that something was sent of which the lab is not certain', () => {
    const text = letter(labRecord({ alerts: [leak({ identifier: identifierOf('likely') })] }));
    expect(text).not.toContain('we measured that the phone sent');
    expect(text).toContain('we are not certain of it:\n\n- IMEI (490154*******18)');
    expect(text).not.toContain('legal basis');
  });

  it('of a case in which nothing left there is none', () => {
    expect(writeLetter(labRecord({ alerts: [] }), 'en')).toBeNull();
  });

  it('is marked where the case is simulated or disputed, in every format', () => {
    const written = writeLetter(labRecord({ simulated: true }, { label: 'disputed' }), 'vi');
    if (written === null) throw new Error('no letter');
    expect(reportText(written)).toMatch(/^\*\*\* GIẢ LẬP.*disputed \*\*\*/);
    expect(reportHtml(written)).toMatch(/class="mark">GIẢ LẬP/);
    expect(reportPdf(written, '2026-11-22T12:00:00.000Z').toString('latin1')).toMatch(/^%PDF-/);
  });

  it('holds no place that was not filled and nothing that steers a terminal or a page', () => {
    const evil = '</p><script>\u202e\u001b[31m';
    const about = { tester: evil, firmware: evil, model: evil };
    const text = letter(labRecord({}, { about }), 'vi');
    for (const never of ['{{', '\u202e', '\u001b']) expect(text).not.toContain(never);
    const written = writeLetter(labRecord({}, { about }), 'en');
    expect(written && reportHtml(written)).not.toContain('<script');
  });
});

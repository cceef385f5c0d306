/** What a report says, in both languages, and what it cannot be made to say. */
import { describe, expect, it } from 'vitest';
import type { CaseRecord } from '../../src/model/case-record.ts';
import { REPORT_EN } from '../../src/model/catalogue/report-en.ts';
import { REPORT_VI } from '../../src/model/catalogue/report-vi.ts';
import { reportHtml } from '../../src/report/html.ts';
import { type Revealed, writeReport } from '../../src/report/report.ts';
import { AT, labRecord, leak } from './lab-record.ts';

const page = (record: CaseRecord, language: 'en' | 'vi' = 'en', revealed?: Revealed): string =>
  reportHtml(writeReport(record, language, revealed));
const verdict = (record: CaseRecord): string => /class="verdict">([^<]*)</.exec(page(record))?.[1] ?? '';

describe('a report', () => {
  it('says in one sentence what left, to whom, who could read it and that it was before consent', () => {
    expect(verdict(labRecord())).toMatch(
      /^IMEI left the phone, to .+, readable by anyone on the way, before consent was given: IMEI at 2 of 2 unlocks, 2\.1 s after \(median\)\.$/,
    );
  });

  it('tells after how many of how many marks it came, and how soon', () => {
    expect(page(labRecord())).toContain('before consent: at 2 of 2 unlocks, 2.1 s after (median)');
  });

  it('never calls silence innocence', () => {
    expect(verdict(labRecord({ alerts: [], connections: 0, readShare: null }))).toContain(
      'says nothing about the phone',
    );
    expect(verdict(labRecord({ alerts: [] }))).toContain('all that it sent through the lab could be read');
    const contact = { host: 'pinned.example', owner: null, ownerCountry: null, country: 'CN', network: null };
    const counts = { connections: 1, bytesUp: 9, unreadBytesUp: 9, unread: { pinned: 1 } };
    const unread = labRecord({ alerts: [], readShare: 0.999, contacts: [{ ...contact, ...counts }] });
    expect(verdict(unread)).toContain('which is not all');
    expect(page(unread)).toContain('99 % of the bytes');
    expect(page(unread)).toMatch(/What could not be seen.*pinned\.example.*the app lets nobody look.*Timeline/s);
  });

  it('marks what was simulated or is disputed on every page, and says what was left out', () => {
    const record = labRecord({ simulated: true, leftOut: 7 }, { label: 'reconstruction of a disputed claim' });
    expect(page(record)).toMatch(/<div class="mark">SIMULATED[^<]*reconstruction of a disputed claim<\/div>/);
    expect(page(record)).toContain('7 alerts of the other sort');
    expect(page(labRecord())).not.toContain('class="mark"');
  });

  it('tells how much of each app could be read, never rounded up', () => {
    expect(page(labRecord())).toMatch(/com\.example\.pinned<\/td><td>3 \(2 not read\)<\/td><td>1000<\/td><td>99 %/);
    expect(page(labRecord({ apps: [] }))).not.toContain('Coverage by app');
  });

  it('draws what fell together once, however much it was', () => {
    const alerts = Array.from({ length: 5000 }, (_, index) =>
      leak({ id: `leak-${index}`, firstSeen: new Date(Date.parse(AT) + index * 20).toISOString() }),
    );
    const events = Array.from({ length: 500 }, () => ({ event: 'unlock', at: AT }));
    const drawn = page(labRecord({ alerts }, { events }));
    // 100 seconds of an hour that is 560 units wide, in halves.
    expect(drawn.match(/cy="11" r="3.5"/g)?.length).toBe(32);
    expect(drawn.match(/<path d="M150 17/g)?.length).toBe(1);
  });

  it('counts what it does not list', () => {
    const alerts = Array.from({ length: 310 }, (_, index) => {
      const alert = leak({ id: `leak-${index}` });
      return { ...alert, destination: alert.destination && { ...alert.destination, host: `h${index % 12}.example` } };
    });
    const events = Array.from({ length: 500 }, (_, index) => ({ event: `mark ${index % 12}`, at: AT }));
    const html = page(labRecord({ alerts }, { events }));
    for (const said of [
      'and 304 more, below.',
      'and 10 more, not listed here',
      'and 4 more receivers or sorts of marks',
    ])
      expect(html).toContain(said);
    // Begin, end, one phase, 500 marks and 310 sightings, of which 400 are listed.
    expect(html).toContain('and 413 more, not listed here');
  });

  it('shows the value and the bytes around it only when they come in revealed', () => {
    const stood = {
      value: '490154203237518',
      seen: '490154203237518',
      window: Buffer.from('{"IMEI1":"490154203237518"}'),
    };
    expect(page(labRecord())).not.toContain('490154203237518');
    expect(page(labRecord(), 'en', new Map([[leak().id, stood]]))).toContain('The value: 490154203237518');
  });

  it('is whole in Vietnamese: the same sentences with the same places', () => {
    expect(Object.keys(REPORT_VI).sort()).toEqual(Object.keys(REPORT_EN).sort());
    const places = (sentence: string): string[] =>
      [...sentence.matchAll(/\{\{(\w+)[^}]*\}\}/g)].map(([, name = '']) => name).sort();
    for (const [key, sentence] of Object.entries(REPORT_EN))
      expect(places(REPORT_VI[key as keyof typeof REPORT_VI]), key).toEqual(places(sentence));
    expect(page(labRecord(), 'vi')).toContain('trước khi có sự đồng ý');
  });

  it('holds no place that was not filled, in either language', () => {
    for (const language of ['en', 'vi'] as const) expect(page(labRecord(), language)).not.toContain('{{');
  });

  it('runs nothing and is not broken by what a phone, a server or a tester wrote', () => {
    const evil = '</td><script>alert(1)</script>"\'\u202e\u0007 {{kinds}} ';
    const given = leak();
    const alert = leak({
      device: { ...given.device, model: evil },
      flow: given.flow && { ...given.flow, url: `http://a/${'x'.repeat(1_000_000)}` },
      destination: given.destination && {
        ...given.destination,
        host: evil,
        owner: { ...given.destination.owner, name: evil },
      },
      evidence: given.evidence && { ...given.evidence, path: evil, decoding: [evil] },
    });
    const about = { firmware: evil, tester: evil, purpose: evil };
    const html = page(
      labRecord({ alerts: [alert] }, { title: evil, label: evil, about, marks: [{ phase: evil, at: AT }] }),
    );
    for (const never of ['<script', '\u202e', '\u0007']) expect(html).not.toContain(never);
    expect(html.length).toBeLessThan(200_000);
    expect(html.match(/<t[dr]\b/g)?.length).toBe(html.match(/<\/t[dr]>/g)?.length);
  });
});

/** The report as PDF, read back with other people's tools: the same words, on every page what must stand there, and nothing that was slipped in. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { CaseRecord } from '../../src/model/case-record.ts';
import { reportHtml } from '../../src/report/html.ts';
import { reportPdf } from '../../src/report/pdf.ts';
import { writeReport } from '../../src/report/report.ts';
import { describeWith } from '../clients/tools.ts';
import { AT, labRecord, leak } from './lab-record.ts';

const pdf = (record: CaseRecord, language: 'en' | 'vi' = 'en'): Buffer =>
  reportPdf(writeReport(record, language), record.madeAt);
const through = (tool: string, input: Buffer, ...args: string[]): string =>
  execFileSync(tool, [...args, '-', ...(tool === 'pdftotext' ? ['-'] : [])], {
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
/** One text a page. */
const pages = (file: Buffer): string[] => through('pdftotext', file, '-layout').split('\f').slice(0, -1);
const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

describeWith(['pdftotext', 'pdfinfo', 'pdffonts'], 'a report on paper', () => {
  it('says on its first page what left, to whom, how often, who could read it and what could not be seen', () => {
    const [first = ''] = pages(pdf(labRecord({ readShare: 0.4 })));
    for (const said of [
      'IMEI left the phone, to China Telecom (China), readable by anyone on the way, before consent was given: IMEI at 2 of 2 unlocks, 2.1 s after (median).',
      '490154*******18',
      'What could not be seen',
      '40 % of the bytes could be read',
      'Text messages, calls and mobile data do not pass the lab',
    ])
      expect(inOneLine(first)).toContain(said);
    // Its columns side by side.
    for (const said of ['company: China', 'server: China', 'anyone on the way', 'once']) expect(first).toContain(said);
  });

  it('tells everything that the HTML tells, in both languages', () => {
    for (const language of ['en', 'vi'] as const) {
      const { blocks } = writeReport(labRecord(), language);
      const text = pages(pdf(labRecord(), language)).join('\n').replace(/\s+/g, '').normalize();
      for (const block of blocks) {
        const told = 'text' in block && block.type !== 'figure' ? [block.text] : 'items' in block ? block.items : [];
        for (const one of told) expect(text).toContain(one.replace(/\s+/g, '').normalize());
      }
    }
  });

  it('marks what was simulated or is disputed on every page', () => {
    const label = 'reconstruction of a disputed claim';
    const all = pages(pdf(labRecord({ simulated: true }, { label })));
    expect(all.length).toBeGreaterThan(1);
    for (const one of all) expect(one).toMatch(/SIMULATED.*reconstruction of a disputed claim/);
    for (const one of pages(pdf(labRecord()))) expect(one).not.toContain('SIMULATED');
  });

  it('is an archive’s PDF: fonts inside, tagged, and the same bytes for the same report', () => {
    const file = pdf(labRecord(), 'vi');
    expect(file.equals(pdf(labRecord(), 'vi'))).toBe(true);
    expect(through('pdfinfo', file)).toMatch(/Tagged:\s+yes/);
    expect(file.toString('latin1')).toContain('pdfaid:part');
    const fonts = through('pdffonts', file).trim().split('\n').slice(2);
    expect(fonts.length).toBeGreaterThan(0);
    for (const font of fonts) expect(font).toMatch(/Libertinus.* yes yes yes /);
  });

  it('is not made to say or do anything by what a phone, a server or a tester wrote', () => {
    const evil =
      '#import "x": * #panic() ] ) } $x^2$ *b* <l> @r `c` // /* \\u{41} </td><script>alert(1)</script> \u202e\u0007 中文 \u05e9\u05dc {{kinds}}';
    const given = leak();
    const alert = leak({
      flow: given.flow && { ...given.flow, url: `http://a/${'x'.repeat(1_000_000)}` },
      destination: given.destination && {
        ...given.destination,
        host: evil,
        owner: { ...given.destination.owner, name: evil },
      },
      evidence: given.evidence && { ...given.evidence, path: evil, decoding: [evil] },
      attribution: { name: evil, reason: evil, evidence: evil },
    });
    const about = { model: evil, firmware: evil, tester: 'x'.repeat(100_000), purpose: evil };
    const marks = [{ phase: evil, at: AT }];
    const events = [{ event: evil, at: AT }];
    const file = pdf(labRecord({ alerts: [alert] }, { title: evil, label: evil, about, marks, events }));
    const text = pages(file).join('\n');
    const flat = text.replace(/\s+/g, '');
    expect(flat).toContain('#import"x":*#panic()])}$x^2$*b*<l>@r`c`///*\\u{41}</td><script>alert(1)</script>');
    expect(flat).toContain('\\u{202e}\\u{7}\\u{4e2d}\\u{6587}\\u{5e9}\\u{5dc}{{kinds}}');
    for (const never of ['\u202e', '\u0007', '\u05e9', '中']) expect(text).not.toContain(never);
    expect(pages(file).length).toBeLessThan(10);
    expect(file.toString('latin1')).not.toMatch(/\/JavaScript|\/Launch|\/URI/);
  });

  it('says what could not be seen on its first page, however much was found and however long the names are', () => {
    const given = leak();
    const host = `${'a-long-label.'.repeat(20)}example`;
    const alerts = Array.from({ length: 40 }, (_, index) => ({
      ...given,
      id: `leak-${index}`,
      destination: given.destination && { ...given.destination, host },
    }));
    const unread = { owner: 'Some Company of a Long Name', ownerCountry: 'US', country: 'CN', network: null };
    const contacts = Array.from({ length: 40 }, (_, index) => ({
      ...unread,
      host: `${index}.${host}`,
      ...{ connections: 1, unread: { pinned: 1 }, bytesUp: 9, unreadBytesUp: 9 },
    }));
    const gap = { kind: 'lab-down' as const, subject: 'lab', from: AT, to: AT, detail: null };
    const [first = ''] = pages(pdf(labRecord({ alerts, contacts, gaps: Array(30).fill(gap) }), 'vi'));
    for (const said of ['Không thấy một việc trong thời gian này', 'và 34 mục nữa', 'và 36 máy chủ nữa'])
      expect(inOneLine(first.normalize())).toContain(said);
  });

  it('of a case without traffic is a whole report that says so', () => {
    const empty = labRecord({ alerts: [], connections: 0, readShare: null, clock: null, openings: new Map() });
    expect(inOneLine(pages(pdf(empty)).join(' '))).toContain('that says nothing about the phone.');
    expect(reportHtml(writeReport(empty, 'en'))).not.toContain('Where the servers are');
  });
});

/** The guided case on the simulated Nokia, from its box to after the update: what is said of it at the end. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import type { Case } from '../../src/model/case.ts';
import { toolPath } from '../clients/tools.ts';
import { type GuidedCase, NOKIA, runGuidedCase } from './guided-nokia.ts';
import { phonehome } from './lab-process.ts';

let guided: GuidedCase;
let dir = '';
beforeAll(async () => {
  guided = await runGuidedCase();
  dir = await mkdtemp(path.join(tmpdir(), 'guided-report-'));
});
afterAll(async () => {
  await guided?.end();
  await rm(dir, { recursive: true, force: true });
});
const command = (...args: string[]) => phonehome([...args, '--data', guided.lab.dataDir]);

describe('a guided case', () => {
  it('goes on where Ctrl-C stopped it, in the same test run, and is closed at its end', async () => {
    expect([guided.stoppedAt, guided.wentOnAt]).toEqual([8, 8]);
    expect(guided.ended).toEqual([
      [1, ''],
      [0, ''],
    ]);
    const { cases } = (await guided.lab.api('/api/cases')) as { cases: Case[] };
    expect(cases).toHaveLength(1);
    const [one] = cases;
    expect(one).toMatchObject({ id: guided.caseId, deviceId: NOKIA, plan: { done: 24 } });
    expect(one?.closedAt).not.toBeNull();
    expect(one?.marks.map(({ phase }) => phase)).toEqual([
      'unboxed',
      'before-consent',
      'consent-given',
      'after-update',
    ]);
    expect(one?.events?.map(({ event }) => event)).toEqual([
      'boot',
      ...Array(14).fill('unlock'),
      'boot',
      ...Array(6).fill('unlock'),
    ]);
  });

  it('ends with the verdict: before consent, in clear, at 14 of 14 unlocks', () => {
    expect(guided.verdict).toMatch(
      /^SIMULATED.* · IMEI, .* left the phone, to China Telecom \(China\), readable by anyone on the way, before consent was given: IMEI at 14 of 14 unlocks, \d+\.\d s after \(median\)\.$/,
    );
  });

  it('every identifier was critical, and counted at each of the marks before the update only', async () => {
    const { alerts } = (await guided.lab.api(`/api/alerts?case=${guided.caseId}`)) as { alerts: Alert[] };
    const leaks = alerts.filter(({ type }) => type === 'leak');
    expect(leaks.map(({ identifier }) => identifier?.kind).sort()).toEqual([
      'cell',
      'iccid',
      'imei',
      'imsi',
      'wifi_mac',
    ]);
    for (const { severity, count, case: at } of leaks)
      expect([severity, count, at?.phases, at?.after?.boot?.marks, at?.after?.unlock?.marks]).toEqual([
        'critical',
        15,
        { 'before-consent': 15 },
        1,
        14,
      ]);
  });

  it('case show tells the statistics', async () => {
    const { stdout } = await command('case', 'show', guided.caseId);
    expect(stdout).toMatch(
      /before-consent: at 14 of 14 unlock, \d+\.\d s after \(median\); after-update: at 0 of 6 unlock/,
    );
  });

  it.each([
    ['en', 'What could not be seen', 'after update: at 0 of 6 unlocks'],
    ['vi', 'Những gì không nhìn thấy được', 'sau khi cập nhật: trong 0 trên 6 lần mở khoá'],
  ])('its report as PDF in %s says so, and is marked as simulated on every page', async (language, unseen, after) => {
    const pdftotext = toolPath('pdftotext');
    const file = path.join(dir, `${language}.pdf`);
    const { code, stdout } = await command('report', guided.caseId, '--out', file, '--lang', language);
    expect([code, stdout]).toEqual([0, `${file} written, readable by you only; values are masked [simulated].\n`]);
    const pages = execFileSync(pdftotext, ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
    for (const page of pages) expect(page).toMatch(/SIMULATED|GIẢ LẬP/);
    const [first = ''] = pages.map((page) => page.replace(/\s+/g, ' ').normalize());
    for (const said of [unseen, after, '490154*******18']) expect(first).toContain(said);
    const all = pages.join(' ').replace(/\s+/g, ' ');
    expect(all).not.toContain('490154203237518');
    // The example of the IMEI, opened again from what was kept.
    expect(all).toMatch(/base64: \d+ byte.*json: \d+ byte.*"IMEI1": "490154\*{7}18", "MACID": …/);
  });

  it('a second case for the phone while one is open is refused with what to do', async () => {
    const opened = await command('case', 'new', 'Another', '--device', NOKIA);
    expect(opened.code).toBe(0);
    const { code, stderr } = await command('plan', 'run', 'first-boot', '--device', NOKIA);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is in case "Another"')]);
    expect(stderr).toContain('end it first with phonehome case close');
    expect((await command('case', 'close')).code).toBe(0);
    const again = await command('case', 'close', guided.caseId);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/is closed since .*: open a new one to go on/),
    ]);
  });

  it('a phone that nobody registered is refused before the test begins', async () => {
    const { code, stderr } = await command('plan', 'run', 'each-unlock', '--device', 'nokia');
    expect([code, stderr.trim()]).toEqual([1, `phonehome: no phone "nokia" is registered: there are ${NOKIA}`]);
  });

  it('without anybody to answer, stops in one line and stays open', async () => {
    const { code, stderr } = await command('plan', 'run', 'each-unlock', '--device', NOKIA);
    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining('the input has ended')]]);
    const { cases } = (await guided.lab.api('/api/cases')) as { cases: Case[] };
    expect(cases.at(-1)).toMatchObject({ closedAt: null, plan: { done: 0 } });
  });

  it('the HTML holds the chart and the map', async () => {
    const file = path.join(dir, 'report.html');
    await command('report', guided.caseId, '--out', file);
    expect((await readFile(file, 'utf8')).match(/<svg /g)).toHaveLength(2);
  });
});

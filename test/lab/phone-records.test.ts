/** A phone's own record in a case: what it met and the lab did not see. */
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeCase } from '../../src/cli/case-text.ts';
import { readCase } from '../../src/lab/case-record.ts';
import { pathsIn } from '../../src/lab/data-directory.ts';
import { openEvidence } from '../../src/lab/evidence.ts';
import { forgetOffline } from '../../src/lab/forgetting.ts';
import { importPhoneRecord, prunePhoneRecords } from '../../src/lab/phone-records.ts';
import { reportHtml } from '../../src/report/html.ts';
import { writeReport } from '../../src/report/report.ts';
import { phonehome } from '../cli/phonehome.ts';
import { labFlowRecord, labRecord } from '../sinks/lab-alert.ts';

const CASE = '01JCASE0000000000000000001';
const PHONE = 'nokia-7-plus-01';
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString();

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'phonehome-phone-record-'));
  const store = openEvidence(data);
  store.putCase({
    id: CASE,
    title: 'Phone',
    deviceId: PHONE,
    label: null,
    openedAt: at(0),
    closedAt: at(30),
    marks: [],
  });
  const flow = labFlowRecord('flow-1', Date.parse(at(5)), { deviceId: PHONE });
  store.putFlows([{ ...flow, destination: { ...flow.destination, host: 'seen.example', ip: '192.0.2.7' } }]);
  store.close();
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(data, name);
  writeFileSync(file, text);
  return file;
};
const line = (domain: string, bundleID: string, minute: number, hits = 1): string =>
  JSON.stringify({
    type: 'networkActivity',
    domain,
    bundleID,
    hits,
    timeStamp: at(minute),
    firstTimeStamp: at(minute),
  });
const ios = (): string =>
  write(
    'App_Privacy_Report_v4.ndjson',
    [
      JSON.stringify({ type: 'access', accessor: { identifier: 'com.spy' }, category: 'location' }),
      line('seen.example', 'com.spy', 5),
      line('hidden.example', 'com.spy', 6, 7),
      line('hidden.example', 'com.other', 7, 1),
      line('yesterday.example', 'com.spy', -600),
    ].join('\n'),
  );

describe('an App Privacy Report of iOS', () => {
  it('shows the servers that the lab did not see, with their apps, in the case and in its report', async () => {
    const record = await importPhoneRecord(data, CASE, ios());
    expect(record).toMatchObject({ file: 'App_Privacy_Report_v4.ndjson', skipped: 1, further: 0 });
    const read = await readCase(data, CASE);
    expect(read.phoneRecords).toMatchObject([
      { seen: 1, outside: 1, unseen: [{ host: 'hidden.example', apps: ['com.spy', 'com.other'], count: 8 }] },
    ]);
    expect(describeCase(read, '').join('\n')).toMatch(
      /did not see 1; 1 was met before[\s\S]*hidden\.example +com\.spy, com\.other +8 times/,
    );
    for (const language of ['en', 'vi'] as const) {
      const html = reportHtml(writeReport(read, language));
      expect(html).toContain('hidden.example');
      expect(html).toContain(record.sha256);
      expect(html).not.toContain('yesterday.example');
    }
  });

  it('is kept once, private, and stands in the audit by its hash', async () => {
    await importPhoneRecord(data, CASE, ios());
    const { sha256 } = await importPhoneRecord(data, CASE, ios());
    expect((await readCase(data, CASE)).phoneRecords).toHaveLength(1);
    const file = join(pathsIn(data).phoneRecords, `${CASE}.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const store = openEvidence(data);
    expect(store.audits().at(-1)).toMatchObject({ action: 'import', subject: `${CASE} sha256 ${sha256}` });
    store.close();
  });

  it('goes with its phone, and after the days that anything is kept', async () => {
    await importPhoneRecord(data, CASE, ios());
    const file = join(pathsIn(data).phoneRecords, `${CASE}.json`);
    // The kernel's clock may be another one than this program's.
    utimesSync(file, Date.now() / 1000, Date.now() / 1000);
    prunePhoneRecords(data, 90, Date.now());
    expect(readFileSync(file, 'utf8')).toContain('hidden.example');
    prunePhoneRecords(data, 90, Date.now() + 91 * 86_400_000);
    expect(() => statSync(file)).toThrow();
    await importPhoneRecord(data, CASE, ios());
    forgetOffline(data, PHONE, { recordings: false });
    expect(() => statSync(file)).toThrow();
  });
});

const CSV =
  'IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen';
const row = (app: string, ip: string, info: string): string =>
  `6,10.215.173.1,40000,${ip},443,10123,${app},TLS,Closed,${info},100,200,3,4,${Date.parse(at(8))},${Date.parse(at(9))}`;

it("PCAPdroid's table is held against names and addresses, by the command", async () => {
  const file = write(
    'PCAPdroid.csv',
    [CSV, row('Spy', '192.0.2.7', ''), row('Spy', '192.0.2.9', 'hidden.example')].join('\n'),
  );
  const imported = await phonehome(['case', 'import', CASE, file, '--data', data]);
  expect([imported.code, imported.stderr]).toEqual([0, '']);
  const shown = await phonehome(['case', 'show', CASE, '--data', data, '--json']);
  const lines = shown.stdout
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as { type: string });
  expect(lines.find(({ type }) => type === 'phone-record')).toMatchObject({
    seen: 1,
    unseen: [{ host: 'hidden.example', apps: ['Spy'] }],
  });
});

it.each([
  ['no record', 'hello', /is no record of a phone/],
  [
    'traffic',
    JSON.stringify({ log: { entries: [{ request: { method: 'GET', url: 'http://a.example/' } }] } }),
    /holds traffic/,
  ],
])('what is %s is refused in one line', async (_, text, why) => {
  await expect(importPhoneRecord(data, CASE, write('file.har', text))).rejects.toThrow(why);
  await expect(importPhoneRecord(data, 'nobody', ios())).rejects.toThrow(/no test run "nobody"/);
});

it('a finding that is known and accepted stays in the case, and is counted there with the reason', async () => {
  const store = openEvidence(data);
  store.putAlert(labRecord(1, { case: { id: CASE, phase: null } }));
  store.close();
  const mute = {
    name: 'vendor-knows',
    when: { kind: 'imei' },
    as: 'accepted',
    reason: 'told in May',
    until: '9999-12-31',
  };
  writeFileSync(pathsIn(data).notify, JSON.stringify({ mutes: [mute] }), { mode: 0o600 });
  const record = await readCase(data, CASE);
  expect(record.alerts).toHaveLength(1);
  expect(record.held).toMatchObject([{ name: 'vendor-knows', as: 'accepted', alerts: 1 }]);
  expect(describeCase(record, '').join('\n')).toContain(
    '1 of these is known and accepted until 9999-12-31 (vendor-knows: told in May)',
  );
});

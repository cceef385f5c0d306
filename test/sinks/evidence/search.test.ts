/** Searching what is stored: words, filters, windows that hold still, groups; on a connection that only reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSearch, type Search } from '../../../src/sinks/evidence/search.ts';
import { openSqliteStore } from '../../../src/sinks/evidence/sqlite.ts';
import type { EvidenceStore, FlowRecord } from '../../../src/sinks/evidence/store.ts';
import { labAlert, labFlowRecord, labRecord } from '../lab-alert.ts';

const folder = mkdtempSync(join(tmpdir(), 'search-'));
let store: EvidenceStore;
let search: Search;

const facts = (owner: string | null, country: string | null) =>
  ({
    location: { country, confidence: 'single', votes: [], note: null },
    network: { asn: 1, org: 'Backbone Ltd', country },
    owner: { name: owner, country, kind: null, evidence: null, parent: null },
  }) as unknown as FlowRecord['facts'];

const at = (host: string) => ({ destination: { host, port: 443, ip: '203.0.113.7' } });

beforeAll(() => {
  store = openSqliteStore({ file: join(folder, 'evidence.db'), key: Buffer.alloc(32, 1) });
  for (let seq = 1; seq <= 30; seq++)
    store.putAlert(
      labRecord(seq, {
        severity: seq % 3 === 0 ? 'critical' : 'low',
        device: { id: seq % 2 === 0 ? 'even' : 'odd', model: null, ip: '10.77.0.2', mac: null },
        message: `The IMEI number ${seq} of Nokia 7 Plus went "out" 100% of the time_s`,
      }),
    );
  store.putFlows([
    labFlowRecord('flow-1', 1000, { ...at('api.one.example'), facts: facts('One', 'CN'), app: 'com.one', bytesUp: 5 }),
    labFlowRecord('flow-2', 2000, { ...at('api.one.example'), facts: facts('One', 'SG'), app: 'com.one', findings: 2 }),
    labFlowRecord('flow-3', 3000, { ...at('two.example'), facts: facts('Two "quoted"', 'CN'), deviceId: 'other' }),
    labFlowRecord('flow-4', 4000, { ...at('three.example'), simulated: true }),
  ]);
  search = openSearch(join(folder, 'evidence.db'));
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const seqs = (query: Parameters<Search['alerts']>[0]) => search.alerts(query).alerts.map(({ seq }) => seq);
const ids = (query: Parameters<Search['flows']>[0]) => search.flows(query).flows.map(({ id }) => id);

describe('alerts', () => {
  it('come newest first, in windows, with the number of all', () => {
    expect(seqs({ limit: 3 })).toEqual([30, 29, 28]);
    expect(seqs({ limit: 3, offset: 3 })).toEqual([27, 26, 25]);
    expect(search.alerts({ limit: 3 }).total).toBe(30);
    expect(seqs({ limit: 3, offset: 28 })).toEqual([2, 1]);
  });

  it('are known of each phone and severity by the latest, however long ago it was', () => {
    expect(search.latest().alerts.map(({ seq }) => seq)).toEqual([30, 29, 28, 27]);
  });

  it('hold still while new ones come', () => {
    expect(seqs({ before: 11, limit: 2, offset: 2 })).toEqual([8, 7]);
    expect(search.alerts({ before: 11 }).total).toBe(10);
  });

  it('fit every word, wherever it stands and however it is written', () => {
    expect(seqs({ q: 'imei NUMBER zzhc 30' })).toEqual([30]);
    expect(seqs({ q: 'imsi' })).toEqual([]);
    expect(seqs({ q: 'china post' })).toEqual([]);
    expect(search.alerts({ q: 'china telecom' }).total).toBe(30);
  });

  it.each(['"out"', '100%', 'time_s'])('take %s as it stands', (q) => expect(search.alerts({ q }).total).toBe(30));
  it.each(['"in"', '10_%', 'time%s', "' OR 1=1 --"])('find nothing for %s', (q) =>
    expect(search.alerts({ q }).total).toBe(0),
  );

  it('are found by the words a person sees in Vietnamese, with marks and without, and by nothing else', () => {
    const only = openSqliteStore({ file: join(folder, 'vi.db'), key: Buffer.alloc(32, 1) });
    const clear =
      'The IMEI of Nokia 7 Plus went to China Telecom (China), unencrypted: anyone on the path can read it.';
    only.putAlert(labRecord(1, { message: clear }));
    only.putAlert(
      labRecord(2, { message: 'The IMSI of Nokia 7 Plus went to Xiaomi (Singapore), encrypted on the way.' }),
    );
    const inVietnamese = (q: string) =>
      openSearch(join(folder, 'vi.db'))
        .alerts({ q, language: 'vi' })
        .alerts.map(({ seq }) => seq);
    expect(inVietnamese('số IMEI không mã hoá Trung Quốc')).toEqual([1]);
    expect(inVietnamese('so imei khong ma hoa trung quoc')).toEqual([1]);
    expect(inVietnamese('mã hoá')).toEqual([2, 1]);
    expect(inVietnamese('nokia xiaomi')).toEqual([2]);
    expect(inVietnamese('không có gì như thế')).toEqual([]);
    only.close();
  });

  it('are found by phase and severity as a person reads them, in either language', () => {
    const file = join(folder, 'named.db');
    const only = openSqliteStore({ file, key: Buffer.alloc(32, 1) });
    const run = { id: '01J', name: 'a run' };
    only.putAlert(labRecord(1, { severity: 'critical', case: { ...run, phase: 'before-consent' }, message: 'One.' }));
    only.putAlert(labRecord(2, { severity: 'medium', case: { ...run, phase: 'idle' }, message: 'Two.' }));
    const found = (q: string, language: 'en' | 'vi') =>
      openSearch(file)
        .alerts({ q, language })
        .alerts.map(({ seq }) => seq);
    expect(found('nghiêm trọng', 'vi')).toEqual([1]);
    expect(found('trung binh', 'vi')).toEqual([2]);
    expect(found('critical', 'en')).toEqual([1]);
    expect(found('trước khi đồng ý', 'vi')).toEqual([1]);
    expect(found('để yên', 'vi')).toEqual([2]);
    expect(found('before consent', 'en')).toEqual([1]);
    expect(found('nghiêm trọng để yên', 'vi')).toEqual([]);
    only.close();
  });

  it('fit filters as well', () => {
    expect(seqs({ device: 'even', severity: 'critical', limit: 2 })).toEqual([30, 24]);
    expect(search.alerts({ kind: 'imsi' }).total).toBe(0);
    expect(search.alerts({ simulated: true }).total).toBe(0);
  });

  it('are found as they are now: stored, changed and removed while the search is open', () => {
    store.putAlert({ alert: labAlert(31, { id: labAlert(1).id, message: 'once more' }), secret: null });
    expect(seqs({ q: 'once more' })).toEqual([31]);
    expect(search.alerts({}).total).toBe(30);
  });
});

describe('connections', () => {
  it('are found by the name of the country a person sees, in either language', () => {
    expect(ids({ q: 'china' })).toEqual(['flow-3', 'flow-1']);
    expect(ids({ q: 'trung quốc', language: 'vi' })).toEqual(['flow-3', 'flow-1']);
    expect(ids({ q: 'hàn', language: 'vi' })).toEqual([]);
  });

  it('come newest first and fit words of host, owner, network, address, protocol, app', () => {
    expect(ids({})).toEqual(['flow-4', 'flow-3', 'flow-2', 'flow-1']);
    expect(ids({ q: 'one.EXAMPLE backbone h2 203.0 com.one' })).toEqual(['flow-2', 'flow-1']);
    expect(ids({ q: 'two "quoted"' })).toEqual(['flow-3']);
    expect(ids({ q: 'nobody' })).toEqual([]);
    expect(search.flows({ q: 'example', limit: 1, offset: 1 })).toMatchObject({ total: 4, flows: [{ id: 'flow-3' }] });
  });

  it('fit exactly the group that is asked for', () => {
    expect(ids({ host: 'api.one.example' })).toEqual(['flow-2', 'flow-1']);
    expect(ids({ host: 'one.example' })).toEqual([]);
    expect(ids({ owner: 'Two "quoted"' })).toEqual(['flow-3']);
    expect(ids({ owner: '' })).toEqual(['flow-4']);
    expect(ids({ country: 'CN', device: 'other' })).toEqual(['flow-3']);
    // A name that is also a country does not pass for one.
    expect(ids({ country: 'One' })).toEqual([]);
    expect(ids({ withFindings: true })).toEqual(['flow-2']);
    expect(ids({ after: 2000, before: 4000 })).toEqual(['flow-3', 'flow-2']);
    expect(ids({ simulated: true })).toEqual(['flow-4']);
  });

  it('are put together by owner, country, host or app, with their sums', () => {
    const { groups, total, flows } = search.groups({ by: 'owner', simulated: false });
    expect([total, flows]).toEqual([2, 3]);
    expect(groups[0]).toEqual({
      key: 'One',
      flows: 2,
      findings: 2,
      bytesUp: 15,
      bytesDown: 40,
      lastAt: 2000,
      owners: ['One'],
      countries: ['CN', 'SG'],
    });
    const keys = (by: 'country' | 'host' | 'app') => search.groups({ by }).groups.map(({ key }) => key);
    expect(keys('country')).toEqual(['CN', null, 'SG']);
    expect(keys('host')).toEqual(['api.one.example', 'three.example', 'two.example']);
    expect(keys('app')).toEqual([null, 'com.one']);
  });
});

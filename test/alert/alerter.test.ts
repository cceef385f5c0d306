import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import type { AlertRecord } from '../../src/model/alert.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import { mask } from '../../src/model/identifier.ts';
import type { PassCause } from '../../src/model/pin.ts';
import { text } from '../../src/model/text.ts';
import {
  CHINA_TELECOM,
  countingIds,
  IMEI,
  labContext,
  labFinding,
  labFlow,
  NO_PHONE,
  TIME,
  XIAOMI_SINGAPORE,
} from './lab-flow.ts';

const alerter = (policy = {}) => createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds(), policy });

function must(record: AlertRecord | null | undefined): AlertRecord {
  if (record === null || record === undefined) throw new Error('an alert was expected');
  return record;
}

describe('repeats', () => {
  it('the same identifier to the same place raises one alert whose count grows, each version with a new seq', () => {
    const lab = alerter();
    const first = must(lab.finding(labFinding(), labContext()));
    const again = must(lab.finding(labFinding(), labContext({ time: TIME + 5000 })));
    expect(again.alert).toMatchObject({ id: first.alert.id, seq: 2, count: 2, firstSeen: first.alert.firstSeen });
    expect(again.alert.lastSeen).toBe('2026-11-22T10:00:05.000Z');
    expect(again.secret).toBeNull();
    expect(first.secret?.value).toBe(IMEI);
  });

  it.each([
    ['another value', labFinding({ value: '490154203237526' }), {}],
    ['another kind', labFinding({ kind: 'serial' }), {}],
    ['another place in the body', labFinding({ path: '$.IMEI2' }), {}],
    ['another part of the request', labFinding({ where: 'header' }), {}],
    [
      'another port of the host',
      labFinding(),
      { flow: labFlow({ destination: { host: 'zzhc.vnet.cn', port: 443, ip: '42.62.48.10' }, encrypted: true }) },
    ],
    ['another host', labFinding(), { flow: labFlow({ destination: { host: 'other.example', port: 80, ip: null } }) }],
    ['another phone', labFinding(), { device: { id: 'b', model: null, ip: '10.77.0.3', mac: null } }],
    ['another case', labFinding(), { case: { id: 'c', phase: 'boot', label: null } }],
  ])('%s is another alert', (_name, finding, changes) => {
    const lab = alerter();
    const first = must(lab.finding(labFinding(), labContext()));
    const other = must(lab.finding(finding, labContext(changes)));
    expect(other.alert.id).not.toBe(first.alert.id);
    expect(other.alert.count).toBe(1);
  });

  it('counts fifty phases, and names the one it came in', () => {
    const lab = alerter();
    let time = TIME;
    const at = (phase: string) => {
      time += 60_000;
      return must(lab.finding(labFinding(), labContext({ time, case: { id: 'c', phase, label: null } }))).alert;
    };
    const first = at('boot');
    expect(first.message).toContain('(phase: boot)');
    for (let phase = 0; phase < 60; phase++) at(`phase ${phase}`);
    const last = at('boot');
    const { phases = {} } = last.case ?? {};
    expect(Object.keys(phases)).toHaveLength(50);
    expect(phases).toMatchObject({ boot: 2, 'phase 48': 1 });
  });

  it('in several phases of one case is one alert that counts each of them', () => {
    const lab = alerter();
    const at = (phase: string | null) => labContext({ case: { id: 'c', phase, label: null } });
    const counts = [null, 'boot', 'unlock', 'unlock'].map((phase) => lab.finding(labFinding(), at(phase))?.alert.case);
    expect(counts).toEqual([
      { id: 'c', phase: null },
      { id: 'c', phase: null, phases: { boot: 1 } },
      { id: 'c', phase: null, phases: { boot: 1, unlock: 1 } },
      { id: 'c', phase: null, phases: { boot: 1, unlock: 2 } },
    ]);
    expect(lab.finding(labFinding(), at('constructor'))?.alert.case?.phases).toMatchObject({ constructor: 1 });
  });

  it('tells the mark before it, after how many marks of a name it came, and how soon', () => {
    const lab = alerter();
    const seen = (mark: { name: string; at: number; nth: number } | null, afterMs: number) =>
      lab.finding(
        labFinding(),
        labContext({ time: (mark?.at ?? TIME) + afterMs, case: { id: 'c', phase: 'idle', label: null, mark } }),
      )?.alert.case;
    const unlock = (nth: number) => ({ name: 'unlock', at: TIME + nth * 100_000, nth });
    expect(seen(null, 0)).toEqual({ id: 'c', phase: 'idle', phases: { idle: 1 } });
    seen(unlock(1), 2100);
    seen(unlock(1), 9000);
    const last = seen(unlock(2), 1900);
    const unlocks = { marks: 2, shortest: 1.9, longest: 2.1, median: 2 };
    expect(last).toMatchObject({ after: { unlock: { ...unlocks, phases: { idle: { marks: 2, median: 2 } } } } });
    expect(seen(unlock(3), 61_000)).toEqual({ ...last, phases: { idle: 5 } });
    const first = alerter().finding(
      labFinding(),
      labContext({
        time: TIME + 2100,
        case: { id: 'c', phase: null, label: null, mark: { name: 'boot', at: TIME, nth: 0 } },
      }),
    );
    expect(first?.alert.case?.mark).toEqual({ name: 'boot', seconds: 2.1 });
  });

  it('that turns up again before consent becomes critical, and keeps its counts', () => {
    const lab = alerter();
    const flow = labFlow({ encrypted: true });
    const at = (phase: string) => labContext({ flow, case: { id: 'c', phase, label: null } });
    lab.finding(labFinding(), at('boot'));
    const worse = must(lab.finding(labFinding(), at('before-consent')));
    expect(worse.alert).toMatchObject({
      severity: 'critical',
      count: 2,
      case: { phase: 'before-consent', phases: { boot: 1, 'before-consent': 1 } },
    });
  });

  it('items of one list are one place, and a position that changes with every step is one alert', () => {
    const lab = alerter();
    const ids = [0, 1, 2].map((i) => lab.finding(labFinding({ path: `$.data[${i}].imei` }), labContext())?.alert.id);
    expect(new Set(ids).size).toBe(1);
    const places = ['21.0278,105.8342', '21.0280,105.8345'].map(
      (value) => lab.finding(labFinding({ kind: 'location', value }), labContext())?.alert.id,
    );
    expect(new Set(places).size).toBe(1);
  });

  it('a whole address book raises a bounded number of alerts, and the last one counts all the others', () => {
    const lab = alerter({ maxValuesPerPlace: 20 });
    for (let i = 0; i < 500; i++) {
      lab.finding(labFinding({ kind: 'contact', value: `+8498765${String(i).padStart(4, '0')}` }), labContext());
    }
    const last = lab.flush(TIME + 1000).at(-1);
    expect(last?.alert.count).toBe(480);
    expect(last?.alert.message).toContain('More of the same');
  });

  it('beyond the tenth, repeats are handed out once a second and flush brings the exact count', () => {
    const lab = alerter();
    const shown = Array.from({ length: 1000 }, () => lab.finding(labFinding(), labContext())).filter((r) => r !== null);
    expect(shown).toHaveLength(10);
    const flushed = lab.flush(TIME + 1000);
    expect(flushed).toHaveLength(1);
    expect(flushed[0]?.alert).toMatchObject({ count: 1000, seq: 11 });
    expect(lab.flush(TIME + 2000)).toEqual([]);
    expect(lab.finding(labFinding(), labContext({ time: TIME + 3000 }))?.alert.count).toBe(1001);
  });

  it('a repeat that is worse takes over severity, evidence and secret', () => {
    const lab = alerter();
    const tls = labFlow({ encrypted: true });
    const first = must(lab.finding(labFinding(), labContext({ flow: tls })));
    const worse = must(lab.finding(labFinding({ seen: 'clear' }), labContext()));
    expect([first.alert.severity, worse.alert.severity]).toEqual(['high', 'critical']);
    expect(worse.alert.id).toBe(first.alert.id);
    expect(worse.alert.flow?.encrypted).toBe(false);
    expect(worse.secret?.seen).toBe('clear');
    const milder = must(lab.finding(labFinding(), labContext({ flow: tls })));
    expect(milder.alert).toMatchObject({ severity: 'critical', count: 3 });
  });

  it('forgetting the oldest running alert raises a new one later, never none', () => {
    const lab = alerter({ maxFolded: 2, maxValuesPerPlace: 100 });
    const first = must(lab.finding(labFinding({ path: '$.a' }), labContext()));
    lab.finding(labFinding({ path: '$.b' }), labContext());
    lab.finding(labFinding({ path: '$.c' }), labContext());
    const back = must(lab.finding(labFinding({ path: '$.a' }), labContext()));
    expect(back.alert.id).not.toBe(first.alert.id);
  });

  it('seq goes on where the store stopped', () => {
    const lab = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds(), lastSeq: 41 });
    expect(lab.finding(labFinding(), labContext())?.alert.seq).toBe(42);
    expect(lab.lastSeq()).toBe(42);
  });
});

describe('what an alert says', () => {
  it('the Nokia case reads as one plain sentence with everything in its field', () => {
    const { alert } = must(
      alerter().finding(
        labFinding(),
        labContext({ case: { id: 'c1', phase: 'before-consent', label: null }, flow: labFlow({ simulated: true }) }),
      ),
    );
    expect(alert).toMatchObject({
      v: 1,
      type: 'leak',
      severity: 'critical',
      case: { id: 'c1', phase: 'before-consent' },
      identifier: { kind: 'imei', masked: mask(IMEI) },
      evidence: { where: 'body', path: '$.IMEI1', decoding: ['base64', 'json'] },
      flow: { protocol: 'http/1.1', method: 'POST', url: 'http://zzhc.vnet.cn/', encrypted: false },
      destination: { host: 'zzhc.vnet.cn', ip: '42.62.48.10', owner: { name: 'China Telecom' } },
      simulated: true,
    });
    expect(alert.message).toBe(
      'The IMEI of Nokia 7 Plus went to China Telecom (China) packed as base64 before consent was given, unencrypted: anyone on the path can read it.',
    );
  });

  it('an opaque payload is called unreadable, never an IMEI', () => {
    const { alert } = must(
      alerter().finding(
        labFinding({ kind: 'opaque', value: 'x'.repeat(171), where: 'query', path: 'repinfo', confidence: 'likely' }),
        labContext(),
      ),
    );
    expect(alert).toMatchObject({ type: 'opaque', severity: 'high' });
    expect(alert.message).toBe(
      'Nokia 7 Plus sent data that nobody could read to China Telecom (China), without TLS. What it says is unknown.',
    );
  });

  it('names unusual layers from the inside out and leaves out what every request has', () => {
    const { alert } = must(
      alerter().finding(labFinding({ decoding: ['form:data', 'base64', 'gzip', 'json'] }), labContext()),
    );
    expect(alert.message).toContain(' packed as gzip in base64, ');
  });

  it('carries the label of the case', () => {
    const label = 'reconstruction of a disputed claim';
    const { alert } = must(alerter().finding(labFinding(), labContext({ case: { id: 'c', phase: null, label } })));
    expect(alert.label).toBe(label);
  });
});

describe('flows nobody could look into', () => {
  const closed = (changes: Partial<Extract<FlowEvent, { type: 'flow-closed' }>> = {}): FlowEvent => ({
    type: 'flow-closed',
    flowId: 'flow-1',
    time: TIME,
    reason: 'ended',
    detail: null,
    bytesUp: 900,
    bytesDown: 100,
    ...changes,
  });
  const rejected = (count: number): FlowEvent => ({
    type: 'certificate-rejected',
    flowId: 'flow-1',
    time: TIME,
    sni: 'bank.example',
    how: 'unknown_ca',
    count,
  });
  const head: FlowEvent = {
    type: 'request-head',
    flowId: 'flow-1',
    exchange: 0,
    time: TIME,
    protocol: 'http/1.1',
    method: 'GET',
    target: '/',
    scheme: 'http',
    authority: 'zzhc.vnet.cn',
    headers: [],
  };

  it('bytes to a watched country that nobody could read are a contact', () => {
    const [record] = alerter().flowEvent(
      closed(),
      labContext({ head: null, flow: labFlow({ treatment: 'passthrough' }) }),
    );
    expect(record?.alert).toMatchObject({ type: 'contact', severity: 'medium', identifier: null });
    expect(record?.alert.message).toBe(
      'Nokia 7 Plus sent 900 bytes to China Telecom (China); nothing of it could be read.',
    );
  });

  it.each([
    ['a flow whose requests were read', [head], closed(), CHINA_TELECOM],
    [
      'a flow to a country nobody watches',
      [],
      closed(),
      { ...XIAOMI_SINGAPORE, owner: { ...XIAOMI_SINGAPORE.owner, country: 'SG' } },
    ],
    ['a connection without a byte', [], closed({ bytesUp: 0, bytesDown: 0 }), CHINA_TELECOM],
  ] as const)('%s is no contact', (_name, before, last, facts) => {
    const lab = alerter();
    const context = labContext({ facts });
    expect([...before, last].flatMap((event) => lab.flowEvent(event, context))).toEqual([]);
  });

  it('a watched owner is watched wherever its server stands', () => {
    const lab = alerter({ watchedCountries: [], watchedOwners: ['xiaomi'] });
    expect(lab.flowEvent(closed(), labContext({ facts: XIAOMI_SINGAPORE }))[0]?.alert.type).toBe('contact');
  });

  it('a phone that never trusted the lab is told to install the certificate, at the first refusal', () => {
    const [record] = alerter().flowEvent(rejected(1), labContext());
    expect(record?.alert).toMatchObject({ type: 'system', severity: 'medium' });
    expect(record?.alert.message).toBe(
      'Nokia 7 Plus does not trust the lab yet: nothing encrypted can be read. Open http://phonehome.lab/ on it and install the certificate.',
    );
  });

  const passing = (cause: PassCause): FlowEvent => ({
    type: 'pass-through',
    flowId: 'flow-1',
    time: TIME,
    name: 'pin.example.com',
    cause,
    proof: text('proof.alert', { how: 'unknown_ca', times: 3 }),
  });

  it('an app that insists on a certificate of its own is told when it is proven, with the proof, and not before', () => {
    const lab = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds(), trusts: () => true });
    const context = labContext();
    const refusals = [rejected(1), rejected(2), rejected(3)];
    expect(refusals.flatMap((event) => lab.flowEvent(event, context))).toEqual([]);
    const events = [passing('pinned'), closed({ reason: 'client-rejected-certificate' })];
    const records = events.flatMap((event) => lab.flowEvent(event, context));
    expect(records.map(({ alert }) => alert.type)).toEqual(['pinned']);
    expect(records[0]?.alert.destination?.owner.name).toBe('China Telecom');
    expect(records[0]?.alert.message).toContain('insists on a certificate of its own');
    expect(records[0]?.alert.message).toContain('(alert unknown_ca 3 times)');
  });

  it.each([
    ['no-certificate', 'coverage', "Nokia 7 Plus does not have the lab's certificate"],
    ['own-root', 'pinned', 'that the lab cannot verify'],
    ['client-certificate', 'coverage', 'asks the app for a certificate the lab does not have'],
    ['phone-tls', 'coverage', 'on Nokia 7 Plus and the lab cannot agree on TLS'],
    ['server-tls', 'coverage', '(alert unknown_ca 3 times): what Nokia 7 Plus sends there is passed through unread'],
  ] as const)('what is passed through for another reason is called otherwise: %s', (cause, type, words) => {
    const [record] = alerter().flowEvent(passing(cause), labContext());
    expect(record?.alert.type).toBe(type);
    expect(record?.alert.message).toContain(words);
  });

  it.each(['silent', 'operator'] as const)('one connection alone, or a rule, is no alert: %s', (cause) => {
    expect(alerter().flowEvent(passing(cause), labContext())).toEqual([]);
  });

  it('an app that goes on despite a bad certificate is critical, a bad server alone is low, both are one alert', () => {
    const lab = alerter();
    const invalid = (acceptedByClient: boolean): FlowEvent => ({
      type: 'upstream-certificate-invalid',
      flowId: 'flow-1',
      time: TIME,
      problem: 'CERT_HAS_EXPIRED',
      acceptedByClient,
    });
    const records = [false, true].flatMap((accepted) => lab.flowEvent(invalid(accepted), labContext()));
    expect(records.map(({ alert }) => [alert.type, alert.severity, alert.count])).toEqual([
      ['weak-tls', 'low', 1],
      ['weak-tls', 'critical', 2],
    ]);
    expect(records[0]?.alert.id).toBe(records[1]?.alert.id);
  });

  it('a server that never answers is one folded notice; a watched one is a contact', () => {
    const lab = alerter();
    const down = closed({ reason: 'upstream-refused', bytesUp: 0, bytesDown: 0 });
    const facts = { ...XIAOMI_SINGAPORE, owner: { ...XIAOMI_SINGAPORE.owner, country: 'SG' } };
    const records = [1, 2, 3].flatMap(() => lab.flowEvent(down, labContext({ facts })));
    expect(records.map(({ alert }) => [alert.type, alert.count])).toEqual([
      ['system', 1],
      ['system', 2],
      ['system', 3],
    ]);
    expect(lab.flowEvent(down, labContext())[0]?.alert).toMatchObject({ type: 'contact', severity: 'low' });
  });

  it('a refused client is a system alert with the reason', () => {
    const flow = labFlow({
      treatment: 'refuse',
      treatmentReason: text('treated.private-network'),
    });
    const [record] = alerter().flowEvent(closed({ reason: 'refused-by-policy' }), labContext({ flow }));
    expect(record?.alert).toMatchObject({ type: 'system', severity: 'low', destination: null });
    expect(record?.alert.message).toContain('a private network is not a destination');
  });

  it('notices of the lab itself fold by subject', () => {
    const lab = alerter();
    const device = { id: 'lab', model: null, ip: '', mac: null };
    const notice = {
      subject: 'disk-full',
      text: text('lab.disk-full'),
      severity: 'high' as const,
      device,
      time: TIME,
    };
    expect(lab.system(notice)?.alert).toMatchObject({ type: 'system', count: 1 });
    expect(lab.system(notice)?.alert).toMatchObject({ type: 'system', count: 2 });
  });
});

/** Who an identifier went to is never lost among others: FAULTS.md "IMEI to 320 made-up hosts, then to zzhc.vnet.cn". */
import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import { say } from '../../src/formats/say.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import type { Flow } from '../../src/model/flow.ts';
import {
  CHINA_TELECOM,
  countingIds,
  labContext,
  labFinding,
  labFlow,
  NO_PHONE,
  TIME,
  XIAOMI_SINGAPORE,
} from './lab-flow.ts';

const ISRAEL: DestinationFacts = {
  location: { country: 'IL', confidence: 'agreed', votes: [], note: null },
  network: { asn: null, org: null, country: 'IL' },
  owner: { name: null, country: null, kind: null, evidence: 'unknown', parent: null },
};

function lab() {
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const alerts = new Map<string, Alert>();
  let time = TIME;
  return {
    send(host: string, facts: DestinationFacts, changes: Partial<Flow> = {}): Alert | undefined {
      const flow = labFlow({ destination: { host, port: 80, ip: '192.0.2.1' }, ...changes });
      const record = alerter.finding(labFinding(), labContext({ flow, facts, time: ++time }));
      if (record) alerts.set(record.alert.id, record.alert);
      return record?.alert;
    },
    /** Every alert in its latest version. */
    all(): Alert[] {
      for (const { alert } of alerter.flush(time + 5000)) alerts.set(alert.id, alert);
      return [...alerts.values()];
    },
  };
}

const named = (alert: Alert): string[] => [
  alert.destination?.host ?? '',
  ...(alert.receivers ?? []).map(({ host }) => host),
];

describe('a receiver', () => {
  it('of another company is told by name, however many decoys came before it', () => {
    const { send, all } = lab();
    for (let i = 0; i < 320; i++) send(`x${i}.decoy.example`, ISRAEL);
    expect(send('zzhc.vnet.cn', CHINA_TELECOM)).toMatchObject({ count: 1, destination: { host: 'zzhc.vnet.cn' } });
    expect(send('api.account.xiaomi.com', XIAOMI_SINGAPORE)).toMatchObject({ count: 1 });
    const own = all().filter((alert) => alert.destination?.host === 'zzhc.vnet.cn');
    expect(own).toHaveLength(1);
    expect(own[0]?.receivers).toBeUndefined();
  });

  it.each([
    ['country', { ...ISRAEL, location: { ...ISRAEL.location, country: 'RU' } }, {}],
    ['severity', ISRAEL, { encrypted: true }],
    ['world (simulated)', ISRAEL, { simulated: true }],
  ])('of another %s is not folded into the others', (_name, facts, changes) => {
    const { send, all } = lab();
    for (let i = 0; i < 350; i++) send(`x${i}.decoy.example`, ISRAEL);
    const other = send('last.example', facts, changes);
    expect(other).toMatchObject({ count: 1, destination: { host: 'last.example' } });
    for (const { receivers = [], id } of all())
      if (id !== other?.id) expect(receivers.map(({ host }) => host)).not.toContain('last.example');
  });

  it('that shares an alert is listed in it, every one of ten thousand', () => {
    const { send, all } = lab();
    for (let i = 0; i < 10_000; i++) send(`x${i}.decoy.example`, ISRAEL);
    const shown = new Set(all().flatMap(named));
    expect(Array.from({ length: 10_000 }, (_, i) => `x${i}.decoy.example`).filter((host) => !shown.has(host))).toEqual(
      [],
    );
  });

  it('that shares an alert has its own count and times there, and the sentence says how many there are', () => {
    const { send, all } = lab();
    for (let i = 0; i < 302; i++) send(`x${i}.decoy.example`, ISRAEL);
    send('x301.decoy.example', ISRAEL);
    const shared = all().find(({ receivers }) => receivers !== undefined);
    expect(shared?.receivers).toMatchObject([
      { host: 'x300.decoy.example', port: 80, country: 'IL', owner: null, count: 1 },
      { host: 'x301.decoy.example', count: 2 },
    ]);
    expect(shared?.message).toBe(
      'The IMEI of Nokia 7 Plus went to x300.decoy.example (server in Israel) packed as base64, unencrypted: anyone on the path can read it. The same went to 1 more receiver, which is listed with this alert.',
    );
    expect(shared?.text && say(shared.text)).toBe(shared?.message);
  });

  it('whose IPv4 and IPv6 addresses lie in two countries is two alerts, each with its country', () => {
    const { send } = lab();
    const v4 = send('two.example', ISRAEL);
    const v6 = send('two.example', CHINA_TELECOM, {
      destination: { host: 'two.example', port: 80, ip: '2001:db8::1' },
    });
    expect(v6?.id).not.toBe(v4?.id);
    expect([v4, v6].map((alert) => alert?.destination?.location.country)).toEqual(['IL', 'CN']);
  });

  it('of a replay and of the world are never one alert', () => {
    const { send } = lab();
    const real = send('zzhc.vnet.cn', CHINA_TELECOM);
    const replayed = send('zzhc.vnet.cn', CHINA_TELECOM, { simulated: true });
    expect(replayed).toMatchObject({ count: 1, simulated: true });
    expect(replayed?.id).not.toBe(real?.id);
  });
});

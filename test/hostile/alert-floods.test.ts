/** Phones and servers that would bury the alert that matters under thousands of others, or spell one receiver in many ways. */
import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import type { AlertRecord } from '../../src/model/alert.ts';
import { countingIds, labContext, labFinding, labFlow, NO_PHONE, TIME } from '../alert/lab-flow.ts';

const lab = () => createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
const ids = (records: (AlertRecord | null)[]): Set<string> =>
  new Set(records.flatMap((record) => record?.alert.id ?? []));

describe('an identifier under keys as thrown', () => {
  it('raises an alert for the first fifty, and one that counts the others', () => {
    const alerter = lab();
    const all = Array.from({ length: 2000 }, (_, i) =>
      alerter.finding(labFinding({ path: `$.events.k${i}.imei` }), labContext({ time: TIME + i })),
    );
    expect(ids(all).size).toBe(51);
    const last = alerter.flush(TIME + 5000).at(-1)?.alert;
    expect(last?.count).toBe(1950);
    expect(last?.message).toMatch(/^More of the same \(IMEI\) went to China Telecom/);
  });

  it('a second phone, and a second receiver, are told apart all the same', () => {
    const alerter = lab();
    for (let i = 0; i < 100; i++) alerter.finding(labFinding({ path: `$.k${i}` }), labContext());
    const other = { id: 'other', model: null, ip: '10.77.0.3', mac: null };
    const record = alerter.finding(labFinding(), labContext({ device: other }));
    expect(record?.alert).toMatchObject({ count: 1, device: { id: 'other' } });
    const elsewhere = labFlow({ destination: { host: 'else.example', port: 80, ip: '192.0.2.1' } });
    expect(alerter.finding(labFinding(), labContext({ flow: elsewhere }))?.alert.count).toBe(1);
  });
});

describe('receivers as thrown', () => {
  it('an identifier sent to ten thousand made-up names is some hundred alerts, and the last ones list the others', () => {
    const alerter = lab();
    const all = Array.from({ length: 10_000 }, (_, i) => {
      const flow = labFlow({ destination: { host: `x${i}.evil.example`, port: 80, ip: '192.0.2.1' } });
      return alerter.finding(labFinding(), labContext({ flow, time: TIME + i }));
    });
    expect(ids(all).size).toBe(300 + 97);
  });

  it('a retry storm to names that do not resolve is folded, and what follows of another sort is seen', () => {
    const alerter = lab();
    const failed = (host: string, reason: 'upstream-unresolvable' | 'refused-by-policy', time: number) => {
      const flow = labFlow({ id: host, destination: { host, port: 443, ip: null } });
      const context = labContext({ flow, facts: null, time });
      alerter.flowEvent({ type: 'flow-opened', flow, time }, context);
      return alerter.flowEvent(
        { type: 'flow-closed', flowId: host, time, reason, detail: null, bytesUp: 0, bytesDown: 0 },
        context,
      );
    };
    const storm = Array.from({ length: 5000 }, (_, i) =>
      failed(`r${i}.example`, 'upstream-unresolvable', TIME + i),
    ).flat();
    expect(ids(storm).size).toBe(300 + 47);
    const [refused] = failed('other.example', 'refused-by-policy', TIME + 9000);
    expect(refused?.alert).toMatchObject({ count: 1, severity: 'low' });
  });

  it('one name in upper case, or with its final dot, is one receiver', () => {
    const alerter = lab();
    const hosts = ['zzhc.vnet.cn', 'ZZHC.vnet.cn', 'zzhc.vnet.cn.'];
    const all = hosts.map((host) => {
      const flow = labFlow({ destination: { host, port: 80, ip: '42.62.48.10' } });
      return alerter.finding(labFinding(), labContext({ flow }));
    });
    expect(ids(all).size).toBe(1);
    expect(all.at(-1)?.alert.count).toBe(3);
  });
});

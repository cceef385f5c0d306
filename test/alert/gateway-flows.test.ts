/** What the gateway refuses, passes, or cannot see becomes an alert of its own type, once per destination. */
import { monotonicFactory } from 'ulid';
import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import type { AlertContext } from '../../src/alert/context.ts';
import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import { labContext, labFlow, NO_PHONE, TIME } from './lab-flow.ts';

const closed = (reason: 'ended' | 'refused-by-policy', bytesUp: number): FlowEvent => ({
  type: 'flow-closed',
  flowId: 'flow-1',
  time: TIME,
  reason,
  detail: null,
  bytesUp,
  bytesDown: 0,
});

function tell(changes: Partial<Flow>, event: FlowEvent, times = 1, facts: AlertContext['facts'] = UNKNOWN_FACTS) {
  const alerter = createAlerter({
    secretsOf: NO_PHONE.secretsOf,
    newId: monotonicFactory(),
    hiddenLookUps: ({ destination }) => (destination.host === 'dns.google' ? 'Google Public DNS' : null),
  });
  const flow = labFlow({ engine: 'gateway', arrival: 'transparent', ...changes });
  const context = labContext({ flow, head: null, facts });
  return Array.from({ length: times }, () => alerter.flowEvent(event, context))
    .flat()
    .map(({ alert }) => alert);
}

const GOOGLE = { destination: { host: 'play.googleapis.com', port: 443, ip: '142.250.1.1' } };

describe('the gateway', () => {
  it('tells refused QUIC once per destination, and counts', () => {
    const alerts = tell({ ...GOOGLE, protocol: 'quic', treatment: 'refuse' }, closed('refused-by-policy', 0), 3);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(1);
    expect(alerts.at(-1)).toMatchObject({
      type: 'quic',
      severity: 'info',
      count: 3,
      flow: { protocol: 'quic' },
      destination: { host: 'play.googleapis.com', ip: '142.250.1.1' },
      message:
        'Nokia 7 Plus tried to reach play.googleapis.com by QUIC, which the lab refuses: apps fall back to what can be read.',
    });
  });

  it('names the owner of a watched QUIC destination', () => {
    const [alert] = tell(
      { protocol: 'quic', treatment: 'refuse' },
      closed('refused-by-policy', 0),
      1,
      labContext().facts,
    );
    expect(alert?.message).toContain('China Telecom (China)');
  });

  it.each(['dot', 'doq'])('tells a refused %s as a gap that was closed', (protocol) => {
    const [alert] = tell({ ...GOOGLE, protocol, treatment: 'refuse' }, closed('refused-by-policy', 0));
    expect(alert).toMatchObject({
      type: 'coverage',
      severity: 'info',
      message: expect.stringContaining('names stay visible'),
    });
  });

  it('tells a VPN, whoever is at its end', () => {
    const [alert] = tell(
      { ...GOOGLE, protocol: 'esp', treatment: 'passthrough', intercepted: false },
      closed('ended', 9000),
    );
    expect(alert).toMatchObject({
      type: 'coverage',
      message: 'Nokia 7 Plus sent 9000 bytes to play.googleapis.com past the lab (ESP): nobody looked into it.',
    });
  });

  it('tells a contact with a watched receiver past the lab as such', () => {
    const [alert] = tell(
      { protocol: 'esp', treatment: 'passthrough', intercepted: false },
      closed('ended', 9000),
      1,
      labContext().facts,
    );
    expect(alert).toMatchObject({ type: 'contact' });
  });

  it('says nothing about a ping', () => {
    expect(
      tell({ ...GOOGLE, protocol: 'icmp', treatment: 'passthrough', intercepted: false }, closed('ended', 84)),
    ).toEqual([]);
  });

  it('tells at once that look-ups are hidden from the list of names', () => {
    const flow = labFlow({ destination: { host: 'dns.google', port: 443, ip: '8.8.8.8' } });
    const [alert] = tell(flow, { type: 'flow-opened', flow, time: TIME });
    expect(alert).toMatchObject({
      type: 'coverage',
      message: expect.stringContaining('over HTTPS at Google Public DNS'),
    });
  });
});

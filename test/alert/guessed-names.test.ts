/** A name that is only guessed (the phone named no host; it last looked the address up by this one) is never shown as a fact. */
import { describe, expect, it } from 'vitest';
import { createAlerter } from '../../src/alert/alerter.ts';
import { contactCells } from '../../src/cli/scan-contacts.ts';
import { createScanVerdict, sentenceOf } from '../../src/cli/scan-sentence.ts';
import { whereTo } from '../../src/cli/watch/cells.ts';
import { say } from '../../src/formats/say.ts';
import { openBeaconing, sayBeacon } from '../../src/lab/beaconing.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Destination } from '../../src/model/flow.ts';
import { labAlert } from '../cli/lab-alert.ts';
import { CHINA_TELECOM, countingIds, labContext, labFinding, labFlow, NO_PHONE, TIME } from './lab-flow.ts';

const HOST = 'zzhc.vnet.cn';
const named: Destination = { host: HOST, port: 5222, ip: '42.62.48.10' };
const guessed: Destination = { ...named, guessed: true };

describe('a name that is only guessed', () => {
  it.each([
    ['of a leak', (destination: Destination) => leak(destination).message],
    ['of a notice', (destination: Destination) => notice(destination).message],
    [
      'in the list of alerts',
      (destination: Destination) => whereTo({ ...labAlert({ seq: 1 }), ...about(destination) }),
    ],
    [
      'in the list of contacts of a recording',
      (destination: Destination) => contactCells({ ...destination, app: null, count: 1, place: CHINA_TELECOM })[1],
    ],
    ['in the sentence of a scan', scanned],
    ['of a beacon', beacon],
  ])('%s is called probable, and one that the phone said is not', (_where, show) => {
    expect(show(guessed)).toContain('probably');
    expect(show(named)).not.toContain('probably');
  });

  it('is told as such in data, also among folded receivers', () => {
    expect(leak(guessed).destination).toMatchObject({ host: HOST, guessed: true });
    expect(leak(named).destination).not.toHaveProperty('guessed');
    const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
    for (let i = 0; i < 320; i++) {
      const flow = labFlow({ destination: { ...guessed, host: `x${i}.example` } });
      alerter.finding(labFinding(), labContext({ flow, time: TIME + i }));
    }
    const folded = alerter.flush(TIME + 60_000).flatMap(({ alert }) => alert.receivers ?? []);
    expect(folded.length).toBeGreaterThan(0);
    expect(folded.every((receiver) => receiver.guessed === true)).toBe(true);
  });
});

const about = (destination: Destination): Pick<Alert, 'destination'> => ({
  destination: { ...destination, ...CHINA_TELECOM },
});

function leak(destination: Destination): Alert {
  const flow = labFlow({ destination });
  return createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() }).finding(
    labFinding(),
    labContext({ flow, facts: CHINA_TELECOM }),
  )!.alert;
}

function notice(destination: Destination): Alert {
  const flow = labFlow({ destination, treatment: 'passthrough', protocol: 'esp', intercepted: false });
  const alerter = createAlerter({ secretsOf: NO_PHONE.secretsOf, newId: countingIds() });
  const context = labContext({ flow, facts: CHINA_TELECOM });
  const ended = { reason: 'ended' as const, detail: null, bytesUp: 4000, bytesDown: 10 };
  return [
    ...alerter.flowEvent({ type: 'flow-opened', flow, time: TIME }, context),
    ...alerter.flowEvent({ type: 'flow-closed', flowId: flow.id, time: TIME, ...ended }, context),
  ][0]!.alert;
}

function scanned(destination: Destination): string {
  const verdict = createScanVerdict();
  const { identifier, evidence } = labFinding();
  const { masked = '' } = leak(destination).identifier ?? {};
  verdict.finding({
    identifier: { ...identifier, masked },
    evidence,
    severity: 'high',
    flow: leak(destination).flow!,
    destination: { ...destination, ...CHINA_TELECOM },
    attribution: null,
  } as Parameters<typeof verdict.finding>[0]);
  return sentenceOf(verdict.texts({ withContent: 1, unread: 0, contacts: 0, isStopped: false }));
}

function beacon(destination: Destination): string {
  let said = '';
  const beaconing = openBeaconing({
    deviceOf: () => 'lab-phone',
    maskHost: (host) => host,
    now: () => TIME,
    onBeacon: (found) => {
      said = say(sayBeacon('Lab Phone', found));
    },
  });
  for (let i = 0; i < 40; i++) {
    const time = TIME + i * 900_000;
    beaconing.consume({
      type: 'flow-opened',
      flow: { ...labFlow({ destination }), simulated: false, openedAt: time },
      time,
    });
  }
  return said;
}

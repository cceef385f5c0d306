/** A phone that sends something over a raw connection and then waits, without answer or end: what it sent is told all the same. */
import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import { describe, expect, it } from 'vitest';
import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { openComparison } from '../../src/lab/comparing.ts';
import { openAlerter, openDetection } from '../../src/lab/detection.ts';
import { createMasking } from '../../src/lab/masking.ts';
import type { Flow } from '../../src/model/flow.ts';
import { labFlow, TIME } from '../alert/lab-flow.ts';

const IMEI = '490154203237518';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function lab() {
  const told: string[] = [];
  const masking = createMasking(() => null);
  const store = { tokens: () => [], putTokens: () => ({ ok: true }) as const };
  const { road } = openDetection({
    alerter: openAlerter({ newId: monotonicFactory(), lastSeq: 0, homeCountry: null, masking }),
    masking,
    deviceFor: () => null,
    describeDevice: ({ client }) => ({ id: client.ip, model: null, ip: client.ip, mac: null }),
    caseAt: () => null,
    locate: () => UNKNOWN_FACTS,
    comparison: openComparison({ evidence: store, key: randomBytes(32), devices: () => [], masking, now: () => 0 }),
    decoders: [],
    witnesses: [],
    record: (_record, finding) => void (finding && told.push(`${finding.identifier.kind} ${finding.value}`)),
    log: silent,
  });
  const open = (id: string, changes: Partial<Flow> = {}): void => {
    road.event({
      type: 'flow-opened',
      flow: { ...labFlow(changes), id, protocol: undefined } as unknown as Flow,
      time: TIME,
    });
  };
  const send = (id: string, text: string | Buffer, time = TIME): void =>
    void road.bytes(id, 'request', Buffer.from(text), time);
  const tick = (times = 1, time = TIME): void => {
    for (let i = 0; i < times; i++) road.lookAtQuiet(time);
  };
  return { road, told, open, send, tick };
}

describe('what a quiet phone sent', () => {
  it.each<[string, string | Buffer]>([
    ['a line', `imei=${IMEI}\n`],
    ['no whole line', `imei=${IMEI}`],
    ['words', `LOGIN imei=${IMEI}`],
    ['JSON', `{"imei":"${IMEI}"}`],
    ['XML', `<login imei="${IMEI}"/>`],
    ['a record with its length before it', Buffer.concat([Buffer.from([0, 0, 0, 20]), Buffer.from(`imei=${IMEI}`)])],
    ['what begins like MQTT', Buffer.concat([Buffer.from([0x10, 0x14]), Buffer.from(`imei=${IMEI}`)])],
    ['what begins like TLS', Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), Buffer.from(`imei=${IMEI}`)])],
    ['what begins like HTTP/2', `PRI * HTTP/2.0\r\n imei=${IMEI}`],
    ['what begins like SSH', `SSH-2.0-lab imei=${IMEI}\r\n`],
  ])('is told: %s', (_what, sent) => {
    const { told, open, send, tick } = lab();
    open('f');
    send('f', sent);
    tick(2);
    expect(told).toEqual([`imei ${IMEI}`]);
    tick(5);
    expect(told).toHaveLength(1);
  });

  it('is not cut in two while it still comes', () => {
    const { told, open, send, tick } = lab();
    open('f');
    send('f', `imei=${IMEI.slice(0, 8)}`);
    tick();
    send('f', IMEI.slice(8));
    tick();
    expect(told).toEqual([]);
    tick();
    expect(told).toEqual([`imei ${IMEI}`]);
  });

  it('is told of a head that does not go on, after ten seconds', () => {
    const { told, open, send, tick } = lab();
    open('f');
    send('f', `GET / HTTP/1.1\r\nHost: x.example\r\nX-Device: imei=${IMEI}\r\nX-More: `);
    tick(3, TIME + 9_000);
    expect(told).toEqual([]);
    tick(1, TIME + 10_000);
    expect(told).toEqual([`imei ${IMEI}`]);
    tick(3, TIME + 20_000);
    expect(told).toHaveLength(1);
  });

  it('is told of a head that goes on for ever, though there is no pause in it', () => {
    const { told, open, send, tick } = lab();
    open('f');
    send('f', `GET / HTTP/1.1\r\nX-Device: imei=${IMEI}\r\n`);
    for (let second = 1; second <= 12; second++) {
      send('f', `X-${second}: a\r\n`, TIME + 1000 * second);
      tick(1, TIME + 1000 * second);
    }
    // What comes after is searched as it comes.
    send('f', 'X-Mail: lab@example.com\r\n', TIME + 13_000);
    tick(2, TIME + 15_000);
    expect(told).toEqual([`imei ${IMEI}`, 'email lab@example.com']);
  });

  it('is told each time it says something else', () => {
    const { told, open, send, tick } = lab();
    open('f');
    send('f', `imei=${IMEI}\n`);
    tick(2);
    send('f', 'mail=lab@example.com\n');
    tick(2);
    expect(told).toEqual([`imei ${IMEI}`, 'email lab@example.com']);
  });

  it('is nothing to wait for once the connection is over', () => {
    const { road, told, open, send, tick } = lab();
    open('f');
    send('f', `imei=${IMEI}\n`);
    road.event({
      type: 'flow-closed',
      flowId: 'f',
      time: TIME,
      reason: 'ended',
      detail: null,
      bytesUp: 1,
      bytesDown: 0,
    });
    expect(told).toEqual([`imei ${IMEI}`]);
    tick(3);
    expect(told).toHaveLength(1);
  });
});

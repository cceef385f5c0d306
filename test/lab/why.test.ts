import { describe, expect, it } from 'vitest';
import { say } from '../../src/formats/say.ts';
import { explain } from '../../src/lab/why.ts';
import type { Trust } from '../../src/model/coverage.ts';
import type { FlowRecord } from '../../src/model/flow.ts';
import type { PinState } from '../../src/model/pin.ts';
import { text } from '../../src/model/text.ts';
import { PASS_CAUSES } from '../../src/model/words.ts';

const HOST = 'api.example.com';
const flow = (changes: Partial<FlowRecord> = {}): FlowRecord => ({
  id: 'f1',
  openedAt: 1000,
  closedAt: 2000,
  deviceId: 'phone-1',
  client: { ip: '10.0.0.2', port: 1 },
  engine: 'wire',
  arrival: 'http-connect',
  treatment: 'intercept',
  treatmentReason: null,
  destination: { host: HOST, port: 443, ip: null },
  facts: null,
  encrypted: true,
  intercepted: true,
  simulated: false,
  hello: null,
  tls: null,
  certificate: null,
  protocol: null,
  requests: 0,
  findings: 0,
  notSeen: [],
  reason: 'ended',
  detail: null,
  bytesUp: 0,
  bytesDown: 0,
  ...changes,
});
const pin: PinState = {
  device: 'phone-1',
  name: HOST,
  override: 'auto',
  state: 'pinned',
  rejections: 3,
  how: 'unknown_ca',
  cause: 'pinned',
  proof: 'alert unknown_ca 3 times',
  passes: 2,
  left: 1,
  since: 0,
  until: 1,
};
const tell = (changes: Partial<FlowRecord>, trust: Trust = 'trusts') =>
  explain({ host: HOST, flows: [flow(changes)], pins: [pin], trustOf: () => trust })[0]?.sentence ?? '';

const certificate = { names: [], organization: null, country: null, issuer: null, validTo: null };
const untrusted = { ...certificate, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' };

describe('why', () => {
  it.each<[string, Partial<FlowRecord>, Trust, string]>([
    ['was read', { requests: 2 }, 'trusts', 'It was read: 2 requests'],
    ['in an unknown language', { bytesUp: 9 }, 'trusts', 'language the lab does not know'],
    ['without a word', {}, 'trusts', 'without a word'],
    ['still open', { reason: null }, 'trusts', 'still open'],
    ['refused, on a phone that trusts', rejected('unknown_ca'), 'trusts', 'insists on one of its own'],
    ['refused, on a phone that never did', rejected('unknown_ca'), 'refuses', 'install it'],
    ['left in silence', rejected('silent-close'), 'trusts', 'closed it in silence'],
    ['an untrusted copy', { ...rejected('unknown_ca'), certificate: untrusted }, 'trusts', '--upstream-ca'],
    ['asked', failed('the server asks the app for a certificate the lab does not have'), 'trusts', '--client-cert'],
    ['server TLS', failed('ERR_SSL_WRONG_VERSION_NUMBER'), 'trusts', 'The server and the lab found no common way'],
    ['phone TLS', { reason: 'error', detail: 'x' }, 'trusts', 'The app and the lab found no common way'],
    ['refused by the server', { reason: 'upstream-refused' }, 'trusts', 'without the lab too'],
    ['no address', { reason: 'upstream-unresolvable' }, 'trusts', 'has no address'],
    ['no answer', { reason: 'upstream-timeout' }, 'trusts', 'did not answer in time'],
    ['policy', { reason: 'refused-by-policy', detail: 'this is the lab itself' }, 'trusts', 'this is the lab itself'],
    ['broken off by the phone', { reason: 'client-reset' }, 'trusts', 'nothing about the certificate'],
    ['broken off by the server', { reason: 'server-reset' }, 'trusts', 'The server broke it off'],
  ])('%s', (_what, changes, trust, words) => {
    expect(tell(changes, trust)).toContain(words);
    expect(tell(changes, trust)).toMatch(/^phone-1 last called api\.example\.com at /);
  });

  it.each(PASS_CAUSES)('passed through: %s has a paragraph of its own', (passCause) => {
    const told = tell({ treatment: 'passthrough', intercepted: false, passCause });
    expect(told).toContain('passed through unread');
    const others = PASS_CAUSES.filter((cause) => cause !== passCause).map((cause) =>
      tell({ treatment: 'passthrough', intercepted: false, passCause: cause }),
    );
    expect(others).not.toContain(told);
  });

  it('puts what a connection says of itself into the language it is told in', () => {
    const refused = {
      reason: 'refused-by-policy',
      detail: 'this is the lab itself',
      detailText: text('treated.lab'),
    } as const;
    const [told] = explain({ host: HOST, flows: [flow(refused)], pins: [], trustOf: () => 'trusts' });
    expect(told && say(told.text, 'vi')).toContain('đây chính là phòng thử');
  });

  it('names the proof of a pass-through', () => {
    expect(tell({ treatment: 'passthrough', passCause: 'pinned' })).toContain('(alert unknown_ca 3 times)');
  });

  it('answers for each phone, about its latest connection, and prefers the whole name', () => {
    const flows = [
      flow({ deviceId: 'phone-2', requests: 1 }),
      flow({ requests: 5 }),
      flow({ reason: 'client-reset' }),
      flow({ destination: { host: `x.${HOST}`, port: 443, ip: null } }),
    ];
    const told = explain({ host: HOST.toUpperCase(), flows, pins: [], trustOf: () => 'trusts' });
    expect(told).toMatchObject([
      { device: 'phone-2', connections: 1 },
      { device: 'phone-1', connections: 2, sentence: expect.stringContaining('5 requests') },
    ]);
  });
});

function rejected(detail: string): Partial<FlowRecord> {
  return { reason: 'client-rejected-certificate', detail };
}
function failed(detail: string): Partial<FlowRecord> {
  return { reason: 'upstream-tls-failed', detail };
}

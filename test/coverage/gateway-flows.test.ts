/** What the gateway sees beside the relay is counted in classes of its own, and said in the sentence. */
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import type { CloseReason, Flow, FlowEvent } from '../../src/model/flow.ts';

const flow = (changes: Partial<Flow>): Flow => ({
  id: 'f',
  openedAt: 0,
  engine: 'gateway',
  client: { ip: '10.77.0.2', port: 1 },
  deviceId: 'a',
  arrival: 'transparent',
  treatment: 'intercept',
  treatmentReason: null,
  destination: { host: 'x.example', port: 443, ip: '42.62.48.10' },
  encrypted: false,
  intercepted: true,
  hello: null,
  simulated: false,
  ...changes,
});
const message: FlowEvent = {
  type: 'message',
  flowId: 'f',
  exchange: 0,
  direction: 'request',
  time: 0,
  protocol: 'dns',
  label: 'A',
  bytes: Buffer.from('x.example'),
  final: true,
};
const raw: FlowEvent = { type: 'raw-bytes', flowId: 'f', direction: 'request', time: 0, bytes: Buffer.alloc(48) };

function count(given: Flow, between: FlowEvent[], up: number, reason: CloseReason = 'ended') {
  const coverage = createCoverage({
    deviceOf: () => 'a',
    hides: ({ destination }) => destination.host === 'dns.google',
  });
  coverage.consume({ type: 'flow-opened', flow: given, time: 0 }, null);
  for (const event of between) coverage.consume(event, null);
  coverage.consume(
    { type: 'flow-closed', flowId: 'f', time: 1, reason, detail: null, bytesUp: up, bytesDown: 0 },
    null,
  );
  return coverage.of('a');
}

describe('a flow of the gateway', () => {
  it.each([
    ['a look-up is read', flow({ protocol: 'dns' }), [message], 40, 'read'],
    ['plain UDP is searched as it is', flow({ protocol: 'udp' }), [raw], 48, 'udp'],
    ['a refused QUIC attempt', flow({ protocol: 'quic', treatment: 'refuse' }), [], 0, 'quic'],
    ['refused DNS over TLS', flow({ protocol: 'dot', treatment: 'refuse' }), [], 0, 'refused'],
    ['a VPN', flow({ protocol: 'esp', treatment: 'passthrough', intercepted: false }), [], 9000, 'bypassing'],
    [
      'a pinned connection for hidden look-ups',
      flow({
        engine: 'wire',
        treatment: 'passthrough',
        passCause: 'pinned',
        intercepted: false,
        destination: { host: 'dns.google', port: 443, ip: '8.8.8.8' },
      }),
      [],
      700,
      'bypassing',
    ],
    [
      'a pinned connection for anything else',
      flow({ engine: 'wire', treatment: 'passthrough', passCause: 'pinned', intercepted: false }),
      [],
      700,
      'pinned',
    ],
  ] as const)('%s', (_what, given, between, up, expected) => {
    expect(count(given, [...between], up)?.rows).toEqual([
      { class: expected, connections: 1, open: 0, bytesUp: up, bytesDown: 0 },
    ]);
  });

  it('of more datagrams than are searched is partially scanned for the rest', () => {
    expect(count(flow({ protocol: 'udp' }), [raw], 100)?.rows).toEqual([
      { class: 'partially-scanned', connections: 1, open: 0, bytesUp: 52, bytesDown: 0 },
      { class: 'udp', connections: 0, open: 0, bytesUp: 48, bytesDown: 0 },
    ]);
  });

  it('that went past is named in the sentence', () => {
    expect(count(flow({ protocol: 'esp', treatment: 'passthrough', intercepted: false }), [], 9000)?.sentence).toBe(
      'Nothing of what this phone sent through the lab could be read; the rest went to: x.example (went past the lab unread).',
    );
  });
});

/** Flows and their events, short to write, for the tests of the coverage. */

import { createCoverage } from '../../src/coverage/coverage.ts';
import type { CloseReason, Flow, FlowEvent } from '../../src/model/flow.ts';
import type { InspectEvent, Where } from '../../src/model/identifier.ts';
import { text } from '../../src/model/text.ts';

export function flow(id: string, changes: Partial<Flow> = {}): Flow {
  return {
    id,
    openedAt: 0,
    engine: 'wire',
    client: { ip: '10.77.0.2', port: 1 },
    deviceId: 'a',
    arrival: 'http-connect',
    treatment: 'intercept',
    treatmentReason: null,
    destination: { host: `${id}.example`, port: 443, ip: null },
    encrypted: true,
    intercepted: true,
    hello: null,
    simulated: false,
    ...changes,
  };
}

export const head = (flowId: string, exchange = 0, target = '/'): FlowEvent => ({
  type: 'request-head',
  flowId,
  exchange,
  time: 0,
  protocol: 'h2',
  method: 'POST',
  target,
  scheme: 'https',
  authority: 'x',
  headers: [],
});
export const body = (flowId: string, exchange: number, up: number): FlowEvent => ({
  type: 'body-chunk',
  flowId,
  exchange,
  direction: 'request',
  time: 0,
  bytes: Buffer.alloc(up),
});
export const raw = (flowId: string, up: number): FlowEvent => ({
  type: 'raw-bytes',
  flowId,
  direction: 'request',
  time: 0,
  bytes: Buffer.alloc(up),
});
export const closed = (flowId: string, bytesUp: number, bytesDown = 0, reason: CloseReason = 'ended'): FlowEvent => ({
  type: 'flow-closed',
  flowId,
  time: 0,
  reason,
  detail: null,
  bytesUp,
  bytesDown,
});
export const rejected = (flowId: string, count: number): FlowEvent => ({
  type: 'certificate-rejected',
  flowId,
  time: 0,
  sni: null,
  how: 'unknown_ca',
  count,
});
export const opaque = (flowId: string, exchange: number, where: Where = 'body'): InspectEvent => ({
  type: 'finding',
  finding: {
    identifier: { kind: 'opaque', masked: '', known: false, confidence: 'likely', reasoning: '' },
    evidence: { flow: flowId, direction: 'request', where, path: null, decoding: [], hash: null, offset: 0 },
    exchange,
    value: '',
    seen: '',
    window: Buffer.alloc(0),
  },
});
export const partial = (flowId: string, exchange: number): InspectEvent => ({
  type: 'partially-scanned',
  flowId,
  exchange,
  reason: 'too deep',
  text: text('unseen.fault'),
});

export type Step = FlowEvent | InspectEvent;

export function run(
  given: Flow,
  steps: Step[],
  coverage = createCoverage({ deviceOf: (each) => each.deviceId ?? each.client.ip }),
) {
  coverage.consume({ type: 'flow-opened', flow: given, time: 0 }, null);
  for (const step of steps) {
    if (step.type === 'finding' || step.type === 'partially-scanned') coverage.inspected(step);
    else coverage.consume(step, null);
  }
  return coverage;
}

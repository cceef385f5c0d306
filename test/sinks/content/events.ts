/** Flow events with content for these tests. */
import type { ContentEvent } from '../../../src/model/content.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import type { InspectEvent } from '../../../src/model/identifier.ts';
import { labFlow } from '../lab-alert.ts';

export const opened = (id: string, deviceId = 'phone-1'): FlowEvent => ({
  type: 'flow-opened',
  flow: labFlow(id, { deviceId }),
  time: 1000,
});

export const closed = (flowId: string): FlowEvent => ({
  type: 'flow-closed',
  flowId,
  time: 9000,
  reason: 'ended',
  detail: null,
  bytesUp: 100,
  bytesDown: 100,
});

export const head = (flowId: string, exchange = 0): FlowEvent & ContentEvent => ({
  type: 'request-head',
  flowId,
  exchange,
  time: 1001,
  protocol: 'http/1.1',
  method: 'POST',
  target: '/upload',
  scheme: 'https',
  authority: 'a.example',
  headers: [['Content-Type', 'text/plain']],
});

export const answer = (flowId: string, exchange = 0): FlowEvent & ContentEvent => ({
  type: 'response-head',
  flowId,
  exchange,
  time: 1003,
  status: 200,
  headers: [],
});

export const chunk = (
  flowId: string,
  bytes: Buffer,
  direction: 'request' | 'response' = 'request',
  exchange = 0,
): Extract<ContentEvent, { type: 'body-chunk' }> => ({
  type: 'body-chunk',
  flowId,
  exchange,
  direction,
  time: 1002,
  bytes,
});

export const bodyEnd = (
  flowId: string,
  direction: 'request' | 'response' = 'request',
  exchange = 0,
): FlowEvent & ContentEvent => ({
  type: 'body-end',
  flowId,
  exchange,
  direction,
  time: 1004,
  trailers: [],
  complete: true,
});

export const finding = (flow: string, exchange = 0): InspectEvent => ({
  type: 'finding',
  finding: {
    identifier: { kind: 'imei', masked: '490154*******18', known: true, confidence: 'certain', reasoning: '' },
    evidence: { flow, direction: 'request', where: 'body', path: null, decoding: [], hash: null, offset: 0 },
    exchange,
    value: '490154203237518',
    seen: '490154203237518',
    window: Buffer.alloc(0),
  },
});

/** A whole exchange. */
export const exchange = (flowId: string, request: Buffer, response: Buffer, number = 0): FlowEvent[] => [
  head(flowId, number),
  chunk(flowId, request, 'request', number),
  bodyEnd(flowId, 'request', number),
  answer(flowId, number),
  chunk(flowId, response, 'response', number),
  bodyEnd(flowId, 'response', number),
];

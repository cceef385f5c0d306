/**
 * Remembers the request heads of each flow, so that a finding can be shown with its address.
 * What it turned into (a WebSocket) or carries (gRPC) takes the place of its protocol, and a WebSocket's head stays.
 * An exchange stays until both bodies ended and eight others ended after it: detection may lag behind the wire.
 * A closed flow is forgotten when sixteen others closed after it. Bounded: 256 exchanges per flow (HTTP/2 allows 100 streams at once by default), targets cut at 2 KB.
 */
import { OpenNumbers } from '../formats/open-numbers.ts';
import type { FlowEvent } from '../model/flow.ts';
import type { RequestHeadFacts } from './masked-url.ts';

const MAX_EXCHANGES = 256;
const MAX_ENDED = 8;
const MAX_CLOSED = 16;
const MAX_TARGET = 2048;

export interface HeadTable {
  /** Call with every event, before the detector sees it: what it finds at the very end still has its address. */
  note(event: FlowEvent): void;
  of(flowId: string, exchange: number): RequestHeadFacts | null;
  /** At once, for a caller that knows that nothing more will be found. */
  forget(flowId: string): void;
}

interface Head extends RequestHeadFacts {
  /** Its request was sent to the end; only then the answer's end is the exchange's. */
  requestEnded: boolean;
}

interface FlowHeads {
  heads: OpenNumbers<Head>;
  /** Exchanges whose two bodies ended, oldest first. */
  ended: number[];
}

export function createHeadTable(): HeadTable {
  const flows = new Map<string, FlowHeads>();
  const closed: string[] = [];

  function bodyEnded(flow: FlowHeads, exchange: number, request: boolean): void {
    const head = flow.heads.get(exchange);
    if (head === undefined) return;
    if (request) head.requestEnded = true;
    else if (head.requestEnded) {
      flow.ended.push(exchange);
      if (flow.ended.length > MAX_ENDED) flow.heads.delete(flow.ended.shift() as number);
    }
  }

  function spoken(flow: FlowHeads, exchange: number, protocol: string): void {
    const head = flow.heads.get(exchange);
    if (head !== undefined && head.protocol !== protocol) head.protocol = protocol;
  }

  return {
    note(event) {
      if (event.type === 'request-head') {
        const { protocol, method, scheme, authority } = event;
        let flow = flows.get(event.flowId);
        if (flow === undefined) {
          flow = { heads: new OpenNumbers(), ended: [] };
          flows.set(event.flowId, flow);
        }
        const target = event.target.slice(0, MAX_TARGET);
        flow.heads.set(event.exchange, { protocol, method, target, scheme, authority, requestEnded: false });
        if (flow.heads.size > MAX_EXCHANGES) flow.heads.delete(flow.heads.oldest()!);
      } else if (event.type === 'body-end') {
        const flow = flows.get(event.flowId);
        if (flow !== undefined) bodyEnded(flow, event.exchange, event.direction === 'request');
      } else if (event.type === 'upgraded' && event.protocol === 'websocket') {
        const flow = flows.get(event.flowId);
        if (flow === undefined) return;
        flow.ended = flow.ended.filter((exchange) => exchange !== event.exchange);
        spoken(flow, event.exchange, event.protocol);
      } else if (event.type === 'message') {
        const flow = flows.get(event.flowId);
        if (flow !== undefined && event.direction === 'request') spoken(flow, event.exchange, event.protocol);
      } else if (event.type === 'flow-closed' && flows.has(event.flowId)) {
        closed.push(event.flowId);
        if (closed.length > MAX_CLOSED) flows.delete(closed.shift() as string);
      }
    },
    of: (flowId, exchange) => flows.get(flowId)?.heads.get(exchange) ?? null,
    forget: (flowId) => void flows.delete(flowId),
  };
}

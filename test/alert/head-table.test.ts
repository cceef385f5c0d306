import { describe, expect, it } from 'vitest';
import { createHeadTable } from '../../src/alert/head-table.ts';
import type { FlowEvent } from '../../src/model/flow.ts';

const head = (exchange: number, target = `/${exchange}`): FlowEvent => ({
  type: 'request-head',
  flowId: 'f',
  exchange,
  time: 0,
  protocol: 'h2',
  method: 'GET',
  target,
  scheme: 'https',
  authority: 'a.example',
  headers: [],
});
const end = (exchange: number, direction: 'request' | 'response'): FlowEvent => ({
  type: 'body-end',
  flowId: 'f',
  exchange,
  direction,
  time: 0,
  trailers: [],
  complete: true,
});

describe('request heads', () => {
  it('are known while the exchange lasts and a little longer, then forgotten', () => {
    const heads = createHeadTable();
    for (let i = 0; i < 20; i++)
      for (const event of [head(i), end(i, 'request'), end(i, 'response')]) heads.note(event);
    expect(heads.of('f', 19)?.target).toBe('/19');
    expect(heads.of('f', 12)?.target).toBe('/12');
    expect(heads.of('f', 11)).toBeNull();
  });

  it('an upgrade or a message of a flow nobody has seen the beginning of is no fault', () => {
    const heads = createHeadTable();
    heads.note({ type: 'upgraded', flowId: 'f', exchange: 1, time: 0, protocol: 'websocket' } as FlowEvent);
    heads.note(end(1, 'request'));
    expect(heads.of('f', 1)).toBeNull();
  });

  it('of a closed flow are still known to what is found at its end, and forgotten soon after', () => {
    const heads = createHeadTable();
    const close = (flowId: string): FlowEvent => ({
      type: 'flow-closed',
      flowId,
      time: 0,
      reason: 'ended',
      detail: null,
      bytesUp: 0,
      bytesDown: 0,
    });
    const flows = Array.from({ length: 17 }, (_, i) => `f${i}`);
    for (const flowId of flows) {
      heads.note({ ...head(0), flowId } as FlowEvent);
      heads.note(close(flowId));
    }
    expect(heads.of('f16', 0)?.target).toBe('/0');
    expect(heads.of('f1', 0)?.target).toBe('/0');
    expect(heads.of('f0', 0)).toBeNull();
  });

  it('say what their exchange turned into, and stay while it lasts', () => {
    const heads = createHeadTable();
    const upgraded: FlowEvent = { type: 'upgraded', flowId: 'f', exchange: 0, time: 0, protocol: 'websocket' };
    for (const event of [head(0), end(0, 'request'), end(0, 'response')]) heads.note(event);
    expect(heads.of('f', 0)?.protocol).toBe('h2');
    heads.note(upgraded);
    for (let i = 1; i < 20; i++)
      for (const event of [head(i), end(i, 'request'), end(i, 'response')]) heads.note(event);
    expect(heads.of('f', 0)).toMatchObject({ protocol: 'websocket', target: '/0' });
  });

  it('are forgotten in their turn although one of them turned into something else', () => {
    const heads = createHeadTable();
    const last = (i: number) => {
      for (const event of [head(i), end(i, 'request'), end(i, 'response')]) heads.note(event);
    };
    for (let i = 0; i < 5; i++) last(i);
    heads.note({ type: 'upgraded', flowId: 'f', exchange: 4, time: 0, protocol: 'websocket' });
    for (let i = 5; i < 20; i++) last(i);
    expect(heads.of('f', 0)).toBeNull();
    expect(heads.of('f', 4)?.target).toBe('/4');
  });

  it('say which messages their exchange carries, once the phone sent one', () => {
    const heads = createHeadTable();
    const message = (direction: 'request' | 'response'): FlowEvent => ({
      type: 'message',
      flowId: 'f',
      exchange: 1,
      direction,
      time: 0,
      protocol: 'grpc',
      label: '/a.B/C',
      bytes: Buffer.alloc(0),
      final: true,
    });
    for (const event of [head(1), head(2), message('response')]) heads.note(event);
    expect(heads.of('f', 1)?.protocol).toBe('h2');
    heads.note(message('request'));
    expect(heads.of('f', 1)?.protocol).toBe('grpc');
    expect(heads.of('f', 2)?.protocol).toBe('h2');
  });

  it('stay bounded when no exchange ever ends and targets are endless', () => {
    const heads = createHeadTable();
    for (let i = 0; i < 1000; i++) heads.note(head(i, '/x'.repeat(10_000)));
    expect(heads.of('f', 743)).toBeNull();
    expect(heads.of('f', 744)?.target).toHaveLength(2048);
  });
});

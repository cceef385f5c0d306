import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../../src/model/flow.ts';
import { text } from '../../../src/model/text.ts';
import { createFlowLog } from '../../../src/sinks/evidence/flow-log.ts';
import type { FlowRecord, Stored } from '../../../src/sinks/evidence/store.ts';
import { labFlow } from '../lab-alert.ts';
import { createMemoryStore } from './memory-store.ts';

const NOT_HTTP = { reason: 'not an HTTP/1 request', text: text('unheard.http1.request') };
const TOO_DEEP = text('unseen.too-deep', { format: 'gzip', most: 8 });

const maskHost = (host: string) => host.replace(/\d{10,}/, '…');
const opened = (id: string, host = 'a.example'): FlowEvent => ({
  type: 'flow-opened',
  flow: labFlow(id, { destination: { host, port: 443, ip: null } }),
  time: 1000,
});
const closed = (id: string): FlowEvent => ({
  type: 'flow-closed',
  flowId: id,
  time: 2000,
  reason: 'ended',
  detail: null,
  bytesUp: 11,
  bytesDown: 22,
});

const HEAD = {
  type: 'request-head',
  flowId: 'f',
  exchange: 0,
  time: 1,
  protocol: 'h2',
  method: 'GET',
  target: '/',
  scheme: 'https',
  authority: 'a',
  headers: [],
} satisfies FlowEvent;

describe('the flow log', () => {
  it('names the app that the last exchange or else the connection tells', () => {
    const store = createMemoryStore();
    const asked: (number | null)[] = [];
    const appOf = (_: unknown, exchange: number | null) => {
      asked.push(exchange);
      return exchange === null ? 'com.example' : null;
    };
    const log = createFlowLog({ write: store.putFlows, maskHost, appOf });
    log.consume(opened('f'), null);
    log.consume({ ...HEAD, exchange: 3 }, null);
    log.consume(closed('f'), null);
    log.close();
    expect([store.flow('f')?.app, asked]).toEqual(['com.example', [3, null]]);
  });

  it('keeps why it was treated as it was, and how it ended, in English and for other languages', () => {
    const store = createMemoryStore();
    const log = createFlowLog({ write: store.putFlows, maskHost });
    const [treatmentReason, detail] = [text('pass.operator'), text('ended.server-late')];
    const flow = labFlow('f', { treatment: 'passthrough', treatmentReason });
    for (const event of [{ type: 'flow-opened', flow, time: 1 } as const, { ...closed('f'), detail } as FlowEvent])
      log.consume(event, null);
    log.close();
    expect(store.flow('f')).toMatchObject({
      ...{ treatmentReason: 'the operator passes this name through', treatmentReasonText: treatmentReason },
      ...{ detail: 'the server did not answer in time', detailText: detail },
    });
  });

  it("notes how far the lab's clock is ahead of a server's last answer, unless that came out of a cache", () => {
    const store = createMemoryStore();
    const log = createFlowLog({ write: store.putFlows, maskHost });
    const answered = (flowId: string, headers: [string, string][]): FlowEvent => {
      const time = Date.UTC(2026, 10, 22, 10, 0, 2, 500);
      return { type: 'response-head', flowId, exchange: 0, time, status: 200, headers };
    };
    const date: [string, string] = ['date', 'Sun, 22 Nov 2026 10:00:00 GMT'];
    const answers: [string, [string, string][]][] = [
      ['told', [date]],
      ['cached', [date, ['Age', '600']]],
      ['none', []],
      ['nonsense', [['Date', 'tomorrow']]],
    ];
    for (const [id, headers] of answers)
      for (const event of [opened(id), answered(id, headers), closed(id)]) log.consume(event, null);
    log.close();
    expect(answers.map(([id]) => store.flow(id)?.clock)).toEqual([2.5, undefined, undefined, undefined]);
  });

  it('keeps one record per flow with what happened in it', () => {
    const store = createMemoryStore();
    const log = createFlowLog({ write: store.putFlows, maskHost });
    const events: FlowEvent[] = [
      opened('f'),
      { type: 'tls-established', flowId: 'f', time: 1, alpn: 'h2', version: 'TLSv1.3', cipher: 'x', certificate: null },
      HEAD,
      { type: 'unreadable', flowId: 'f', direction: 'request', time: 1, ...NOT_HTTP },
      { type: 'unreadable', flowId: 'f', direction: 'response', time: 1, ...NOT_HTTP },
    ];
    for (const event of events) log.consume(event, null);
    log.flush();
    expect(store.flow('f')?.closedAt).toBeNull();
    log.inspected({ type: 'partially-scanned', flowId: 'f', exchange: 0, reason: 'too deep', text: TOO_DEEP });
    log.consume(closed('f'), null);
    log.close();
    expect(store.flow('f')).toMatchObject({
      closedAt: 2000,
      reason: 'ended',
      protocol: 'h2',
      requests: 1,
      tls: { alpn: 'h2' },
      notSeen: ['not an HTTP/1 request', 'too deep'],
      notSeenTexts: [NOT_HTTP.text, TOO_DEEP],
      bytesUp: 11,
      bytesDown: 22,
    });
    expect(log.stats()).toEqual({ open: 0, queued: 0, dropped: 0 });
  });

  it('masks names before they are written', () => {
    const store = createMemoryStore();
    const log = createFlowLog({ write: store.putFlows, maskHost });
    log.consume(opened('f', '490154203237518.a.example'), null);
    log.close();
    expect(store.flow('f')?.destination.host).toBe('….a.example');
  });

  it('writes by itself soon after, in batches', async () => {
    const batches: number[] = [];
    let all = () => {};
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const write = (flows: readonly FlowRecord[]): Stored => {
      batches.push(flows.length);
      if (batches.reduce((sum, size) => sum + size, 0) === 450) all();
      return { ok: true };
    };
    const log = createFlowLog({ write, maskHost, delayMs: 1 });
    for (let i = 0; i < 450; i++) log.consume(opened(`f${i}`), null);
    await done;
    expect(batches).toEqual([200, 200, 50]);
    log.close();
  });

  it('a standing disk costs bounded memory, counted drops and one notice; nothing queued is lost when it recovers', () => {
    const written = new Set<string>();
    const troubles: boolean[] = [];
    let disk: Stored = { ok: false, why: 'disk-full', message: 'full' };
    const log = createFlowLog({
      write: (flows) => {
        if (disk.ok) for (const { id } of flows) written.add(id);
        return disk;
      },
      maskHost,
      maxQueued: 100,
      onTrouble: (result) => troubles.push(result.ok),
    });
    for (let i = 0; i < 150; i++) {
      log.consume(opened(`f${i}`), null);
      log.flush();
    }
    expect(log.stats()).toEqual({ open: 150, queued: 100, dropped: 50 });
    disk = { ok: true };
    log.flush();
    expect(written.size).toBe(100);
    expect(troubles).toEqual([false, true]);
    log.close();
  });
});

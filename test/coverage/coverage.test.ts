import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import type { CloseReason, Flow } from '../../src/model/flow.ts';
import { text } from '../../src/model/text.ts';
import { body, closed, flow, head, opaque, partial, raw, rejected, run, type Step } from './lab-flows.ts';

const table = (coverage: ReturnType<typeof createCoverage>) =>
  (coverage.of('a')?.rows ?? []).map(({ class: name, connections, bytesUp, bytesDown }) => [
    name,
    connections,
    bytesUp,
    bytesDown,
  ]);

const answered = (flowId: string, length: number): Step => ({
  type: 'raw-bytes',
  flowId,
  direction: 'response',
  time: 0,
  bytes: Buffer.alloc(length),
});

const answerTo = (flowId: string, exchange: number, length: number): Step => ({
  type: 'body-chunk',
  flowId,
  exchange,
  direction: 'response',
  time: 0,
  bytes: Buffer.alloc(length),
});

describe('what a flow counts as', () => {
  it.each<[string, Flow, Step[], unknown[][]]>([
    ['requests that were read', flow('f'), [head('f'), body('f', 0, 80), closed('f', 100, 50)], [['read', 1, 100, 50]]],
    ['bytes in no known language', flow('f'), [raw('f', 100), closed('f', 100, 5)], [['unreadable', 1, 100, 5]]],
    [
      'a request, then an unknown language',
      flow('f'),
      [head('f'), raw('f', 60), closed('f', 100)],
      [
        ['read', 0, 40, 0],
        ['unreadable', 1, 60, 0],
      ],
    ],
    [
      'one opaque body among readable ones',
      flow('f'),
      [head('f'), body('f', 0, 30), body('f', 1, 50), opaque('f', 1), closed('f', 100)],
      [
        ['read', 0, 50, 0],
        ['opaque', 1, 50, 0],
      ],
    ],
    [
      'an opaque body and its answer',
      flow('f'),
      [head('f'), body('f', 0, 50), opaque('f', 0), answerTo('f', 0, 30), closed('f', 100, 40)],
      [
        ['read', 0, 50, 10],
        ['opaque', 1, 50, 30],
      ],
    ],
    [
      'a body that was searched in part',
      flow('f'),
      [head('f'), partial('f', 0), body('f', 0, 90), closed('f', 100)],
      [
        ['read', 0, 10, 0],
        ['partially-scanned', 1, 90, 0],
      ],
    ],
    [
      'an opaque payload in the query of a request without a body',
      flow('f'),
      [
        head('f', 0, `/r?repinfo=${'x'.repeat(60)}`),
        opaque('f', 0, 'query'),
        opaque('f', 0, 'query'),
        closed('f', 100),
      ],
      [
        ['read', 0, 29, 0],
        ['opaque', 1, 71, 0],
      ],
    ],
    [
      'opaque and too deep is opaque',
      flow('f'),
      [head('f'), body('f', 0, 90), opaque('f', 0), partial('f', 0), closed('f', 100)],
      [
        ['read', 0, 10, 0],
        ['opaque', 1, 90, 0],
      ],
    ],
    [
      'messages larger than the wire carried, compressed',
      flow('f'),
      [head('f'), body('f', 0, 5000), opaque('f', 0), closed('f', 100)],
      [
        ['read', 0, 0, 0],
        ['opaque', 1, 100, 0],
      ],
    ],
    [
      'a pinned app, passed through',
      flow('f', {
        treatment: 'passthrough',
        intercepted: false,
        passCause: 'pinned',
      }),
      [closed('f', 70, 7)],
      [['pinned', 1, 70, 7]],
    ],
    [
      'a name the operator passes',
      flow('f', {
        treatment: 'passthrough',
        intercepted: false,
        treatmentReason: text('pass.operator'),
      }),
      [closed('f', 70)],
      [['passed', 1, 70, 0]],
    ],
    [
      'a handshake that the phone refused: it would have gone through without the lab',
      flow('f'),
      [rejected('f', 3), closed('f', 0, 0, 'client-rejected-certificate')],
      [['lab-failed', 1, 0, 0]],
    ],
    [
      'a server whose TLS did not fit to that of the lab',
      flow('f'),
      [closed('f', 0, 0, 'upstream-tls-failed')],
      [['lab-failed', 1, 0, 0]],
    ],
    ['a fault of the lab', flow('f'), [closed('f', 0, 0, 'error')], [['lab-failed', 1, 0, 0]]],
    ['a fault of the lab after it was read', flow('f'), [head('f'), closed('f', 80, 0, 'error')], [['read', 1, 80, 0]]],
    [
      'a refused connection',
      flow('f', { treatment: 'refuse' }),
      [closed('f', 9, 0, 'refused-by-policy')],
      [['refused', 1, 9, 0]],
    ],
    ['a server that is down', flow('f'), [closed('f', 0, 0, 'upstream-refused')], [['failed', 1, 0, 0]]],
    [
      'a server that resets after it was read',
      flow('f'),
      [head('f'), closed('f', 80, 0, 'server-reset')],
      [['read', 1, 80, 0]],
    ],
    ['a connection without a byte', flow('f'), [closed('f', 0)], [['failed', 1, 0, 0]]],
  ])('%s', (_name, given, steps, rows) => {
    expect(table(run(given, steps))).toEqual(rows);
  });
});

describe('a flow that is still open', () => {
  it.each<[string, Step[], unknown[][]]>([
    ['says nothing while nothing was said on it', [], []],
    ['counts as soon as a language nobody reads was spoken', [raw('f', 5)], [['unreadable', 1, 5, 0]]],
    ['counts what was answered as well', [raw('f', 5), answered('f', 5)], [['unreadable', 1, 5, 5]]],
    ['counts what was read', [head('f'), body('f', 0, 50)], [['read', 1, 51, 0]]],
    ['counts what is locked inside already', [head('f'), body('f', 0, 50), opaque('f', 0)], [['opaque', 1, 50, 0]]],
    [
      'counts what was searched in part',
      [head('f'), body('f', 0, 50), partial('f', 0)],
      [['partially-scanned', 1, 50, 0]],
    ],
  ])('%s', (_name, steps, expected) => {
    expect(table(run(flow('f'), steps)).filter(([, connections]) => connections !== 0)).toEqual(expected);
  });

  it('of which the lab knows nothing may have lost bytes', () => {
    const coverage = createCoverage({ deviceOf: () => 'a' });
    expect(() => coverage.lost('nobody', 5)).not.toThrow();
  });
});

describe('the accounting', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('head' as const), exchange: fc.nat(50) }),
    fc.record({ type: fc.constant('body' as const), exchange: fc.nat(50), size: fc.nat(500) }),
    fc.record({ type: fc.constant('raw' as const), size: fc.nat(500) }),
    fc.record({ type: fc.constant('opaque' as const), exchange: fc.nat(50) }),
    fc.record({ type: fc.constant('partial' as const), exchange: fc.nat(50) }),
  );
  const shape = fc.record({
    steps: fc.array(step, { maxLength: 80 }),
    up: fc.nat(10_000),
    down: fc.nat(10_000),
    treatment: fc.constantFrom('intercept', 'passthrough', 'refuse') as fc.Arbitrary<Flow['treatment']>,
    reason: fc.constantFrom<CloseReason>(
      'ended',
      'server-reset',
      'upstream-refused',
      'client-rejected-certificate',
      'error',
      'lab-stopped',
    ),
  });

  it('is exact: the sum over all classes is every byte and every connection, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 20 }), (flows) => {
        const coverage = createCoverage({ deviceOf: () => 'a', maxHosts: 5 });
        flows.forEach(({ steps, up, down, treatment, reason }, index) => {
          const id = `f${index}`;
          const events = steps.map((each): Step => {
            if (each.type === 'head') return head(id, each.exchange);
            if (each.type === 'body') return body(id, each.exchange, each.size);
            if (each.type === 'raw') return raw(id, each.size);
            return each.type === 'opaque' ? opaque(id, each.exchange) : partial(id, each.exchange);
          });
          run(
            flow(id, { treatment, intercepted: treatment === 'intercept' }),
            [...events, closed(id, up, down, reason)],
            coverage,
          );
        });
        const rows = coverage.of('a')?.rows ?? [];
        const sum = (key: 'connections' | 'bytesUp' | 'bytesDown') => rows.reduce((total, row) => total + row[key], 0);
        expect(sum('connections')).toBe(flows.length);
        expect(sum('bytesUp')).toBe(flows.reduce((total, { up }) => total + up, 0));
        expect(sum('bytesDown')).toBe(flows.reduce((total, { down }) => total + down, 0));
        const unseen = coverage.of('a')?.unseen ?? [];
        const read = rows.find((row) => row.class === 'read')?.bytesUp ?? 0;
        expect(unseen.reduce((total, { bytesUp }) => total + bytesUp, 0)).toBe(sum('bytesUp') - read);
        expect(coverage.openFlows()).toBe(0);
      }),
    );
  });

  it('goes on where an earlier run stopped', () => {
    const first = run(flow('f'), [head('f'), closed('f', 80)]);
    run(flow('g', { treatment: 'passthrough' }), [closed('g', 20)], first);
    const second = createCoverage({
      deviceOf: () => 'a',
      initial: JSON.parse(JSON.stringify(first.changed().map(({ closed }) => closed))),
    });
    expect(second.all()).toEqual(first.all());
    run(flow('g', { treatment: 'passthrough' }), [closed('g', 5)], second);
    expect(second.of('a')).toMatchObject({ unseen: [{ host: 'g.example', bytesUp: 25 }] });
  });
});

describe('bounds', () => {
  it('a phone that talks to endless hosts keeps the largest apart and the others in one', () => {
    const coverage = createCoverage({ deviceOf: () => 'a', maxHosts: 10 });
    for (let i = 1; i <= 1000; i++) run(flow(`h${i}`, { treatment: 'passthrough' }), [closed(`h${i}`, i)], coverage);
    const unseen = coverage.of('a')?.unseen ?? [];
    expect(unseen.length).toBeLessThanOrEqual(11);
    expect(unseen.map(({ host }) => host)).toContain('h1000.example');
    expect(unseen.reduce((sum, { bytesUp }) => sum + bytesUp, 0)).toBe(500_500);
    expect(unseen.reduce((sum, { connections }) => sum + connections, 0)).toBe(1000);
  });

  it('endless phones are bounded, the longest silent one is forgotten', () => {
    const coverage = createCoverage({ deviceOf: (each) => each.client.ip, maxDevices: 3 });
    for (const ip of ['1', '2', '3', '1', '4']) {
      run(flow(`f${ip}`, { client: { ip, port: 1 } }), [closed(`f${ip}`, 1)], coverage);
    }
    expect(coverage.all().map(({ deviceId }) => deviceId)).toEqual(['3', '1', '4']);
  });

  it('many exchanges on one connection keep their class although only the newest are remembered', () => {
    const steps = Array.from({ length: 500 }, (_, i) => [
      head('f', i),
      body('f', i, 10),
      ...(i % 2 ? [opaque('f', i)] : []),
    ]).flat();
    expect(table(run(flow('f'), [...steps, closed('f', 5000)]))).toEqual([
      ['read', 0, 2500, 0],
      ['opaque', 1, 2500, 0],
    ]);
  });
});

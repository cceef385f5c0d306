/** Whether a phone trusts the lab's certificate: the first thing a technician must know. */
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import { body, closed, flow, head, raw, rejected, run, type Step } from './lab-flows.ts';

const established = (problem: string | null): FlowEvent => ({
  type: 'tls-established',
  flowId: 'f',
  time: 0,
  alpn: null,
  version: 'TLSv1.3',
  cipher: null,
  certificate: { names: [], organization: null, country: null, issuer: null, validTo: null, problem },
});
const answer: FlowEvent = {
  type: 'body-chunk',
  flowId: 'f',
  exchange: 0,
  direction: 'response',
  time: 0,
  bytes: Buffer.alloc(9),
};

describe('a phone', () => {
  it.each<[string, Partial<Flow>, Step[], string]>([
    ['that sent a request under the certificate trusts it', {}, [established(null), head('f')], 'trusts'],
    ['that sent bytes no reader knows under it trusts it', {}, [established(null), raw('f', 5)], 'trusts'],
    ['that only finished the handshake may still refuse', {}, [established(null)], 'unknown'],
    ['that only heard something has said nothing', {}, [established(null), answer], 'unknown'],
    ['that refused it refuses it', {}, [rejected('f', 1), closed('f', 0, 0, 'client-rejected-certificate')], 'refuses'],
    ['that spoke in clear has not tried', { encrypted: false }, [head('f'), body('f', 0, 10)], 'unknown'],
    [
      'whose connection is passed through has not tried',
      { treatment: 'passthrough', intercepted: false },
      [closed('f', 10)],
      'unknown',
    ],
    ['that goes on with a bad certificate proves nothing', {}, [established('CERT_HAS_EXPIRED'), head('f')], 'unknown'],
    [
      'whose app failed a trust test proves nothing',
      {},
      [
        {
          type: 'trust-test-result',
          flowId: 'f',
          time: 0,
          test: 'expired',
          name: 'f.example',
          accepted: true,
          how: null,
        },
        head('f'),
      ],
      'unknown',
    ],
  ])('%s', (_name, changes, steps, trust) => {
    expect(run(flow('f', changes), steps).of('a')?.trust ?? 'unknown').toBe(trust);
  });

  it('that trusts the lab still does when one of its apps refuses', () => {
    const coverage = run(flow('f'), [head('f'), closed('f', 10)]);
    run(flow('g'), [rejected('g', 1), closed('g', 0, 0, 'client-rejected-certificate')], coverage);
    expect(coverage.of('a')).toMatchObject({ trust: 'trusts' });
    expect(coverage.of('a')?.sentence).not.toContain('does not trust');
  });

  it('that begins to trust the lab is told once, and not when it never refused', () => {
    const told: string[] = [];
    const coverage = createCoverage({ deviceOf: ({ deviceId }) => deviceId ?? '' });
    coverage.onTrust(({ id }) => told.push(id));
    run(flow('f'), [rejected('f', 1), closed('f', 0, 0, 'client-rejected-certificate')], coverage);
    for (const id of ['g', 'h']) run(flow(id), [head(id), head(id, 1), closed(id, 10)], coverage);
    run(flow('other', { deviceId: 'b' }), [head('other')], coverage);
    expect(told).toEqual(['g']);
  });

  it('is one phone in the world and in a replay, and counted apart', () => {
    const coverage = run(flow('f'), [head('f'), closed('f', 10)]);
    run(flow('g', { simulated: true, treatment: 'passthrough' }), [closed('g', 20)], coverage);
    expect(coverage.all().map(({ simulated, trust, readShare }) => [simulated, trust, readShare])).toEqual([
      [false, 'trusts', 1],
      [true, 'trusts', 0],
    ]);
    expect(coverage.of('a')?.simulated).toBe(false);
  });
});

/** Connections of a comparison, summed up as they come. */
import { describe, expect, it } from 'vitest';
import { gatherFlows } from '../../src/lab/compared-evidence.ts';
import type { FlowRecord } from '../../src/sinks/evidence/store.ts';
import { labFlowRecord } from '../sinks/lab-alert.ts';

const MINUTE = 60_000;

function* flowsAt(minutes: Iterable<number>, host = 'server.vendor.example'): Generator<FlowRecord> {
  for (const minute of minutes)
    yield labFlowRecord(`flow-${minute}`, minute * MINUTE, { destination: { host, port: 443, ip: null } });
}

describe('connections of a comparison', () => {
  it('are visits wherever ten minutes lie between two, in whatever order they come', () => {
    const minutes = Array.from({ length: 300 }, (_, n) => (n * n * 37 + n * 11) % 2000);
    const sorted = minutes.toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((minute, at) => minute - (sorted[at] ?? 0));
    const silences = gaps.filter((gap) => gap >= 10);
    const expected = {
      connections: 300,
      visits: silences.length + 1,
      longestGapMs: Math.max(...silences) * MINUTE,
    };
    expect(silences.length).toBeGreaterThan(20);
    for (const order of [minutes, sorted, sorted.toReversed()])
      expect(gatherFlows(flowsAt(order)).contacts).toEqual({ 'server.vendor.example': expected });
  });

  it('are one row for each phone and host, with all its requests and the owner that is known', () => {
    const known = { owner: { name: 'Vendor' } } as FlowRecord['facts'];
    const rows = [
      labFlowRecord('a', 5, { requests: 2 }),
      labFlowRecord('b', 3, { requests: 3, facts: known }),
      labFlowRecord('c', 1, { requests: 4 }),
      labFlowRecord('d', 1, { requests: 1, deviceId: null }),
    ];
    const { flows, span } = gatherFlows(rows);
    expect(flows).toEqual([
      { device: 'nokia-7-plus-01', host: 'zzhc.vnet.cn', owner: 'Vendor', requests: 9 },
      { device: '10.77.0.2', host: 'zzhc.vnet.cn', owner: null, requests: 1 },
    ]);
    expect(span).toEqual({ after: 1, before: 105 });
  });

  it('of the lab’s own pages are nobody’s contact, and none at all are no time', () => {
    expect(gatherFlows(flowsAt([1], 'phonehome.lab')).contacts).toEqual({});
    expect(gatherFlows([])).toEqual({ flows: [], contacts: {}, span: { after: 0, before: 0 } });
  });
});

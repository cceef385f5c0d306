/** A connection built to cost more than it may: it is let be and said so; the others are looked into as before. */
import { describe, expect, it } from 'vitest';
import { createSecretTest } from '../../src/alert/masked-url.ts';
import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { createRoad, type RoadStages } from '../../src/lab/road.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { InspectEvent } from '../../src/model/identifier.ts';
import { labFlow, TIME } from '../alert/lab-flow.ts';

/** A road whose inspection takes `costMs` per event with bytes, and what came of it. */
function road(costMs: () => number, fault?: Error) {
  let clock = 0;
  const inspected: string[] = [];
  const told: InspectEvent[] = [];
  const logged: object[] = [];
  const note = (fields: object) => void logged.push(fields);
  const stages: RoadStages = {
    openReader: (flow) => ({
      push: (direction, bytes, time): FlowEvent[] => [{ type: 'raw-bytes', flowId: flow.id, direction, time, bytes }],
      end: () => [],
      close: () => [],
    }),
    inspect(event) {
      if (event.type !== 'raw-bytes') return [];
      if (fault) throw fault;
      inspected.push(event.flowId);
      clock += costMs();
      return [];
    },
    locate: () => UNKNOWN_FACTS,
    describeDevice: () => ({ id: 'phone', model: null, ip: '10.77.0.2', mac: null }),
    secretsOf: () => createSecretTest([]),
    caseAt: () => null,
    headOf: () => null,
    attribute: () => null,
    compare: () => [],
    remark: () => null,
    alertFinding: () => null,
    alertEvent: () => [],
    heard() {},
    witnesses: [{ consume() {}, inspected: (event) => void told.push(event) }],
    record() {},
    log: { debug: note, info: note, warn: note, error: note },
    elapsed: () => clock,
  };
  const made = createRoad(stages);
  const open = (id: string): void => made.event({ type: 'flow-opened', flow: labFlow({ id }), time: TIME });
  const send = (id: string): void => made.bytes(id, 'request', Buffer.alloc(1024), TIME);
  return { open, send, inspected, told, logged };
}

describe('looking into a connection', () => {
  it('ends when it has taken too long, is said once, and goes on for the other connections', () => {
    const { open, send, inspected, told } = road(() => 1000);
    open('costly');
    for (let i = 0; i < 100; i++) send('costly');
    expect(inspected).toHaveLength(4);
    expect(told).toEqual([
      {
        type: 'partially-scanned',
        flowId: 'costly',
        exchange: 0,
        reason: 'took too long to look into: the rest was not looked into',
      },
    ]);
    open('other');
    send('other');
    expect(inspected.at(-1)).toBe('other');
  });

  it('never ends for a long upload at a twentieth of the usual speed', () => {
    const { open, send, inspected, told } = road(() => 0.9);
    open('slow');
    for (let i = 0; i < 20_000; i++) send('slow');
    expect(inspected).toHaveLength(20_000);
    expect(told).toEqual([]);
  });

  it('that fails at every byte fills no log, and the log holds nothing of what was sent', () => {
    const { open, send, logged } = road(() => 0, new SyntaxError('Unexpected token in JSON: "490154203237518"'));
    open('broken');
    for (let i = 0; i < 100; i++) send('broken');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ flowId: 'broken', what: 'SyntaxError' });
    expect(JSON.stringify(logged)).not.toContain('490154203237518');
  });
});

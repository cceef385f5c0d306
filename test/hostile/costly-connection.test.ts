/** A connection built to cost much: it waits for itself, the others go in between; and one that makes a stage fail. */
import { describe, expect, it } from 'vitest';
import { UNKNOWN_FACTS } from '../../src/alert/receiver.ts';
import { createMasking } from '../../src/lab/masking.ts';
import { createRoad, type RoadStages } from '../../src/lab/road.ts';
import type { FlowEvent } from '../../src/model/flow.ts';
import type { InspectEvent } from '../../src/model/identifier.ts';
import { text } from '../../src/model/text.ts';
import type { Turn } from '../../src/model/turn.ts';
import { labFlow, TIME } from '../alert/lab-flow.ts';

const OVER: Turn = { isOver: true };
const PIECE = 1024;

/** A road whose inspection takes so many steps for each event with bytes, and what came of it. */
function road({ steps = 1, fault }: { steps?: number; fault?: Error } = {}) {
  const said: string[] = [];
  const told: InspectEvent[] = [];
  const logged: object[] = [];
  const left = new Map<string, { first: string; steps: number }>();
  const note = (fields: object) => void logged.push(fields);
  function step(flowId: string, turn: Turn): InspectEvent[] {
    const work = left.get(flowId)!;
    do work.steps--;
    while (work.steps > 0 && !turn.isOver);
    if (work.steps > 0) return [];
    left.delete(flowId);
    said.push(`${flowId} ${work.first}`);
    return [];
  }
  const stages: RoadStages = {
    openReader: (flow) => ({
      pieceBytes: PIECE,
      push: (direction, bytes, time): FlowEvent[] => [{ type: 'raw-bytes', flowId: flow.id, direction, time, bytes }],
      end: () => [],
      close: (time) => [
        {
          type: 'unreadable',
          flowId: flow.id,
          direction: 'request',
          time,
          reason: 'cut off',
          text: text('unheard.http1.ended'),
        },
      ],
    }),
    inspector: {
      push(event, turn) {
        if (event.type !== 'raw-bytes') return [];
        if (fault) throw fault;
        left.set(event.flowId, { first: String.fromCharCode(event.bytes[0]!), steps });
        return step(event.flowId, turn);
      },
      resume: step,
      isBusy: (flowId) => left.has(flowId),
    },
    locate: () => UNKNOWN_FACTS,
    describeDevice: () => ({ id: 'phone', model: null, ip: '10.77.0.2', mac: null }),
    secretsOf: createMasking(() => null).secretsOf,
    caseAt: () => null,
    headOf: () => null,
    attribute: () => null,
    compare: () => [],
    remark: () => null,
    alertFinding: () => null,
    alertEvent: () => [],
    heard: (event) => void (event.type === 'unreadable' && said.push(`${event.flowId} ${event.reason}`)),
    witnesses: [{ inspected: (event) => void told.push(event) }],
    record() {},
    log: { debug: note, info: note, warn: note, error: note },
  };
  const made = createRoad(stages);
  const open = (id: string): boolean => made.event({ type: 'flow-opened', flow: labFlow({ id }), time: TIME });
  const send = (id: string, text: string, turn?: Turn): boolean =>
    made.bytes(id, 'request', Buffer.from(text), TIME, turn);
  const close = (id: string, turn?: Turn): boolean =>
    made.event(
      { type: 'flow-closed', flowId: id, time: TIME, reason: 'ended', detail: null, bytesUp: 0, bytesDown: 0 },
      turn,
    );
  return { ...made, open, send, close, said, told, logged };
}

/** Until it is worked off: the number of calls. */
function finish(resume: () => boolean): number {
  for (let calls = 1; ; calls++) if (resume()) return calls;
}

describe('a costly connection', () => {
  it('is left when its turn is over and gone on with later; others go in between', () => {
    const { open, send, resume, said } = road({ steps: 5 });
    open('costly');
    open('other');
    expect(send('costly', 'a', OVER)).toBe(false);
    expect(send('other', 'b')).toBe(true);
    expect(said).toEqual(['other b']);
    expect(finish(() => resume('costly', OVER))).toBe(4);
    expect(said).toEqual(['other b', 'costly a']);
    expect(resume('costly', OVER)).toBe(true);
  });

  it('that sends much at once is read piece by piece, and its bytes are its own after the call', () => {
    const { open, bytes, resume, said } = road();
    open('costly');
    const sent = Buffer.concat([...'abcd'].map((letter) => Buffer.alloc(PIECE, letter)));
    expect(bytes('costly', 'request', sent, TIME, OVER)).toBe(false);
    sent.fill('x');
    expect(finish(() => resume('costly', OVER))).toBe(3);
    expect(said).toEqual(['costly a', 'costly b', 'costly c', 'costly d']);
  });

  it('is worked off before what comes after it, and before its end', () => {
    const { open, send, close, resume, said, openFlows } = road({ steps: 5 });
    open('costly');
    send('costly', 'a', OVER);
    send('costly', 'b', OVER);
    expect(said).toEqual(['costly a']);
    if (!close('costly', OVER)) finish(() => resume('costly', OVER));
    expect(said).toEqual(['costly a', 'costly b', 'costly cut off']);
    expect(openFlows()).toBe(0);
    expect(resume('costly')).toBe(true);
  });

  it('that was lost in between says so behind what is left of it', () => {
    const { open, send, lost, said, resume } = road({ steps: 5 });
    open('costly');
    send('costly', 'a', OVER);
    lost('costly', 100, TIME, OVER);
    finish(() => resume('costly', OVER));
    expect(said).toEqual([
      'costly a',
      'costly cut off',
      'costly 100 bytes were not looked into: the lab could not keep up',
    ]);
  });

  it('that fails at every byte fills no log, and the log holds nothing of what was sent', () => {
    const { open, send, logged, close, said } = road({
      fault: new SyntaxError('Unexpected token in JSON: "490154203237518"'),
    });
    open('broken');
    for (let i = 0; i < 100; i++) send('broken', 'a'.repeat(3 * PIECE));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ flowId: 'broken', what: 'SyntaxError' });
    expect(JSON.stringify(logged)).not.toContain('490154203237518');
    close('broken');
    expect(said).toEqual(['broken cut off']);
  });
});

/** Sums and classes where two numbers happen to be alike. */
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import { createGaps } from '../../src/coverage/gaps.ts';
import { writeCoverage } from '../../src/coverage/sentence.ts';
import { say } from '../../src/formats/say.ts';
import type { DeviceCoverage, Gap } from '../../src/model/coverage.ts';
import type { Flow, FlowEvent } from '../../src/model/flow.ts';
import { closed, flow, head, raw } from './lab-flows.ts';

const opened = (id: string, changes: Partial<Flow> = {}): FlowEvent => ({
  type: 'flow-opened',
  time: 0,
  flow: flow(id, changes),
});
const answer = (flowId: string, bytes: number): FlowEvent => ({
  type: 'raw-bytes',
  flowId,
  direction: 'response',
  time: 0,
  bytes: Buffer.alloc(bytes),
});

function counted(events: FlowEvent[], lost = 0): DeviceCoverage {
  const coverage = createCoverage({ deviceOf: () => 'a' });
  for (const event of events) {
    if (event.type === 'flow-closed' && lost > 0) coverage.lost(event.flowId, lost);
    coverage.consume(event, null);
  }
  const phone = coverage.of('a');
  if (!phone) throw new Error('not counted');
  return phone;
}

describe('what is counted', () => {
  it('of a language nobody knows is all that went, also where as much is left of both directions', () => {
    const { rows } = counted([opened('f'), raw('f', 100), closed('f', 150, 50)]);
    expect(rows).toMatchObject([{ class: 'unreadable', bytesUp: 150, bytesDown: 50 }]);
  });

  it('as unwatched is no more than what was not seen, in either direction', () => {
    const { rows } = counted([opened('f'), raw('f', 10), answer('f', 50), closed('f', 310, 50)], 300);
    expect(rows.find((row) => row.class === 'unwatched')).toMatchObject({ bytesUp: 300, bytesDown: 0 });
  });

  it('as refused is what the policy refused, whatever was to become of the connection', () => {
    const { rows } = counted([opened('f'), closed('f', 0, 0, 'refused-by-policy')]);
    expect(rows).toMatchObject([{ class: 'refused', connections: 1 }]);
  });

  it.each([
    [true, false],
    [false, true],
  ])('of a phone and of its replays is told with the world first: simulated %s, then %s', (first, second) => {
    const events = [first, second].flatMap((simulated, index) => [
      opened(`f${index}`, { simulated }),
      raw(`f${index}`, 10),
      closed(`f${index}`, 10),
    ]);
    expect(counted(events).simulated).toBe(false);
  });
});

describe('a time in which nobody looked', () => {
  const at = (to: string | null): string => {
    const gap: Gap = { kind: 'unwatched', subject: 'lab', from: '2026-11-22T10:00:00.000Z', to, detail: null };
    return say(writeCoverage({ trust: 'trusts', readShare: 1, rows: [], unseen: [], gaps: [gap] }));
  };

  it('is told with its end, or as going on', () => {
    expect(at('2026-11-22T10:05:00.000Z')).toMatch(
      /Nobody looked into what was sent from 2026-11-22 .* to 2026-11-22 /,
    );
    expect(at(null)).toMatch(/Nobody looks into what is sent since 2026-11-22 \d\d:\d\d:\d\d\./);
  });
});

it('as many unread bytes up as down are counted as unread all the same', () => {
  const events = [opened('f'), head('f'), raw('f', 300), answer('f', 300), closed('f', 1000, 1000)];
  expect(counted(events).rows.filter(({ bytesUp }) => bytesUp > 0)).toMatchObject([
    { class: 'read', bytesUp: 700, bytesDown: 700 },
    { class: 'unreadable', bytesUp: 300, bytesDown: 300 },
  ]);
});

it('of past times in which nobody looked the newest 200 are known', () => {
  const gaps = createGaps(
    Array.from(
      { length: 201 },
      (_, index): Gap => ({
        kind: 'unwatched',
        subject: `${index}`,
        from: new Date(index * 1000).toISOString(),
        to: new Date(index * 1000 + 500).toISOString(),
        detail: null,
      }),
    ),
  );
  expect(gaps.since(0).length).toBe(200);
  expect(gaps.since(0)[0]?.subject).toBe('1');
});

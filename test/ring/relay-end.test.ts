import { afterEach, describe, expect, it } from 'vitest';
import type { FlowEvent } from '../../src/model/flow.ts';
import { createLabEnd, type LabEnd } from '../../src/ring/lab-end.ts';
import { createRelayEnd, type RelayEnd, type RelayEndOptions } from '../../src/ring/relay-end.ts';
import { labFlow, TIME } from '../alert/lab-flow.ts';

const ends: (RelayEnd | LabEnd)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end.stop();
});

function relay(options: Partial<RelayEndOptions> = {}): RelayEnd {
  const end = createRelayEnd({ now: () => TIME, ...options });
  ends.push(end);
  return end;
}

/** A lab that notes what reaches it. */
function lab(end: RelayEnd, onBytes: () => void = () => {}) {
  const seen: string[] = [];
  const events: FlowEvent[] = [];
  const notes: unknown[] = [];
  const saw = (what: string): boolean => seen.push(what) > 0;
  const made = createLabEnd({
    shared: end.shared(),
    road: {
      event(event) {
        events.push('bytes' in event ? ({ ...event, bytes: Buffer.from(event.bytes) } as FlowEvent) : event);
        return saw(event.type);
      },
      bytes(flowId, direction, chunk) {
        saw(`${flowId} ${direction} ${chunk.length}`);
        onBytes();
        return true;
      },
      end: (flowId, direction) => saw(`${flowId} ${direction} end`),
      lost: (flowId, bytes) => saw(`${flowId} lost ${bytes}`),
      resume: () => true,
    },
    note: (value) => void notes.push(value),
    passed: end.passed,
    onFault: (error) => void seen.push(`fault: ${error}`),
  });
  ends.push(made);
  return { seen, events, notes, stop: made.stop };
}

const opened = (id: string, ip = '10.0.0.2'): FlowEvent => ({
  type: 'flow-opened',
  flow: labFlow({ id, client: { ip, port: 4000 } }),
  time: TIME,
});
const closed = (flowId: string): FlowEvent => ({
  type: 'flow-closed',
  flowId,
  time: TIME,
  reason: 'ended',
  detail: null,
  bytesUp: 0,
  bytesDown: 0,
});

describe('what the relay tells', () => {
  it('reaches the lab whole and in order, before the barrier behind it is answered', async () => {
    const end = relay();
    const { seen, events, notes } = lab(end);
    end.event(opened('a'));
    end.bytes('a', 'request', Buffer.alloc(1000), TIME);
    end.end('a', 'request', TIME);
    end.event({ type: 'raw-bytes', flowId: 'a', direction: 'response', time: TIME, bytes: Buffer.from('hello') });
    end.note({ type: 'news' });
    end.event(closed('a'));
    await end.barrier();
    expect(seen).toEqual(['flow-opened', 'a request 1000', 'a request end', 'raw-bytes', 'flow-closed']);
    expect(events[1]).toEqual({
      type: 'raw-bytes',
      flowId: 'a',
      direction: 'response',
      time: TIME,
      bytes: Buffer.from('hello'),
    });
    expect(notes).toEqual([{ type: 'news' }]);
    expect(end.stats()).toMatchObject({ openFlows: 0, onTheWay: 0, lostBytes: 0 });
  });

  it('is cut where it is larger than a record, and nothing of it is missing', async () => {
    const end = relay();
    const { events, seen } = lab(end);
    end.event(opened('a'));
    const message = Buffer.alloc(700_000, 7);
    const facts = {
      flowId: 'a',
      exchange: 1,
      direction: 'request',
      time: TIME,
      protocol: 'websocket',
      label: 'text',
    } as const;
    end.event({ type: 'message', ...facts, bytes: message, final: true });
    end.bytes('a', 'request', message, TIME);
    await end.barrier();
    const parts = events.filter((event) => event.type === 'message');
    expect(parts.map(({ final }) => final)).toEqual([false, false, true]);
    expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(message)).toBe(true);
    const sizes = seen.filter((one) => one.startsWith('a request')).map((one) => Number(one.split(' ')[2]));
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(700_000);
  });

  it('of a flow nobody opened is not told, and a fault of the road costs its record alone', async () => {
    const end = relay();
    let times = 0;
    const { seen } = lab(end, () => {
      if (++times === 1) throw new Error('broken');
    });
    end.bytes('unknown', 'request', Buffer.alloc(10), TIME);
    end.event(opened('a'));
    end.bytes('a', 'request', Buffer.alloc(10), TIME);
    end.bytes('a', 'request', Buffer.alloc(20), TIME);
    await end.barrier();
    expect(seen).toEqual(['flow-opened', 'a request 10', 'fault: Error: broken', 'a request 20']);
  });
});

describe('a phone that sends faster than it is read', () => {
  it('is held, alone, until half of its share was read', async () => {
    const end = relay({ shareBytes: 100_000 });
    const held: Record<string, boolean[]> = { fast: [], slow: [] };
    end.event(opened('fast', '10.0.0.2'));
    end.event(opened('slow', '10.0.0.3'));
    end.control('fast', (isHeld) => void held.fast?.push(isHeld));
    end.control('slow', (isHeld) => void held.slow?.push(isHeld));
    end.bytes('slow', 'request', Buffer.alloc(1000), TIME);
    for (let i = 0; i < 3; i++) end.bytes('fast', 'request', Buffer.alloc(60_000), TIME);
    expect(held).toEqual({ fast: [true], slow: [] });
    expect(end.stats().heldPhones).toBe(1);
    const { seen } = lab(end);
    await end.barrier();
    await expect.poll(() => held.fast).toEqual([true, false]);
    expect(seen.filter((one) => one.startsWith('fast request'))).toHaveLength(3);
    expect(held.slow).toEqual([]);
  });

  it('is held on a connection that it opens meanwhile, too', () => {
    const end = relay({ shareBytes: 1000 });
    end.event(opened('a'));
    end.bytes('a', 'request', Buffer.alloc(5000), TIME);
    end.event(opened('b'));
    const held: boolean[] = [];
    end.control('b', (isHeld) => void held.push(isHeld));
    expect(held).toEqual([true]);
  });
});

describe('a lab that makes no progress', () => {
  it.each([
    ['that works without end is given up after ten seconds', 1, 10_000],
    [
      'that the machine does not let work is given up after a minute: another one would be let work no sooner',
      0.05,
      60_000,
    ],
  ])('%s', async (_, share, expected) => {
    let uptime = 0;
    const stuck: number[] = [];
    const end = relay({
      uptime: () => uptime,
      workedMs: () => uptime * share,
      lookEveryMs: 5,
      onStuck: () => void stuck.push(uptime),
    });
    end.event(opened('a'));
    while (stuck.length === 0 && uptime < 100_000) {
      uptime += 200;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(stuck[0]).toBeGreaterThanOrEqual(expected);
    expect(stuck[0]).toBeLessThan(expected + 5000);
  });

  it('is not waited for: traffic goes on unread, and each flow is told how much of it was lost when the lab goes on', async () => {
    let uptime = 0;
    const stuck: number[] = [];
    const end = relay({
      uptime: () => uptime,
      lookEveryMs: 5,
      shareBytes: 1000,
      onStuck: () => void stuck.push(uptime),
    });
    const held: boolean[] = [];
    end.event(opened('a'));
    end.control('a', (isHeld) => void held.push(isHeld));
    end.bytes('a', 'request', Buffer.alloc(5000), TIME);
    expect(held).toEqual([true]);
    // The relay looks again and again; its clock is ours.
    while (stuck.length === 0) {
      uptime += 200;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (uptime >= 60_000) break;
      end.bytes('a', 'request', Buffer.alloc(100), TIME);
    }
    expect(held).toEqual([true, false]);
    expect(stuck).toHaveLength(1);
    const lost = end.stats().lostBytes;
    expect(lost).toBeGreaterThan(0);
    const { seen, notes } = lab(end);
    await expect.poll(() => notes.length).toBe(1);
    expect(seen).toContain(`a lost ${lost}`);
    expect(notes).toMatchObject([{ type: 'was-deaf', flows: 1 }]);
    end.bytes('a', 'request', Buffer.alloc(70), TIME);
    await end.barrier();
    expect(seen.at(-1)).toBe('a request 70');
  });

  it('is followed by another: it hears of the open flows anew, that something was lost, and of all that comes', async () => {
    const end = relay();
    const first = lab(end);
    end.event(opened('a'));
    end.event(opened('b'));
    end.event(closed('b'));
    await end.barrier();
    await first.stop();
    end.bytes('a', 'request', Buffer.alloc(10), TIME);
    const waiting = end.barrier();
    expect(end.renew()).toBe(1);
    await waiting;
    const second = lab(end);
    end.bytes('a', 'request', Buffer.alloc(20), TIME);
    end.event(closed('a'));
    await end.barrier();
    expect(second.seen).toEqual(['flow-opened', 'a lost 0', 'a request 20', 'flow-closed']);
    expect(second.events[0]).toMatchObject({ flow: { id: 'a', continues: true } });
  });
});

describe('flows that end while the lab makes no progress', () => {
  it('are told to the next lab: opened, not looked into, ended', async () => {
    let clock = 0;
    const end = relay({ uptime: () => clock, lookEveryMs: 1, deafAfterMs: 100 });
    end.event(opened('f'));
    clock = 50;
    await new Promise((done) => setTimeout(done, 20));
    clock = 200;
    await new Promise((done) => setTimeout(done, 20));
    end.bytes('f', 'request', Buffer.from('unread'), TIME);
    end.event(closed('f'));
    expect(end.renew()).toBe(1);
    const { seen } = lab(end);
    await expect.poll(() => seen).toEqual(['flow-opened', 'f lost 0', 'flow-closed']);
  });
});

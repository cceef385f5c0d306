/** The inventory's tools, played: what the kernel drops, a table that fills, a tool that fails; each told once, and over again. */

import { describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { createInventory } from '../../../src/lan/conntrack/inventory.ts';
import { createRelayed } from '../../../src/lan/conntrack/relayed.ts';
import { watchInventory } from '../../../src/lan/conntrack/watch.ts';
import type { KeptTool } from '../../../src/lan/tool.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import { text } from '../../../src/model/text.ts';

const esp = (bytes: number): string =>
  `ipv4     2 unknown  50 599 src=10.77.0.2 dst=42.62.48.10 packets=9 bytes=${bytes} [UNREPLIED] src=42.62.48.10 dst=198.18.0.1 packets=0 bytes=0 mark=0 use=1 id=5\n`;
/** What conntrack 1.4.7 writes when its socket overflows. */
const ENOBUFS = 'WARNING: We have hit ENOBUFS! We are losing events.';

function make() {
  const told: string[] = [];
  const events: FlowEvent[] = [];
  const world = { table: '', fill: 0.1 as number | null, fails: null as string | null, up: 0, dumps: 0 };
  let tool: KeptTool | null = null;
  let ids = 0;
  const watch = watchInventory({
    inventory: createInventory({
      isPhone: (ip) => ip.startsWith('10.77.'),
      isOwn: () => false,
      isRead: () => false,
      graceMs: 0,
    }),
    relayed: createRelayed(),
    isOwn: (ip) => ip === '10.77.0.1',
    prefix: [],
    emit: (event) => events.push(event),
    newId: () => `f${++ids}`,
    identify: () => null,
    nameOf: () => null,
    now: () => 0,
    uptimeMs: () => world.up,
    onTrouble: (subject, line) => told.push(`${subject}: ${line ? say(line) : 'right again'}`),
    intervalMs: 1_000_000,
    readTable: () => world.fill,
    run: {
      keepRunning(given) {
        tool = given;
        given.onStart?.();
        return { stop: async () => {} };
      },
      async streamTool(_prefix, _name, _args, onData) {
        world.dumps++;
        onData(Buffer.from(world.table));
        return world.fails === null ? { ok: true } : { ok: false, why: text('net.said', { said: world.fails }) };
      },
    },
  });
  const dump = async (): Promise<string[]> => {
    // One under way began before what is asked about.
    await watch.dump();
    await watch.dump();
    return told.splice(0);
  };
  return { world, watch, events, dump, tool: () => tool as unknown as KeptTool };
}

describe('events that the kernel dropped', () => {
  it('are made up for by a dump at once, to the byte', async () => {
    const { world, watch, events, tool, dump } = make();
    await dump();
    const { dumps } = world;
    // Neither the beginning nor the end of it comes as an event.
    world.table = esp(1200);
    tool().onComplaint?.(ENOBUFS);
    await watch.dump();
    expect(world.dumps).toBe(dumps + 1);
    world.table = '';
    world.up = 1000;
    tool().onComplaint?.(ENOBUFS);
    await watch.close();
    expect(events).toMatchObject([
      { type: 'flow-opened', flow: { protocol: 'esp', client: { ip: '10.77.0.2' } } },
      { type: 'flow-closed', reason: 'ended', bytesUp: 1200 },
    ]);
    expect(watch.stats()).toMatchObject({ lostEvents: 2, past: { flows: 1, bytesUp: 1200 } });
  });

  it('are not meant by other words of the tool', () => {
    const { watch, tool } = make();
    tool().onComplaint?.('conntrack v1.4.7 (conntrack-tools): 3 flow events have been shown.');
    expect(watch.stats().lostEvents).toBe(0);
  });
});

describe('the kernel’s table', () => {
  it('is told when it is nearly full, once, and when it is not any more', async () => {
    const { world, dump } = make();
    expect(await dump()).toEqual([]);
    world.fill = 0.95;
    expect(await dump()).toEqual([
      expect.stringMatching(/^table: .*nearly full.*raise net\.netfilter\.nf_conntrack_max$/),
    ]);
    world.fill = 1;
    expect(await dump()).toEqual([]);
    world.fill = 0.5;
    expect(await dump()).toEqual(['table: right again']);
    world.fill = null;
    expect(await dump()).toEqual([]);
  });

  it('that does not count bytes is told, with the setting', async () => {
    const { world, dump } = make();
    world.table = esp(1).replaceAll(/packets=\d+ bytes=\d+ /g, '');
    expect(await dump()).toEqual([
      expect.stringMatching(/^counters: .*sysctl -w net\.netfilter\.nf_conntrack_acct=1$/),
    ]);
    world.table = esp(1);
    expect(await dump()).toEqual(['counters: right again']);
  });

  it('that cannot be listed is told; what was known is not ended by it', async () => {
    const { world, watch, events, dump } = make();
    world.table = esp(1200);
    await dump();
    world.table = '';
    world.fails = 'conntrack needs root';
    expect(await dump()).toEqual(['inventory: flows beside TCP cannot be listed: conntrack needs root']);
    world.fails = null;
    world.table = esp(1300);
    expect(await dump()).toEqual(['inventory: right again']);
    await watch.close();
    expect(events.map(({ type }) => type)).toEqual(['flow-opened']);
  });
});

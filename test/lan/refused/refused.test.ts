/** Counters of refused attempts: what nft says, what is new in it, and what is told when it cannot be read. */

import { describe, expect, it } from 'vitest';
import { type Counted, parseCounted } from '../../../src/formats/nft-json.ts';
import { say } from '../../../src/formats/say.ts';
import { createDifference, tellRefused } from '../../../src/lan/refused/refused.ts';
import { watchRefused } from '../../../src/lan/refused/watch.ts';
import type { Said } from '../../../src/lan/tool.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import type { RefusedAttempts } from '../../../src/model/gateway.ts';
import { text } from '../../../src/model/text.ts';

/** As nft 1.0.6 prints `list sets table inet phonehome`. */
const listing = (packets: number, more = ''): string =>
  `{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {"family": "inet", "name": "quic4", "table": "phonehome", "elem": [{"elem": {"val": {"concat": ["10.77.0.2", "42.62.48.10", 443]}, "expires": 3599, "counter": {"packets": ${packets}, "bytes": ${packets * 1250}}}}]}}, {"set": {"family": "inet", "name": "dot6", "table": "phonehome", "elem": [{"elem": {"val": {"concat": ["fd77::2", "2606:4700:4700::1111", 853]}, "expires": 3599, "counter": {"packets": 1, "bytes": 60}}}]}}, {"set": {"family": "inet", "name": "doq4"}}, {"set": {"family": "inet", "name": "somebody_elses", "elem": ["10.0.0.1"]}}${more}]}`;

const past = (protocol: string, packets: number, bytes: number): string =>
  `{"elem": {"val": {"concat": ["10.77.0.2", "42.62.48.10", ${protocol}]}, "expires": 9, "counter": {"packets": ${packets}, "bytes": ${bytes}}}}`;
const pastSet = (...elements: string[]): string => `, {"set": {"name": "past4", "elem": [${elements.join(', ')}]}}`;
const PAST = pastSet(past('"udp"', 4, 400), past('50', 1, 90));

describe('the sets', () => {
  it('are read, empty and foreign ones too', () => {
    expect(parseCounted(listing(3, PAST))).toEqual({
      refused: [
        { what: 'quic', client: '10.77.0.2', destination: '42.62.48.10', port: 443, packets: 3, bytes: 3750 },
        { what: 'dot', client: 'fd77::2', destination: '2606:4700:4700::1111', port: 853, packets: 1, bytes: 60 },
      ],
      past: [
        { client: '10.77.0.2', destination: '42.62.48.10', protocol: 'udp', packets: 4, bytes: 400 },
        { client: '10.77.0.2', destination: '42.62.48.10', protocol: '50', packets: 1, bytes: 90 },
      ],
      full: false,
    });
  });

  it.each(['', 'Error: No such file', '[]', '{"nftables": 1}', 'null'])('that are none: %j', (text) => {
    expect(parseCounted(text)).toBeNull();
  });
});

describe('what is new', () => {
  const count = (packets: number): RefusedAttempts => ({
    what: 'quic',
    client: '10.77.0.2',
    destination: '42.62.48.10',
    port: 443,
    packets,
    bytes: packets * 100,
  });

  it('is the difference; nothing when nothing happened; all of it when the counter began anew', () => {
    const difference = createDifference<RefusedAttempts>(({ what, destination }) => `${what} ${destination}`);
    expect(difference([count(3)])).toEqual([count(3)]);
    expect(difference([count(3)])).toEqual([]);
    expect(difference([count(8)])).toEqual([count(5)]);
    expect(difference([])).toEqual([]);
    expect(difference([count(2)])).toEqual([count(2)]);
    expect(difference([count(1)])).toEqual([count(1)]);
  });

  it('is told as a flow that got nowhere', () => {
    const events: FlowEvent[] = [];
    tellRefused((event) => events.push(event), count(3), { id: 'f', time: 5, deviceId: 'a', host: 'zzhc.vnet.cn' });
    expect(events).toMatchObject([
      {
        type: 'flow-opened',
        flow: { protocol: 'quic', treatment: 'refuse', destination: { host: 'zzhc.vnet.cn', ip: '42.62.48.10' } },
      },
      {
        type: 'flow-closed',
        reason: 'refused-by-policy',
        bytesUp: 0,
        detail: text('ended.refused-packets', { count: 3, bytes: 300 }),
      },
    ]);
  });
});

describe('the reading', () => {
  it('says once that it cannot, once that it can again, and goes on counting', async () => {
    const answers: Said[] = [
      { ok: false, why: text('net.tool-root', { name: 'nft' }) },
      { ok: false, why: text('net.tool-root', { name: 'nft' }) },
      { ok: true, out: listing(3) },
      { ok: true, out: 'no JSON' },
      { ok: true, out: listing(4) },
    ];
    const told: (string | null)[] = [];
    const fresh: RefusedAttempts[] = [];
    const watch = watchRefused({
      list: async () => answers.shift() ?? { ok: false, why: text('net.said', { said: 'over' }) },
      before: null,
      keep: () => {},
      onMissed: () => {},
      onRefused: (one) => fresh.push(one),
      onTrouble: (line) => told.push(line && say(line)),
      intervalMs: 1_000_000,
    });
    for (let round = 0; round < 5; round++) await watch.read();
    watch.stop();
    expect(told).toEqual([expect.stringContaining('nft needs root'), null, expect.stringContaining('no JSON'), null]);
    expect(fresh.filter(({ what }) => what === 'quic').map(({ packets }) => packets)).toEqual([3, 1]);
  });

  it('of the next lab tells what is new since the last one of the one before, and what went past meanwhile', async () => {
    const heard: string[] = [];
    let kept: Counted | null = null;
    /** A lab that reads these, one after the other, and is ended. */
    const live = async (...answers: string[]): Promise<string[]> => {
      heard.length = 0;
      const watch = watchRefused({
        list: async () => ({ ok: true, out: answers.shift() ?? '' }),
        before: kept,
        keep: (counted) => {
          kept = JSON.parse(JSON.stringify(counted));
        },
        onRefused: ({ what, packets }) => heard.push(`${what} ${packets}`),
        onMissed: (missed) => heard.push(...missed.map((one) => `${one.protocol} ${one.packets} ${one.bytes}`)),
        onTrouble: (line) => heard.push(`${line}`),
        intervalMs: 1_000_000,
      });
      for (let left = answers.length; left >= 0; left--) await watch.read();
      watch.stop();
      return heard.filter((line) => !line.includes('no JSON'));
    };
    const before = pastSet(past('"udp"', 4, 400));
    expect(await live(listing(3, before), listing(5, PAST))).toEqual(['quic 3', 'dot 1', 'udp 4 400', 'quic 2']);
    expect(await live(listing(5, PAST))).toEqual([]);
    expect(await live(listing(6, pastSet(past('"udp"', 9, 1000), past('50', 1, 90))))).toEqual(['quic 1', 'udp 5 600']);
  });
});

/** The inventory of what goes past the relay: lines of conntrack, when a flow counts as past, and that no byte is told twice or lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLines } from '../../../src/formats/lines.ts';
import { createInventory, type InventoryNotice, type InventoryOptions } from '../../../src/lan/conntrack/inventory.ts';
import { parseLine, type TrackedLine, tcpAnsweredBy } from '../../../src/lan/conntrack/line.ts';

const LISTED =
  'ipv4     2 udp      17 29 src=10.77.0.2 dst=42.62.48.10 sport=43149 dport=5683 packets=2 bytes=68 src=42.62.48.10 dst=198.18.0.1 sport=5683 dport=43149 packets=1 bytes=44 [ASSURED] mark=0 use=1 id=2010558057';
const NEW =
  '[1795357691.546294]\t    [NEW] ipv6     10 udp      17 2 src=fd77::2 dst=2400:da00::6666 sport=33656 dport=5683 [UNREPLIED] src=2400:da00::6666 dst=2001:2::1 sport=5683 dport=33656 id=3763517777';
const DESTROYED =
  '[1795357691.548380]\t[DESTROY] ipv4     2 tcp      6 120 CLOSE src=10.77.0.2 dst=42.62.48.10 sport=34736 dport=80 packets=1 bytes=60 [UNREPLIED] src=10.77.0.1 dst=10.77.0.2 sport=8443 dport=34736 packets=1 bytes=40 delta-time=0 id=2742501045';
const ICMP =
  'ipv4     2 icmp     1 29 src=10.77.0.2 dst=42.62.48.10 type=8 code=0 id=7 packets=1 bytes=84 src=42.62.48.10 dst=198.18.0.1 type=0 code=0 id=7 packets=1 bytes=84 mark=0 use=1 id=99';
const ESP =
  'ipv4     2 unknown  50 599 src=10.77.0.2 dst=42.62.48.10 packets=9 bytes=1200 [UNREPLIED] src=42.62.48.10 dst=198.18.0.1 packets=0 bytes=0 mark=0 use=1 id=5';

describe('a line of conntrack', () => {
  it.each<[string, string, Partial<TrackedLine>]>([
    [
      'of a dump',
      LISTED,
      { event: 'list', protocol: 'udp', bytesUp: 68, bytesDown: 44, packetsUp: 2, answeredBy: '42.62.48.10' },
    ],
    ['of a newcomer', NEW, { event: 'new', from: { ip: 'fd77::2', port: 33656 }, bytesUp: null }],
    [
      'of an end',
      DESTROYED,
      { event: 'destroy', protocol: 'tcp', answeredBy: '10.77.0.1', bytesUp: 60, bytesDown: 40 },
    ],
    ['of a ping', ICMP, { protocol: 'icmp', from: { ip: '10.77.0.2', port: 0 }, bytesUp: 84 }],
    ['of a VPN', ESP, { protocol: 'esp', bytesUp: 1200, bytesDown: 0 }],
  ])('%s', (_what, line, expected) => {
    expect(parseLine(line)).toMatchObject(expected);
  });

  it('of TCP tells who answers without being taken apart', () => {
    expect([DESTROYED, LISTED, ESP, NEW, '', ' tcp src=1'].map(tcpAnsweredBy)).toEqual([
      '10.77.0.1',
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(tcpAnsweredBy(DESTROYED)).toBe(parseLine(DESTROYED)?.answeredBy);
  });

  it('has the same key in event and dump', () => {
    const event = `[1.1]\t[DESTROY] ${LISTED.replace(' 29 src', ' src').replace('mark=0 use=1 ', '')}`;
    expect(parseLine(event)?.key).toBe(parseLine(LISTED)?.key);
  });

  it.each([
    '',
    'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.',
    '[UPDATE] ipv4 2 tcp 6 src=1.1.1.1',
    'ipv4 2 tcp 6 src=a',
  ])('that is none: %j', (line) => {
    expect(parseLine(line)).toBeNull();
  });

  it('comes out whole however the output is cut; garbage never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(LISTED.length * 3)), fc.string(), (cuts, garbage) => {
        const text = Buffer.from([LISTED, NEW, DESTROYED].map((line) => `${line}\n`).join(''));
        const lines: string[] = [];
        const push = createLines((line) => lines.push(line));
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, start] of at.entries()) push(text.subarray(start, at[index + 1] ?? text.length));
        parseLine(garbage);
        expect(lines).toEqual([LISTED, NEW, DESTROYED]);
      }),
    );
  });
});

const inventory = (over: Partial<InventoryOptions> = {}) =>
  createInventory({
    isPhone: (ip) => ip.startsWith('10.77.') || ip.startsWith('fd77:'),
    isOwn: (ip) => ip === '10.77.0.1' || ip === '198.18.0.1',
    isRead: () => false,
    graceMs: 4000,
    instalmentMs: 60_000,
    ...over,
  });
const line = (text: string): TrackedLine => {
  const parsed = parseLine(text);
  if (!parsed) throw new Error(text);
  return parsed;
};
const ended = (text: string): TrackedLine => ({ ...line(text), event: 'destroy' });

describe('a flow', () => {
  it('past the relay is told after the grace, with the bytes of its end', () => {
    const { line: feed, notices } = inventory();
    feed(line(ESP), 0);
    expect(notices(3999)).toEqual([]);
    expect(notices(4000)).toMatchObject([
      { type: 'opened', flow: { protocol: 'esp', destination: { ip: '42.62.48.10' } } },
    ]);
    feed({ ...ended(ESP), bytesUp: 5000 }, 9000);
    expect(notices(9000)).toMatchObject([{ type: 'closed', bytesUp: 5000, bytesDown: 0, lasting: false }]);
    expect(notices(99_000)).toEqual([]);
  });

  it.each<[string, Partial<InventoryOptions>, TrackedLine]>([
    ['that this machine answers (redirected to the relay)', {}, line(DESTROYED)],
    ['that somebody reads', { isRead: ({ protocol }) => protocol === 'udp' }, ended(LISTED)],
  ])('%s is counted, not told', (_what, over, given) => {
    const { line: feed, notices, stats } = inventory(over);
    feed(given, 0);
    expect(notices(10_000)).toEqual([]);
    expect(stats()).toMatchObject({ open: 0, read: { flows: 1, bytesUp: given.bytesUp }, past: { flows: 0 } });
  });

  it.each(['10.77.0.3', '224.0.0.251', 'ff02::fb', '255.255.255.255', '169.254.1.1', 'fe80::1', '10.77.0.1'])(
    'to %s does not leave and is none',
    (ip) => {
      const { line: feed, stats } = inventory();
      feed({ ...line(LISTED), to: { ip, port: 5353 } }, 0);
      expect(stats().open).toBe(0);
    },
  );

  it('of another machine than a phone is none', () => {
    const { line: feed, stats } = inventory();
    feed({ ...line(LISTED), from: { ip: '198.18.0.7', port: 1 } }, 0);
    expect(stats().open).toBe(0);
  });

  it('that lasts is told in instalments that add up, and not while nothing moves', () => {
    const { line: feed, notices } = inventory();
    const told: InventoryNotice[] = [];
    const at = (time: number, bytes: number | null) => {
      if (bytes !== null) feed({ ...line(ESP), bytesUp: bytes }, time);
      told.push(...notices(time));
    };
    at(0, 100);
    at(5000, 200);
    at(66_000, 1000);
    at(70_000, null);
    at(130_000, 1000);
    at(135_000, 1500);
    feed({ ...ended(ESP), bytesUp: 1700 }, 140_000);
    at(140_000, null);
    expect(told.map(({ type }) => type)).toEqual(['opened', 'closed', 'opened', 'closed']);
    expect(told.flatMap((notice) => (notice.type === 'closed' ? [[notice.bytesUp, notice.lasting]] : []))).toEqual([
      [1000, true],
      [700, false],
    ]);
  });

  it('whose end was lost is ended by a dump that no longer lists it', () => {
    const { line: feed, notices, dumpBegins, dumpEnds } = inventory();
    feed(line(ESP), 0);
    notices(5000);
    dumpBegins(6000);
    dumpEnds(6010);
    expect(notices(6010)).toMatchObject([{ type: 'closed', bytesUp: 1200 }]);
  });

  it('is not ended by a dump that failed, nor by one that began before it', () => {
    const { line: feed, notices, dumpBegins, dumpEnds } = inventory();
    feed(line(ESP), 0);
    notices(5000);
    dumpBegins(6000);
    expect(notices(6010)).toEqual([]);
    dumpBegins(8000);
    feed(line(ESP), 8005);
    feed({ ...line(LISTED), event: 'new' }, 8006);
    dumpEnds(8010);
    expect(notices(12_100).map(({ type }) => type)).toEqual(['opened']);
  });

  it('that ended does not come back when a slow dump still lists it', () => {
    const { line: feed, notices, dumpBegins, dumpEnds, stats } = inventory();
    dumpBegins(0);
    feed(ended(ESP), 1);
    notices(5000);
    feed(line(ESP), 5001);
    dumpEnds(5002);
    expect(stats()).toMatchObject({ open: 0, past: { flows: 1, bytesUp: 1200 } });
  });

  it('beyond the limit is counted as dropped', () => {
    const { line: feed, stats } = inventory({ maxFlows: 1 });
    feed(line(ESP), 0);
    feed(line(LISTED), 0);
    expect(stats()).toMatchObject({ open: 1, dropped: 1 });
  });

  it('without counters is told as uncounted', () => {
    const { line: feed, stats } = inventory();
    feed({ ...line(ESP), bytesUp: null, bytesDown: null }, 0);
    expect(stats().uncounted).toBe(true);
  });
});

describe('whatever events are lost', () => {
  it('every flow is opened and closed in turn, and its instalments add up to what the kernel last said', () => {
    const step = fc.record({
      flow: fc.nat(5),
      what: fc.constantFrom('new', 'grow', 'end', 'dump', 'tell'),
      by: fc.nat(1000),
      lost: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { line: feed, notices, dumpBegins, dumpEnds } = inventory({ graceMs: 5, instalmentMs: 20 });
        const kernel = new Map<string, TrackedLine>();
        const said = new Map<string, number>();
        const sums = new Map<string, number>();
        const open = new Map<string, string>();
        let time = 0;
        let serial = 0;
        const hear = (one: TrackedLine) => {
          if (one.event !== 'new') said.set(one.key, Math.max(said.get(one.key) ?? 0, one.bytesUp ?? 0));
          feed(one, time);
        };
        const tell = () => {
          for (const notice of notices(time)) {
            const key = `${notice.flow.client.port}`;
            if (notice.type === 'opened') {
              expect(open.has(key)).toBe(false);
              open.set(key, notice.key);
            } else {
              expect(open.get(key)).toBe(notice.key);
              open.delete(key);
              sums.set(key, (sums.get(key) ?? 0) + notice.bytesUp);
            }
          }
        };
        const dump = () => {
          dumpBegins(time);
          for (const one of kernel.values()) hear({ ...one, event: 'list' });
          dumpEnds(time);
        };
        const numbers: (string | undefined)[] = [];
        for (const { flow, what, by, lost } of steps) {
          time += 1 + (by % 7);
          const key = numbers[flow];
          const entry = key === undefined ? undefined : kernel.get(key);
          if (what === 'new' && !entry) {
            serial++;
            const made: TrackedLine = {
              ...line(LISTED),
              event: 'new',
              key: `k${serial}`,
              from: { ip: '10.77.0.2', port: serial },
              bytesUp: 0,
            };
            numbers[flow] = made.key;
            kernel.set(made.key, made);
            if (!lost) hear(made);
          } else if (what === 'grow' && entry) entry.bytesUp = (entry.bytesUp ?? 0) + by;
          else if (what === 'end' && entry) {
            kernel.delete(entry.key);
            if (!lost) hear({ ...entry, event: 'destroy' });
          } else if (what === 'dump') dump();
          else tell();
        }
        for (const entry of [...kernel.values()]) hear({ ...entry, event: 'destroy' });
        kernel.clear();
        time += 100;
        dump();
        time += 100;
        tell();
        tell();
        expect(open.size).toBe(0);
        for (const [key, bytes] of said) expect([key, sums.get(key.slice(1)) ?? 0]).toEqual([key, bytes]);
      }),
      { numRuns: 300 },
    );
  });
});

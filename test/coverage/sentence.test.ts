/** What a layman is told. FAULTS.md: "All of what this phone sent could be read" was said when it was not so. */
import { describe, expect, it } from 'vitest';
import { createCoverage } from '../../src/coverage/coverage.ts';
import { type Counted, writeCoverage } from '../../src/coverage/sentence.ts';
import { say } from '../../src/formats/say.ts';
import {
  COVERAGE_CLASSES,
  type CoverageClass,
  type CoverageRow,
  type Gap,
  type Unseen,
} from '../../src/model/coverage.ts';
import type { DestinationFacts } from '../../src/model/destination.ts';
import { text } from '../../src/model/text.ts';
import { body, closed, flow, head, raw, rejected, run } from './lab-flows.ts';

const facts = (owner: string | null, country: string | null): DestinationFacts => ({
  location: { country, confidence: 'single', votes: [], note: null },
  network: { asn: null, org: null, country: null },
  owner: { name: owner, country, kind: null, evidence: 'table', parent: null },
});

const row = (name: CoverageClass, changes: Partial<CoverageRow> = {}): CoverageRow => ({
  class: name,
  connections: 1,
  open: 0,
  bytesUp: 0,
  bytesDown: 0,
  ...changes,
});
const unseen = (
  host: string,
  bytesUp: number,
  why: CoverageClass = 'pinned',
  changes: Partial<Unseen> = {},
): Unseen => ({
  host,
  country: null,
  owner: null,
  connections: 1,
  bytesUp,
  class: why,
  reached: false,
  ...changes,
});
const READ: Counted = {
  trust: 'trusts',
  readShare: 1,
  rows: [row('read', { bytesUp: 100 })],
  unseen: [],
  gaps: [],
};
const sentence = (changes: Partial<Counted>): string => say(writeCoverage({ ...READ, ...changes }));
const ALL = 'All of what this phone sent through the lab could be read.';

/** As the lab shows a time: on the clock of this machine. */
function local(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

describe('the sentence', () => {
  it.each<[Partial<Counted>, string]>([
    [{ readShare: null, rows: [] }, 'This phone has sent nothing through the lab yet.'],
    [
      { readShare: null, rows: [row('failed')], unseen: [unseen('a.example', 0, 'failed')] },
      'This phone has sent nothing that got through; it tried to reach a.example.',
    ],
    [{}, ALL],
    [
      {
        readShare: 0.829,
        unseen: [
          unseen('b.example', 10, 'pinned', { owner: 'Xiaomi', country: 'CN' }),
          unseen('c.example', 5, 'unreadable'),
        ],
      },
      '82 % of what this phone sent through the lab could be read; the rest went to: Xiaomi (CN, the app lets nobody look); c.example (in a language the lab does not know).',
    ],
    [
      { readShare: 0.99999, unseen: [unseen('b.example', 1)] },
      '99 % of what this phone sent through the lab could be read; the rest went to: b.example (the app lets nobody look).',
    ],
    [
      { readShare: 0.001, unseen: [unseen('b.example', 1)] },
      'Less than 1 % of what this phone sent through the lab could be read; the rest went to: b.example (the app lets nobody look).',
    ],
    [
      { readShare: 0, unseen: [unseen('b.example', 1, 'passed')] },
      'Nothing of what this phone sent through the lab could be read; the rest went to: b.example (passed through unread).',
    ],
    [
      {
        readShare: 0.5,
        unseen: [
          unseen('a', 1, 'pinned', { owner: 'X' }),
          unseen('b', 9, 'pinned', { owner: 'X' }),
          unseen('c', 5),
          unseen('d', 4),
          unseen('e', 3),
        ],
      },
      '50 % of what this phone sent through the lab could be read; the rest went to: X (the app lets nobody look); c (the app lets nobody look); d (the app lets nobody look); 1 more.',
    ],
    [
      {
        rows: [row('read', { bytesUp: 100 }), row('refused'), row('quic'), row('pinned', { open: 1 })],
        unseen: [unseen('refused.example', 0, 'refused'), unseen('quic.example', 0, 'quic'), unseen('open.example', 0)],
      },
      'What got through the lab could be read. The lab refused 2 connections: refused.example (refused by the lab); quic.example (QUIC, refused by the lab). 1 connection that nobody reads is still open: open.example (the app lets nobody look).',
    ],
  ])('%j', (changes, expected) => {
    expect(sentence(changes)).toBe(expected);
  });

  it('names country and owner as they were known when the flow closed', () => {
    const coverage = createCoverage({ deviceOf: () => 'a' });
    coverage.consume({ type: 'flow-opened', flow: flow('f', { treatment: 'passthrough' }), time: 0 }, null);
    coverage.consume(closed('f', 5), facts('Tinno Mobile', 'CN'));
    expect(coverage.of('a')?.sentence).toContain('Tinno Mobile (CN, passed through unread)');
  });
});

it('a receiver counts with all of its hosts', () => {
  const unseenHosts = [
    unseen('one.example', 60, 'pinned', { owner: 'Two Hosts' }),
    unseen('b.example', 100, 'pinned', { owner: 'One Host' }),
    unseen('two.example', 60, 'pinned', { owner: 'Two Hosts' }),
  ];
  expect(sentence({ readShare: 0.5, unseen: unseenHosts })).toMatch(/Two Hosts.*One Host/);
});

describe('"all" is not said', () => {
  it('of a phone whose TLS connections were all refused: it has sent nothing, and does not trust the lab', () => {
    const coverage = run(flow('f'), [rejected('f', 1), closed('f', 0, 0, 'client-rejected-certificate')]);
    run(flow('g'), [rejected('g', 1), closed('g', 0, 0, 'client-rejected-certificate')], coverage);
    expect(coverage.of('a')).toMatchObject({
      trust: 'refuses',
      readShare: null,
      sentence:
        'This phone does not trust the lab yet: nothing encrypted can be read. Open http://phonehome.lab/ on it and install the certificate. This phone has sent nothing that got through; it tried to reach f.example; g.example. 2 apps could not connect through the lab: f.example; g.example.',
    });
  });

  it('while one connection failed because of the lab, though all that got through was read', () => {
    const coverage = run(flow('f', { encrypted: false }), [head('f'), closed('f', 80)]);
    run(flow('g'), [rejected('g', 1), closed('g', 0, 0, 'client-rejected-certificate')], coverage);
    expect(coverage.of('a')?.readShare).toBe(1);
    expect(coverage.of('a')?.sentence).toMatch(
      /What got through the lab could be read\. 1 app could not connect through the lab: g\.example\.$/,
    );
  });

  it('while a raw connection is open that has sent 2 MB unread', () => {
    const coverage = run(flow('f'), [head('f'), body('f', 0, 500), closed('f', 1000)]);
    run(flow('g'), [raw('g', 2_000_000)], coverage);
    const shown = coverage.of('a');
    expect(shown?.rows).toContainEqual(row('unreadable', { open: 1, bytesUp: 2_000_000 }));
    expect(shown?.readShare).toBeCloseTo(1000 / 2_001_000);
    expect(shown?.sentence).toContain('Less than 1 %');
    coverage.consume(closed('g', 2_000_000), null);
    expect(coverage.of('a')?.rows).toContainEqual(row('unreadable', { bytesUp: 2_000_000 }));
  });

  it('while a connection is open that is passed through, whose bytes nobody has counted yet', () => {
    const coverage = run(flow('f'), [head('f'), closed('f', 1000)]);
    run(flow('g', { treatment: 'passthrough', intercepted: false, passCause: 'pinned' }), [], coverage);
    expect(coverage.of('a')?.sentence).toBe(
      'What got through the lab could be read. 1 connection that nobody reads is still open: g.example (the app lets nobody look).',
    );
  });

  it('with refused QUIC', () => {
    const quic = { class: 'quic' as const, connections: 4 };
    expect(sentence({ rows: [...READ.rows, row('quic', quic)], unseen: [unseen('q.example', 0, 'quic')] })).toBe(
      'What got through the lab could be read. The lab refused 4 connections: q.example (QUIC, refused by the lab).',
    );
  });

  it('without the right to count UDP, whether it still lacks or came later', () => {
    const coverage = run(flow('f'), [head('f'), closed('f', 1000)]);
    coverage.gaps.begin('not-counted', 'datagrams', 'run "phonehome gateway up" as root', Date.UTC(2026, 10, 22, 10));
    const since = local('2026-11-22T10:00:00.000Z');
    expect(coverage.of('a')?.sentence).toBe(
      `What got through the lab could be read. Not counted since ${since}: datagrams (run "phonehome gateway up" as root).`,
    );
    coverage.gaps.end('datagrams', Date.UTC(2026, 10, 22, 11));
    expect(coverage.of('a')?.sentence).toContain(`Not counted from ${since} to ${local('2026-11-22T11:00:00.000Z')}`);
  });

  it('what was not counted, and why, in another language', () => {
    const coverage = run(flow('f'), [head('f'), closed('f', 1000)]);
    const why = text('net.uncounted');
    coverage.gaps.begin('not-counted', 'counters', say(why), Date.UTC(2026, 10, 22, 10), why);
    const said = coverage.of('a');
    expect(said?.gaps).toMatchObject([{ subject: 'counters', detail: say(why), detailText: why }]);
    expect(said?.sentence).toContain(`counters (${say(why)})`);
    if (said?.text === undefined) expect.fail('no text');
    expect(say(said.text, 'vi')).toContain(`các bộ đếm (${say(why, 'vi')})`);
    expect(say(why, 'vi')).not.toBe(say(why));
  });

  it('after the lab was dead for two minutes, which is an entry of its own; a phone that came later is not told of it', () => {
    const gap: Gap = {
      kind: 'lab-down',
      subject: 'lab',
      from: '2026-11-22T10:00:00.000Z',
      to: '2026-11-22T10:02:00.000Z',
      detail: null,
    };
    const earlier = run(flow('f'), [head('f'), closed('f', 1000)]);
    const initial = earlier.all().map((one) => ({ ...one, since: '2026-11-22T09:00:00.000Z' }));
    const coverage = createCoverage({ deviceOf: ({ deviceId }) => deviceId ?? '', initial, gaps: [gap] });
    expect(coverage.of('a')).toMatchObject({
      gaps: [gap],
      sentence: `What got through the lab could be read. The lab was not running from ${local(gap.from)} to ${local(gap.to ?? '')}: what was sent then is not known.`,
    });
    const time = Date.UTC(2026, 10, 22, 12);
    coverage.consume({ type: 'flow-opened', flow: flow('new', { deviceId: 'b' }), time }, null);
    coverage.consume(head('new'), null);
    coverage.consume(closed('new', 100), null);
    expect(coverage.of('b')).toMatchObject({ gaps: [], sentence: ALL });
  });

  it('of any class but what was read, of servers that failed by themselves, and of nothing', () => {
    for (const name of COVERAGE_CLASSES) {
      const bytesUp = 10;
      const share = name === 'read' ? 1 : 0.9;
      const counted = {
        readShare: share,
        rows: [...READ.rows, row(name, { bytesUp })],
        unseen: [unseen('x', bytesUp, name)],
      };
      if (name !== 'read') expect(sentence(counted), name).not.toContain('All of what');
      const silent = { rows: [...READ.rows, row(name)], unseen: [unseen('x', 0, name)] };
      const isHarmless = !['refused', 'quic', 'lab-failed', 'unwatched'].includes(name);
      expect(sentence(silent).includes('All of what'), `${name}, no bytes`).toBe(isHarmless);
    }
  });
});

describe('after a restart', () => {
  it('the sentence is the same as before: of what failed, what was passed, and whether the phone trusts the lab', () => {
    const first = run(flow('f'), [head('f'), closed('f', 80)]);
    run(flow('g'), [rejected('g', 1), closed('g', 0, 0, 'client-rejected-certificate')], first);
    run(flow('h', { treatment: 'passthrough' }), [closed('h', 20)], first);
    const second = createCoverage({
      deviceOf: () => 'a',
      initial: JSON.parse(JSON.stringify(first.changed().map(({ closed }) => closed))),
    });
    expect(second.of('a')).toEqual(first.of('a'));
    expect(second.of('a')?.trust).toBe('trusts');
  });

  it('what was open when the lab was killed stays counted as far as it was seen', () => {
    const first = run(flow('f'), [raw('f', 5000)]);
    const second = createCoverage({ deviceOf: () => 'a', initial: first.changed().map(({ withOpen }) => withOpen) });
    expect(second.of('a')).toMatchObject({ readShare: 0, rows: [row('unreadable', { bytesUp: 5000 })] });
  });
});

describe('what nobody looked into', () => {
  it('is a class of its own, also where nobody knows how much it was', () => {
    const coverage = run(flow('f'), [head('f'), body('f', 0, 100)]);
    coverage.lost('f', 300);
    coverage.consume(closed('f', 500), null);
    expect(coverage.of('a')?.rows).toEqual([
      row('read', { connections: 0, bytesUp: 200 }),
      row('unwatched', { bytesUp: 300 }),
    ]);
    run(flow('g', { deviceId: 'b' }), [head('g'), body('g', 0, 100)], coverage);
    coverage.lost('g', 0);
    coverage.consume(closed('g', 500), null);
    expect(coverage.of('b')?.rows).toMatchObject([
      { class: 'read', bytesUp: 101 },
      { class: 'unwatched', bytesUp: 399 },
    ]);
    expect(coverage.of('b')?.sentence).toContain('g.example (nobody looked)');
  });
});

describe('what failed because of the lab', () => {
  it('is no longer named when later connections got through, and still counted', () => {
    const coverage = run(flow('f'), [rejected('f', 1), closed('f', 0, 0, 'client-rejected-certificate')]);
    run(flow('f'), [head('f'), closed('f', 100)], coverage);
    expect(coverage.of('a')?.sentence).toBe(
      'What got through the lab could be read. 1 connection failed because of the lab before later ones got through.',
    );
    run(flow('f'), [rejected('f', 1), closed('f', 0, 0, 'client-rejected-certificate')], coverage);
    expect(coverage.of('a')?.sentence).toContain('1 app could not connect through the lab: f.example.');
  });
});

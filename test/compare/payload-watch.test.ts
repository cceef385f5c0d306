/** What unreadable payloads give away by their size: reports of fixed length, and growth just after something private. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPayloadWatch, type PayloadWatch } from '../../src/compare/payload-watch.ts';
import { say } from '../../src/formats/say.ts';
import type { Flow } from '../../src/model/flow.ts';
import type { Finding, Kind } from '../../src/model/identifier.ts';
import type { Text } from '../../src/model/text.ts';

interface Sent {
  bytes: number;
  phase?: string | null;
  owner?: string | null;
  device?: string;
  flow?: string;
  kind?: Kind;
  /** Minutes since the beginning. */
  at?: number;
}

const START = 1_763_800_000_000;
let flows = 0;
const sayAny = (told: Text | null): string | null => (told === null ? null : say(told));

function send(watch: PayloadWatch, sent: Sent): string | null {
  const { bytes, phase = null, owner = 'Tinno', device = 'a', kind = 'opaque', at = 0, flow = `f${++flows}` } = sent;
  const finding = {
    value: `${bytes} bytes, 7.2 bits/byte`,
    identifier: { kind },
    evidence: { where: 'query' },
  } as Finding;
  return sayAny(
    watch.remark(finding, {
      flow: { id: flow, destination: { host: 'eservice.tinno.com' } } as Flow,
      device: { id: device },
      facts: { owner: { name: owner } },
      case: phase === null ? null : { id: 'c', phase },
      time: START + at * 60_000,
    }),
  );
}
const all = (sent: Sent[], watch = createPayloadWatch()): (string | null)[] => sent.map((one) => send(watch, one));
const sizes = (...list: number[]): Sent[] => list.map((bytes) => ({ bytes }));

describe('a report of fixed length', () => {
  const said = 'exactly 128 bytes again and again to Tinno: a report of fixed length';

  it('is named at the third payload of the same size to one owner, always in the same words', () => {
    expect(all(sizes(128, 128, 128, 128))).toEqual([null, null, said, said]);
  });

  it('is named at the second when another phase has begun (at activation, then monthly)', () => {
    expect(
      all([
        { bytes: 128, phase: 'activation' },
        { bytes: 128, phase: 'monthly' },
      ]),
    ).toEqual([null, said]);
  });

  it('may go to several servers of the owner, and has other payloads between', () => {
    expect(all(sizes(128, 300, 128, 512, 128)).at(-1)).toBe(said);
  });

  it.each<[string, Sent[]]>([
    ['sizes that differ', sizes(100, 101, 102, 103, 104, 105)],
    ['several on one connection', [1, 2, 3, 4].map(() => ({ bytes: 128, flow: 'one' }))],
    ['one each to several owners', ['A', 'B', 'C', 'D'].map((owner) => ({ bytes: 128, owner }))],
    ['one each from several phones', ['a', 'b', 'c', 'd'].map((device) => ({ bytes: 128, device }))],
    ['an IMEI', [1, 2, 3, 4].map(() => ({ bytes: 128, kind: 'imei' as const }))],
  ])('is not %s', (_name, sent) => expect(all(sent)).toEqual(sent.map(() => null)));

  it('to a receiver without a known owner names no host', () => {
    expect(all([1, 2, 3].map(() => ({ bytes: 64, owner: null }))).at(-1)).toBe(
      'exactly 64 bytes again and again to one receiver: a report of fixed length',
    );
  });
});

describe('a payload that grows', () => {
  const idle: Sent[] = [200, 210, 205].map((bytes) => ({ bytes, phase: 'idle' }));
  const grew = 'it grew just after the phase “photo-taken” began: until then no such payload was larger than 210 bytes';

  it('just after a phase was marked is named with the phase', () => {
    expect(all([...idle, { bytes: 4000, phase: 'photo-taken', at: 1 }]).at(-1)).toBe(grew);
  });

  it('just after a canary was planted is named so', () => {
    const watch = createPayloadWatch();
    all(sizes(200, 210, 205), watch);
    watch.planted('a', START);
    expect(send(watch, { bytes: 4000, at: 2 })).toBe(
      'it grew just after a canary was planted: until then no such payload was larger than 210 bytes',
    );
    expect(send(watch, { bytes: 9000, at: 60 })).toBeNull();
  });

  it.each<[string, Sent[]]>([
    ['a little more than before', [...idle, { bytes: 215, phase: 'photo-taken' }]],
    [
      'a few bytes of a short one',
      [...[10, 11, 12].map((bytes) => ({ bytes, phase: 'idle' })), { bytes: 30, phase: 'x' }],
    ],
    [
      'without enough to hold it against',
      [
        { bytes: 200, phase: 'idle' },
        { bytes: 4000, phase: 'photo-taken' },
      ],
    ],
    ['within the same phase', [...idle, { bytes: 4000, phase: 'idle' }]],
    [
      'long after',
      [...idle, { bytes: 210, phase: 'photo-taken', at: 1 }, { bytes: 4000, phase: 'photo-taken', at: 30 }],
    ],
    ['no phase at all', sizes(200, 210, 205, 4000)],
  ])('%s is nothing', (_name, sent) => expect(all(sent).at(-1)).toBeNull());
});

it('never throws and never says a word about a value, whatever comes', () => {
  const anything = fc.record({
    bytes: fc.nat({ max: 100_000 }),
    phase: fc.constantFrom(null, 'a', 'b'),
    device: fc.constantFrom('a', 'b'),
    at: fc.nat({ max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 60 }), (sent) => {
      const watch = createPayloadWatch();
      for (const one of sent) expect(send(watch, one) ?? 'exactly').toMatch(/^(exactly|it grew)/);
    }),
  );
});

describe('where growth begins and ends', () => {
  const idle = (...bytes: number[]): Sent[] => bytes.map((size) => ({ bytes: size, phase: 'idle' }));
  const last = (before: Sent[], sent: Sent): string | null =>
    all([...before, { phase: 'photo', ...sent }]).at(-1) ?? null;

  it.each<[string, number[], number, boolean]>([
    ['by a fifth and two blocks', [400, 400, 400], 480, true],
    ['by less than a fifth', [400, 400, 400], 479, false],
    ['by a fifth, but less than two blocks', [100, 100, 100], 131, false],
    ['by two blocks', [100, 100, 100], 132, true],
    ['beside the largest before, not the latest', [400, 100, 100], 200, false],
    ['after two payloads only', [100, 100], 4000, false],
  ])('%s', (_what, before, bytes, grew) => {
    expect(last(idle(...before), { bytes, at: 1 })?.includes('it grew') ?? false).toBe(grew);
  });

  it('for ten minutes from the first payload of the phase', () => {
    const first: Sent = { bytes: 100, phase: 'photo', at: 1 };
    const grown = (at: number): string | null =>
      all([...idle(100, 100, 100), first, { bytes: 4000, phase: 'photo', at }]).at(-1) ?? null;
    expect(grown(11)).toContain('it grew');
    expect(grown(11.1)).toBeNull();
  });

  it('counts what came in every phase before', () => {
    const before: Sent[] = [
      { bytes: 4000, phase: 'a' },
      { bytes: 100, phase: 'b' },
      { bytes: 100, phase: 'c' },
    ];
    expect(last(before, { bytes: 4100 })).toBeNull();
    expect(last(before, { bytes: 9000 })).toContain('larger than 4000 bytes');
  });

  it('after a canary for ten minutes, and not before it was planted', () => {
    const planted = (at: number): string | null => {
      const watch = createPayloadWatch();
      all(sizes(100, 100, 100), watch);
      watch.planted('a', START + 60_000);
      return send(watch, { bytes: 4000, at });
    };
    expect(planted(1)).toContain('a canary was planted');
    expect(planted(10.9)).toContain('a canary was planted');
    expect(planted(11)).toBeNull();
    expect(planted(0.5)).toBeNull();
    const watch = createPayloadWatch();
    all(sizes(100, 100, 100), watch);
    watch.planted('b', START);
    expect(send(watch, { bytes: 4000, at: 1 })).toBeNull();
  });

  it('a size is forgotten behind sixteen others', () => {
    const others = Array.from({ length: 16 }, (_, index) => 1000 + index);
    expect(all(sizes(128, 128, ...others, 128)).at(-1)).toBeNull();
    expect(all(sizes(128, 128, ...others.slice(1), 128)).at(-1)).toContain('exactly 128 bytes');
  });
});

it('a receiver of whom nothing is known is told apart by its host', () => {
  const watch = createPayloadWatch();
  const said = (host: string, index: number): string | null =>
    sayAny(
      watch.remark(
        { value: '128 bytes, 7.2 bits/byte', identifier: { kind: 'opaque' }, evidence: { where: 'body' } } as Finding,
        {
          flow: { id: `g${index}`, destination: { host } } as Flow,
          device: { id: 'a' },
          facts: null,
          case: null,
          time: START,
        },
      ),
    );
  expect(['x', 'y', 'x', 'y', 'x'].map(said)).toEqual([
    null,
    null,
    null,
    null,
    expect.stringContaining('one receiver'),
  ]);
});

/** What stopped, is new, moved; how sure that is; and what makers say of it. */
import { describe, expect, it } from 'vitest';
import { judge, MONTH_MS, parseClaim } from '../../src/compare/claims.ts';
import { compareSides } from '../../src/compare/runs.ts';
import { changesOf } from '../../src/compare/streams.ts';
import { noneOf, surenessOf } from '../../src/compare/sureness.ts';
import { COMPARE_EN } from '../../src/model/catalogue/compare-en.ts';
import { COMPARE_VI } from '../../src/model/catalogue/compare-vi.ts';
import type { Claim, ComparedFinding, SideRecord } from '../../src/model/comparison.ts';
import { compareSentences, writeComparison } from '../../src/report/comparison.ts';
import { reportHtml } from '../../src/report/html.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const finding = (change: Partial<ComparedFinding> = {}): ComparedFinding => ({
  kind: 'imei',
  host: 'report.vendor.example',
  owner: 'Vendor',
  ownerCountry: 'CN',
  country: 'CN',
  where: 'body',
  path: '$.imei',
  encoding: '',
  encrypted: false,
  sightings: 3,
  beforeConsent: false,
  after: {},
  ...change,
});

function side(change: Partial<SideRecord> = {}): SideRecord {
  return {
    ...{ name: 'x', title: 'X', simulated: false, tokens: [], identifiers: [], contacts: {}, marks: {} },
    flows: [{ device: 'a', host: 'other.example', owner: null, requests: 1 }],
    findings: [],
    watchedMs: DAY,
    ...change,
  };
}
const claim = (text: string): Claim => parseClaim(text) as Claim;

describe('what left, before and after', () => {
  const changes = (a: ComparedFinding[], b: ComparedFinding[]) =>
    changesOf(side({ findings: a }), side({ findings: b })).map(({ change, moved, before, after }) => [
      change,
      (after ?? before)?.kind,
      moved.join(),
    ]);

  it.each([
    ['stays', [finding()], [finding()], [['kept', 'imei', '']]],
    ['stops', [finding()], [], [['stopped', 'imei', '']]],
    ['is new', [], [finding()], [['new', 'imei', '']]],
    ['is encrypted now', [finding()], [finding({ encrypted: true })], [['moved', 'imei', 'encryption']]],
    [
      'goes to another country, to the same company',
      [finding()],
      [finding({ host: 'eu.vendor.example', country: 'DE' })],
      [['moved', 'imei', 'host,country']],
    ],
    [
      'goes to another company, to the same host',
      [finding()],
      [finding({ owner: 'Buyer of the vendor' })],
      [['moved', 'imei', 'owner']],
    ],
    [
      'is a hash in a cookie now',
      [finding()],
      [finding({ where: 'cookie', path: 'cookie:d', encoding: 'sha1 hex' })],
      [['moved', 'imei', 'place,encoding']],
    ],
    [
      'is of another kind: one stopped, one is new',
      [finding()],
      [finding({ kind: 'imsi' })],
      [
        ['new', 'imsi', ''],
        ['stopped', 'imei', ''],
      ],
    ],
    [
      'goes on to one host and stops to another',
      [finding(), finding({ host: 'b.example', owner: null })],
      [finding()],
      [
        ['kept', 'imei', ''],
        ['stopped', 'imei', ''],
      ],
    ],
  ])('%s', (_, a, b, expected) => {
    expect(changes(a, b)).toEqual(expected);
  });
});

describe('how sure one is that it stopped', () => {
  const sure = (stream: object, a: Partial<SideRecord>, b: Partial<SideRecord>) =>
    surenessOf({ visits: 1, longestGapMs: null, after: {}, ...stream }, side(a), side(b));

  it('is very sure after a day without what came every hour', () => {
    const { level, by, chance } = sure({ visits: 24, longestGapMs: HOUR }, {}, {});
    expect([level, by]).toEqual(['very-likely', 'time']);
    expect(chance).toBeLessThan(0.001);
  });

  it('knows nothing of what was seen once: a monthly report needs a month', () => {
    expect(sure({ visits: 1 }, {}, { watchedMs: 5 * DAY })).toMatchObject({ level: 'unknown', why: 'seen-once' });
  });

  it('is not sure within the longest silence there was before, and says how long to watch', () => {
    const monthly = { visits: 3, longestGapMs: 30 * DAY };
    const early = sure(monthly, { watchedMs: 61 * DAY }, { watchedMs: 20 * DAY });
    expect(early.level).toBe('open');
    expect(early.neededMs).toBeGreaterThanOrEqual(30 * DAY);
    const late = sure(monthly, { watchedMs: 61 * DAY }, { watchedMs: early.neededMs ?? 0 });
    expect(late.chance).toBeLessThanOrEqual(0.05);
  });

  it('counts what it used to follow: 14 of 14 unlocks, and six without', () => {
    const { level, by, marks } = sure({ after: { unlock: 14 } }, { marks: { unlock: 14 } }, { marks: { unlock: 6 } });
    expect([level, by, marks]).toEqual(['very-likely', 'marks', { name: 'unlock', seen: 14, of: 14, since: 6 }]);
    // By hand: Beta(14.5, 0.5), none of one: 0.5 / 15.
    expect(noneOf(14, 14, 1)).toBeCloseTo(0.5 / 15, 10);
    expect(noneOf(1, 1, 1)).toBeCloseTo(0.25, 10);
  });

  it('knows nothing when the phone sent nothing at all', () => {
    expect(sure({ visits: 24, longestGapMs: HOUR }, {}, { flows: [] })).toMatchObject({
      level: 'unknown',
      why: 'nothing-sent',
    });
  });
});

describe('what a maker says', () => {
  const told = (text: string, b: Partial<SideRecord>, a: Partial<SideRecord> = { findings: [finding()] }) =>
    judge(claim(text), side(a), side(b)).verdict;
  const moved = finding({ host: 'eu.vendor.example', country: 'DE', encrypted: true, sightings: 1 });
  const contacts = { 'zz.vnet.cn': { connections: 9, visits: 9, longestGapMs: HOUR } };

  it.each([
    ['gone:vnet.cn', { contacts: {} }, 'holds', { contacts }],
    ['gone:vnet.cn', { contacts }, 'broken', { contacts }],
    ['gone:net.cn', { contacts }, 'holds', { contacts: {} }],
    ['none', { findings: [] }, 'open'],
    ['none', { findings: [moved] }, 'broken'],
    ['to:europe', { findings: [moved] }, 'holds'],
    ['to:DE', { findings: [moved] }, 'holds'],
    ['to:fr', { findings: [moved] }, 'broken'],
    ['to:europe', { findings: [finding({ country: null })] }, 'open'],
    ['to:europe', {}, 'open'],
    ['encrypted', { findings: [moved] }, 'holds'],
    ['encrypted', { findings: [finding()] }, 'broken'],
    ['once', { findings: [moved] }, 'open'],
    ['once', { findings: [moved], watchedMs: MONTH_MS }, 'holds'],
    ['once', { findings: [finding({ sightings: 2 })] }, 'broken'],
    ['after-consent', { findings: [moved] }, 'open'],
    ['after-consent', { findings: [moved], marks: { 'before-consent': 1 } }, 'holds'],
    ['after-consent', { findings: [finding({ beforeConsent: true })] }, 'broken'],
  ] as const)('“%s” of %j is: %s', (text, b, verdict, a?: object) => {
    expect(told(text, b as Partial<SideRecord>, a as Partial<SideRecord> | undefined)).toBe(verdict);
  });

  it('is told in words, with the company that stays elsewhere, in both languages', () => {
    const [a, b] = [side({ findings: [finding()], title: 'Before' }), side({ findings: [moved], title: '<b>After' })];
    const comparison = compareSides(a, b, [claim('once'), claim('to:europe')]);
    const { claims, changes } = compareSentences(comparison, 'en');
    expect(claims).toEqual([
      '“Once only”: cannot be told yet. It was watched for 24 h, and a monthly report needs a month.',
      '“To Europe”: nothing that was seen speaks against it. The company, Vendor, is at home in China: where a server stands does not say who reads.',
    ]);
    expect(changes).toEqual([
      'Moved (server, country, encryption): IMEI, before to Vendor (China; report.vendor.example) in China, readable by anyone on the path, now to Vendor (China; eu.vendor.example) in Germany, encrypted; seen 3 times before, 1 time now.',
    ]);
    const html = reportHtml(writeComparison(comparison, 'vi'));
    expect(html).toContain('Công ty Vendor đặt tại Trung Quốc');
    expect(html).not.toContain('<b>After');
  });

  it.each(['gone', 'to:mars', 'once:more', 'nothing', ''])('that cannot be checked is none: %j', (text) => {
    expect(parseClaim(text)).toBeNull();
  });
});

it('every sentence has the same places in both languages', () => {
  const places = (text: string): string[] =>
    [...text.matchAll(/\{\{(\w+)[^}]*\}\}/g)].map(([, name = '']) => name).toSorted();
  for (const [key, english] of Object.entries(COMPARE_EN))
    expect(places(COMPARE_VI[key as keyof typeof COMPARE_EN]), key).toEqual(places(english));
});

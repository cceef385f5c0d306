/** Every trap of the field, by name, against the real databases; and the operator's own files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asTableName, openAsTable } from '../../src/enrich/as-table.ts';
import { type Geo, openGeo } from '../../src/enrich/geo.ts';
import { dataPackage } from '../../src/enrich/packages.ts';
import { prepareGeo } from '../../src/enrich/preparation.ts';
import { temporaryDirectories } from '../temporary.ts';
import { writeMmdb } from './mmdb-writer.ts';

const temporary = temporaryDirectories();

const JULY_2026 = Date.UTC(2026, 6, 1);
/** An installation in which nobody dropped files of their own. */
const CLEAN = withFiles({ 'owners.json': readFileSync(new URL('../../geoip/owners.json', import.meta.url)) });
const IN_JULY = { now: () => JULY_2026, installed: CLEAN };
const dir = join(temporary('geo-'), 'geoip');
let geo: Geo;

beforeAll(async () => {
  await prepareGeo(dir, () => undefined, { installed: '/nonexistent/geoip' });
  geo = openGeo(dir, IN_JULY);
});
afterAll(() => geo.close());

/** A directory with these files beside the compiled tables' place; no tables. */
function withFiles(files: Record<string, Buffer | string>): string {
  const own = temporary('geo-own-');
  for (const [name, content] of Object.entries(files)) writeFileSync(join(own, name), content);
  return own;
}

const place = (ip: string) => geo.locate('host.example', ip, null).location;

describe('three facts, never merged', () => {
  test("a Xiaomi server in Singapore, in Alibaba's network: SG, AS45102 registered in CN, Xiaomi of CN", () => {
    expect(geo.locate('api.account.xiaomi.com', '161.117.71.36', null)).toEqual({
      location: {
        country: 'SG',
        confidence: 'agreed',
        votes: [
          { source: 'dbip-country 2026-06-01', country: 'SG' },
          { source: 'geo-whois-asn-country 2026-06-17', country: 'SG' },
        ],
        note: null,
      },
      network: { asn: 45102, org: 'Alibaba (US) Technology Co., Ltd.', country: 'CN' },
      owner: { name: 'Xiaomi', country: 'CN', kind: 'device-maker', evidence: 'table', parent: null },
    });
  });

  test('the Nokia case: China Telecom by name, its data centre network by address, China by both databases', () => {
    const facts = geo.locate('zzhc.vnet.cn', '42.62.48.10', null);
    expect(facts.location).toMatchObject({ country: 'CN', confidence: 'agreed' });
    expect(facts.network).toMatchObject({ asn: 23724, country: 'CN' });
    expect(facts.owner).toMatchObject({ name: 'China Telecom', country: 'CN', evidence: 'table' });
  });

  test('the company is not inferred from the network, and not from a country-code name', () => {
    const facts = geo.locate('unheard-of-name.cn', '42.62.48.10', null);
    expect(facts.owner).toEqual({ name: null, country: null, kind: null, evidence: 'unknown', parent: null });
  });

  test('a location that the databases dispute says so and keeps both votes', () => {
    const disputed = Array.from({ length: 4000 }, (_, i) =>
      place(`${3 + (i % 200)}.${(i * 7) % 256}.${(i * 13) % 256}.9`),
    ).find(({ confidence }) => confidence === 'disputed');
    expect(new Set(disputed?.votes.map(({ country }) => country)).size).toBe(2);
    expect(disputed?.country).toBe(disputed?.votes[0]?.country);
  });
});

describe('scope first, look-up second', () => {
  test.each([
    ['192.168.1.1', 'private'], // one database says Australia
    ['172.16.0.1', 'private'], // the same
    ['10.0.0.1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['100.64.0.1', 'carrier-grade-nat'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.7', 'documentation'],
    ['203.0.113.9', 'documentation'],
    ['198.18.0.1', 'reserved'],
    ['224.0.0.251', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['0.0.0.0', 'unspecified'],
    ['240.0.0.1', 'reserved'],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['fe80::1', 'link-local'],
    ['fe80::1%wlan0', 'link-local'],
    ['fd12:3456::1', 'private'],
    ['ff02::fb', 'multicast'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['64:ff9b:1::1', 'local-nat64'],
  ])('%s is %s and has no country and no network', (ip, note) => {
    const { location, network } = geo.locate('host.example', ip, null);
    expect(location).toEqual({ country: null, confidence: 'none', votes: [], note });
    expect(network).toEqual({ asn: null, org: null, country: null });
  });

  test.each(['1.2.3', '08.8.8.8', '8.8.8.8.', '0x8.8.8.8', '134744072', '8.8.8.8/32', '[::1]', '', 'garbage'])(
    'the malformed address "%s" gets no answer, though a database would give one',
    (ip) => {
      expect(place(ip)).toEqual({ country: null, confidence: 'none', votes: [], note: 'not an address' });
    },
  );

  test('a name that never resolved is nowhere, a host that is an address stands for itself', () => {
    expect(geo.locate('host.example', null, null).location.note).toBe('not resolved');
    expect(geo.locate('42.62.48.10', null, null).location.country).toBe('CN');
  });
});

describe('IPv4 inside IPv6', () => {
  test.each([
    ['mapped', '::ffff:42.62.48.10', null],
    ['NAT64', '64:ff9b::42.62.48.10', 'via NAT64'],
    ['6to4', '2002:2a3e:300a::1', 'via 6to4'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:d5c1:cff5', 'via Teredo'],
  ])('%s is unwrapped and looked up as what it carries', (_name, ip, note) => {
    const { location, network } = geo.locate('host.example', ip, null);
    expect(location).toMatchObject({ country: 'CN', confidence: 'agreed', note });
    expect(network.asn).toBe(23724);
  });

  test('what is inside may be special too', () => {
    expect(place('64:ff9b::192.168.1.1').note).toBe('private, via NAT64');
    expect(place('64:ff9b::8.8.8.8').note).toBe('anycast, via NAT64');
    expect(place('::ffff:127.0.0.1').note).toBe('loopback');
  });

  test('a v6 address is not asked of a v4 file', () => {
    expect(place('240e:0:1::5')).toMatchObject({ country: 'CN', confidence: 'agreed' });
    const { network } = geo.locate('host.example', '240e:0:1::5', null);
    expect(network).toMatchObject({ asn: 4134, country: 'CN' });
  });
});

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '9.9.9.9',
  '223.5.5.5',
  '114.114.114.114',
  '104.16.1.1',
  '151.101.1.1',
  '2606:4700::1111',
  '2a04:4e42::81',
])('anycast %s has no single location, never a country, but a network', (ip) => {
  const { location, network } = geo.locate('host.example', ip, null);
  expect(location).toEqual({ country: null, confidence: 'none', votes: [], note: 'anycast' });
  expect(network.asn).toBeGreaterThan(0);
});

test('answers are shared and cannot be changed', () => {
  const facts = geo.locate('api.account.xiaomi.com', '161.117.71.36', null);
  expect(geo.locate('other.example', '161.117.71.36', null).location).toBe(facts.location);
  for (const change of [
    () => Object.assign(facts, { owner: null }),
    () => Object.assign(facts.location, { country: 'XX' }),
    () => facts.location.votes.push({ source: 'x', country: 'XX' }),
    () => Object.assign(facts.location.votes[0] as object, { country: 'XX' }),
    () => Object.assign(facts.network, { asn: 1 }),
    () => Object.assign(facts.owner, { name: 'x' }),
  ]) {
    expect(change).toThrow(TypeError);
  }
  expect(geo.locate('api.account.xiaomi.com', '161.117.71.36', null)).toEqual(facts);
});

test('no host and no address makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.domain()),
      fc.option(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6())),
      (host, ip) => {
        const { location } = geo.locate(host, ip, null);
        expect(location.country === null || /^[A-Z]{2}$/.test(location.country)).toBe(true);
        if (['agreed', 'disputed', 'single'].includes(location.confidence)) expect(location.country).not.toBeNull();
      },
    ),
    { numRuns: 500 },
  );
});

describe('the table of networks', () => {
  test('answers 2,000 random v4 addresses as the CSV it was made from does', () => {
    const csv = join((dataPackage('asn') as { directory: string }).directory, 'asn-ipv4-num.csv');
    const rows = readFileSync(csv, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(',', 3).map(Number) as [number, number, number]);
    const table = openAsTable(join(dir, asTableName(4)), 4);
    // The source's one overlap belongs to two systems; either answer is right there.
    const systemsAt = (address: number): (number | null)[] => {
      let [low, high] = [0, rows.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((rows[middle] as [number, number, number])[0] <= address) low = middle + 1;
        else high = middle;
      }
      let at = low - 1;
      const found: (number | null)[] = [];
      for (let i = 0; i < 2 && at >= 0; i++, at--) {
        const [start, end, asn] = rows[at] as [number, number, number];
        if (start <= address && address <= end) found.push(asn);
      }
      return found.length > 0 ? found : [null];
    };
    let seed = 20260617;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed;
    };
    let announced = 0;
    for (let i = 0; i < 2000; i++) {
      // Half anywhere, half at the edges of ranges, where mistakes live.
      const row = rows[random() % rows.length] as [number, number, number];
      const address =
        i % 2 === 0
          ? random()
          : Math.min(2 ** 32 - 1, (row[i % 4 === 1 ? 0 : 1] as number) + (i % 8 < 4 ? 0 : i % 4 === 1 ? -1 : 1));
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(address);
      const system = table.find(bytes)?.asn ?? null;
      expect(systemsAt(address), `address ${address}`).toContain(system);
      if (system !== null) announced++;
    }
    expect(announced).toBeGreaterThan(1000);
    table.close();
  });
});

describe("the operator's own files", () => {
  const geolite = (country: string): [string, { country: { iso_code: string } }] => [
    '8.0.0.0/6',
    { country: { iso_code: country } },
  ];

  test.each<[string, string, object]>([
    ['GeoLite2 and DB-IP', 'country', { country: { iso_code: 'DE', names: { en: 'Germany' } } }],
    [
      'IPinfo Lite',
      'country and network',
      { country_code: 'DE', country: 'Germany', asn: 'AS64500', as_name: 'Example' },
    ],
    ['the older IPinfo', 'country', { country: 'DE' }],
    ['GeoLite2 ASN', 'network', { autonomous_system_number: 64500, autonomous_system_organization: 'Example' }],
  ])('%s records are understood whatever the file calls itself', (_name, about, record) => {
    const own = withFiles({ 'mine.mmdb': writeMmdb([['0.0.0.0/1', record as never]], 6) });
    const opened = openGeo(own, IN_JULY);
    expect(opened.sources[0]).toMatchObject({ name: 'mine.mmdb', about, date: '2026-05-28', state: 'fresh' });
    const { location, network } = opened.locate('host.example', '42.62.48.10', null);
    if (about !== 'network') expect(location).toMatchObject({ country: 'DE', confidence: 'disputed' });
    if (about !== 'country') expect(network).toMatchObject({ asn: 64500, org: 'Example', country: null });
    expect(location.votes).toHaveLength(about === 'network' ? 2 : 3);
  });

  test('an own file wins the vote, and agreement is still said', () => {
    const own = withFiles({ 'a.mmdb': writeMmdb([['42.0.0.0/8', { country: { iso_code: 'CN' } }], geolite('US')], 4) });
    const opened = openGeo(own, IN_JULY);
    expect(opened.locate('h', '42.62.48.10', null).location).toMatchObject({ country: 'CN', confidence: 'agreed' });
    expect(opened.locate('h', '42.62.48.10', null).location.votes[0]).toEqual({
      source: 'a.mmdb 2026-05-28',
      country: 'CN',
    });
  });

  test('an own file for v4 only is not asked about v6', () => {
    const own = withFiles({ 'a.mmdb': writeMmdb([['0.0.0.0/0', { country: { iso_code: 'DE' } }]], 4) });
    const { votes } = openGeo(own, IN_JULY).locate('h', '240e:0:1::5', null).location;
    expect(votes.map(({ source }) => source)).not.toContain('a.mmdb 2026-05-28');
    expect(votes).toHaveLength(2);
  });

  test.each(['EU', 'AP', 'ZZ', '??', 'XX', 'A1', '', 'Germany'])('the code "%s" is no country', (code) => {
    const own = withFiles({
      'a.mmdb': writeMmdb(
        [
          ['0.0.0.0/1', { country: { iso_code: code } }],
          ['128.0.0.0/1', { country: { iso_code: 'SG' } }],
        ],
        4,
      ),
    });
    const { location } = openGeo(own, IN_JULY).locate('h', '42.62.48.10', null);
    expect(location).toMatchObject({ country: 'CN', confidence: 'agreed' });
    expect(location.votes[0]?.country).toBeNull();
  });

  test.each<[string, Buffer]>([
    ['is not a readable .mmdb file', Buffer.from('<html>404</html>')],
    ['is not a readable .mmdb file', Buffer.alloc(0)],
    ['holds neither countries nor networks', writeMmdb([['0.0.0.0/0', { colour: 'blue' }]], 4)],
  ])('a file that %s is left out, and its source says so', (problem, content) => {
    const opened = openGeo(withFiles({ 'bad.mmdb': content }), IN_JULY);
    expect(opened.sources[0]).toMatchObject({
      name: 'bad.mmdb',
      state: 'damaged',
      advice: expect.stringContaining(problem),
    });
    expect(opened.locate('h', '42.62.48.10', null).location).toMatchObject({ country: 'CN', confidence: 'agreed' });
  });

  test('own owners win over the built-in ones, and a broken file is one line that names the domain', () => {
    const entry = { org: 'Lab', country: null, kind: 'test', evidence: 'lab' };
    const opened = openGeo(withFiles({ 'owners.local.json': JSON.stringify({ 'zzhc.vnet.cn': entry }) }), {
      now: () => 0,
    });
    expect(opened.locate('zzhc.vnet.cn', null, null).owner.name).toBe('Lab');
    expect(opened.locate('other.vnet.cn', null, null).owner.name).toBe('China Telecom');
    const open = (text: string) => () =>
      openGeo(withFiles({ 'owners.local.json': text }), { now: () => 0, installed: CLEAN });
    expect(open('{')).toThrow(/owners\.local\.json cannot be read/);
    expect(open('[]')).toThrow(/must be one object/);
    expect(open('{"a.example": {"org": "A"}}')).toThrow(/^[^\n]*a\.example: needs "kind" as a text$/);
    expect(open('{"a.example": null}')).toThrow(/needs "org"/);
    expect(open(JSON.stringify({ 'a.example': { ...entry, country: 'China' } }))).toThrow(/must be two letters/);
  });
});

describe('dates', () => {
  const stateAt = (date: string) =>
    openGeo(withFiles({}), { now: () => Date.parse(date), installed: CLEAN }).sources.find(
      ({ name }) => name === 'dbip-country',
    );

  test.each([
    ['2026-07-31', 'fresh', 60],
    ['2026-08-01', 'old', 61],
    ['2026-11-28', 'old', 180],
    ['2026-11-29', 'stale', 181],
  ])('on %s the data of 1 June is %s, %i days old', (date, state, ageDays) => {
    expect(stateAt(date)).toMatchObject({
      date: '2026-06-01',
      ageDays,
      state,
      licence: expect.stringContaining('https://db-ip.com'),
    });
    expect(stateAt(date)?.advice === null).toBe(state === 'fresh');
  });

  test('a missing table of networks is said, and everything else still answers', () => {
    const opened = openGeo(withFiles({}), IN_JULY);
    expect(opened.sources.find(({ about }) => about === 'network')).toMatchObject({ state: 'missing' });
    const facts = opened.locate('api.account.xiaomi.com', '161.117.71.36', null);
    expect(facts.location.country).toBe('SG');
    expect(facts.network).toEqual({ asn: null, org: null, country: null });
  });
});

test('the directory need not exist', () => {
  const nowhere = join(withFiles({}), 'none');
  expect(() => openGeo(nowhere, { now: () => 0, installed: CLEAN })).not.toThrow();
  mkdirSync(nowhere);
});

/** Newer databases in every form their vendors give them; what is refused changes nothing and leaves nothing behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { putAside, takeDatabase } from '../../src/enrich/geo-update.ts';
import type { GeoSource } from '../../src/enrich/sources.ts';
import { writeMmdb } from './mmdb-writer.ts';

const NOW = Date.UTC(2026, 10, 30);
const epoch = (date: string): number => Date.parse(date) / 1000;
const KNOWN: [string, string, number][] = [
  ['193.0.6.0/24', 'NL', 3333],
  ['200.160.2.0/24', 'BR', 22548],
  ['133.243.238.0/24', 'JP', 9355],
  ['203.119.73.0/24', 'VN', 23902],
];
type Network = Parameters<typeof writeMmdb>[0][number];
const database = (record: (country: string, asn: number) => Network[1], date = '2026-11-01', more: Network[] = []) =>
  writeMmdb([...KNOWN.map(([cidr, country, asn]): Network => [cidr, record(country, asn)]), ...more], 6, epoch(date));
const countries = (date?: string) => database((country) => ({ country: { iso_code: country } }), date);

let dir = '';
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'geo-update-')), 'geoip');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const chunksOf = async function* (bytes: Buffer, length = 1000) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
};
const BUILT_IN: GeoSource = {
  name: 'dbip-country',
  about: 'country',
  date: '2026-06-01',
  licence: 'CC BY 4.0',
  ageDays: 182,
  state: 'stale',
  advice: null,
  text: null,
};
const take = (name: string, bytes: Buffer, { older = false, inUse = [BUILT_IN] } = {}) =>
  takeDatabase(dir, { name, content: chunksOf(bytes) }, { nowMs: NOW, inUse, older });
const files = (): string[] => {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
};

/** As `tar` writes it (ustar). */
function tar(entries: [string, Buffer][]): Buffer {
  const blocks = entries.flatMap(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write(name.endsWith('/') ? '5' : '0', 156);
    header.write('ustar\u000000', 257);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

describe('a newer database is taken', () => {
  test.each<[string, string, string, Buffer]>([
    ['DB-IP', 'dbip-country-lite-2026-11.mmdb.gz', 'dbip-country-lite.mmdb', gzipSync(countries())],
    [
      'MaxMind',
      'GeoLite2-ASN_20261124.tar.gz',
      'GeoLite2-ASN.mmdb',
      gzipSync(
        tar([
          ['GeoLite2-ASN_20261124/', Buffer.alloc(0)],
          ['GeoLite2-ASN_20261124/LICENSE.txt', Buffer.from('GeoLite2 EULA')],
          ['GeoLite2-ASN_20261124/GeoLite2-ASN.mmdb', database((_, asn) => ({ autonomous_system_number: asn }))],
        ]),
      ),
    ],
    [
      'IPinfo',
      'ipinfo_lite.mmdb',
      'ipinfo_lite.mmdb',
      database((country, asn) => ({ country_code: country, asn: `AS${asn}`, as_name: 'Example' })),
    ],
    ['IP2Location', 'IP2LOCATION-LITE-DB1.MMDB', 'IP2LOCATION-LITE-DB1.mmdb', countries()],
  ])('of %s, as %s', async (_vendor, name, as, bytes) => {
    expect(await take(name, bytes)).toMatchObject([{ name: as, date: '2026-11-01', state: 'fresh' }]);
    expect(files()).toEqual([as]);
  });

  test('that arrives byte by byte, in place of the one of the month before', async () => {
    await take('dbip-country-lite-2026-10.mmdb', countries('2026-10-01'));
    const content = chunksOf(gzipSync(countries()), 1);
    await takeDatabase(
      dir,
      { name: 'dbip-country-lite-2026-11.mmdb.gz', content },
      { nowMs: NOW, inUse: [], older: false },
    );
    expect(readFileSync(join(dir, 'dbip-country-lite.mmdb')).equals(countries())).toBe(true);
    expect(files()).toHaveLength(1);
  });
});

describe('a file is refused in one line, and all is as before', () => {
  const before = { 'mine.mmdb': countries('2026-09-01') };
  beforeEach(() => {
    mkdirSync(dir, { recursive: true });
    for (const [name, content] of Object.entries(before)) writeFileSync(join(dir, name), content);
  });
  const shifted = database((country) => ({ country: { iso_code: country === 'NL' ? 'FR' : 'DE' } }));

  test.each<[string, string, Buffer, RegExp]>([
    [
      'a page in place of the file',
      'mine.mmdb',
      Buffer.from('<html>404</html>'),
      /mine\.mmdb is not a readable \.mmdb file/,
    ],
    ['cut off', 'mine.mmdb', countries().subarray(0, 200), /is not a readable \.mmdb file/],
    ['a cut gzip', 'mine.mmdb.gz', gzipSync(countries()).subarray(0, 100), /is cut off or no gzip: download it again/],
    ['no gzip', 'mine.mmdb.gz', countries(), /is cut off or no gzip/],
    [
      'an archive of something else',
      'x.tar.gz',
      gzipSync(tar([['a.csv', Buffer.from('1,2')]])),
      /holds no \.mmdb file/,
    ],
    ['a zip', 'x.zip', Buffer.from('PK'), /give a \.mmdb file.*\(unpack the \.zip first\)$/],
    ['about something else', 'mine.mmdb', database(() => ({ colour: 'blue' })), /holds neither countries nor networks/],
    ['wrong about what is known', 'mine.mmdb', shifted, /places 193\.0\.6\.139 in FR, and it is in NL/],
    [
      'about a few addresses only',
      'mine.mmdb',
      writeMmdb([['8.8.8.0/24', { country: { iso_code: 'US' } }]], 4, epoch('2026-11-01')),
      /knows none of 193\.0\.6\.139/,
    ],
    [
      'older than the built-in one',
      'old.mmdb',
      countries('2026-05-01'),
      /older than dbip-country of 2026-06-01.*--older/,
    ],
  ])('%s', async (_what, name, bytes, line) => {
    const refused = await take(name, bytes).catch((error: Error) => error.message);
    expect(refused).toMatch(line);
    expect(refused).not.toContain('\n');
    expect(files()).toEqual(['mine.mmdb']);
    expect(readFileSync(join(dir, 'mine.mmdb')).equals(before['mine.mmdb'])).toBe(true);
  });

  test('and an older one is taken when told', async () => {
    await take('mine.mmdb', countries('2026-05-01'), { older: true });
    expect(readFileSync(join(dir, 'mine.mmdb')).equals(countries('2026-05-01'))).toBe(true);
  });

  test('also where it is the own file that is newer; one of another name stays beside it', async () => {
    const own = { ...BUILT_IN, name: 'mine.mmdb', licence: "the operator's own file", date: '2026-09-01' };
    await expect(take('mine.mmdb', countries('2026-08-01'), { inUse: [own] })).rejects.toThrow(/older than mine\.mmdb/);
    await take('other.mmdb', countries('2026-08-01'), { inUse: [own] });
    expect(files()).toEqual(['mine.mmdb', 'other.mmdb']);
  });
});

test('own databases are put aside, and nothing else', () => {
  mkdirSync(dir, { recursive: true });
  for (const name of ['a.mmdb', 'owners.local.json']) writeFileSync(join(dir, name), '{}');
  expect(putAside(dir)).toEqual(['a.mmdb']);
  expect(files()).toEqual(['a.mmdb.off', 'owners.local.json']);
  expect(putAside(join(dir, 'none'))).toEqual([]);
});

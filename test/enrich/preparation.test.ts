/** The table of networks: made when it must be, whole or not there, in a process of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asTableName, openAsTable } from '../../src/enrich/as-table.ts';
import { encodeTable, type Range } from '../../src/enrich/as-table-compiler.ts';
import { dataPackage } from '../../src/enrich/packages.ts';
import { type Packages, prepareGeo } from '../../src/enrich/preparation.ts';
import { verifyTable } from '../../src/enrich/table-file.ts';
import { openVendors, VENDORS_TABLE } from '../../src/enrich/vendors.ts';
import { LabError } from '../../src/model/lab.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

/** An installation that does not exist: everything must lie in the directory given. */
const NONE = '/nonexistent/geoip';
const freshDir = () => temporary('prepare-');

/** Small sources of the same form as the packages, so that a compilation takes no time. */
function smallPackages(version = '2.3.2026061719', v4 = '16777216,16777471,13335,"Cloudflare, ""Inc."""\n'): Packages {
  const directory = freshDir();
  writeFileSync(join(directory, 'asn-ipv4-num.csv'), v4);
  writeFileSync(
    join(directory, 'asn-ipv6-num.csv'),
    '42540488161975842760550356425300246528,42540488241204005274814694018844196863,6939,Hurricane Electric LLC\n',
  );
  writeFileSync(join(directory, 'index.json'), '{"00005E": "ICANN, IANA Department\\nLos Angeles"}');
  const small = { directory, version, date: null };
  return {
    asn: { name: 'asn', ...small },
    asCountry: dataPackage('iptoasn-country-mmdb'),
    vendors: { name: 'oui-data', ...small },
  };
}

async function prepare(dir: string, packages: Packages): Promise<string[]> {
  const lines: string[] = [];
  await prepareGeo(dir, ({ text, done }) => lines.push(`${done} ${text}`), { packages, installed: NONE });
  return lines;
}

describe('prepareGeo', () => {
  test('compiles at first, with progress, then finds nothing to do', async () => {
    const dir = join(freshDir(), 'made', 'geoip');
    const packages = smallPackages();
    const lines = await prepare(dir, packages);
    expect(lines[0]).toBe('0 geo data: compiling tables of networks and vendors (first start)');
    expect(lines.at(-1)).toBe('1 geo data: compiling tables of networks and vendors (first start)');
    expect(readdirSync(dir).sort()).toEqual(['as-ipv4.table', 'as-ipv6.table', 'vendors.table']);
    expect(await prepare(dir, packages)).toEqual([]);
    const table = openAsTable(join(dir, asTableName(4)), 4);
    expect(table.find(Uint8Array.of(1, 0, 0, 200))).toEqual({ asn: 13335, org: 'Cloudflare, "Inc."', country: 'US' });
    expect(table.find(Uint8Array.of(1, 0, 1, 0))).toBeNull();
    expect(table.find(Uint8Array.of(0, 255, 255, 255))).toBeNull();
    expect(table.find(new Uint8Array(16))).toBeNull();
    table.close();
  });

  test('the tables lie with the installation and serve every data directory; a read-only one does not stop it', async () => {
    const [installed, data] = [freshDir(), join(freshDir(), 'geoip')];
    const packages = smallPackages();
    const progress: number[] = [];
    const run = (at: string) => prepareGeo(data, ({ done }) => progress.push(done), { packages, installed: at });
    await run(installed);
    expect(readdirSync(installed)).toHaveLength(3);
    expect(existsSync(data)).toBe(false);
    progress.length = 0;
    await run(installed);
    expect(progress).toEqual([]);
    await run(NONE);
    expect(readdirSync(data)).toHaveLength(3);
  });

  test('compiles again when the package was updated, and when a table is damaged in any way', async () => {
    const dir = freshDir();
    await prepare(dir, smallPackages());
    const updated = smallPackages('2.3.2026091000');
    expect((await prepare(dir, updated))[0]).toContain('(the data was updated)');
    const path = join(dir, asTableName(4));
    const whole = readFileSync(path);
    for (const damage of [
      () => truncateSync(path, whole.length - 1),
      () => truncateSync(path, 10),
      () => writeFileSync(path, ''),
      () =>
        writeFileSync(
          path,
          Buffer.concat([whole.subarray(0, 70), Buffer.of((whole[70] as number) ^ 1), whole.subarray(71)]),
        ),
      () => writeFileSync(path, 'another format entirely, of more than sixty-four bytes, which is what a header has'),
    ]) {
      damage();
      expect((await prepare(dir, updated))[0]).toContain('(the old one is damaged)');
      expect(verifyTable(path).source).toContain('2026091000');
    }
    writeFileSync(join(dir, VENDORS_TABLE), 'x');
    expect(await prepare(dir, updated)).toContain('0 geo data: compiling tables of vendors (the old one is damaged)');
    const vendors = openVendors(dir, NONE);
    expect(vendors.vendorOf('00:00:5e:10:00:01')).toBe('ICANN, IANA Department');
    vendors.close();
  });

  test.each<[string, Packages, RegExp]>([
    [
      'the source is not the CSV it should be',
      smallPackages('1', 'hello\n'),
      /asn-ipv4-num\.csv: not a row of "start,end,number,name"/,
    ],
    [
      'a package is not installed',
      { ...smallPackages(), asn: null },
      /are not installed, so no networks are named: run 'npm ci'/,
    ],
    [
      'a package has no such file',
      { ...smallPackages(), asn: { name: 'asn', directory: freshDir(), version: '1', date: null } },
      /ENOENT/,
    ],
  ])('when %s it is one line and no half table is left', async (_name, packages, problem) => {
    const dir = freshDir();
    const attempt = prepareGeo(dir, () => undefined, { packages, installed: NONE });
    await expect(attempt).rejects.toThrow(problem);
    await expect(attempt).rejects.toThrow(LabError);
    await expect(attempt).rejects.toThrow(/^[^\n]*$/);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('a place where nothing can be written is one line', async () => {
    const dir = join(freshDir(), 'file');
    writeFileSync(dir, '');
    await expect(
      prepareGeo(join(dir, 'geoip'), () => undefined, { packages: smallPackages(), installed: NONE }),
    ).rejects.toThrow(/^geo data: .* cannot be made \(ENOTDIR\)/);
    const taken = freshDir();
    mkdirSync(join(taken, asTableName(4)));
    await expect(prepareGeo(taken, () => undefined, { packages: smallPackages(), installed: NONE })).rejects.toThrow(
      /cannot be compiled \(.*EISDIR/,
    );
    expect(readdirSync(taken)).toEqual([asTableName(4)]);
  });
});

describe('the table', () => {
  const build = (family: 4 | 6, ranges: Range[]) => {
    const path = join(freshDir(), 'table');
    const names = new Map(ranges.map(({ asn }) => [asn, `AS ${asn} – ünïcode`]));
    writeFileSync(path, encodeTable(family, ranges, names, new Map(), 'test'));
    return openAsTable(path, family);
  };
  const bytesOf = (value: bigint, family: 4 | 6) =>
    Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');

  test.each([4, 6] as const)('any set of ranges of family %i gives every address its own system, or none', (family) => {
    const last = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const cuts = fc.uniqueArray(fc.oneof(fc.bigInt(0n, last), fc.constantFrom(0n, 1n, last - 1n, last)), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(cuts, fc.array(fc.bigInt(0n, last), { maxLength: 20 }), (points, probes) => {
        const sorted = points.sort((a, b) => (a < b ? -1 : 1));
        const ranges: Range[] = [];
        for (let i = 0; i + 1 < sorted.length; i += 2) {
          ranges.push({ start: sorted[i] as bigint, end: sorted[i + 1] as bigint, asn: (i % 6) + 1 });
        }
        const table = build(family, ranges);
        const edges = sorted
          .flatMap((point) => [point - 1n, point, point + 1n])
          .filter((point) => point >= 0n && point <= last);
        for (const probe of [...probes, ...edges]) {
          const expected = ranges.find(({ start, end }) => start <= probe && probe <= end);
          const found = table.find(bytesOf(probe, family));
          expect(found?.asn ?? null).toBe(expected?.asn ?? null);
          if (found) expect(found.org).toBe(`AS ${found.asn} – ünïcode`);
        }
        table.close();
      }),
      { numRuns: 100 },
    );
  });

  test('an empty table answers nothing, and a table of the other family is refused', () => {
    expect(build(4, []).find(Uint8Array.of(1, 2, 3, 4))).toBeNull();
    const path = join(freshDir(), 'table');
    writeFileSync(path, encodeTable(6, [], new Map(), new Map(), 'test'));
    expect(() => openAsTable(path, 4)).toThrow('is of kind as6');
  });
});

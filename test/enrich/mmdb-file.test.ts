/** The .mmdb reader that leaves the file on disk, against the reader that loads it: the same answer for every address. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Reader } from 'maxmind';
import { afterAll, expect, it } from 'vitest';
import { openMmdbFile } from '../../src/enrich/mmdb-file.ts';
import { writeMmdb } from './mmdb-writer.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'mmdb-'));
afterAll(() => rmSync(dir, { recursive: true }));

const packaged = (name: string): string =>
  path.join(path.dirname(createRequire(import.meta.url).resolve(`@ip-location-db/${name}-mmdb/package.json`)), name);

it.for([
  ['IPv4', `${packaged('dbip-country')}-ipv4.mmdb`, fc.ipV4()],
  ['IPv6', `${packaged('geo-whois-asn-country')}-ipv6.mmdb`, fc.ipV6()],
  [
    'IPv6, addresses in use',
    `${packaged('dbip-country')}-ipv6.mmdb`,
    fc
      .integer({ min: 0, max: 0xfff_ffff })
      .map((low) => `2a0${(low >> 24).toString(16)}:${((low >> 8) & 0xffff).toString(16)}::1`),
  ],
  ['IPv4 in a file of both', `${packaged('dbip-country')}.mmdb`, fc.ipV4()],
] as const)('answers as the reader that loads the file: %s', ([, file, addresses]) => {
  const loaded = new Reader<object>(readFileSync(file));
  const onDisk = openMmdbFile(file);
  fc.assert(
    fc.property(addresses, (address) => {
      expect(onDisk.get(address)).toEqual(loaded.get(address));
    }),
    { numRuns: 500 },
  );
  onDisk.close();
});

it('says why a file is none', () => {
  const whole = writeMmdb([['0.0.0.0/1', { country: { iso_code: 'DE' } }]], 4);
  for (const [name, bytes] of [
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('no database at all')],
    ['cut', whole.subarray(0, whole.length - 20)],
    ['without-tree', whole.subarray(whole.length - 150)],
  ] as const) {
    const file = path.join(dir, `${name}.mmdb`);
    writeFileSync(file, bytes);
    expect(() => openMmdbFile(file), name).toThrow();
  }
});

/** Hardware makers by MAC address, against the whole registry of the IEEE. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vendorPackage } from '../../src/enrich/packages.ts';
import { encodeVendors, openVendors, VENDORS_TABLE } from '../../src/enrich/vendors.ts';
import { temporaryDirectories } from '../temporary.ts';

const temporary = temporaryDirectories();

const directory = vendorPackage()?.directory as string;
const registry = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as Record<string, string>;
const NONE = '/nonexistent/geoip';

function withTable(bytes: Buffer): string {
  const dir = temporary('vendors-');
  writeFileSync(join(dir, VENDORS_TABLE), bytes);
  return dir;
}

const table = encodeVendors(registry, 'test');
const vendors = openVendors(withTable(table), NONE);

test.each([
  ['B8:27:EB:12:34:56', 'Raspberry Pi Foundation'],
  ['b827eb123456', 'Raspberry Pi Foundation'],
  ['b827.eb12.3456', 'Raspberry Pi Foundation'],
  ['00-00-5E-10-00-01', 'ICANN, IANA Department'],
])('%s is by %s, in every spelling', (mac, vendor) => {
  expect(vendors.vendorOf(mac)).toBe(vendor);
});

test('every named block of the registry is found, the smaller block before the larger one it was cut from', () => {
  const named = Object.entries(registry).filter(([prefix, text]) => {
    const first = Number.parseInt(prefix.slice(0, 2), 16);
    return (first & 3) === 0 && !/^(private|ieee registration authority)\b/i.test(text);
  });
  expect(named.length).toBeGreaterThan(40_000);
  for (const [i, [prefix, text]] of named.entries()) {
    if (i % 25 !== 0 && prefix.length === 6) continue;
    // No smaller block begins with its own prefix and only f behind it, except by its full length.
    const mac = prefix.padEnd(12, '0');
    const smaller = [9, 7].find((length) => length > prefix.length && registry[mac.slice(0, length)] !== undefined);
    if (smaller === undefined) expect(vendors.vendorOf(mac), prefix).toBe(text.split('\n')[0]?.trim());
  }
});

test.each([
  ['made up by a phone (locally administered)', '02:00:5e:10:00:01'],
  ['made up, in a range that old hardware once used', '02:60:8c:12:34:56'],
  ['a group address', '01:00:5e:00:00:fb'],
  ['the broadcast address', 'ff:ff:ff:ff:ff:ff'],
  ['too short', 'b8:27:eb'],
  ['no MAC at all', 'hello'],
  ['empty', ''],
])('an address that is %s has no maker', (_name, mac) => {
  expect(vendors.vendorOf(mac)).toBeNull();
});

test('without a table, or with a damaged one, every answer is null', () => {
  expect(openVendors(NONE, NONE).vendorOf('B8:27:EB:12:34:56')).toBeNull();
  const damaged = withTable(table.subarray(0, 5000));
  expect(openVendors(damaged, NONE).vendorOf('B8:27:EB:12:34:56')).toBeNull();
  expect(openVendors(damaged, withTable(table)).vendorOf('B8:27:EB:12:34:56')).toBe('Raspberry Pi Foundation');
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void vendors.vendorOf(text)));
});

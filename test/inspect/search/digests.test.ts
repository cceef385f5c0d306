/** Digests that node:crypto does not have, against published values; and the cut digest of the Xiaomi case. */
import { expect, it } from 'vitest';
import { digests } from '../../../src/inspect/search/hashes.ts';
import { murmur3x64, murmur3x86 } from '../../../src/inspect/search/murmur3.ts';

// Reference: MurmurHash3.cpp (Appleby), values as printed by its own test programs and by Guava and mmh3.
it.each([
  ['', '00000000'],
  ['hello', '248bfa47'],
  ['hello, world', '149bbb7f'],
  ['The quick brown fox jumps over the lazy dog', '2e4ff723'],
])('MurmurHash3 x86 of %j', (text, hex) => {
  expect(murmur3x86(Buffer.from(text)).toString('hex')).toBe(hex);
});

it.each([
  ['', '00000000000000000000000000000000'],
  ['hello', 'cbd8a7b341bd9b025b1e906a48ae1d19'],
  ['The quick brown fox jumps over the lazy dog', 'e34bbc7bbc071b6c7a433ca9c49a9347'],
])('MurmurHash3 x64 of %j', (text, hex) => {
  expect(murmur3x64(Buffer.from(text)).toString('hex')).toBe(hex);
});

it('the first 16 characters of base64url of SHA-1 are those on record', () => {
  const sha1 = (text: string): string =>
    digests(text, [])
      .find(({ name }) => name === 'sha1')!
      .bytes.toString('base64url');
  expect(sha1('490154203237518').slice(0, 16)).toBe('l6IQUjLsyHVvA6Ap');
  expect(sha1('001010123456789').slice(0, 16)).toBe('vJ8H9jlWWHulkqhm');
});

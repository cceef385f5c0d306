/** What looks like an id, by its characters alone: hits, and the settings and versions that phones of one model differ in. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPassingName, shapeOf } from '../../src/compare/shape.ts';
import { mayBeToken } from '../../src/inspect/anchors/tokens.ts';

describe('an id', () => {
  it.each([
    ['a UUID', '6d92078a-8246-4ba4-ae5b-76104861e7dc', 'UUID'],
    ['a UUID in braces, upper case', '{6D92078A-8246-4BA4-AE5B-76104861E7DC}', 'UUID'],
    ['an Android id', '9774d56d682e549c', '16 hex digits'],
    ['SHA-1 in hex', '5b2f3a8b61a4f5c3e0b7d3e1a2c4968f7d1b0a9e', '40 hex digits'],
    ['a truncated hash, as Xiaomi sent it', 'l6IQUjLsyHVvA6Ap', '16 characters'],
    ['a serial number', 'RF8M33ABCDE', '11 characters'],
    ['a number of fifteen digits', '490154203237518', '15 digits'],
    ['a MAC address', '02:00:5e:10:00:01', 'MAC address'],
    ['a number behind a prefix', 'dev_9774d56d682e549c', '20 characters'],
  ])('is %s', (_what, text, shape) => expect(shapeOf(text)).toBe(shape));

  it.each([
    ['a version', '7.32.1-release'],
    ['a build', 'TD1A.220804.031'],
    ['a product', 'okhttp/4.9.2'],
    ['a package', 'com.android.chrome'],
    ['a language', 'vi-VN-u-nu-latn'],
    ['a time zone', 'Asia/Ho_Chi_Minh'],
    ['a time in seconds', '1763800000'],
    ['a time in milliseconds', '1763800000123'],
    ['a time in microseconds', '1763800000123456'],
    ['a date', '2026-11-22T10:00:00Z'],
    ['a day', '20261122'],
    ['an IPv4 address', '192.168.100.100'],
    ['an IPv6 address', 'fe80::1ff:fe23:4567:890a'],
    ['a day and a time in digits', '20261122101112345'],
    ['an address with its port', '[2001:db8:0:a1b2:c3d4:e5f6:0:1]:8443'],
    ['a storage size', '118111600640'],
    ['camel case', 'someFeatureFlagEnabled'],
    ['camel case with digits', 'getHTTP2Stream64Flags'],
    ['an experiment', 'exp_12345678_variant2'],
    ['a device name', 'Annas-Phone-2'],
    ['a model', 'SM-G991B/DS'],
    ['zeros', '0000000000000000'],
    ['a screen', '1080x2160@420dpi'],
    ['a locale and carrier', 'Viettel_45204'],
  ])('is not %s', (_what, text) => expect(shapeOf(text)).toBeNull());

  it('is nearly every random one that makers and hashes give', () => {
    const bytes = (name: string, n: number): Buffer => createHash(name).update(`phone ${n}`).digest();
    const kinds: ((n: number) => string)[] = [
      (n) =>
        bytes('md5', n)
          .toString('hex')
          .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      (n) => bytes('md5', n).toString('hex').slice(0, 16),
      (n) => bytes('sha256', n).toString('hex'),
      (n) => bytes('sha1', n).toString('base64url'),
      (n) => bytes('md5', n).toString('base64'),
      (n) => bytes('md5', n).toString('base64url').slice(0, 20),
    ];
    const missed = kinds.map((make) => {
      const made = Array.from({ length: 1000 }, (_, n) => make(n));
      return made.filter((text) => shapeOf(text) === null).length;
    });
    expect(missed.map((count) => (count < 60 ? 'fewer than 6 %' : count))).toEqual(kinds.map(() => 'fewer than 6 %'));
    expect(missed.slice(0, 3)).toEqual([0, expect.any(Number), 0]);
  });

  it('is handed over by the detector, whatever its characters', () => {
    const chars = fc.constantFrom(...'0123456789abcdefABCDEFghzGHZ-_.:+/={}');
    const text = fc.array(chars, { minLength: 8, maxLength: 40 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (given) => {
        const handedOver = mayBeToken(Buffer.from(given, 'latin1'), 0, given.length, false);
        return handedOver || shapeOf(given) === null;
      }),
      { numRuns: 5000 },
    );
  });

  it('is asked in bounded time, and never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 256 }), (text) => void shapeOf(text)));
    for (const char of ['a', '0', '-', '.', ':', 'aA', '1.', '0:']) shapeOf(char.repeat(256).slice(0, 256));
  });
});

describe('a name', () => {
  it.each(['Authorization', 'X-CSRF-Token', 'session_id', 'sid', 'trace_id', 'nonce', 'sign', 'requestId'])(
    '%s promises nothing beyond a session',
    (name) => expect(isPassingName(name)).toBe(true),
  );
  it.each(['uid', 'device', 'X-Client', 'q', 'deviceFingerprint', 'inside', null])('%s may last', (name) =>
    expect(isPassingName(name)).toBe(false),
  );
});

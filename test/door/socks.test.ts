import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readSocks4Request,
  readSocks5Greeting,
  readSocks5Login,
  readSocks5Request,
  socks4Reply,
  socks5Reply,
} from '../../src/door/socks.ts';
import { cutAt } from '../formats/hellos.ts';

const name = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const bytes = (...parts: (number | Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))));

const requests: [string, Buffer, object][] = [
  ['a name', bytes(5, 1, 0, 3, name('a.test'), 1, 187), { host: 'a.test', port: 443 }],
  ['an IPv4 address', bytes(5, 1, 0, 1, Buffer.from([10, 0, 0, 2]), 0, 80), { host: '10.0.0.2', port: 80 }],
  [
    'an IPv6 address',
    bytes(5, 1, 0, 4, Buffer.from('20010db8000000000000000000000001', 'hex'), 0, 80),
    { host: '2001:db8::1', port: 80 },
  ],
  [
    'the IPv6 loopback',
    bytes(5, 1, 0, 4, Buffer.from(`${'00'.repeat(15)}01`, 'hex'), 0, 80),
    { host: '::1', port: 80 },
  ],
  [
    'an IPv6 address without zeros',
    bytes(5, 1, 0, 4, Buffer.from('20010db8000100020003000400050006', 'hex'), 0, 80),
    { host: '2001:db8:1:2:3:4:5:6', port: 80 },
  ],
];

describe('SOCKS5', () => {
  it.each(requests)('reads a request for %s, and more bytes after it stay', (_what, request, expected) => {
    const reading = readSocks5Request(Buffer.concat([request, Buffer.from('rest')]));
    expect(reading).toMatchObject({ state: 'read', value: expected, length: request.length });
    for (const part of cutAt(request)) expect(readSocks5Request(part)).toEqual({ state: 'more' });
  });

  it.each([
    ['another version', bytes(4, 1, 0, 1, 1, 1, 1, 1, 0, 1)],
    ['BIND', bytes(5, 2, 0, 1, 1, 1, 1, 1, 0, 1)],
    ['UDP ASSOCIATE', bytes(5, 3, 0, 1, 1, 1, 1, 1, 0, 1)],
    ['an unknown address type', bytes(5, 1, 0, 9, 1, 1, 1, 1, 0, 1)],
    ['an empty name', bytes(5, 1, 0, 3, 0, 0, 80)],
  ])('refuses %s', (_what, request) => {
    expect(readSocks5Request(request).state).toBe('bad');
  });

  it('prefers a login, because its user names the device', () => {
    expect(readSocks5Greeting(bytes(5, 2, 0, 2))).toMatchObject({ value: { method: 2 } });
    expect(readSocks5Greeting(bytes(5, 1, 0))).toMatchObject({ value: { method: 0 } });
    expect(readSocks5Greeting(bytes(5, 1, 1))).toMatchObject({ value: { method: 255 } });
    expect(readSocks5Greeting(bytes(5, 3, 0))).toEqual({ state: 'more' });
  });

  it('reads a login at any cut', () => {
    const login = bytes(1, name('nokia'), name('any'));
    expect(readSocks5Login(login)).toMatchObject({ value: { user: 'nokia' }, length: login.length });
    for (const part of cutAt(login)) expect(readSocks5Login(part)).toEqual({ state: 'more' });
  });

  it('answers with the codes of RFC 1928', () => {
    expect(socks5Reply(null)[1]).toBe(0);
    expect(socks5Reply('refused-by-policy')[1]).toBe(2);
    expect(socks5Reply('upstream-unresolvable')[1]).toBe(4);
    expect(socks5Reply('upstream-refused')[1]).toBe(5);
    expect(socks5Reply('upstream-timeout')[1]).toBe(6);
    expect(socks5Reply('error')[1]).toBe(1);
  });
});

describe('SOCKS4', () => {
  it.each([
    [
      'an address and a user',
      bytes(4, 1, 0, 80, Buffer.from([10, 0, 0, 2]), 'nokia\0'),
      { host: '10.0.0.2', port: 80, user: 'nokia' },
    ],
    [
      'a name (4a)',
      bytes(4, 1, 1, 187, Buffer.from([0, 0, 0, 1]), '\0a.test\0'),
      { host: 'a.test', port: 443, user: null },
    ],
  ])('reads %s at any cut', (_what, request, expected) => {
    expect(readSocks4Request(request)).toMatchObject({ state: 'read', value: expected, length: request.length });
    for (const part of cutAt(request)) expect(readSocks4Request(part)).toEqual({ state: 'more' });
  });

  it('refuses what is endless', () => {
    expect(readSocks4Request(bytes(4, 1, 0, 80, Buffer.from([1, 1, 1, 1]), 'u'.repeat(300))).state).toBe('bad');
    expect(readSocks4Request(bytes(4, 1, 0, 80, Buffer.from([0, 0, 0, 1]), '\0', 'h'.repeat(300))).state).toBe('bad');
    expect(socks4Reply(null)[1]).toBe(90);
    expect(socks4Reply('error')[1]).toBe(91);
  });
});

it('no SOCKS reader throws on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
      for (const read of [readSocks4Request, readSocks5Greeting, readSocks5Login, readSocks5Request]) {
        const reading = read(Buffer.from(input));
        if (reading.state === 'read') expect(reading.length).toBeLessThanOrEqual(input.length);
      }
    }),
  );
});

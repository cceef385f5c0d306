import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGrease, readClientHello } from '../../src/formats/client-hello.ts';
import { ja4 } from '../../src/formats/ja4.ts';
import { chromeHello, cutAt, helloBytes, records } from './hellos.ts';

describe('readClientHello', () => {
  it('reads name, protocols, offer and fingerprint of a browser', () => {
    const reading = readClientHello(chromeHello());
    expect(reading).toMatchObject({
      state: 'hello',
      facts: {
        sni: 'example.test',
        alpn: ['h2', 'http/1.1'],
        ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
        grease: true,
        ech: false,
      },
    });
    if (reading.state !== 'hello') throw new Error('unreachable');
    expect(reading.offer.ciphers).toHaveLength(15);
    expect(reading.offer.groups).toEqual([0x001d, 0x0017, 0x0018]);
  });

  it('takes apart once what a TLS stack offers with every connection, and never takes one stack for another', () => {
    const offerOf = (alpn: string[], sni = 'a.test') => {
      const reading = readClientHello(records(helloBytes({ alpn, sni }), 16384));
      if (reading.state !== 'hello') throw new Error('no hello');
      return reading;
    };
    const first = offerOf(['h2', 'http/1.1']);
    const again = offerOf(['h2', 'http/1.1'], 'b.test');
    expect(again.offer).toBe(first.offer);
    expect(again.facts).toEqual({ ...first.facts, sni: 'b.test' });
    const other = offerOf(['h2,http/1.1']);
    expect(other.offer).not.toBe(first.offer);
    expect(other.facts.alpn).toEqual(['h2,http/1.1']);
  });

  it('gives the same answer however it is cut into records', () => {
    const body = helloBytes();
    const whole = readClientHello(records(body, body.length));
    for (const size of [1, 2, 3, 7, 100]) expect(readClientHello(records(body, size))).toEqual(whole);
  });

  it('asks for more at every cut and never says hello too early', () => {
    for (const wire of [chromeHello(), records(helloBytes(), 5)]) {
      for (const part of cutAt(wire)) expect(readClientHello(part)).toEqual({ state: 'more' });
    }
  });

  it.each([
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS alert', Buffer.from([21, 3, 1, 0, 2, 2, 40])],
    ['a ServerHello', Buffer.from([22, 3, 1, 0, 5, 2, 0, 0, 1, 0])],
    ['an SSL 2 hello', Buffer.from([0x80, 0x2e, 1, 3, 1])],
    ['a record of no bytes', Buffer.from([22, 3, 1, 0, 0])],
    ['a record longer than allowed', Buffer.from([22, 3, 1, 0xff, 0xff])],
    ['a message of 16 MB', Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])],
    ['a message that ends in the middle of its fields', Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3])],
  ])('knows that %s is none', (_what, bytes) => {
    expect(readClientHello(bytes)).toEqual({ state: 'not-hello' });
  });

  it('sees an encrypted ClientHello and a hello without a name', () => {
    const reading = readClientHello(records(helloBytes({ sni: null, extra: [[0xfe0d, Buffer.from([1, 2])]] }), 16384));
    expect(reading).toMatchObject({ facts: { sni: null, ech: true } });
  });

  it.each([
    ['an address with brackets', '[::1]'],
    ['a name with a zero byte', 'a\0b.test'],
    ['an empty name', ''],
  ])('takes %s for no name', (_what, sni) => {
    expect(readClientHello(records(helloBytes({ sni }), 16384))).toMatchObject({
      state: 'hello',
      facts: { sni: null },
    });
  });

  it('never throws, whatever the bytes', () => {
    const valid = chromeHello();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        readClientHello(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, value, length) => {
        const broken = Buffer.from(valid.subarray(0, length));
        if (at < broken.length) broken[at] = value;
        readClientHello(broken);
      }),
    );
  });
});

describe('isGrease', () => {
  it('knows the sixteen values of RFC 8701 and no other', () => {
    const all = Array.from({ length: 65536 }, (_, value) => value).filter(isGrease);
    expect(all).toEqual(Array.from({ length: 16 }, (_, n) => n * 0x1010 + 0x0a0a));
  });
});

describe('ja4', () => {
  const offer = {
    versions: [0x0304, 0x0303],
    ciphers: [
      0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
      0x0035,
    ],
    extensions: [
      0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b,
      0x000a, 0x0015,
    ],
    groups: [],
    signatureAlgorithms: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    certificateCompression: [],
  };
  const h2 = Buffer.from('h2');

  it('computes the example of the specification', () => {
    expect(ja4(offer, h2)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it('hashes the extensions alone when no signature algorithm is offered', () => {
    expect(ja4({ ...offer, signatureAlgorithms: [] }, h2)).toBe('t13d1516h2_8daaf6152771_6d807ffa2a79');
  });

  it('writes zeros for empty lists', () => {
    expect(
      ja4(
        {
          versions: [0x0303],
          ciphers: [],
          extensions: [],
          groups: [],
          signatureAlgorithms: [],
          certificateCompression: [],
        },
        null,
      ),
    ).toBe('t12i000000_000000000000_000000000000');
  });

  it.each([
    [[], '00'],
    ['h2', 'h2'],
    ['http/1.1', 'h1'],
    ['h', 'hh'],
    [[0xab], 'ab'],
    [[0xab, 0xcd], 'ad'],
    [[0x30, 0xab], '3b'],
    [[0x30, 0x31, 0xab, 0xcd], '3d'],
    [[0x30, 0xab, 0xcd, 0x31], '01'],
  ])('marks the protocol %j as %s', (name, mark) => {
    const bytes = typeof name === 'string' ? Buffer.from(name) : Buffer.from(name);
    expect(ja4(offer, bytes).slice(8, 10)).toBe(mark);
  });

  it.each([
    [0x0304, '13'],
    [0x0303, '12'],
    [0x0302, '11'],
    [0x0301, '10'],
    [0x0300, 's3'],
    [0x0002, 's2'],
    [0x0999, '00'],
  ])('names version %i as %s', (version, mark) => {
    expect(ja4({ ...offer, versions: [version] }, h2).slice(1, 3)).toBe(mark);
  });

  it('writes at most 99', () => {
    const many = Array.from({ length: 120 }, (_, n) => n);
    expect(ja4({ ...offer, ciphers: many, extensions: many }, h2).slice(4, 8)).toBe('9999');
  });
});

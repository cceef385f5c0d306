/** Values in roundabout forms, and containers inside other bytes: each is opened whatever it holds, and noise is left alone. */
import { createHash } from 'node:crypto';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { essence, findings, IMEI, inspect, type Sent, summary } from './lab-phone.ts';

const DOCUMENT = Buffer.from(JSON.stringify({ imei: IMEI }));
/** A message: field 1 text, field 2 the IMEI as a number. */
const MESSAGE = Buffer.from('0a07616e64726f6964108e99add9aeb96f1a0f636f6d2e6578616d706c652e617070', 'hex');
const noise = (length: number, seed = 'noise'): Buffer =>
  createHash('shake256', { outputLength: length }).update(seed).digest();
const grouped = (bytes: Buffer, digits: number, by: string): string =>
  (bytes.toString('hex').match(new RegExp(`.{1,${digits}}`, 'g')) ?? []).join(by);
const json = (value: unknown): Sent => ({ body: JSON.stringify(value) });
const isFound = (sent: Sent): boolean =>
  findings(inspect(sent)).some(
    ({ identifier, value }) => identifier.kind === 'imei' && identifier.known && value === IMEI,
  );

describe('registered values in roundabout forms', () => {
  it.each<[string, Sent]>([
    ['a number with an exponent', { body: '{"n":4.90154203237518E14}' }],
    ['a number with a signed exponent, in a form', { body: 'n=4.90154203237518e%2B14&x=1' }],
    ['a number with an empty fraction', { body: '{"n":490154203237518.0}' }],
    ['a list of bytes', json({ data: [...DOCUMENT] })],
    ['a list of signed bytes, in a list', json([[...gzipSync(DOCUMENT)].map((byte) => (byte << 24) >> 24), 'x'])],
    ['a list of bytes written into a string', json({ log: `[${[...DOCUMENT].join(', ')}]` })],
    ['hex in groups of eight', { body: `<${grouped(DOCUMENT, 8, ' ')}>` }],
    ['hex byte by byte, of a message', json({ d: grouped(MESSAGE, 2, ':') })],
    ['hex of a small message', json({ d: MESSAGE.toString('hex') })],
    ['hex of zlib', { target: `/c?d=${deflateSync(MESSAGE).toString('hex')}` }],
    ['base64 of raw deflate', { target: `/c?d=${deflateRawSync(DOCUMENT).toString('base64url')}` }],
    ['zlib of a message, inside other bytes', { body: Buffer.concat([noise(7), deflateSync(MESSAGE)]) }],
    [
      'zlib of noise and a value, inside other bytes',
      { body: Buffer.concat([noise(7), deflateSync(Buffer.concat([noise(900), DOCUMENT]))]) },
    ],
    [
      'zlib in a field of a message',
      {
        body: Buffer.concat([
          Buffer.from('0a017612', 'hex'),
          Buffer.from([deflateSync(MESSAGE).length]),
          deflateSync(MESSAGE),
        ]),
      },
    ],
  ])('%s', (_, sent) => {
    expect(isFound(sent)).toBe(true);
  });

  it('are known by their names, or by their form, when nothing is registered', () => {
    for (const body of [
      '{"imei":4.90154203237518E14}',
      '{"imei":490154203237518.0}',
      json({ d: MESSAGE.toString('hex') }).body,
    ])
      expect(findings(inspect({ body: body ?? '', device: null })).map(({ value }) => value)).toEqual([IMEI]);
  });

  it('are told once where they are found as they stand', () => {
    expect(summary(inspect({ body: '{"n":4.90154203237518E14}' }))).toEqual(['imei body $.n [json,exponent]']);
    expect(summary(inspect({ body: `{"n":"${grouped(Buffer.from(IMEI), 2, ' ')}"}` }))).toHaveLength(1);
  });

  it('are given alike for any cutting', () => {
    const body = JSON.stringify({
      pad: 'x'.repeat(2000),
      list: [...DOCUMENT],
      n: 4.90154203237518e14,
      d: grouped(DOCUMENT, 8, ' '),
    });
    const whole = essence(inspect({ body }));
    fc.assert(
      fc.property(fc.array(fc.nat(body.length), { maxLength: 10 }), (cuts) => {
        expect(essence(inspect({ body, cuts }))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what only looks so', () => {
  it('is left alone: measurements, counters, colours, noise', () => {
    for (const body of [
      '{"values":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}',
      '{"e":1.5E3,"f":2.5E-7,"g":100000.0,"h":1E25}',
      '{"palette":"ff aa bb 00 11 22 33 44 55 66 77 88"}',
      `{"mac":[${[...noise(40)].join(',')}]}`,
      `{"trace":"${noise(32).toString('hex')}"}`,
    ])
      expect(findings(inspect({ body })), body).toEqual([]);
  });

  it('never throws, and noise holds no zlib, whatever stands in it', () => {
    for (let n = 0; n < 60; n++) {
      const body = Buffer.concat([noise(40, `a${n}`), Buffer.from([0x78, 0x9c]), noise(300, `b${n}`)]);
      expect(findings(inspect({ body })).filter(({ evidence }) => evidence.decoding.includes('zlib'))).toEqual([]);
    }
  });
});

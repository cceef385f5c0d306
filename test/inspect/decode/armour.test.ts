/** Text that stands for other text: opened wherever it stands, registered or not; noise and words are left alone. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openArmour } from '../../../src/inspect/decode/armour.ts';
import { ARMOURS, base32, reversed, rot13 } from '../armour.ts';
import { findings, IMEI, inspect, type Sent } from '../lab-phone.ts';

const OTHER = '356938035643809';
const documentOf = (imei: string): Buffer => Buffer.from(JSON.stringify({ os: 'android', imei, lang: 'vi' }));
const places = (text: string): Sent[] => [
  { body: text },
  { body: JSON.stringify({ data: text, v: 1 }) },
  { body: `v=1&data=${encodeURIComponent(text)}&z=2` },
  { target: `/c?data=${encodeURIComponent(text)}` },
];

describe('a document is opened', () => {
  it.each(ARMOURS)('%s', (_name, write) => {
    for (const sent of places(write(documentOf(IMEI)))) {
      const found = findings(inspect(sent)).filter(({ value }) => value === IMEI);
      expect(found.some(({ identifier }) => identifier.known)).toBe(true);
    }
    for (const sent of places(write(documentOf(OTHER)))) {
      const found = findings(inspect({ ...sent, device: null })).filter(({ value }) => value === OTHER);
      expect(found.map(({ identifier }) => `${identifier.kind} ${identifier.confidence}`)).toEqual(['imei likely']);
    }
  });

  it('and named in the evidence, one layer for each', () => {
    const body = JSON.stringify({ data: reversed(documentOf(IMEI).toString('base64')) });
    const [found] = findings(inspect({ body }));
    expect(found?.evidence.decoding).toEqual(['json:$.data', 'reversed', 'base64', 'json']);
    const packed = base32(gzipSync(documentOf(IMEI)));
    expect(findings(inspect({ body: `d=${packed}` }))[0]?.evidence.decoding).toEqual([
      'form:d',
      'base32',
      'gzip',
      'json',
    ]);
  });

  it('in a form whose plus signs became blanks', () => {
    // A text with a plus sign in its base64.
    const text = Buffer.from(`{"a":"~~~>>>~~>?~","imei":"${OTHER}"}`).toString('base64');
    expect(text).toContain('+');
    const found = findings(inspect({ body: `v=1&data=${text}`, device: null }));
    expect(found.map(({ value }) => value)).toEqual([OTHER]);
  });

  it('written backwards, or with its letters turned', () => {
    for (const text of [reversed(documentOf(OTHER).toString()), rot13(documentOf(OTHER).toString())]) {
      const found = findings(inspect({ body: text, device: null })).filter(
        ({ identifier }) => identifier.confidence === 'likely',
      );
      expect(found.map(({ identifier, value }) => `${identifier.kind} ${value}`)).toEqual([`imei ${OTHER}`]);
    }
  });
});

describe('nothing is opened', () => {
  const seen = (text: string): unknown => openArmour(Buffer.from(text), 0, Buffer.byteLength(text));

  it.each([
    ['a UUID', '38400000-8cf0-41bd-b23e-10b96e40000d'],
    ['a digest', createHash('sha256').update('x').digest('hex')],
    ['an address', 'https://cdn.vendor.example/assets/app-4f3a.js?v=12'],
    ['a sentence', 'Connection to the server was lost, please try again'],
    ['a name of a class', 'com.vendor.application.MainActivity'],
    ['a number', '12345678901234567890123456789'],
    ['ordinary base64', Buffer.from('{"a":1,"b":"two"}').toString('base64')],
    ['a token', 'ya29.A0ARrdaM-k9Vq7PzY4n2jL0mQfRsTuVwXyZ0123456789abc'],
    ['ten zeros and ones', '0101010101010101'],
    ['a bracket closed and opened', '}, {"a": 1}, {"b": 2}, ['],
  ])('of %s', (_what, text) => {
    const opened = seen(text) as { bytes: Buffer } | null;
    if (opened !== null) expect(opened.bytes.toString()).toBe(reversed(text));
  });

  it('of noise in base64, base32 and letters, but for one in ten thousand', () => {
    let opened = 0;
    for (let i = 0; i < 10_000; i++) {
      const bytes = createHash('sha256').update(String(i)).digest();
      for (const text of [
        bytes.toString('base64'),
        base32(bytes),
        bytes.toString('base64').replace(/[^A-Za-z0-9]/g, ''),
      ])
        if (seen(text) !== null) opened++;
    }
    expect(opened).toBeLessThanOrEqual(3);
  });

  it('and no text makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.stringMatching(/^[&\\%=01u~<>!-z]{16,80}$/)),
        (text) => {
          seen(text);
        },
      ),
      { numRuns: 500 },
    );
  });
});

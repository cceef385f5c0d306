/** Payloads hidden by XOR: with one byte, and with a key that is sent along, wherever in the exchange it stands. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findings, IMEI, inspect, type Sent, summary } from './lab-phone.ts';

const KEY = 'k3y9Zq7Lm2Xw';
const TEXT = Buffer.from(
  `{"imei":"${IMEI}","model":"Wiko","build":"W_K400_V09","screen":"720x1280","lang":"fr","n":[1,2,3]}`,
);
const xor = (bytes: Buffer, key: Buffer | string): Buffer => {
  const mask = Buffer.from(key);
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index % mask.length] ?? 0)));
};
const closed = xor(TEXT, KEY);
const noise = (length: number): Buffer => createHash('shake256', { outputLength: length }).update('noise').digest();

describe('ciphertext with its key beside it is opened and named so', () => {
  it.each<[string, Sent, string]>([
    [
      'a parameter before',
      { target: `/r?k=${KEY}&d=${closed.toString('base64url')}` },
      'imei query d:$.imei [base64url,xor with k,json]',
    ],
    [
      'a parameter after',
      { target: `/r?d=${closed.toString('base64url')}&k=${KEY}` },
      'imei query d:$.imei [base64url,xor with k,json]',
    ],
    [
      'a field of the JSON before',
      { body: JSON.stringify({ k: KEY, d: closed.toString('base64') }) },
      'imei body $.imei [json:$.d,base64,xor with k,json]',
    ],
    [
      'a field of the JSON after',
      { body: JSON.stringify({ d: closed.toString('base64'), k: KEY }) },
      'imei body $.imei [json:$.d,base64,xor with k,json]',
    ],
    [
      'a field elsewhere in the JSON',
      { body: JSON.stringify({ a: { k: KEY }, b: [{ d: closed.toString('base64') }] }) },
      'imei body $.imei [json:$.b[0].d,base64,xor with k,json]',
    ],
    [
      'a field of the form after',
      { body: `d=${closed.toString('hex')}&k=${KEY}` },
      'imei body $.imei [form:d,hex,xor with k,json]',
    ],
    ['a header, for the body', { body: closed, headers: [['X-Key', KEY]] }, 'imei body $.imei [xor with X-Key,json]'],
    ['a parameter, for the body', { body: closed, target: `/r?seed=${KEY}` }, 'imei body $.imei [xor with seed,json]'],
    [
      'a cookie, in hex, for the body',
      { body: xor(TEXT, Buffer.from('00ff10aa77', 'hex')), headers: [['Cookie', 'a=b; m=00ff10aa77']] },
      'imei body $.imei [xor with m,json]',
    ],
  ])('when the key is %s', (_name, sent, expected) => {
    expect(summary(inspect(sent))).toEqual([expected]);
    // For a phone nobody registered as well, by its shape.
    expect(findings(inspect({ ...sent, device: null })).map(({ identifier }) => identifier.kind)).toEqual(['imei']);
  });

  it('also when a word of the address makes something like text of it', () => {
    const key = 'k3y-of-the-lab-07';
    const text = `{"device":"${IMEI}","sent":"by the lab","padding":"so that it is long enough"}`;
    const headers: [string, string][] = [['x-session', key]];
    expect(summary(inspect({ body: xor(Buffer.from(text), key), target: '/report', headers }))).toEqual([
      'imei body $.device [xor with x-session,json]',
    ]);
  });

  it('also when the same header came with requests before', () => {
    const options = {};
    for (let n = 0; n < 3; n++)
      expect(summary(inspect({ body: closed, headers: [['X-Key', KEY]], options }))).toEqual([
        'imei body $.imei [xor with X-Key,json]',
      ]);
  });
});

describe('what no value beside it opens', () => {
  it('is opaque all the same, told once, at the end of the exchange', () => {
    for (const sent of [
      { body: noise(4000), headers: [['X-Key', KEY]] as [string, string][] },
      { target: `/r?k=${KEY}&d=${noise(128).toString('base64url')}` },
      { body: JSON.stringify({ k: KEY, d: noise(128).toString('hex') }) },
    ])
      expect(findings(inspect(sent)).map(({ identifier }) => identifier.kind)).toEqual(['opaque']);
  });

  it('is opaque again with the next request', () => {
    const sent = { target: `/r?d=${noise(96).toString('base64url')}` };
    for (let n = 0; n < 3; n++) expect(summary(inspect(sent))).toEqual(['opaque query d [base64url]']);
  });
});

describe('XOR with one byte', () => {
  it.each([0x80, 0xa5, 0xc3, 0xff])('is undone for a phone nobody registered (%i)', (mask) => {
    const hidden = xor(TEXT, Buffer.from([mask]));
    for (const body of [hidden, Buffer.from(`imei=${IMEI}&model=Wiko&build=1`).map((byte) => byte ^ mask)])
      expect(findings(inspect({ body: Buffer.from(body), device: null }))).toMatchObject([
        {
          identifier: { kind: 'imei' },
          evidence: { decoding: expect.arrayContaining([`xor ${mask.toString(16).padStart(2, '0')}`]) },
        },
      ]);
  });

  it('is not seen in what is no such thing', () => {
    for (const body of [noise(64), Buffer.from(Array.from({ length: 200 }, (_, n) => n % 16)), Buffer.alloc(100, 7)])
      expect(
        findings(inspect({ body, device: null })).filter(({ evidence }) =>
          evidence.decoding.some((layer) => layer.startsWith('xor')),
        ),
      ).toEqual([]);
  });
});

describe('plain text between control characters', () => {
  const control = fc.constantFrom('\x01', '\x02', '\x1d', '\x1e', '\x1f', '\x00');
  const word = fc.oneof(fc.constantFrom('WIFI', 'LTE', 'US', 'NORMAL', 'HUAWEI', 'json'), fc.string({ maxLength: 12 }));

  it('is found as the text it is, beside any innocent word, first and again', () => {
    fc.assert(
      fc.property(control, word, fc.nat(999), (between, innocent, n) => {
        const value = `${n}${between}imei${between}${IMEI}${between}${n}`;
        const target = `/a?net=${encodeURIComponent(innocent)}&d=${encodeURIComponent(value)}`;
        for (const sent of [target, target, `/a?d=${encodeURIComponent(value)}`])
          expect(summary(inspect({ target: sent }))).toEqual(['imei query d []']);
      }),
      { numRuns: 200 },
    );
  });

  it('is found in a header, a cookie and a body of the phone that nobody registered as well', () => {
    const text = `500\x01imei\x01${IMEI}\x01x`;
    for (const sent of [{ headers: [['Cookie', `net=WIFI; d=${text}`]] as [string, string][] }, { body: text }])
      expect(findings(inspect({ ...sent, device: null })).map(({ value }) => value)).toEqual([IMEI]);
  });
});

it('gives the same for every cutting, and never throws', () => {
  const body = JSON.stringify({ d: closed.toString('base64'), pad: 'x'.repeat(700), k: KEY });
  const whole = summary(inspect({ body }));
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
      expect(summary(inspect({ body, cuts }))).toEqual(whole);
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 20 }), (bytes, key) => {
      inspect({ body: Buffer.from(bytes), target: `/?k=${encodeURIComponent(key)}` });
    }),
    { numRuns: 100 },
  );
});

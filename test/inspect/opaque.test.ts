/** Payloads nobody can open: reported as such, never as silence, never as an invented identifier. */
import { constants, createHash, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rsaDecoder } from '../../src/inspect/operator/rsa.ts';
import { findings, IMEI, inspect, summary } from './lab-phone.ts';

/** Bytes as even as encrypted ones, the same in every run. */
const noise = (length: number, seed = 'noise'): Buffer =>
  createHash('shake256', { outputLength: length }).update(seed).digest();
const opaque = (sent: Parameters<typeof inspect>[0]): string[] =>
  summary(inspect(sent)).filter((line) => line.startsWith('opaque'));

describe('an encrypted payload', () => {
  it('of 128 bytes in a parameter is reported with its size and spread (Wiko)', () => {
    const [finding, ...more] = findings(
      inspect({ target: `/stsReport?msgid=1&repinfo=${noise(128).toString('base64url')}` }),
    );
    expect(more).toEqual([]);
    expect(finding!.identifier).toMatchObject({ kind: 'opaque', known: false, confidence: 'likely' });
    expect(finding!.identifier.masked).toMatch(/^128 bytes, [67]\.\d bits\/byte$/);
    expect(finding!.evidence).toMatchObject({ where: 'query', path: 'repinfo', decoding: ['base64url'] });
  });

  // Noise begins like JSON, MessagePack, CBOR and zlib now and then, under a neighbour's value as well. One in ten thousand of
  // the shortest fills a MessagePack array to its last byte.
  it.each([64, 96, 128])('of %i bytes is told whatever its bytes are', (length) => {
    const missed = Array.from({ length: 2000 }, (_, index) => noise(length, `n${index}`).toString('base64url')).filter(
      (info) => opaque({ target: `/r?type=report&id=8821&lang=en&info=${info}` }).length !== 1,
    );
    expect(missed.slice(length === 64 ? 1 : 0)).toEqual([]);
  });

  it.each<[string, Parameters<typeof inspect>[0]]>([
    ['a whole body', { body: noise(4000), headers: [['Content-Type', 'application/octet-stream']] }],
    ['a form', { body: `v=1&payload=${encodeURIComponent(noise(200).toString('base64'))}` }],
    ['a JSON string', { body: JSON.stringify({ v: 1, data: noise(256).toString('base64') }) }],
    ['gzip', { body: gzipSync(noise(3000)) }],
  ])('is told in %s', (_name, sent) => {
    expect(opaque(sent)).toHaveLength(1);
  });
});

describe('what is random by nature is not called a payload', () => {
  it.each<[string, Parameters<typeof inspect>[0]]>([
    ['a session cookie', { headers: [['Cookie', `sid=${noise(96).toString('base64url')}`]] }],
    ['a bearer token', { headers: [['Authorization', `Bearer ${noise(96).toString('base64url')}`]] }],
    ['a refresh token', { body: `grant_type=refresh_token&refresh_token=${noise(128).toString('base64url')}` }],
    ['a UUID', { target: '/?id=6fa459ea-ee8a-3ca4-894e-db77e160355e' }],
    ['a SHA-512', { body: JSON.stringify({ sha: createHash('sha512').update('x').digest('hex') }) }],
    ['a signature', { body: JSON.stringify({ signature: noise(256).toString('base64') }) }],
    ['a picture', { body: Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), noise(5000)]) }],
    ['a video', { body: Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), noise(5000)]) }],
    ['compressed text', { body: gzipSync('some text that is read '.repeat(200)) }],
    ['text', { body: 'an ordinary report in ordinary words, longer than sixty-four bytes, about nothing at all.' }],
    ['a TLS record', { body: Buffer.concat([Buffer.from([0x17, 3, 3, 4, 0]), noise(1024)]) }],
  ])('%s', (_name, sent) => {
    expect(opaque(sent)).toEqual([]);
  });
});

describe('in a message without names', () => {
  /** protobuf.dev/programming-guides/encoding: a field of bytes. */
  const field = (number: number, bytes: Buffer | string): Buffer => {
    const { length } = Buffer.from(bytes);
    const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), Buffer.from(bytes)]);
  };
  const uuid = (seed: string): Buffer => {
    const bytes = noise(16, seed);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes;
  };
  const PROTOBUF: [string, string][] = [['Content-Type', 'application/x-protobuf']];
  const told = (...fields: Buffer[]): string[] =>
    findings(inspect({ body: Buffer.concat(fields), headers: PROTOBUF }))
      .filter(({ identifier }) => identifier.kind === 'opaque')
      .map(({ identifier, evidence }) => `${identifier.confidence} ${evidence.path}`);

  it.each([64, 65, 70, 96, 132])('a signature of %i bytes beside text is no payload', (length) => {
    expect(told(field(1, 'hello world'), field(2, noise(length)))).toEqual([]);
  });

  it.each<[string, Buffer[]]>([
    ['an id and a signature', [field(1, uuid('a')), field(2, noise(64))]],
    ['an id and a longer signature', [field(1, uuid('a')), field(2, noise(96))]],
    ['two signatures', [field(1, noise(64, 'a')), field(2, noise(64, 'b'))]],
    ['signatures in messages of their own', [1, 2, 3].map((n) => field(1, field(2, noise(64, `s${n}`))))],
    ['ids one by one', Array.from({ length: 40 }, (_, n) => field(1, uuid(`u${n}`)))],
    [
      'ids in one field',
      [field(1, Buffer.concat(Array.from({ length: 10 }, (_, n) => uuid(`u${n}`)))), field(2, 'hello')],
    ],
  ])('%s are no payload', (_what, fields) => {
    expect(told(...fields)).toEqual([]);
  });

  it('a body of nothing but ids is none either, however it is cut', () => {
    const body = Buffer.concat(Array.from({ length: 12 }, (_, n) => uuid(`u${n}`)));
    for (const cuts of [1, 7, 16, 500]) expect(opaque({ body, cuts })).toEqual([]);
  });

  it('what is as long as an RSA signature is only possible', () => {
    for (const length of [256, 384, 512])
      expect(told(field(1, 'hello'), field(2, noise(length)))).toEqual(['possible field 2']);
  });

  it.each([128, 160, 255, 1000])('a payload of %i bytes is told', (length) => {
    expect(told(field(1, 'hello world'), field(2, noise(length)))).toHaveLength(1);
  });

  it.each(Array.from({ length: 100 }, (_, index) => index))('noise is no message of ids (%i)', (index) => {
    expect(opaque({ body: noise(130 + index, `m${index}`) })).toHaveLength(1);
  });
});

describe('a ciphertext with its key beside it', () => {
  const xor = (text: string, key: string): string =>
    Buffer.from([...Buffer.from(text)].map((byte, index) => byte ^ key.charCodeAt(index % key.length))).toString(
      'base64url',
    );
  const report = JSON.stringify({ model: 'Lab Phone', imei: IMEI, screen: 'on' });

  it.each([
    ['before it', (key: string, data: string) => ({ target: `/r?k=${key}&d=${data}` }), 'query d:$.imei'],
    ['after it', (key: string, data: string) => ({ target: `/r?d=${data}&k=${key}` }), 'query d:$.imei'],
    ['in a form', (key: string, data: string) => ({ body: `k=${key}&d=${data}` }), 'body $.imei'],
  ])('is opened when the key stands %s', (_name, send, place) => {
    const key = noise(12, 'sibling').toString('hex').slice(0, 12);
    const [line, ...more] = summary(inspect(send(key, xor(report, key))));
    expect(more).toEqual([]);
    expect(line).toMatch(`imei ${place} [`);
    expect(line).toMatch(/base64(?:url)?,xor with k,json\]$/);
  });

  it('stays closed with any other neighbour', () => {
    const found = inspect({ target: `/r?k=abcdefgh&d=${noise(128).toString('base64url')}` });
    expect(summary(found)).toEqual(['opaque query d [base64url]']);
  });
});

describe('with the key', () => {
  const report = `TN:IMEI1,${IMEI},client,WIKO,CID:729408,build,LABSERIAL0001`;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const rsa = rsaDecoder(privateKey);
  const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(report));

  it('RSA opens what was opaque without it', () => {
    const target = `/stsReport?repinfo=${encrypted.toString('base64url')}`;
    expect(summary(inspect({ target }))).toEqual(['opaque query repinfo [base64url]']);
    expect(summary(inspect({ target, options: { decoders: [rsa] } }))).toEqual([
      'imei query repinfo:IMEI1 [base64url,rsa]',
      'cell query repinfo:CID [base64url,rsa]',
      'serial query repinfo [base64url,rsa]',
    ]);
  });

  it('RSA leaves alone what was encrypted for another key', () => {
    const target = `/stsReport?repinfo=${noise(128).toString('base64url')}`;
    expect(summary(inspect({ target, options: { decoders: [rsa] } }))).toEqual(['opaque query repinfo [base64url]']);
  });

  it('a decoder that throws is said, and the rest goes on', () => {
    const broken = {
      name: 'mine',
      open: (): Buffer => {
        throw new Error('no');
      },
    };
    const events = inspect({ body: noise(1000), options: { decoders: [broken] } });
    expect(events.map((event) => (event.type === 'finding' ? event.finding.identifier.kind : event.reason))).toEqual([
      "the operator's decoder mine failed",
      'opaque',
    ]);
  });
});

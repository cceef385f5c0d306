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

  it.each(Array.from({ length: 200 }, (_, index) => index))('is told whatever its bytes are (%i)', (index) => {
    expect(opaque({ target: `/r?info=${noise(128, `n${index}`).toString('base64url')}` })).toHaveLength(1);
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

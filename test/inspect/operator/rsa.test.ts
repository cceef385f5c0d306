/** An RSA private key as a decoder: what the vendor's padding schemes put in comes out, and nothing else does. */
import { constants, generateKeyPairSync, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInspector } from '../../../src/inspect/inspector.ts';
import { removePkcs1, rsaDecoder } from '../../../src/inspect/operator/rsa.ts';
import type { FlowEvent } from '../../../src/model/flow.ts';
import type { InspectEvent } from '../../../src/model/identifier.ts';
import { closed, findings, IMEI, inspect, labFlow, labPhone } from '../lab-phone.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const decoder = rsaDecoder(privateKey);
const context = { host: 'vendor.example', where: 'body', key: null } as const;
const SECRET = Buffer.from(`TN:IMEI1,${IMEI}`);

const close = (text: Buffer, padding: number, oaepHash?: string): Buffer =>
  publicEncrypt({ key: publicKey, padding, ...(oaepHash ? { oaepHash } : {}) }, text);

describe('an RSA key', () => {
  it.each([
    ['PKCS#1 v1.5', constants.RSA_PKCS1_PADDING, undefined],
    ['OAEP with SHA-1', constants.RSA_PKCS1_OAEP_PADDING, 'sha1'],
    ['OAEP with SHA-256', constants.RSA_PKCS1_OAEP_PADDING, 'sha256'],
  ])('opens %s', (_name, padding, hash) => {
    expect(decoder.open(close(SECRET, padding, hash), context)).toEqual(SECRET);
  });

  it.each([
    ['PKCS#1 v1.5', constants.RSA_PKCS1_PADDING, 117],
    ['OAEP', constants.RSA_PKCS1_OAEP_PADDING, 86],
  ])('opens a long message cut into blocks of %s', (_name, padding, size) => {
    const long = randomBytes(size * 3);
    const blocks = [0, 1, 2].map((n) => close(long.subarray(n * size, (n + 1) * size), padding));
    expect(decoder.open(Buffer.concat(blocks), context)).toEqual(long);
  });

  it('does not open what another key closed, half a block, or nothing', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const closed = publicEncrypt({ key: other, padding: constants.RSA_PKCS1_PADDING }, SECRET);
    // One in 65,536 random blocks begins with 00 02: a fresh block of the same kind cannot do so twice in a row.
    const again = publicEncrypt({ key: other, padding: constants.RSA_PKCS1_PADDING }, SECRET);
    expect(decoder.open(Buffer.concat([closed, again]), context)).toBeNull();
    expect(decoder.open(close(SECRET, constants.RSA_PKCS1_PADDING).subarray(1), context)).toBeNull();
    expect(decoder.open(Buffer.alloc(0), context)).toBeNull();
    expect(decoder.open(Buffer.alloc(128, 0xff), context)).toBeNull();
  });

  it('is refused when it is public or of another kind', () => {
    expect(() => rsaDecoder(publicKey)).toThrow('no RSA private key');
    const ec: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(() => rsaDecoder(ec)).toThrow('no RSA private key');
  });

  it('never throws on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 128, maxLength: 128 }), (bytes) => {
        expect(() => decoder.open(Buffer.from(bytes), context)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe('PKCS#1 v1.5 padding', () => {
  const block = (...parts: (Buffer | number[])[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)));
  const filler = Buffer.alloc(8, 0xaa);
  it.each([
    ['the least padding the standard allows', block([0, 2], filler, [0], SECRET), SECRET],
    ['seven bytes of padding: one too few', block([0, 2], filler.subarray(1), [0], SECRET), null],
    ['a signature block', block([0, 1], Buffer.alloc(8, 0xff), [0], SECRET), null],
    ['no end of the padding', block([0, 2], Buffer.alloc(20, 0xaa)), null],
    ['an empty message', block([0, 2], filler, [0]), null],
    ['a first byte that is not zero', block([1, 2], filler, [0], SECRET), null],
    ['a message with zeros of its own', block([0, 2], filler, [0, 0, 7, 0]), Buffer.from([0, 7, 0])],
  ])('%s', (_name, padded, message) => {
    expect(removePkcs1(padded)).toEqual(message);
  });
});

describe('a long message for an RSA key', () => {
  const size = 117;
  const long = Buffer.alloc(size * 64, `imei=${IMEI}&`);
  const blocks = Array.from({ length: 64 }, (_, n) =>
    close(long.subarray(n * size, (n + 1) * size), constants.RSA_PKCS1_PADDING),
  );
  const sealed = Buffer.concat(blocks);

  it('is opened block by block over many turns, and what is found is the same', () => {
    const options = { decoders: [decoder] };
    const atOnce = findings(inspect({ body: sealed, options }));
    expect(atOnce[0]).toMatchObject({ identifier: { kind: 'imei', known: true } });
    expect(atOnce[0]?.evidence.decoding).toContain('rsa');
    const inspector = createInspector({ deviceFor: () => labPhone, ...options });
    const base = { flowId: 'f', exchange: 1, time: 0, direction: 'request' } as const;
    const found: InspectEvent[] = [];
    let calls = 0;
    for (const event of [
      labFlow('f'),
      { ...base, type: 'body-chunk', bytes: sealed },
      { ...base, type: 'body-end', trailers: [], complete: true },
      closed('f'),
    ] as FlowEvent[]) {
      found.push(...inspector.push(event, { isOver: true }));
      for (; inspector.isBusy('f'); calls++) found.push(...inspector.resume('f', { isOver: true }));
    }
    expect(calls).toBeGreaterThan(64);
    expect(findings(found)).toEqual(atOnce);
  });
});

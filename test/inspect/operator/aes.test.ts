/** An AES key as a decoder: every mode and padding, what it takes for opened, and how an operator writes the key down. */
import { type CipherGCMTypes, createCipheriv, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { AES_MODES, type AesOptions, aesDecoder } from '../../../src/inspect/operator/aes.ts';
import { readAesKey } from '../../../src/inspect/operator/aes-file.ts';
import { IMEI } from '../lab-phone.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const IV = Buffer.alloc(16, 7);
const CLEAR = Buffer.from(`{"imei":"${IMEI}"}`);
const context = { host: 'vendor.example', where: 'body', key: null } as const;
const usual: AesOptions = { key: KEY, mode: 'cbc', iv: IV, ivBytes: 16, padding: 'pkcs7', tagBytes: 16 };

/** As a vendor would close it, with OpenSSL. */
function close(clear: Buffer, { key, mode, padding }: AesOptions, iv: Buffer | null): Buffer {
  const bits = key.length * 8;
  if (mode === 'gcm') {
    const cipher = createCipheriv(`aes-${bits}-gcm` as CipherGCMTypes, key, iv!);
    return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  }
  const cipher = createCipheriv(`aes-${bits}-${mode}`, key, iv).setAutoPadding(padding === 'pkcs7');
  const zeros = padding === 'zero' ? Buffer.alloc((16 - (clear.length % 16)) % 16) : Buffer.alloc(0);
  return Buffer.concat([cipher.update(clear), cipher.update(zeros), cipher.final()]);
}

describe('an AES key', () => {
  for (const bytes of [16, 24, 32]) {
    for (const mode of AES_MODES) {
      const key = randomBytes(bytes);
      const ivBytes = mode === 'gcm' ? 12 : 16;
      it(`opens AES-${bytes * 8} ${mode}, with a fixed iv and with one before the ciphertext`, () => {
        const fixed = { ...usual, key, mode, iv: mode === 'ecb' ? null : IV.subarray(0, ivBytes), ivBytes };
        const closed = close(CLEAR, fixed, fixed.iv);
        expect(aesDecoder(fixed).open(closed, context)).toEqual(CLEAR);
        if (mode === 'ecb') return;
        const prefixed = Buffer.concat([fixed.iv!, closed]);
        expect(aesDecoder({ ...fixed, iv: null }).open(prefixed, context)).toEqual(CLEAR);
      });
    }
  }

  it('opens zero padding, and none', () => {
    const zero: AesOptions = { ...usual, padding: 'zero' };
    expect(aesDecoder(zero).open(close(CLEAR, zero, IV), context)).toEqual(CLEAR);
    const none: AesOptions = { ...usual, padding: 'none' };
    const whole = Buffer.from('sixteen letters!'.repeat(2));
    expect(aesDecoder(none).open(close(whole, none, IV), context)).toEqual(whole);
  });

  it('takes what is inside for opened when it is compressed, or binary and plainly not random', () => {
    const gzip = gzipSync(CLEAR);
    expect(aesDecoder(usual).open(close(gzip, usual, IV), context)).toEqual(gzip);
    const records = Buffer.concat(Array.from({ length: 12 }, (_, n) => Buffer.from([8, n, 0x12, 4, 0, 0, 1, n])));
    expect(aesDecoder(usual).open(close(records, usual, IV), context)).toEqual(records);
  });

  it('does not take noise: another key, another iv mode, random bytes', () => {
    const closed = close(CLEAR, usual, IV);
    expect(aesDecoder({ ...usual, key: Buffer.alloc(16, 1) }).open(closed, context)).toBeNull();
    for (const mode of AES_MODES) {
      const decoder = aesDecoder({ ...usual, mode, ivBytes: mode === 'gcm' ? 12 : 16, iv: null });
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
          // Text shows through no cipher by chance: eight readable bytes in a row are one in two thousand, sixteen none.
          const opened = decoder.open(Buffer.from(bytes), context);
          expect(opened === null || opened.length < 32).toBe(true);
        }),
        { numRuns: 200 },
      );
    }
  });
});

describe('an AES key file', () => {
  const opened = (text: string): Buffer | null => {
    const read = readAesKey(text);
    if (!read.ok) throw new Error(say(read.why));
    return aesDecoder(read.options).open(close(CLEAR, usual, IV), context);
  };

  it.each([
    ['hex', `key: ${KEY.toString('hex')}\nmode: cbc\niv: ${IV.toString('hex')}`],
    ['hex digits that YAML would read as a number', null],
    ['base64', `key: ${KEY.toString('base64')}\nmode: CBC\niv: base64:${IV.toString('base64')}`],
    ['JSON', JSON.stringify({ cipher: 'aes', key: `hex:${KEY.toString('hex')}`, mode: 'cbc', iv: IV.toString('hex') })],
  ])('gives the key in %s', (_name, text) => {
    if (text !== null) expect(opened(text)).toEqual(CLEAR);
    else
      expect(readAesKey('key: 00112233445566778899001122334455\nmode: ecb')).toMatchObject({
        ok: true,
        options: { key: Buffer.from('00112233445566778899001122334455', 'hex'), iv: null },
      });
  });

  it('gives the key in characters, as apps often hold it', () => {
    expect(readAesKey('key: "text:0123456789abcdef"\nmode: cbc\niv: zero')).toMatchObject({
      ok: true,
      options: { key: Buffer.from('0123456789abcdef'), iv: Buffer.alloc(16) },
    });
  });

  it.each([
    ['', 'holds no fields: key and mode are needed (docs/decoders.md)'],
    [
      'key: abcd\nmode: cbc\niv: zero',
      'needs a key of 16, 24 or 32 bytes: hex digits, base64, or text: before its characters',
    ],
    [`key: ${'ab'.repeat(16)}`, 'needs a mode: one of ecb, cbc, ctr, gcm'],
    [
      `key: ${'ab'.repeat(16)}\nmode: cbc`,
      'needs an iv: zero, prefix (it stands before the ciphertext), hex digits, or base64',
    ],
    [`key: ${'ab'.repeat(16)}\nmode: cbc\niv: 0011`, 'needs an iv of 16 bytes in cbc'],
    [`key: ${'ab'.repeat(16)}\nmode: gcm\niv: prefix\ntagBytes: 4`, 'needs a whole number from 12 to 16 for tagBytes'],
    [`key: ${'ab'.repeat(16)}\nmode: ecb\nsalt: x`, /^has a field "salt" that means nothing: known are cipher, /],
    [
      'key: [1',
      /^cannot be read \(line \d+\): indentation does not fit the lines above, or a bracket above is not closed$/,
    ],
  ])('is refused in one line that never shows the key: %j', (text, why) => {
    const read = readAesKey(text);
    const said = read.ok ? '' : say(read.why);
    expect(said).toEqual(why instanceof RegExp ? expect.stringMatching(why) : why);
    expect(JSON.stringify(read)).not.toContain('abab');
  });
});

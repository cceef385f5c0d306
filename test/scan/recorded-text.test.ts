import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText } from '../../src/scan/recorded-text.ts';

const PACKED = gzipSync('{"imei":"490154203237518"}');
/** Python's `bytes.decode('utf8', 'surrogateescape')` of bytes that are no UTF-8 at all. */
const escaped = (bytes: Buffer): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
const windows = (bytes: Buffer): string =>
  Array.from(bytes, (byte) => new TextDecoder('windows-1252').decode(Buffer.of(byte))).join('');
const bytesOf = (text: string, encoding?: string, namesBytes = false): string =>
  bytesOfText(text, encoding, namesBytes).bytes.toString('hex');

describe('bytes in a recorded text', () => {
  it.each([
    ['one character per byte', PACKED.toString('latin1')],
    ['Windows-1252', windows(PACKED)],
    ['lone surrogates', escaped(PACKED)],
  ])('as %s come back', (_how, text) => {
    expect(bytesOf(text)).toBe(PACKED.toString('hex'));
  });

  it.each([
    ['base64', PACKED.toString('base64')],
    ['BASE64', PACKED.toString('base64')],
    ['base64url', PACKED.toString('base64url')],
    ['hex', PACKED.toString('hex')],
    ['latin-1', PACKED.toString('latin1')],
    ['ISO-8859-1', PACKED.toString('latin1')],
    ['binary', PACKED.toString('latin1')],
  ])('declared as %s come back', (encoding, text) => {
    expect(bytesOf(text, encoding)).toBe(PACKED.toString('hex'));
  });

  it.each(['plain', 'Nguyễn Văn A', 'café', 'naïve façade', '电话', '😀 ok', 'a\u0001b', '“quoted” – dash'])(
    'that a person wrote stay UTF-8: %s',
    (text) => {
      expect(bytesOf(text)).toBe(Buffer.from(text).toString('hex'));
    },
  );

  it.each(['Nguyễn', 'café', '电话'])('of UTF-8 that was read as Latin-1 come back: %s', (text) => {
    expect(bytesOf(Buffer.from(text).toString('latin1'))).toBe(Buffer.from(text).toString('hex'));
  });

  it('of a type that is no text come back however few they are', () => {
    expect(bytesOf('\u000a\u00ff', undefined, true)).toBe('0aff');
  });

  it('that the recorder replaced are named', () => {
    expect(bytesOfText('imei \ufffd\ufffd', undefined, false).isDamaged).toBe(true);
    expect(bytesOfText('imei', undefined, false).isDamaged).toBe(false);
    expect(bytesOfText('aW1laQ==', 'base64', false)).toMatchObject({ isBinary: true, isDamaged: false });
  });

  it('come back from surrogates whatever stands between them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = escaped(Buffer.from(bytes));
        expect(bytesOf(text)).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });

  it('never make it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.anything(), fc.boolean(), (text, encoding, namesBytes) => {
        expect(() => bytesOfText(text, encoding, namesBytes)).not.toThrow();
      }),
    );
  });
});

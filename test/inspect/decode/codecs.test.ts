/** Decompressors: what they must decode, that streams end where they end, that noise only makes them give up. */
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BLOCK } from '../../../src/inspect/decode/codec.ts';
import { type CodecName, createCodec } from '../../../src/inspect/decode/codecs.ts';
import { isNoZlib } from '../../../src/inspect/decode/native.ts';
import { pieces } from '../lab-phone.ts';

function decode(name: CodecName, bytes: Buffer, cuts: number[] | number = []): string {
  const out: Buffer[] = [];
  const codec = createCodec(name, (part) => out.push(Buffer.from(part)) > 0);
  for (const piece of pieces(bytes, cuts)) if (codec.push(piece)) break;
  codec.end();
  return Buffer.concat(out).toString('latin1');
}

/** Magic, flags without extras, block size 64 KB, header checksum (not checked). */
const frame = (...blocks: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...blocks, Buffer.alloc(4)]);
const block = (hex: string): Buffer => {
  const body = Buffer.from(hex, 'hex');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([size, body]);
};

describe('LZ4', () => {
  // Three literals, nine bytes from three back, three literals.
  const abc = block('35616263030030787a79');

  it('reads literals and overlapping matches', () => {
    expect(decode('lz4', frame(abc))).toBe('abcabcabcabcxzy');
  });

  it('reads matches that reach into the block before', () => {
    expect(decode('lz4', frame(abc, block('010f003078797a')))).toBe('abcabcabcabcxzyabcabxyz');
  });

  it('refuses matches before the beginning', () => {
    expect(() => decode('lz4', frame(block('3561626309003078797a')))).toThrow();
  });
});

describe('every decompressor', () => {
  const packers: [CodecName, (bytes: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['zlib', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ];

  it.each(packers)('%s: gives back what was packed, for any cutting', (name, pack) => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), fc.array(fc.nat(3000), { maxLength: 5 }), (text, cuts) => {
        const bytes = Buffer.from(text.repeat(3), 'latin1');
        expect(decode(name, pack(bytes), cuts)).toBe(bytes.toString('latin1'));
      }),
      { numRuns: 100 },
    );
  });

  it.each(['gzip', 'zlib', 'deflate', 'br', 'zstd', 'lz4', 'utf-16le', 'utf-16be'] as const)(
    '%s: noise gives bytes or an exception',
    (name) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 500 }), ({ buffer, byteOffset, length }) => {
          try {
            decode(name, Buffer.from(buffer, byteOffset, length), 7);
          } catch (error) {
            expect(error).toBeDefined();
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each(packers)('%s: hands out no more than a block at once, and stops when no more is wanted', (name, pack) => {
    const blocks: number[] = [];
    const codec = createCodec(name, (part) => blocks.push(part.length) < 3);
    expect(codec.push(pack(Buffer.alloc(8 << 20)))).not.toBeNull();
    codec.end();
    expect(blocks).toHaveLength(3);
    expect(Math.max(...blocks)).toBeLessThanOrEqual(BLOCK);
  });

  it.each(packers.filter(([name]) => name === 'zlib' || name === 'deflate' || name === 'br'))(
    '%s: gives back what follows the stream',
    (name, pack) => {
      const codec = createCodec(name, () => true);
      const packed = pack(Buffer.from('text'));
      expect(codec.push(Buffer.concat([packed, Buffer.from('after')]))?.toString()).toBe('after');
    },
  );
});

describe('the head of a gzip (RFC 1952 2.3)', () => {
  const TEXT = 'nothing in here';
  const EXTRA = Buffer.from([3, 0, 1, 2, 3]);
  const NAME = Buffer.from('log.txt\0');
  const COMMENT = Buffer.from('of today\0');
  const CRC = Buffer.from([1, 2]);
  const make = (flags: number, ...fields: Buffer[]): Buffer => {
    const plain = gzipSync(TEXT);
    plain[3] = flags;
    return Buffer.concat([plain.subarray(0, 10), ...fields, plain.subarray(10)]);
  };

  it.each<[string, Buffer]>([
    ['bare', make(0)],
    ['declared as text', make(1)],
    ['with a checksum', make(2, CRC)],
    ['with an extra field', make(4, EXTRA)],
    ['with a name', make(8, NAME)],
    ['with a comment', make(16, COMMENT)],
    ['with all of them', make(31, EXTRA, NAME, COMMENT, CRC)],
    ['with an empty extra field', make(4, Buffer.from([0, 0]))],
    ['with an extra field of more than 255 bytes', make(4, Buffer.from([4, 1]), Buffer.alloc(260, 7))],
  ])('is passed over, however it is cut: %s', (_what, bytes) => {
    expect(decode('gzip', bytes)).toBe(TEXT);
    expect(decode('gzip', bytes, 1)).toBe(TEXT);
    for (let cut = 1; cut < 40; cut++) expect(decode('gzip', bytes, [cut])).toBe(TEXT);
  });

  it('is refused when it is none, or does not end', () => {
    expect(() => decode('gzip', make(32))).toThrow('not gzip');
    expect(() => decode('gzip', Buffer.from('1f8b09000000000000000000', 'hex'))).toThrow('not gzip');
    expect(() => decode('gzip', Buffer.concat([make(8).subarray(0, 10), Buffer.alloc(5000, 'a')]))).toThrow('too long');
    expect(decode('gzip', Buffer.concat([make(8).subarray(0, 10), Buffer.alloc(4000, 'a')]))).toBe('');
  });

  it('gives back what follows the stream', () => {
    const codec = createCodec('gzip', () => true);
    expect(codec.push(Buffer.concat([make(8, NAME), Buffer.from('rest')]))?.toString('latin1')).toContain('rest');
    codec.end();
  });
});

it('UTF-16 of either order is read as what it says', () => {
  const little = Buffer.from('Nguy\u1ec5n', 'utf16le');
  const text = Buffer.from('Nguy\u1ec5n').toString('latin1');
  expect(decode('utf-16le', little, 1)).toBe(text);
  expect(decode('utf-16be', Buffer.from(little).swap16(), 1)).toBe(text);
});

describe('a zlib stream with a small window, the first of all', () => {
  const small = deflateSync('a small window', { windowBits: 9 });
  const usual = deflateSync('the usual window');
  /** With decompressors that nobody used yet. */
  const fresh = () => {
    vi.resetModules();
    return import('../../../src/inspect/decode/native.ts');
  };

  it('does not keep later ones from being read by the same decompressor', async () => {
    const { native } = await fresh();
    const said = [small, usual, small, usual].map((stream) => {
      let text = '';
      const codec = native('zlib', (bytes) => {
        text += bytes.toString('latin1');
        return true;
      });
      codec.push(stream);
      codec.end();
      return text;
    });
    expect(said).toEqual(['a small window', 'the usual window', 'a small window', 'the usual window']);
  });

  it('is not what later ones are held against', async () => {
    const { isNoZlib: isNone } = await fresh();
    expect([small, usual, small, usual].map(isNone)).toEqual([false, false, false, false]);
  });
});

describe('what begins like zlib', () => {
  it('is told from noise as inflating it tells, without an error', () => {
    const packed = fc.uint8Array({ maxLength: 2000 }).map((bytes) => deflateSync(bytes));
    const noise = fc.uint8Array({ minLength: 2, maxLength: 600 }).map((bytes) => Buffer.from([0x78, 0x9c, ...bytes]));
    fc.assert(
      fc.property(fc.oneof(packed, noise), fc.integer({ min: 2, max: 600 }), fc.nat(3000), (whole, most, broken) => {
        const bytes = Buffer.from(whole.subarray(0, most));
        if (broken < bytes.length) bytes[broken]! ^= 0x10;
        let fails = false;
        try {
          inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
        } catch {
          fails = true;
        }
        expect(isNoZlib(bytes)).toBe(fails);
      }),
      { numRuns: 300 },
    );
  });
});

/** Pictures as bytes: formats, metadata and brightness, whole, cut off and hostile. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { decode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { readExif } from '../../../src/inspect/photo/exif.ts';
import { readLuma as lumaInSteps } from '../../../src/inspect/photo/jpeg-luma.ts';
import { recognise } from '../../../src/inspect/photo/picture.ts';
import { atOnce } from '../../../src/inspect/work.ts';
import { makeExif, withExif } from './make-exif.ts';
import { render, toJpeg } from './make-photo.ts';

// Made by cjpeg (libjpeg-turbo 2.1) from render(77, 104, 72): the forms jpeg-js cannot write.
const fixture = (name: string): Buffer => readFileSync(new URL(`./fixtures/${name}.jpg`, import.meta.url));
const plain = toJpeg(render(77, 104, 72), 80);

/** Mean brightness of each block by full decoding. */
function blockMeans(jpeg: Buffer): { width: number; height: number; means: number[] } {
  const { width, height, data } = decode(jpeg, { useTArray: true });
  const [across, down] = [Math.floor(width / 8), Math.floor(height / 8)];
  const means: number[] = [];
  for (let by = 0; by < down; by++) {
    for (let bx = 0; bx < across; bx++) {
      let sum = 0;
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          const i = ((by * 8 + y) * width + bx * 8 + x) * 4;
          sum += 0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);
        }
      }
      means.push(sum / 64);
    }
  }
  return { width: across, height: down, means };
}

function correlation(a: number[], b: number[]): number {
  const mean = (list: number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, one] of a.entries()) {
    const [da, db] = [one - ma, (b[i] ?? 0) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}

const readLuma = (bytes: Buffer) => atOnce(lumaInSteps(bytes));

describe('brightness of a JPEG without decoding it', () => {
  it.each([
    ['written by jpeg-js', plain],
    ['progressive, chroma halved both ways', fixture('progressive-420')],
    ['with restart markers, chroma halved across', fixture('baseline-422-restart')],
    ['grey, with tables of its own', fixture('gray')],
  ])('agrees with full decoding: %s', (_, jpeg) => {
    const luma = readLuma(jpeg);
    const whole = blockMeans(jpeg);
    expect(luma).toMatchObject({ width: whole.width, height: whole.height });
    expect(correlation([...(luma?.pixels ?? [])], whole.means)).toBeGreaterThan(0.999);
  });

  it('leaves arithmetic coding alone, and a file of which too much is missing', () => {
    expect(readLuma(fixture('arithmetic'))).toBeNull();
    expect(readLuma(plain.subarray(0, plain.length / 2))).toBeNull();
    expect(readLuma(plain.subarray(0, plain.length - 40))).not.toBeNull();
  });

  it('never throws on damaged files', () => {
    const files = [plain, fixture('progressive-420'), fixture('baseline-422-restart')];
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 20 }),
        fc.nat(6000),
        (which, changes, cut) => {
          const bytes = Buffer.from(files[which] ?? plain);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          expect(() => readLuma(bytes.subarray(0, cut))).not.toThrow();
          expect(() => recognise(bytes.subarray(0, cut))).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('metadata of a picture', () => {
  const marks = { make: 'Lab', model: 'Camera 1', takenAt: '2026:11:22 10:15:00', lat: 21.0278, lon: -105.8342 };

  it('is read from JPEG, PNG, WebP and HEIC', () => {
    const tiff = makeExif(marks);
    const chunk = (type: string, body: Buffer, little: boolean): Buffer => {
      const size = Buffer.alloc(4);
      if (little) size.writeUInt32LE(body.length);
      else size.writeUInt32BE(body.length);
      return little
        ? Buffer.concat([Buffer.from(type), size, body, Buffer.alloc(body.length & 1)])
        : Buffer.concat([size, Buffer.from(type), body, Buffer.alloc(4)]);
    };
    const box = (type: string, body: Buffer): Buffer => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(body.length + 8);
      return Buffer.concat([size, Buffer.from(type), body]);
    };
    const png = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', Buffer.alloc(13, 1), false),
      chunk('eXIf', tiff, false),
    ]);
    const webp = Buffer.concat([
      Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'),
      chunk('VP8 ', Buffer.alloc(99, 7), true),
      chunk('EXIF', tiff, true),
    ]);
    const heic = Buffer.concat([
      box('ftyp', Buffer.from('heic\0\0\0\0mif1')),
      box('mdat', Buffer.concat([Buffer.from('\0\0\0\x06Exif\0\0', 'latin1'), tiff, Buffer.alloc(99, 9)])),
    ]);
    for (const [format, bytes] of Object.entries({ jpeg: withExif(plain, tiff), png, webp, heic })) {
      const picture = recognise(bytes);
      expect(picture?.format).toBe(format);
      const exif = picture?.exif ? readExif(picture.exif) : null;
      expect(exif, format).toMatchObject({ make: 'Lab', model: 'Camera 1', takenAt: '2026:11:22 10:15:00' });
      expect(exif?.position?.lat).toBeCloseTo(21.0278, 5);
      expect(exif?.position?.lon).toBeCloseTo(-105.8342, 5);
    }
  });

  it('has no position when the camera had none', () => {
    expect(readExif(makeExif({ make: 'Lab' }))?.position).toBeNull();
    expect(readExif(makeExif({ lat: 0, lon: 0 }))?.position).toBeNull();
    expect(readExif(makeExif({ lat: 99, lon: 0 }))?.position).toBeNull();
  });

  it('holds a thumbnail', () => {
    const thumbnail = toJpeg(render(77, 32, 24), 60);
    expect(readExif(makeExif({ make: 'Lab', thumbnail }))?.thumbnail?.equals(thumbnail)).toBe(true);
  });

  it('never throws and never takes long, whatever it holds', () => {
    const whole = makeExif({ ...marks, thumbnail: toJpeg(render(1, 16, 16), 50) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 30 }),
        fc.nat(whole.length),
        (changes, cut) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          expect(() => readExif(bytes.subarray(0, cut))).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => readExif(Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), bytes]))).not.toThrow();
      }),
    );
  });
});

describe('bytes that are no picture', () => {
  it.each<[string, string, number[]]>([
    ['an empty box is passed over', '0000000866726565' + '0000000e6d646174c0ffee001122' + '00000000', [6]],
    ['a box of length 0 goes to the end', '000000006d646174c0ffee00112233445566', [10]],
    [
      'a box too short for its head ends the file',
      '000000046d646174' + '0000000e6d646174c0ffee001122' + '00000000',
      [0],
    ],
  ])('of HEIC: %s', (_name, boxes, lengths) => {
    const bytes = Buffer.from(`0000001866747970${Buffer.from('heic\0\0\0\0mif1heic').toString('hex')}${boxes}`, 'hex');
    expect(recognise(bytes)?.content.map(({ length }) => length)).toEqual(lengths);
  });

  it('are not recognised, and never throw', () => {
    expect(recognise(Buffer.from('{"a":1,"b":[1,2,3,4]}'))).toBeNull();
    fc.assert(
      fc.property(
        fc.constantFrom('', '\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBP', '\0\0\0\x18ftypheic'),
        fc.uint8Array({ maxLength: 300 }),
        (magic, rest) => {
          expect(() => recognise(Buffer.concat([Buffer.from(magic, 'latin1'), rest]))).not.toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });
});

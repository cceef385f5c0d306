/** Planted photos are found however they were changed on the way; two hundred others are not. */
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { say } from '../../../src/formats/say.ts';
import { judgeImage, judgePhoto, preparePhotos } from '../../../src/inspect/photo/photo-judge.ts';
import { atOnce } from '../../../src/inspect/work.ts';
import type { PlantedPhoto } from '../../../src/model/device.ts';
import { labDevice } from '../../kinds/lab-device.ts';
import { makeExif, withExif } from './make-exif.ts';
import { render, resample, toJpeg, turn } from './make-photo.ts';

const full = { x0: 0, y0: 0, x1: 1, y1: 1 };
const scene = render(5, 1200, 900);
const marks = makeExif({ make: 'Lab', model: 'Camera 1', takenAt: '2026:11:22 10:15:00', lat: 21.0278, lon: 105.8342 });
const canary: PlantedPhoto = { name: 'canary.jpg', bytes: withExif(toJpeg(scene, 92), marks) };
const planted = [{ name: 'other.jpg', bytes: toJpeg(render(6, 800, 600), 90) }, canary];
preparePhotos(planted);
const photos = (bytes: Buffer) => judgePhoto(bytes, planted).filter(({ kind }) => kind === 'photo');

describe('a planted photo', () => {
  it('is found byte for byte', () => {
    expect(photos(canary.bytes)).toMatchObject([
      { value: 'canary.jpg', known: true, confidence: 'certain', path: null },
    ]);
    expect(photos(canary.bytes)[0]?.reasoning.key).toBe('reason.photo.planted');
  });

  it('is found with its metadata stripped or replaced, and when only a part of it arrived', () => {
    const stripped = toJpeg(scene, 92);
    for (const bytes of [
      stripped,
      withExif(stripped, makeExif({ make: 'X' })),
      canary.bytes.subarray(0, canary.bytes.length * 0.4),
    ]) {
      expect(photos(bytes)).toMatchObject([{ value: 'canary.jpg', known: true, confidence: 'certain' }]);
      expect(photos(bytes)[0]?.reasoning.key).toBe('reason.photo.content');
    }
  });

  it.each([
    ['quality 60', scene],
    ['half the size', resample(scene, full, 600, 450)],
    ['a fifth of the size', resample(scene, full, 240, 180)],
    ['a tenth cut off all around', resample(scene, { x0: 0.1, y0: 0.1, x1: 0.9, y1: 0.9 }, 960, 720)],
    ['cut on one side only', resample(scene, { x0: 0.17, y0: 0, x1: 1, y1: 1 }, 747, 675)],
    ['cut to a square', resample(scene, { x0: 0.125, y0: 0, x1: 0.875, y1: 1 }, 720, 720)],
    ['turned upright', turn(resample(scene, full, 800, 600))],
  ])('is found after re-encoding at quality 60: %s', (_, pixels) => {
    expect(photos(toJpeg(pixels, 60))).toMatchObject([{ value: 'canary.jpg', known: true, confidence: 'certain' }]);
  });

  it.each([
    ['with transparency', { colorType: 6 }],
    ['of colours', { colorType: 2 }],
    ['of 16 bits', { colorType: 2, bitDepth: 16 }],
    ['of grey', { colorType: 0 }],
    ['of grey with transparency', { colorType: 4 }],
    ['with each of the five filters', { colorType: 2, filterType: -1 }],
    ['without filters', { colorType: 2, filterType: 0 }],
  ] as const)('is found as a PNG %s', (_, form) => {
    const { width, height, data } = resample(scene, full, 400, 300);
    const png = new PNG({ width, height });
    // Of 16 bits, pngjs takes numbers of 16 bits.
    png.data = 'bitDepth' in form ? Buffer.from(Uint16Array.from(data, (value) => value * 257).buffer) : data;
    expect(photos(PNG.sync.write(png, form))).toMatchObject([{ value: 'canary.jpg', known: true }]);
  });

  it('is found as a screenshot of eleven megapixels, in steps', () => {
    const { width, height, data } = resample(scene, full, 3840, 2880);
    const png = new PNG({ width, height });
    data.copy(png.data);
    const judging = judgeImage(PNG.sync.write(png, { colorType: 2 }), {
      ...labDevice(),
      canaries: { ...labDevice().canaries, photos: planted },
    });
    const steps: number[] = [];
    for (;;) {
      const step = judging.next();
      if (!step.done) {
        steps.push(step.value);
        continue;
      }
      expect(step.value).toMatchObject([{ value: 'canary.jpg', known: true }]);
      break;
    }
    expect(steps.length).toBeGreaterThan(20);
    // Units of ten nanoseconds: no step stands for more than ten milliseconds.
    expect(Math.max(...steps)).toBeLessThan(1_000_000);
  });

  it('is not sought in a PNG that is broken or cut off', () => {
    const png = new PNG({ width: 400, height: 300 });
    resample(scene, full, 400, 300).data.copy(png.data);
    const bytes = PNG.sync.write(png);
    const broken = Buffer.from(bytes);
    broken.fill(0xff, 200, 400);
    for (const one of [broken, bytes.subarray(0, bytes.length / 2)])
      expect(photos(one).filter(({ known }) => known)).toEqual([]);
  });

  it('is found by the thumbnail that was forgotten in another picture', () => {
    const thumbnail = toJpeg(resample(scene, full, 160, 120), 70);
    const covered = withExif(toJpeg(render(99, 700, 500), 80), makeExif({ make: 'Lab', thumbnail }));
    expect(photos(covered)).toMatchObject([{ value: 'canary.jpg', known: true, path: 'exif:thumbnail' }]);
  });
});

describe('other pictures', () => {
  it('two hundred others are not the planted one', () => {
    for (let seed = 1000; seed < 1200; seed++) {
      const known = judgePhoto(toJpeg(render(seed, 160, 120), 75), planted).filter((verdict) => verdict.known);
      expect(known, `seed ${seed}`).toEqual([]);
    }
  });

  it('a picture of one colour is nobody’s', () => {
    const flat = { width: 800, height: 600, data: Buffer.alloc(800 * 600 * 4, 128) };
    expect(
      judgePhoto(toJpeg(flat, 80), [
        { name: 'flat.jpg', bytes: toJpeg({ ...flat, data: Buffer.alloc(800 * 600 * 4, 90) }, 80) },
      ]),
    ).toMatchObject([{ known: false, confidence: 'possible' }]);
  });

  it('tell where and with what they were taken', () => {
    const bytes = withExif(toJpeg(render(7, 64, 48), 80), marks);
    expect(judgePhoto(bytes, [])).toMatchObject([
      {
        kind: 'photo',
        known: false,
        confidence: 'likely',
        value: 'Lab Camera 1, 2026:11:22 10:15:00',
        path: 'exif:Model',
      },
      { kind: 'location', known: false, confidence: 'likely', value: '21.027800,105.834200', path: 'exif:GPSLatitude' },
    ]);
    expect(atOnce(judgeImage(bytes, labDevice()))[1]).toMatchObject({
      kind: 'location',
      known: true,
      confidence: 'certain',
    });
    expect(atOnce(judgeImage(bytes, null))[1]).toMatchObject({ known: false });
  });

  it('without marks of a camera are worth a word only when as large as a photo', () => {
    expect(judgePhoto(toJpeg(render(7, 64, 48), 80), [])).toEqual([]);
    expect(judgePhoto(toJpeg(render(7, 800, 600), 50), [])).toMatchObject([
      { confidence: 'possible', value: 'JPEG, 800×600' },
    ]);
  });

  it('are never named in the reasoning', () => {
    for (const { reasoning, value } of judgePhoto(canary.bytes, planted)) expect(say(reasoning)).not.toContain(value);
  });
});

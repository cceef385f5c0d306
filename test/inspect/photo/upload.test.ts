/** A planted photo on its way out: re-encoded, scaled by half, inside multipart, inside gzip, in pieces. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { judgeImage } from '../../../src/inspect/photo/photo-judge.ts';
import { labDevice } from '../../kinds/lab-device.ts';
import { findings, inspect } from '../lab-phone.ts';
import { makeExif, withExif } from './make-exif.ts';
import { render, resample, toJpeg } from './make-photo.ts';

const scene = render(5, 1400, 1050);
const device = labDevice({}, { photos: [{ name: 'canary.jpg', bytes: toJpeg(scene, 92) }] });

function upload(jpeg: Buffer): Buffer {
  return gzipSync(
    Buffer.concat([
      Buffer.from(
        '--lab\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n',
      ),
      jpeg,
      Buffer.from('\r\n--lab--\r\n'),
    ]),
  );
}

function sent(jpeg: Buffer) {
  const headers: [string, string][] = [
    ['Content-Type', 'multipart/form-data; boundary=lab'],
    ['Content-Encoding', 'gzip'],
  ];
  return findings(inspect({ headers, body: upload(jpeg), cuts: 1400, device, options: { judgeImage } }));
}

describe('a photo in an upload', () => {
  it('is found after re-encoding and scaling, and so is the place in its metadata', () => {
    const half = toJpeg(resample(scene, { x0: 0, y0: 0, x1: 1, y1: 1 }, 700, 525), 60);
    const found = sent(withExif(half, makeExif({ make: 'Lab', lat: 21.0278, lon: 105.8342 })));
    expect(found.map(({ identifier, value }) => ({ kind: identifier.kind, known: identifier.known, value }))).toEqual([
      { kind: 'photo', known: true, value: 'canary.jpg' },
      { kind: 'location', known: true, value: '21.027800,105.834200' },
    ]);
    expect(found[0]?.evidence).toMatchObject({ where: 'body', path: 'part:photo' });
    expect(found[0]?.evidence.decoding[0]).toBe('gzip');
  });

  it('of somebody else is not taken for it', () => {
    expect(sent(toJpeg(render(6, 700, 525), 60)).filter(({ identifier }) => identifier.known)).toEqual([]);
  });
});

/** Pictures that take long to be compared with planted ones; made of the landscapes of the photo tests. */
import type { PlantedPhoto } from '../../src/model/device.ts';
import { type Pixels, render, resample, toJpeg } from '../inspect/photo/make-photo.ts';

const SCENE = render(5, 400, 300);

export const PLANTED: PlantedPhoto[] = [5, 6, 7].map((seed) => ({
  name: `canary-${seed}.jpg`,
  bytes: toJpeg(seed === 5 ? SCENE : render(seed, 400, 300), 90),
}));

/** A JPEG of this size; `claim` writes another size into its head. */
export function makePicture(width: number, height: number, claim?: { width: number; height: number }): Buffer {
  const jpeg = toJpeg(enlarged(SCENE, width, height), 60);
  if (!claim) return jpeg;
  // Start of frame: length, precision, height, width (ITU-T T.81 B.2.2).
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(claim.height, frame + 5);
  jpeg.writeUInt16BE(claim.width, frame + 7);
  return jpeg;
}

function enlarged({ width, height, data }: Pixels, wide: number, high: number): Pixels {
  const out = Buffer.alloc(wide * high * 4);
  for (let y = 0; y < high; y++) {
    const row = Math.floor((y * height) / high) * width;
    for (let x = 0; x < wide; x++) {
      const at = (row + Math.floor((x * width) / wide)) * 4;
      out.writeUInt32BE(data.readUInt32BE(at), (y * wide + x) * 4);
    }
  }
  return { width: wide, height: high, data: out };
}

/** A part of a planted one, too small a part to be taken for it: every crop and turn is tried. */
export const MANY_TURNS = toJpeg(resample(SCENE, { x0: 0.2, y0: 0.2, x1: 0.75, y1: 0.75 }, 64, 48), 40);

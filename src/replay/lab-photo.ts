/**
 * Photos of nobody and nothing, made when they are needed: noise over a gradient, the same for the same number,
 * with the lab's position in Exif. Some 200 KB each, so that an upload of a few is a real stream.
 */
import { encode } from 'jpeg-js';
import { addPosition } from './exif.ts';
import { LAB } from './lab-device.ts';

const WIDTH = 640;
const HEIGHT = 480;

export function labPhoto(seed: number): Buffer {
  const data = Buffer.alloc(WIDTH * HEIGHT * 4, 0xff);
  // A linear congruential generator (Numerical Recipes' constants): the same picture on every machine.
  let state = seed >>> 0;
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const noise = state >>> 26;
    data[pixel * 4] = ((pixel % WIDTH) / WIDTH) * 190 + noise;
    data[pixel * 4 + 1] = (pixel / WIDTH / HEIGHT) * 190 + noise;
    data[pixel * 4 + 2] = ((seed * 40) % 190) | noise;
  }
  const picture = encode({ data, width: WIDTH, height: HEIGHT }, 80).data;
  return addPosition(picture, {
    make: 'Xiaomi',
    model: 'HM NOTE 1W',
    latitude: LAB.location.lat,
    longitude: LAB.location.lon,
  });
}

/**
 * Pictures that nobody took: landscapes of noise, light and shapes from a seed, as JPEG or as raw pixels.
 * They share what photos share (light above, dark below, a horizon, soft texture), which is what makes likeness hard.
 */
import { encode } from 'jpeg-js';

export interface Pixels {
  width: number;
  height: number;
  /** RGBA. */
  data: Buffer;
}

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Smooth noise in [0, 1) on a lattice of `cells`. */
function noise(random: () => number, cells: number): (x: number, y: number) => number {
  const lattice = Float64Array.from({ length: (cells + 2) * (cells + 2) }, random);
  const at = (i: number, j: number): number => lattice[j * (cells + 2) + i] ?? 0;
  return (x, y) => {
    const [i, j] = [Math.floor(x * cells), Math.floor(y * cells)];
    const [dx, dy] = [x * cells - i, y * cells - j];
    const [sx, sy] = [dx * dx * (3 - 2 * dx), dy * dy * (3 - 2 * dy)];
    const top = at(i, j) * (1 - sx) + at(i + 1, j) * sx;
    const bottom = at(i, j + 1) * (1 - sx) + at(i + 1, j + 1) * sx;
    return top * (1 - sy) + bottom * sy;
  };
}

export function render(seed: number, width: number, height: number): Pixels {
  const random = randomFrom(seed * 7919 + 1);
  const [coarse, middle, fine, ridge] = [noise(random, 4), noise(random, 12), noise(random, 48), noise(random, 6)];
  const horizon = 0.35 + random() * 0.3;
  const [skyLight, groundLight, skyFall] = [150 + random() * 90, 40 + random() * 90, random() * 80];
  const shapes = Array.from({ length: 3 + Math.floor(random() * 10) }, () => ({
    x: random(),
    y: random(),
    rx: 0.02 + random() * 0.15,
    ry: 0.02 + random() * 0.15,
    light: random() * 255,
    round: random() < 0.5,
  }));
  const data = Buffer.alloc(width * height * 4, 255);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = [column / width, row / height];
      const edge = horizon + (ridge(x, 0.5) - 0.5) * 0.3;
      let light =
        y < edge
          ? skyLight - (y / edge) * skyFall + (coarse(x, y) - 0.5) * 60
          : groundLight + (middle(x, y) - 0.5) * 90 + (fine(x, y) - 0.5) * 50;
      for (const shape of shapes) {
        const [dx, dy] = [(x - shape.x) / shape.rx, (y - shape.y) / shape.ry];
        if (shape.round ? dx * dx + dy * dy < 1 : Math.abs(dx) < 1 && Math.abs(dy) < 1)
          light = (light + shape.light * 2) / 3;
      }
      light += (random() - 0.5) * 10;
      const i = (row * width + column) * 4;
      data[i] = Math.max(0, Math.min(255, light + 8));
      data[i + 1] = Math.max(0, Math.min(255, light));
      data[i + 2] = Math.max(0, Math.min(255, light - 12 + (y < edge ? 30 : 0)));
    }
  }
  return { width, height, data };
}

export function toJpeg(pixels: Pixels, quality: number): Buffer {
  return encode(pixels, quality).data;
}

/** Cut to a part (fractions) and scaled by averaging, as phones do before an upload. */
export function resample(
  pixels: Pixels,
  part: { x0: number; y0: number; x1: number; y1: number },
  width: number,
  height: number,
): Pixels {
  const data = Buffer.alloc(width * height * 4, 255);
  const across = ((part.x1 - part.x0) * pixels.width) / width;
  const down = ((part.y1 - part.y0) * pixels.height) / height;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const left = Math.floor(part.x0 * pixels.width + column * across);
      const top = Math.floor(part.y0 * pixels.height + row * down);
      const right = Math.max(left + 1, Math.floor(left + across));
      const bottom = Math.max(top + 1, Math.floor(top + down));
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) sum += pixels.data[(y * pixels.width + x) * 4 + channel] ?? 0;
        data[(row * width + column) * 4 + channel] = Math.round(sum / ((right - left) * (bottom - top)));
      }
    }
  }
  return { width, height, data };
}

/** A quarter turn to the right. */
export function turn({ width, height, data }: Pixels): Pixels {
  const out = Buffer.alloc(data.length, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.copy(out, (x * height + height - 1 - y) * 4, (y * width + x) * 4, (y * width + x) * 4 + 4);
  }
  return { width: height, height: width, data: out };
}

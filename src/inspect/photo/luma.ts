/**
 * Brightness of a picture of any readable format, at the size that comparing needs, in steps of some milliseconds.
 * Promise: memory bounded by what is left of a picture on the smaller scale; null for what cannot be read; never throws.
 * JPEG: by blocks when large, by pixels when small (thumbnails). PNG: by rows. WebP and HEIC need codecs of their
 * own and are compared by content only.
 */
import { createRequire } from 'node:module';
import type * as JpegLibrary from 'jpeg-js';
import { type Luma, readLuma } from './jpeg-luma.ts';
import type { Picture } from './picture.ts';
import { readPngLuma } from './png-luma.ts';

/** Up to this width and height an eighth of the size is too coarse to compare, and decoding takes 10 ms. */
const SMALL = 400;
/** Units of work (budget.ts) of that, per pixel. */
const PER_PIXEL = 6;
const require = createRequire(import.meta.url);

/** Yields units of work between two steps. */
export function* lumaOf(bytes: Buffer, picture: Picture): Generator<number, Luma | null> {
  const { width, height, format } = picture;
  if (width === null || height === null || width < 16 || height < 16) return null;
  if (format === 'png') return yield* readPngLuma(bytes);
  if (format !== 'jpeg') return null;
  if (Math.max(width, height) > SMALL) return yield* readLuma(bytes);
  yield PER_PIXEL * width * height;
  return readSmallJpeg(bytes);
}

function readSmallJpeg(bytes: Buffer): Luma | null {
  try {
    const { decode } = require('jpeg-js') as typeof JpegLibrary;
    return fromPixels(decode(bytes, { useTArray: true, maxResolutionInMP: 1, maxMemoryUsageInMB: 64 }));
  } catch {
    // It throws on damaged files: those are compared by content only.
    return null;
  }
}

/** BT.601 brightness of RGBA pixels. */
function fromPixels({ width, height, data }: { width: number; height: number; data: Uint8Array }): Luma {
  const pixels = new Float32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = 0.299 * (data[i * 4] ?? 0) + 0.587 * (data[i * 4 + 1] ?? 0) + 0.114 * (data[i * 4 + 2] ?? 0);
  }
  return { width, height, pixels };
}

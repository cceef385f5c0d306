/**
 * Brightness of a picture of any readable format, at the size that comparing needs.
 * Promise: never more than MAX_PIXELS decoded pixel by pixel (16 MB); null for what cannot be read; never throws.
 * JPEG: by blocks when large, by pixels when small (thumbnails). PNG: by pixels. WebP and HEIC need codecs of their
 * own and are compared by content only.
 */
import { createRequire } from 'node:module';
import type * as JpegLibrary from 'jpeg-js';
import type * as PngLibrary from 'pngjs';
import { type Luma, readLuma } from './jpeg-luma.ts';
import type { Picture } from './picture.ts';

/** Below this width or height an eighth of the size is too coarse to compare. */
const SMALL = 640;
const MAX_PIXELS = 4_000_000;
const require = createRequire(import.meta.url);

export function lumaOf(bytes: Buffer, picture: Picture): Luma | null {
  const { width, height } = picture;
  if (width === null || height === null || width < 16 || height < 16) return null;
  try {
    if (picture.format === 'jpeg') return Math.max(width, height) > SMALL ? readLuma(bytes) : readSmallJpeg(bytes);
    if (picture.format === 'png' && width * height <= MAX_PIXELS) {
      const { PNG } = require('pngjs') as typeof PngLibrary;
      return fromPixels(PNG.sync.read(bytes));
    }
  } catch {
    // Decoders throw on damaged files: those are compared by content only.
  }
  return null;
}

function readSmallJpeg(bytes: Buffer): Luma {
  const { decode } = require('jpeg-js') as typeof JpegLibrary;
  return fromPixels(decode(bytes, { useTArray: true, maxResolutionInMP: 1, maxMemoryUsageInMB: 64 }));
}

/** BT.601 brightness of RGBA pixels. */
function fromPixels({ width, height, data }: { width: number; height: number; data: Uint8Array }): Luma {
  const pixels = new Float32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = 0.299 * (data[i * 4] ?? 0) + 0.587 * (data[i * 4 + 1] ?? 0) + 0.114 * (data[i * 4 + 2] ?? 0);
  }
  return { width, height, pixels };
}

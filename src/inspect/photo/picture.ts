/**
 * What kind of picture some bytes are, and where its parts lie: the coded image, which stays the same when metadata is
 * stripped or rewritten, and the metadata. JPEG (ITU-T T.81), PNG (W3C), WebP (RFC 9649), HEIC (ISO/IEC 23008-12).
 * Promise: cut-off pictures are understood as far as they go; linear time; never throws.
 */

export interface Picture {
  format: 'jpeg' | 'png' | 'webp' | 'heic';
  /** Pixels; null where this format is not read that far. */
  width: number | null;
  height: number | null;
  /** The coded image, in pieces. */
  content: Buffer[];
  /** EXIF from its byte order mark on; null when there is none. */
  exif: Buffer | null;
}

/** EXIF outside of JPEG is searched for within this many bytes; Apple puts it at the start. */
const MAX_SEARCH = 1 << 20;
const MAX_EXIF = 1 << 18;

export function recognise(bytes: Buffer): Picture | null {
  if (bytes.length < 16) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return readJpeg(bytes);
  if (bytes.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n') return readPng(bytes);
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return readWebp(bytes);
  const brand = bytes.toString('latin1', 4, 12);
  return /^ftyp(?:heic|heix|hevc|mif1|msf1|avif)/.test(brand) ? readHeic(bytes) : null;
}

function readJpeg(bytes: Buffer): Picture | null {
  const picture: Picture = { format: 'jpeg', width: null, height: null, content: [], exif: null };
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xda) {
      const start = at + 2 + length;
      const end = bytes.indexOf(Buffer.of(0xff, 0xd9), start);
      picture.content.push(bytes.subarray(start, end < 0 ? bytes.length : end));
      return picture;
    }
    if (isFrame(marker) && body.length >= 6) {
      picture.height = body.readUInt16BE(1);
      picture.width = body.readUInt16BE(3);
    }
    if (marker === 0xe1 && body.toString('latin1', 0, 6) === 'Exif\0\0') picture.exif ??= body.subarray(6);
    at += 2 + length;
  }
  return picture.width === null && picture.exif === null ? null : picture;
}

/** Start of frame: C0-CF without DHT, JPG and DAC. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function readPng(bytes: Buffer): Picture {
  const picture: Picture = { format: 'png', width: null, height: null, content: [], exif: null };
  for (const { type, body } of readChunks(bytes)) {
    if (type === 'IHDR' && body.length >= 8) {
      picture.width = body.readUInt32BE(0);
      picture.height = body.readUInt32BE(4);
    } else if (type === 'IDAT') picture.content.push(body);
    else if (type === 'eXIf') picture.exif ??= body.subarray(0, MAX_EXIF);
  }
  return picture;
}

/** The chunks of a PNG up to its end; the last one may be cut off. */
export function* readChunks(bytes: Buffer): Generator<{ type: string; body: Buffer }> {
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return;
    yield { type, body: bytes.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

function readWebp(bytes: Buffer): Picture {
  const picture: Picture = { format: 'webp', width: null, height: null, content: [], exif: null };
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'VP8 ' || type === 'VP8L') picture.content.push(body);
    else if (type === 'EXIF') picture.exif ??= fromOrderMark(body.subarray(0, MAX_EXIF));
    at += 8 + length + (length & 1);
  }
  return picture;
}

/** The coded tiles lie in `mdat`; EXIF is an item in it, found by its mark instead of through the item tables. */
function readHeic(bytes: Buffer): Picture {
  const picture: Picture = { format: 'heic', width: null, height: null, content: [], exif: null };
  for (let at = 0; at + 16 <= bytes.length; ) {
    const short = bytes.readUInt32BE(at);
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    const end = size === 0 ? bytes.length : at + size;
    if (bytes.toString('latin1', at + 4, at + 8) === 'mdat')
      picture.content.push(bytes.subarray(at + (short === 1 ? 16 : 8), end));
    if (size !== 0 && size < 8) break;
    at = end;
  }
  const mark = bytes.subarray(0, MAX_SEARCH).indexOf('Exif\0\0', 0, 'latin1');
  if (mark >= 0) picture.exif = fromOrderMark(bytes.subarray(mark, mark + MAX_EXIF));
  return picture;
}

function fromOrderMark(bytes: Buffer): Buffer | null {
  const at = bytes.toString('latin1', 0, 16).search(/II\*\0|MM\0\*/);
  return at < 0 ? null : bytes.subarray(at);
}

/**
 * What a picture gives away: that it is a planted photo, where it was taken, and with which camera.
 * Promise: a planted photo is found byte for byte, with its metadata changed, and by likeness after re-encoding, scaling
 * or mild cropping; its thumbnail alone is enough. Never throws; pictures over MAX_BYTES are left out. It works in steps of
 * some milliseconds, and says after each how much work it was.
 */
import { createHash } from 'node:crypto';
import type { ImageVerdict } from '../../kinds/kind.ts';
import { isPlausible, isWithin } from '../../kinds/parts/position.ts';
import type { Device, PlantedPhoto } from '../../model/device.ts';
import { type Text, text } from '../../model/text.ts';
import { atOnce } from '../work.ts';
import { type Exif, readExif } from './exif.ts';
import { compare, type Prepared, prepare, type Sample, turnsOf } from './likeness.ts';
import { lumaOf } from './luma.ts';
import { type Picture, recognise } from './picture.ts';

export type PhotoVerdict = ImageVerdict;

/** More is a film. */
const MAX_BYTES = 64 << 20;
/** A piece of coded image this long does not occur twice. */
const PIECE = 64;
/** Fewer pixels are icons and avatars. */
const PHOTO_PIXELS = 300_000;

interface Planted {
  name: string;
  digest: string;
  /** From the beginning, middle and end of the coded image. */
  pieces: Buffer[];
  prepared: Prepared | null;
}

/** Keyed by the registered photo itself: prepared once, gone with its device. */
const preparedPhotos = new WeakMap<PlantedPhoto, Planted>();

/** Yields units of work (budget.ts) between two steps. */
type Judging<T> = Generator<number, T>;

/** Units of work per byte: digest, content, EXIF. */
const PER_BYTE = 0.3;

/** Everything that one picture gives away, the planted photo first. */
export function judgePhoto(bytes: Buffer, planted: readonly PlantedPhoto[]): PhotoVerdict[] {
  return atOnce(judge(bytes, planted, null));
}

/** As `judgePhoto`, for the engine: in steps, and also compares the place with the device's registered ones. */
export function judgeImage(bytes: Buffer, device: Device | null): Judging<ImageVerdict[]> {
  return judge(bytes, device?.canaries.photos ?? [], device);
}

function* judge(bytes: Buffer, planted: readonly PlantedPhoto[], device: Device | null): Judging<PhotoVerdict[]> {
  const picture = bytes.length <= MAX_BYTES ? recognise(bytes) : null;
  if (!picture) return [];
  const exif = picture.exif ? readExif(picture.exif) : null;
  const known: Planted[] = [];
  for (const one of planted) known.push(yield* preparePlanted(one));
  const own =
    known.length > 0 ? ((yield* findPlanted(bytes, picture, known)) ?? (yield* findInThumbnail(exif, known))) : null;
  return [own ?? describeUnknown(picture, exif), describePlace(exif, device)].filter((verdict) => verdict !== null);
}

/** Prepares planted photos ahead of the first upload: 50-100 ms each, which the hot path should not pay. */
export function preparePhotos(photos: readonly PlantedPhoto[]): void {
  for (const one of photos) atOnce(preparePlanted(one));
}

function* preparePlanted(photo: PlantedPhoto): Judging<Planted> {
  const before = preparedPhotos.get(photo);
  if (before) return before;
  const picture = recognise(photo.bytes);
  const luma = picture ? yield* lumaOf(photo.bytes, picture) : null;
  const planted: Planted = {
    name: photo.name,
    digest: digestOf(photo.bytes),
    pieces: picture ? piecesOf(picture) : [],
    prepared: luma ? prepare(luma) : null,
  };
  preparedPhotos.set(photo, planted);
  return planted;
}

function* findPlanted(bytes: Buffer, picture: Picture, known: Planted[]): Judging<PhotoVerdict | null> {
  const digest = digestOf(bytes);
  const whole = known.find((one) => one.digest === digest);
  if (whole) return photo(whole.name, true, 'certain', text('reason.photo.planted'), null);
  yield PER_BYTE * bytes.length;
  for (const one of known) {
    const isSame = one.pieces.some((piece) => picture.content.some((part) => part.includes(piece)));
    yield PER_BYTE * bytes.length;
    if (!isSame) continue;
    const reasoning = text('reason.photo.content');
    return photo(one.name, true, 'certain', reasoning, null);
  }
  return yield* findAlike(bytes, picture, known, null);
}

function* findAlike(
  bytes: Buffer,
  picture: Picture,
  known: Planted[],
  path: string | null,
): Judging<PhotoVerdict | null> {
  const luma = known.some((one) => one.prepared) ? yield* lumaOf(bytes, picture) : null;
  if (!luma) return null;
  const turns: Sample[] = yield* turnsOf(luma);
  for (const one of known) {
    if (!one.prepared) continue;
    const likeness = yield* compare(turns, one.prepared);
    if (!likeness.same) continue;
    const { differing, correlation } = likeness;
    const reasoning = text('reason.photo.alike', { differing, correlation: correlation.toFixed(3) });
    return photo(one.name, true, 'certain', reasoning, path);
  }
  return null;
}

/** Apps that blur or crop a picture forget the small copy in its metadata. */
function* findInThumbnail(exif: Exif | null, known: Planted[]): Judging<PhotoVerdict | null> {
  const bytes = exif?.thumbnail ?? null;
  const picture = bytes ? recognise(bytes) : null;
  return bytes && picture ? yield* findAlike(bytes, picture, known, 'exif:thumbnail') : null;
}

function describeUnknown(picture: Picture, exif: Exif | null): PhotoVerdict | null {
  const camera = [exif?.make, exif?.model].filter((text) => text).join(' ');
  if (camera !== '' || exif?.takenAt || exif?.position) {
    const value = [camera, exif?.takenAt].filter((text) => text).join(', ');
    const path = camera !== '' ? 'exif:Model' : 'exif:DateTimeOriginal';
    return photo(value || 'photo', false, 'likely', text('reason.photo.camera'), path);
  }
  const { width, height, format } = picture;
  const large = width !== null && height !== null ? width * height >= PHOTO_PIXELS : format === 'heic';
  if (!large || format === 'png' || format === 'webp') return null;
  const size = width !== null && height !== null ? `, ${width}×${height}` : '';
  return photo(`${format.toUpperCase()}${size}`, false, 'possible', text('reason.photo.large'), null);
}

function describePlace(exif: Exif | null, device: Device | null): PhotoVerdict | null {
  const position = exif?.position ?? null;
  if (!position || !isPlausible(position)) return null;
  const known = isWithin(position, device?.identifiers.location);
  return {
    kind: 'location',
    value: `${position.lat.toFixed(6)},${position.lon.toFixed(6)}`,
    known,
    confidence: known ? 'certain' : 'likely',
    reasoning: text(known ? 'reason.photo.place-registered' : 'reason.photo.place'),
    path: 'exif:GPSLatitude',
  };
}

function photo(
  value: string,
  known: boolean,
  confidence: PhotoVerdict['confidence'],
  reasoning: Text,
  path: string | null,
): PhotoVerdict {
  return { kind: 'photo', value, known, confidence, reasoning, path };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** Pieces of coded image that cannot be anybody else's: runs of one colour repeat, varied bytes do not. */
function piecesOf(picture: Picture): Buffer[] {
  const content = picture.content.toSorted((a, b) => b.length - a.length)[0] ?? Buffer.alloc(0);
  const pieces: Buffer[] = [];
  for (const where of [0.1, 0.5, 0.9]) {
    const at = Math.floor(content.length * where);
    const piece = content.subarray(at, at + PIECE);
    if (piece.length === PIECE && new Set(piece).size > 32) pieces.push(Buffer.from(piece));
  }
  return pieces;
}

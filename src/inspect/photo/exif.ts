/**
 * The few EXIF fields that say who took a picture, when and where (CIPA DC-008-2024, TIFF 6.0).
 * Promise: reads at most MAX_ENTRIES entries of five directories and never follows a chain, so that hostile metadata
 * costs nothing; anything malformed is left out; never throws.
 */

export interface Exif {
  make: string | null;
  model: string | null;
  /** DateTimeOriginal as the camera wrote it, `2026:11:22 10:15:00`, in its local time. */
  takenAt: string | null;
  /** Degrees, WGS 84. */
  position: { lat: number; lon: number } | null;
  /** The small JPEG that cameras put into the metadata. */
  thumbnail: Buffer | null;
}

/** Cameras write 20-60 entries to a directory. */
const MAX_ENTRIES = 256;
/** Longest text worth showing. */
const MAX_TEXT = 64;
const TAG = {
  make: 0x010f,
  model: 0x0110,
  exif: 0x8769,
  gps: 0x8825,
  taken: 0x9003,
  latRef: 1,
  lat: 2,
  lonRef: 3,
  lon: 4,
  thumbnail: 0x0201,
  thumbnailLength: 0x0202,
} as const;

interface Entry {
  type: number;
  count: number;
  /** Where the value stands. */
  at: number;
}

/** `tiff` begins at the byte order mark `II` or `MM`; null when it does not. */
export function readExif(tiff: Buffer): Exif | null {
  const order = tiff.toString('latin1', 0, 4);
  if (tiff.length < 14 || (order !== 'II*\0' && order !== 'MM\0*')) return null;
  const reader = new Reader(tiff, order === 'II*\0');
  const main = reader.directory(reader.u32(4));
  const photo = reader.directory(reader.number(main.entries.get(TAG.exif)));
  const gps = reader.directory(reader.number(main.entries.get(TAG.gps)));
  const second = reader.directory(main.next);
  return {
    make: reader.text(main.entries.get(TAG.make)),
    model: reader.text(main.entries.get(TAG.model)),
    takenAt: reader.text(photo.entries.get(TAG.taken)),
    position: reader.position(gps.entries),
    thumbnail: reader.thumbnail(second.entries),
  };
}

class Reader {
  readonly #bytes: Buffer;
  readonly #little: boolean;

  constructor(bytes: Buffer, little: boolean) {
    this.#bytes = bytes;
    this.#little = little;
  }

  directory(offset: number | null): { entries: Map<number, Entry>; next: number | null } {
    const entries = new Map<number, Entry>();
    const count = offset === null || offset < 8 ? null : this.u16(offset);
    if (count === null || offset === null || count > MAX_ENTRIES) return { entries, next: null };
    for (let i = 0; i < count; i++) {
      const at = offset + 2 + i * 12;
      const [tag, type, values] = [this.u16(at), this.u16(at + 2), this.u32(at + 4)];
      if (tag === null || type === null || values === null) break;
      // Values of up to four bytes stand in the entry itself, longer ones elsewhere.
      const size = values * ([0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8][type] ?? 9);
      const place = size <= 4 ? at + 8 : this.u32(at + 8);
      if (place !== null) entries.set(tag, { type, count: values, at: place });
    }
    return { entries, next: this.u32(offset + 2 + count * 12) };
  }

  u16(at: number): number | null {
    if (at < 0 || at + 2 > this.#bytes.length) return null;
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  u32(at: number): number | null {
    if (at < 0 || at + 4 > this.#bytes.length) return null;
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  number(entry: Entry | undefined): number | null {
    if (!entry) return null;
    return entry.type === 3 ? this.u16(entry.at) : entry.type === 4 ? this.u32(entry.at) : null;
  }

  text(entry: Entry | undefined): string | null {
    if (entry?.type !== 2) return null;
    const end = Math.min(entry.at + entry.count, entry.at + MAX_TEXT, this.#bytes.length);
    const text = this.#bytes.toString('latin1', entry.at, end).replace(/\0.*$/s, '').trim();
    return /^[\x20-\xff]+$/.test(text) ? text : null;
  }

  position(gps: Map<number, Entry>): { lat: number; lon: number } | null {
    const lat = this.#degrees(gps.get(TAG.lat), this.text(gps.get(TAG.latRef)), 'S');
    const lon = this.#degrees(gps.get(TAG.lon), this.text(gps.get(TAG.lonRef)), 'W');
    if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
    // Cameras without a fix write zeros.
    return lat === 0 && lon === 0 ? null : { lat, lon };
  }

  /** Three rationals: degrees, minutes, seconds. */
  #degrees(entry: Entry | undefined, reference: string | null, negative: string): number | null {
    if (entry?.type !== 5 || entry.count !== 3 || reference === null) return null;
    let degrees = 0;
    for (let i = 0; i < 3; i++) {
      const [over, under] = [this.u32(entry.at + i * 8), this.u32(entry.at + i * 8 + 4)];
      if (over === null || under === null) return null;
      degrees += under === 0 ? 0 : over / under / 60 ** i;
    }
    return reference.toUpperCase() === negative ? -degrees : degrees;
  }

  thumbnail(entries: Map<number, Entry>): Buffer | null {
    const at = this.number(entries.get(TAG.thumbnail));
    const length = this.number(entries.get(TAG.thumbnailLength));
    if (at === null || length === null || length < 128 || at + length > this.#bytes.length) return null;
    return this.#bytes.subarray(at, at + length);
  }
}
